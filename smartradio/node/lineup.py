"""What is to be played: the airings of the plan in force that have not begun, each step written down first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from smartradio.domain.bulletin import SegmentKind, up_to_siren
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.gate import Mark
from smartradio.node.journal import JournalEntry, Progress
from smartradio.node.parts import NodeParts
from smartradio.node.schedule import Do, by_need, decide
from smartradio.wire.messages import Order, Plan, PlannedAiring, SegmentRef, StandingNotice

_TOLD_AHEAD: Final = timedelta(seconds=30)


class Lineup:
    """Airings known and not begun, and what stands in their way; one thread's."""

    def __init__(self, parts: NodeParts) -> None:
        self._parts = parts
        self._marks: dict[str, Mark] = {}
        self._delivered: set[str] = set()
        self._again: set[str] = set()
        self._behind: set[str] = set()
        self._no_room: set[str] = set()
        self._told_no_room: set[str] = set()
        self.pending: dict[str, PlannedAiring] = {}
        self.hindrances: dict[str, Reason] = {}
        self.standing: StandingNotice | None = None
        self.kept: tuple[SegmentRef, ...] = ()
        # What grows while it is aired is needed before all else.
        self.growing: Callable[[], Mapping[str, int]] = dict
        self.in_use: Callable[[], Iterable[PlannedAiring]] = tuple

    # -- in and out

    def recover(self, broke: Callable[[PlannedAiring], None]) -> None:
        """After a restart: report what was cut off, tell `broke` of it, and take up what has not begun."""
        journal, reports = self._parts.journal, self._parts.reports
        for entry in journal.unfinished():
            airing = PlannedAiring.model_validate_json(entry.body)
            facts = {"played_s": round(entry.played_s, 2), "at_least": True}
            make = reports.make(Step.INTERRUPTED, entry.airing, reason=Reason.NODE_RESTARTED, facts=facts)
            journal.end(entry.airing, Progress.INTERRUPTED, make, entry.played_s)
            broke(airing)
        for entry in journal.pending():
            self._take_up(entry)
        first = min((self.pending[key].starts_at for key in self._again if key in self.pending), default=None)
        for airing in self.pending.values():
            if first is not None and airing.starts_at >= first:
                # What was to sound behind an emergency that begins again waits for it once more.
                self.stands_behind(airing)

    def begin_again(self, airing: PlannedAiring) -> None:
        """An interrupted emergency plays again from its beginning, if it may still start then."""
        if Priority(airing.priority) is Priority.EMERGENCY and self._parts.journal.begin_again(airing.airing):
            self.look_at(airing.airing)

    def follow(self, plan: Plan, facts: Mapping[str, str]) -> None:
        """Put a verified plan in force: learn what stands in it, drop what does not and has not begun.

        All of it and `facts` are one transaction, so that no crash leaves a plan half in force. An airing
        that an order newer than this plan brought stays: the plan was on its way when the order rang.
        """
        mark = (plan.epoch, plan.counter)
        named = named_in(plan)
        new = [airing for airing in plan.airings if self.pending.get(airing.airing) != airing]
        gone = [
            (airing, self._why_gone(airing, plan))
            for key, airing in self.pending.items()
            if key not in named and self._marks[key] < mark
        ]
        if not (facts or new or gone):
            return
        with self._parts.journal.together():
            self._parts.journal.put(facts)
            for airing in new:
                self.know(airing, mark)
            self.write_skipped(gone)
        for airing, _ in gone:
            self.drop(airing.airing)
        for airing in new:
            self.look_at(airing.airing)

    def _why_gone(self, airing: PlannedAiring, plan: Plan) -> Reason:
        moment = self._parts.clock.now() or plan.issued_at
        hindrance = self.hindrances.get(airing.airing)
        decision = decide(
            airing,
            moment,
            audio_here=self.audio_here(airing),
            playing=None,
            hindrance=hindrance,
            last_start=self.last_start(airing),
        )
        # A plan names nothing that is over; what it leaves out before that was withdrawn.
        return decision.reason if decision.do is Do.SKIP and decision.reason is not None else Reason.WITHDRAWN

    def see(self, order: Order) -> bool:
        """Note an order before acting on it; False if it was noted before."""
        return self._parts.journal.see_order(order.order, order.expires_at.isoformat())

    def know(self, airing: PlannedAiring, mark: Mark) -> None:
        """Write down an airing of a plan or order with its (epoch, counter)."""
        self._parts.journal.know(airing.airing, airing.model_dump_json(), airing.expires_at.isoformat(), mark)

    def look_at(self, key: str) -> None:
        """Take up an airing that the journal knows, unless it has begun."""
        entry = self._parts.journal.entry(key)
        if entry is not None and entry.progress is Progress.KNOWN:
            self._take_up(entry)

    def _take_up(self, entry: JournalEntry) -> None:
        self.pending[entry.airing] = PlannedAiring.model_validate_json(entry.body)
        self._marks[entry.airing] = entry.mark
        if entry.delivered:
            self._delivered.add(entry.airing)
        if entry.played_s > 0:
            self._again.add(entry.airing)

    def skip(self, airing: PlannedAiring, reason: Reason | None, facts: Mapping[str, Any] | None = None) -> None:
        """Put on record that an airing does not begin here, and forget it."""
        self.write_skipped([(airing, reason)], facts)
        self.drop(airing.airing)

    def write_skipped(
        self, airings: Iterable[tuple[PlannedAiring, Reason | None]], more: Mapping[str, Any] | None = None
    ) -> None:
        """Write down that airings do not begin here; `more` are facts beside their times."""
        for airing, reason in airings:
            facts = {"planned_at": airing.starts_at.isoformat(), "expires_at": airing.expires_at.isoformat()}
            make = self._parts.reports.make(Step.SKIPPED, airing.airing, reason=reason, facts={**facts, **(more or {})})
            self._parts.journal.end(airing.airing, Progress.SKIPPED, make)

    def drop(self, key: str) -> None:
        """Forget an airing that waits no longer, once the journal has taken it."""
        self.pending.pop(key, None)
        self._marks.pop(key, None)
        self.hindrances.pop(key, None)
        self._delivered.discard(key)
        self._again.discard(key)
        self._behind.discard(key)

    def stands_behind(self, airing: PlannedAiring) -> None:
        """Learn that an emergency's turn has come while another one sounds: it waits, however long that one is."""
        if Priority(airing.priority) is Priority.EMERGENCY:
            self._behind.add(airing.airing)

    def last_start(self, airing: PlannedAiring) -> datetime:
        """Return the last instant at which an airing may begin.

        An emergency that was interrupted, or that waits for another one, has as long as it is valid; so has one that
        takes the place of such a one.
        """
        longer = airing.airing in self._behind or not self._again.isdisjoint((airing.airing, *airing.replaces))
        again = airing.resume_until if longer else None
        return airing.expires_at if again is None else max(airing.expires_at, again)

    # -- its audio

    def in_order(self) -> list[PlannedAiring]:
        """Return what is to come, what goes first before the others; what takes another one's place before that."""
        in_need = sorted(self.pending.values(), key=by_need)
        return sorted(in_need, key=lambda each: (-each.priority, self.pending.keys().isdisjoint(each.replaces)))

    def due(self, now: datetime, *, vouched: bool) -> list[PlannedAiring]:
        """Return what is to be looked at now, what goes first before the others.

        By a clock that the station does not stand behind nothing is over: it may be wrong, and what is given up for
        good never sounds.
        """
        return [airing for airing in self.in_order() if vouched or now <= self.last_start(airing)]

    def needed(self) -> dict[str, int]:
        """Return the objects of all that is to come (SHA-256 → bytes), in the order in which they are needed.

        Relays on the air, what plays or waits to go on and emergencies first, then the notice for silence, then the
        rest, the nearest and most urgent first.
        """
        objects: dict[str, int] = dict(self.growing())
        for airing in self.in_use():
            objects.update({segment.sha256: segment.size_bytes for segment in airing.segments})
        airings = sorted(self.pending.values(), key=lambda each: (each.starts_at, -each.priority, each.rank))
        urgent = [each for each in airings if Priority(each.priority) is Priority.EMERGENCY]
        standing = self.standing.segments if self.standing is not None else ()
        planned = (each.segments for each in airings)
        for segments in (*(each.segments for each in urgent), standing, *planned):
            for segment in segments:
                objects.setdefault(segment.sha256, segment.size_bytes)
        return objects

    def left_out(self, objects: frozenset[str], free_mb: float) -> None:
        """Learn for which objects the disk has no room; what lacks one shortly before its instant is told, once."""
        if not objects and not self._no_room:
            return
        known = self._known()
        now_out = {key for key, each in known.items() if any(segment.sha256 in objects for segment in each.segments)}
        for key in self._no_room - now_out:
            if self.hindrances.get(key) is Reason.DISK_FULL:
                del self.hindrances[key]
        for key in now_out:
            self.hindrances.setdefault(key, Reason.DISK_FULL)
        self._no_room = now_out
        self._told_no_room &= now_out
        now = self._parts.clock.now()
        for key in sorted(now_out - self._told_no_room):
            # Before that it may yet find the room of what airs first; the heartbeat tells of the disk.
            if now is not None and known[key].starts_at < now + _TOLD_AHEAD:
                self._told_no_room.add(key)
                facts = {"free_mb": round(free_mb, 1)}
                self._parts.reports.add(Step.REFUSED, key, reason=Reason.DISK_FULL, facts=facts)

    def look_delivered(self) -> None:
        """Report airings whose audio has become complete, once each."""
        whole = [
            airing
            for airing in self.pending.values()
            if airing.airing not in self._delivered and not airing.grows and self.audio_here(airing)
        ]
        if not whole:
            return
        with self._parts.journal.together():
            for airing in whole:
                facts = {"bytes": sum(segment.size_bytes for segment in airing.segments)}
                make = self._parts.reports.make(Step.DELIVERED, airing.airing, facts=facts)
                self._parts.journal.delivered(airing.airing, make)
        for airing in whole:
            self._delivered.add(airing.airing)
            self.hindrances.pop(airing.airing, None)

    def airings_with(self, sha256: str) -> list[str]:
        """Return the airings to come, on the air or waiting to go on that need an object."""
        known = self._known().items()
        return [key for key, airing in known if any(segment.sha256 == sha256 for segment in airing.segments)]

    def _known(self) -> dict[str, PlannedAiring]:
        """Return what is to come, on the air or waiting to go on."""
        return self.pending | {airing.airing: airing for airing in self.in_use()}

    def hinder(self, airing: str, reason: Reason) -> None:
        """Note why an airing may not start."""
        self.hindrances[airing] = reason

    def audio_here(self, airing: PlannedAiring) -> bool:
        """Say whether all that an airing needs is on the disk."""
        return all(segment.sha256 in self._parts.cache for segment in airing.segments)

    def may_begin(self, airing: PlannedAiring) -> bool:
        """Say whether there is sound enough to begin with: all of it, or an opening behind which the rest comes.

        An alert begins with its siren, and with what is said before that (an exercise says that it is one). One that
        broke off begins again only when it is whole, so that no siren sounds time and again without words behind it.
        """
        if airing.airing in self._again or airing.ends_by is not None or not (airing.grows or _has_siren(airing)):
            return self.audio_here(airing) and not airing.grows
        return all(segment.sha256 in self._parts.cache for segment in up_to_siren(airing.segments))

    def begun_before(self) -> list[PlannedAiring]:
        """Return what is to begin once more."""
        return [self.pending[key] for key in self._again if key in self.pending]


def _has_siren(airing: PlannedAiring) -> bool:
    return Priority(airing.priority) is Priority.EMERGENCY and any(
        segment.kind is SegmentKind.CHIME for segment in airing.segments
    )


def named_in(plan: Plan) -> set[str]:
    """Return the airings that a plan or its orders name."""
    named = {airing.airing for airing in plan.airings}
    return named | {order.airing.airing for order in plan.orders if order.airing is not None}
