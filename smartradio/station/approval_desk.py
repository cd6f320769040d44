"""Where people bring items, decide on them and take them back; what pages show of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.domain.approval import ItemState, Person, furthest
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Programme
from smartradio.station.approvals import Approvals
from smartradio.station.calendar import Calendar
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.handed_in_before import Earlier, handed_in_before
from smartradio.station.items import Item, Trace, item_chain
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Studio
from smartradio.station.views import LoggedEvidence
from smartradio.station.withdrawal import Withdrawals

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store


@dataclass(frozen=True, slots=True)
class ApprovalDesk:
    """One station's desk for items. Steps are awaited and raise BadInputError; what only looks blocks."""

    store: Store
    approvals: Approvals
    withdrawals: Withdrawals

    async def draft(self, programme: Programme, *, by: Person, at_once: bool = False) -> Item:
        """Write a new item; see `Approvals.draft`."""
        return await self.approvals.draft(programme, by=by, at_once=at_once)

    async def change(self, programme: Programme, *, by: Person, seen: int, at_once: bool = False) -> Item:
        """Write an item anew; it is a draft again. ChangedMeanwhileError if `seen` is not the last version."""
        return await self.approvals.change(programme, by=by, seen=seen, at_once=at_once)

    async def submit(self, name: str, *, by: Person, seen: int) -> Item:
        """Make an item audible and hand it in."""
        return await self.approvals.submit(name, by=by, seen=seen)

    async def approve(self, name: str, *, by: Person, seen: int) -> Item:
        """Answer for an item; it is planned at once."""
        return await self.approvals.approve(name, by=by, seen=seen)

    async def send_back(self, name: str, *, by: Person, note: str, seen: int) -> Item:
        """Return an item with a note."""
        return await self.approvals.send_back(name, by=by, note=note, seen=seen)

    async def withdraw_item(self, name: str, *, by: Person, why: str, seen: int | None = None) -> Item:
        """Take an item back with all its airings."""
        return await self.withdrawals.item(name, by=by, why=why, seen=seen)

    async def withdraw_airing(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take one airing back, also while it sounds."""
        return await self.withdrawals.airing(airing, by=by, why=why)

    def items(self) -> list[Item]:
        """Return all items, each as far as the plan and the nodes' reports have brought it. Blocking."""
        return self._as_planned(self.store.items.all())

    def lately(self, most: int) -> list[Item]:
        """Return the items written at the console that were changed last, as `items` does. Blocking."""
        return self._as_planned(self.store.items.lately(most))

    def _as_planned(self, items: list[Item]) -> list[Item]:
        seen = self.store.items.on_air([item.name for item in items])
        return [_as_seen(item, seen.get(item.name, (False, False))) for item in items]

    def item(self, name: str) -> Item | None:
        """Return an item as `items` does. Blocking."""
        item = self.store.items.item(name)
        return None if item is None else _as_seen(item, self.store.items.on_air([name])[name])

    def waiting(self) -> list[Item]:
        """Return the items that wait for an approver, the one that has waited longest first. Blocking."""
        return self.store.items.all([ItemState.SUBMITTED])[::-1]

    def earlier(self, item: Item) -> Earlier | None:
        """Return what was handed in of an item the time before, None if this is the first. Blocking."""
        return handed_in_before(item, self.history(item.name), self.store)

    def recording(self, recording_id: str) -> Recording | None:
        """Return what an item sounds like, segment by segment. Blocking."""
        return self.store.recording(recording_id)

    def next_times(self, programme: Programme, most: int) -> tuple[datetime, ...]:
        """Return the next instants, within a year, that an approval of a programme stands for. Blocking."""
        return self.approvals.next_times(programme, most)

    def history(self, name: str) -> list[LoggedEvidence]:
        """Return what the log has of an item, in order. Blocking."""
        return self.store.chain(item_chain(name))

    def trace(self, airing: str) -> Trace | None:
        """Return the person behind what nodes play of an airing, None where the log names nobody. Blocking.

        A recording that was aired again at one node goes on the word of whoever asked for that.
        """
        for entry in self.store.chain(airing):
            evidence = entry.evidence
            if evidence.step is Step.APPROVED and not evidence.node and evidence.facts.get("by"):
                at = entry.committed_at
                if isinstance(number := evidence.facts.get("entry"), int):
                    at = self._decided_at(evidence, number) or at
                return Trace(
                    person=Person(*(str(evidence.facts.get(key, "")) for key in ("by", "account", "session"))),
                    at=at,
                    number=entry.number,
                    hash=entry.hash,
                    source=evidence.source,
                    bound_sha256=evidence.facts.get("bound_sha256"),
                    file_sha256=evidence.facts.get("file_sha256"),
                )
        return None

    def _decided_at(self, evidence: Evidence, number: int) -> datetime | None:
        airing = self.store.airing(evidence.airing)
        if airing is None or airing.programme is None:
            return None
        chain = self.store.chain(item_chain(airing.programme))
        return next((entry.evidence.at for entry in chain if entry.number == number), None)


def approval_desk(
    settings: StationSettings,
    *,
    store: Store,
    objects: Objects,
    recorder: EvidenceRecorder,
    studio: Studio,
    dispatcher: Dispatcher,
    clock: Callable[[], datetime],
    calendar: Calendar,
    changed: Callable[[datetime], Awaitable[None]],
    refresh: Callable[[], Awaitable[None]],
) -> ApprovalDesk:
    """Return the desk of a station; `changed` plans what items have become since an instant, `refresh` hands it on."""
    approvals = Approvals(
        settings,
        store,
        objects,
        recorder,
        studio,
        clock=clock,
        check_zones=calendar.check_zones,
        changed=changed,
        days=calendar.days,
    )
    withdrawals = Withdrawals(store, recorder, dispatcher, approvals, clock=clock, refresh=refresh)
    return ApprovalDesk(store, approvals, withdrawals)


def _as_seen(item: Item, on_air: tuple[bool, bool]) -> Item:
    planned, started = on_air
    return replace(item, state=furthest(item.state, planned=planned, started=started))
