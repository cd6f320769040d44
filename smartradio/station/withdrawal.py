"""Taking an airing back: out of the plan for good, and silence wherever it sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.approvals import Approvals
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.items import Item
from smartradio.station.planner import ends_at, last_end
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.replay import replays_of

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_LONGEST_NOTE: Final = 2_000
# What could start no later than so long ago does not sound any more.
_LONGEST_SOUND: Final = timedelta(days=1)
# Of an item that is approved anew this occurrence is not planned again: it may have begun.
_UNDER_WAY: Final = timedelta(seconds=60)


class Withdrawals:
    """Takes airings and whole items back; for the event loop. `refresh` hands the plan on as it stands.

    The order to stop goes out first: a node that is reached falls silent before it learns its new plan. One that
    is away finds the airing gone from its plan when it comes back.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        dispatcher: Dispatcher,
        approvals: Approvals,
        *,
        clock: Callable[[], datetime],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._approvals = approvals
        self._clock = clock
        self._refresh = refresh

    async def airing(self, airing_id: str, *, by: Person, why: str) -> Airing:
        """Take one airing back, also while it sounds, or while a node airs it once more.

        BadInputError if it is unknown, over or was taken back.
        """
        why = _note(why)
        airing, left = await asyncio.to_thread(self._standing, airing_id)
        if not await self._take_back(left, by, why):
            raise BadInputError("it was withdrawn before")
        # Sent once more while this was decided; from now on nothing repeats it.
        late = [each for each in (await asyncio.to_thread(self._standing, airing_id))[1] if each not in left]
        if late:
            await self._take_back(late, by, why)
        return airing

    async def item(self, name: str, *, by: Person, why: str, seen: int | None = None) -> Item:
        """Take an item back with all its airings that are still to come or sounding; raises BadInputError.

        They are stopped before anything is planned, which may take its time or fail.
        """
        why, begun = _note(why), self._clock()
        airings = await asyncio.to_thread(self.left_of, name)
        under_way = [each for each in airings if each.starts_at <= begun + _UNDER_WAY]
        item = await self._approvals.withdraw(
            name,
            by=by,
            why=why,
            seen=seen,
            taken_back=[self.said(each, by, why) for each in under_way],
            dropped=[self.said(each, by, why) for each in airings if each not in under_way],
        )
        for airing in under_way:
            self._stop(airing, by, why)
        await self._refresh()
        await self._approvals.planned(begun)
        # A planning that was under way meanwhile may have added one.
        await self._take_back(await asyncio.to_thread(self.left_of, name), by, why)
        return item

    async def _take_back(self, airings: Iterable[Airing], by: Person, why: str) -> list[Airing]:
        gone = []
        for airing in airings:
            if await self._recorder.withdraw(airing.id, self.said(airing, by, why), by=by.title):
                self._stop(airing, by, why)
                gone.append(airing)
        await self._refresh()
        return gone

    def said(self, airing: Airing, by: Person, why: str, *, replaced_by: str = "") -> Evidence:
        """Return what the log says of an airing that is taken back, or whose place another alert's takes."""
        facts = {**by.facts(), "note": why} | ({"replaced_by": replaced_by} if replaced_by else {})
        reason = Reason.REPLACED if replaced_by else Reason.WITHDRAWN
        return Evidence(airing.id, "", Step.SKIPPED, self._clock(), f"operator:{by.title}", reason, facts)

    async def silenced(self, airings: Iterable[Airing], by: Person, why: str) -> None:
        """Have airings stopped everywhere that were taken out of the plan in a commit of somebody else's."""
        for airing in airings:
            self._stop(airing, by, why)
        await self._refresh()

    def _stop(self, airing: Airing, by: Person, why: str) -> None:
        self._dispatcher.stop_airing(airing)
        _logger.warning("airing_withdrawn", airing=airing.id, by=by.title, why=why)

    def still_sounding(self, names: Iterable[str]) -> list[Airing]:
        """Return those of some airings, and their repetitions, that stand and are to come or may sound. Blocking."""
        now = self._clock()
        known = [airing for name in names if (airing := self._store.airing(name)) is not None]
        each = {again.id: again for airing in known for again in (airing, *replays_of(self._store, airing.id))}
        return [airing for airing in each.values() if self._matters(airing, now)]

    def left_of(self, name: str) -> list[Airing]:
        """Return an item's airings that are to come or may sound, also once more at a node. Blocking."""
        now = self._clock()
        airings = self._store.items.airings_of(name, now - _LONGEST_SOUND)
        begun = [again for each in airings if each.starts_at <= now for again in replays_of(self._store, each.id)]
        return [airing for airing in (*airings, *begun) if self._matters(airing, now)]

    def _standing(self, airing_id: str) -> tuple[Airing, list[Airing]]:
        airing = self._store.airing(airing_id)
        if airing is None:
            raise BadInputError("there is no such airing")
        now = self._clock()
        left = [each for each in (airing, *replays_of(self._store, airing_id)) if self._matters(each, now)]
        if not left:
            raise BadInputError("it is over; what was heard cannot be taken back")
        return airing, left

    def _matters(self, airing: Airing, now: datetime) -> bool:
        recording = self._store.recording(airing.recording_id)
        return recording is None or max(last_end(airing, recording), ends_at(airing, recording)) > now


def _note(why: str) -> str:
    why = " ".join(why.split())[:_LONGEST_NOTE]
    if not why:
        raise BadInputError("say why it is withdrawn")
    return why
