"""The station begins anew when an administrator asks for it, never in the middle of what sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.administered import Change, administered
from smartradio.station.store import Store

_AHEAD: Final = timedelta(minutes=2)
# Nothing that is aired here is longer.
_LONGEST: Final = timedelta(hours=6)


class BusyAirError(BadInputError):
    """Something sounds, or is about to: a restart now would leave its verdicts without their recordings."""


class Restart:
    """Waits to be asked. `possible` is whether whoever runs the station starts it again."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._asked = asyncio.Event()
        self.possible = False

    async def asked(self) -> None:
        """Wait until the station is to begin anew."""
        await self._asked.wait()

    async def ask(self, *, by: Person) -> None:
        """Have the station begin anew; raises BusyAirError while something sounds or starts within two minutes."""
        if not self.possible:
            raise BadInputError("whoever started this station has to start it again")
        now = self._clock()
        if await asyncio.to_thread(self._is_busy, now):
            raise BusyAirError("something sounds now, or begins within two minutes; try again afterwards")
        entry = administered("station", "restart", Change.CHANGED, by=by, at=now)
        await asyncio.to_thread(self._store.record, [entry])
        self._asked.set()

    def _is_busy(self, now: datetime) -> bool:
        near = self._store.airings(start=now - _LONGEST, end=now + _AHEAD)
        return any(airing.starts_at + self._length(airing) > now for airing in near)

    def _length(self, airing: Airing) -> timedelta:
        recording = self._store.recording(airing.recording_id)
        return timedelta(seconds=0.0 if recording is None else recording.duration_s)
