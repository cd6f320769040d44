"""What the book of alerts does by itself when the time has come: an alert is said again, is over, or lapses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertAct, AlertState
from smartradio.station.alerts import acts
from smartradio.station.alerts.even_clock import EvenClock
from smartradio.station.alerts.in_the_way import TakesBack
from smartradio.station.alerts.kept import AlertAiring, AlertStep, KeptAlert, airing_id
from smartradio.station.alerts.on_air import BookOnAir
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.alerts.voicing import Voicing

if TYPE_CHECKING:
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.store import Store

_logger = structlog.get_logger()

NOT_SENT: Final = "nobody sent it in time"
_AHEAD: Final = timedelta(minutes=1)
"""What was said so much later than now was said by a clock that was wrong."""


class BookByItself(BookOnAir):
    """The part of the book that nobody has to ask for; for the event loop.

    An alert whose end has come is not said any more, by whatever clock. But it is over for good only when the clock has
    run evenly for hours (`EvenClock`): one that was ahead, and is put right, finds the alert as it was.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        voicing: Voicing,
        withdrawals: TakesBack,
        settings: AlertSettings,
        *,
        clock: Callable[[], datetime],
        even: EvenClock,
    ) -> None:
        super().__init__(store, recorder, voicing, withdrawals, clock=clock)
        self._settings = settings
        self._even = even

    def lapses_at(self, kept: KeptAlert) -> datetime | None:
        """Return when a draft lapses that nobody sends, None for one that ends by itself, and for what is no draft."""
        if kept.state is not AlertState.DRAFT or kept.alert.expires_at is not None:
            return None
        return kept.drafted_at + timedelta(hours=self._settings.draft_hours)

    def clock_jumped_min(self) -> int:
        """Return by how many minutes the clock has jumped lately, 0 if it runs evenly."""
        return self._even.jumped_min()

    async def repeat(self, alert: str) -> KeptAlert | None:
        """Say an alert again in the name of whoever let it out, if it is due; None if it is not.

        Where somebody took its last airing back by name it is cancelled in theirs: nothing is said again that a person
        has silenced.
        """
        async with self._turn:
            kept = await asyncio.to_thread(self._shelf.alert, alert)
            now = self._clock()
            if kept is None or kept.again_at is None or kept.expired(now):
                return None
            if kept.said_at is not None and kept.said_at > now + _AHEAD:
                await self._put_right(kept, now)
                return None
            if kept.again_at > now:
                return None
            silenced_by = await asyncio.to_thread(self._silenced_by, kept.id)
            if silenced_by is not None:
                why = "its last airing was taken back"
                return await self._commit(acts.ended(kept, AlertAct.CANCEL, by=silenced_by, at=now, why=why))
            again, by = Occasion.REPEAT, kept.answers
            assert by is not None  # nothing is out that nobody let out
            name = airing_id(kept.id, again, kept.again_at.isoformat())
            airing = AlertAiring(kept.id, name, again, now, by.title)
            kept = await self._commit(acts.said_again(kept, airing, at=now))
        await self._say(kept, airing, by)
        return kept

    async def expire(self, alert: str) -> KeptAlert | None:
        """End an alert, or a draft, whose time is over; None if it is not, or is not known for certain to be."""
        async with self._turn:
            kept = await asyncio.to_thread(self._shelf.alert, alert)
            now = self._clock()
            if kept is None or kept.state not in (AlertState.OUT, AlertState.DRAFT) or not self._even.is_settled():
                return None
            if kept.expired(now):
                return await self._commit(acts.ended(kept, AlertAct.EXPIRE, by=acts.STATION, at=now))
            lapses_at = self.lapses_at(kept)
            if lapses_at is None or lapses_at > now:
                return None
            return await self._commit(acts.ended(kept, AlertAct.DISCARD, by=acts.STATION, at=now, why=NOT_SENT))

    async def put_aside(self, draft: str, *, why: str) -> KeptAlert | None:
        """Discard a draft that nobody has taken in hand in the station's name; None where it is none any more."""
        async with self._turn:
            kept = await asyncio.to_thread(self._shelf.alert, draft)
            if kept is None or kept.state is not AlertState.DRAFT or kept.handed_in_by is not None:
                return None
            return await self._commit(acts.ended(kept, AlertAct.DISCARD, by=acts.STATION, at=self._clock(), why=why))

    # -- inside

    async def _put_right(self, kept: KeptAlert, now: datetime) -> None:
        """Count the next repetition from now: the last one was said at an hour that has not come yet."""
        _logger.warning("clock_was_ahead", alert=kept.id, said_at=str(kept.said_at))
        await self._commit(AlertStep(replace(kept, said_at=now), kept.version, ()))

    def _silenced_by(self, name: str) -> str | None:
        whole = [each for each in self._shelf.airings_of(name) if each.nodes is None and each.planned]
        return self._shelf.withdrawn_by(whole[-1].airing) if whole else None
