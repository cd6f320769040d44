"""From programmes and a commune's rules to what is aired where and when, each instant with its reasons: pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import Final

from smartradio.domain.day_rules import Holidays
from smartradio.domain.days import DayCalendar
from smartradio.domain.plan_items import Decision, Note, NoteCode, Piece, Plan, PlanItem
from smartradio.domain.plan_rules import EXEMPT, PlanRules, ZoneRules
from smartradio.domain.programme import Programme, Turn, instants, left_out
from smartradio.domain.sounding import Sounding
from smartradio.domain.zone_run import Arrival, Outcome, RawNote, RawPiece, Show, ZoneRun, ZoneTimes

_DAY: Final = timedelta(days=1)
_NO_NODES: Final = Outcome(Decision.SKIPPED, (), (RawNote(NoteCode.NO_NODES),))
_NOT_APPROVED: Final = Outcome(Decision.SKIPPED, (), (RawNote(NoteCode.NOT_APPROVED),))


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A programme and how long what it airs sounds."""

    programme: Programme
    sounding: Sounding


def plan(
    scheduled: Sequence[Scheduled],
    start: datetime,
    end: datetime,
    *,
    zones: Mapping[str, Sequence[str]] | None,
    rules: PlanRules,
    days: DayCalendar,
) -> Plan:
    """Return what comes of every instant in [start, end) in every zone, and of what still sounds at `start`.

    `zones` holds the nodes of each zone, a zone it does not name has none; None if nobody knows the nodes.
    The same input gives the same plan: it is played through from the day before `start` on, so that what is
    under way then, and the airtime used that day, count too. Raises BadInputError as `instants` does.
    """
    planning = _Planning(scheduled, start, end, rules, days)
    return planning.plan(zones)


class _Planning:
    """One plan being made."""

    def __init__(
        self, scheduled: Sequence[Scheduled], start: datetime, end: datetime, rules: PlanRules, days: DayCalendar
    ) -> None:
        self._scheduled = scheduled
        self._start, self._end = start, end
        self._rules = rules
        self._days = days
        self._first_day = start.astimezone(rules.tz).date() - _DAY
        self._last_day = end.astimezone(rules.tz).date() + _DAY
        begin = datetime.combine(self._first_day, time(), rules.tz)
        # What comes after `end` may still stop what began before it.
        self._instants = [list(instants(each.programme, begin, end + _DAY, days)) for each in scheduled]
        self._nodes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._starts_s = [[at.timestamp() for at in ats] for ats in self._instants]

    def plan(self, zones: Mapping[str, Sequence[str]] | None) -> Plan:
        """Play every zone through, and gather the zones in which the same comes of an instant."""
        found: dict[tuple[int, float, Outcome], list[str]] = {}
        shows = [self._show(each) for each in self._scheduled]
        arrivals = self._arrivals()
        for (members, rules), alike in self._alike(zones).items():
            theirs = [arrival for arrival in arrivals if arrival.show in members]
            if rules.stagger_s:
                theirs = sorted(self._staggered(arrival, rules.stagger_s) for arrival in theirs)
            for key in ZoneRun(shows, self._times(rules), theirs).outcomes():
                found.setdefault(key, []).extend(alike)
        self._add_what_is_not_played(found, zones)
        first_s, last_s = self._start.timestamp(), self._end.timestamp()
        items = [
            self._item(index, at_s, outcome, names, zones or {})
            for (index, at_s, outcome), names in found.items()
            if _touches(at_s, outcome, first_s, last_s)
        ]
        items += self._left_out(zones or {})
        items.sort(key=_place)
        return Plan(self._start, self._end, tuple(items))

    def _left_out(self, nodes: Mapping[str, Sequence[str]]) -> Iterator[PlanItem]:
        """Yield the instants that holidays and exceptions take out, so that nobody misses them."""
        for each in self._scheduled:
            programme = each.programme
            if not programme.except_on and programme.holidays is Holidays.AS_USUAL:
                continue
            for out in left_out(programme, self._start, self._end, self._days):
                note = Note(NoteCode.HOLIDAY if out.holiday else NoteCode.LEFT_OUT, named=out.holiday)
                zones = programme.zones
                yield PlanItem(
                    programme=programme,
                    planned_at=out.at,
                    zones=zones,
                    nodes=self._nodes_of(zones, nodes),
                    decision=Decision.SKIPPED,
                    pieces=(),
                    notes=(note,),
                    length_s=each.sounding.duration_s,
                    estimated=each.sounding.estimated,
                )

    def _show(self, each: Scheduled) -> Show:
        programme = each.programme
        valid_until_s = inf
        if programme.valid_until is not None:
            over = datetime.combine(programme.valid_until + _DAY, time(), programme.first_at.tzinfo)
            valid_until_s = over.timestamp()
        return Show(
            priority=programme.priority,
            sounding=each.sounding,
            tolerance_s=programme.start_tolerance.total_seconds(),
            resume_within_s=self._rules.resume_within.total_seconds(),
            slot_s=inf if programme.slot is None else programme.slot.total_seconds(),
            valid_until_s=valid_until_s,
            closes=programme.slot is not None and programme.order is Turn.CLOSING,
        )

    def _arrivals(self) -> list[Arrival]:
        """Return the instants of all approved programmes in order; in a slot what is newer goes first."""
        everything = range(len(self._scheduled))
        in_turn = sorted(everything, key=lambda index: _turn(self._scheduled[index].programme))
        ranks = {index: rank for rank, index in enumerate(in_turn)}
        return sorted(
            Arrival(at_s, ranks[index], index)
            for index in everything
            if self._scheduled[index].programme.approved_by
            for at_s in self._starts_s[index]
        )

    def _staggered(self, arrival: Arrival, stagger_s: float) -> Arrival:
        if self._scheduled[arrival.show].programme.priority in EXEMPT:
            return arrival
        return arrival._replace(at_s=arrival.at_s + stagger_s)

    def _alike(self, zones: Mapping[str, Sequence[str]] | None) -> dict[tuple[frozenset[int], ZoneRules], list[str]]:
        """Return (programmes, rules) → the zones that have both in common: they need playing through once."""
        members: dict[str, list[int]] = {}
        for index, each in enumerate(self._scheduled):
            for zone in each.programme.zones:
                members.setdefault(zone, []).append(index)
        alike: dict[tuple[frozenset[int], ZoneRules], list[str]] = {}
        for zone, theirs in sorted(members.items()):
            if zones is None or zones.get(zone):
                alike.setdefault((frozenset(theirs), self._rules.of(zone)), []).append(zone)
        return alike

    def _times(self, rules: ZoneRules) -> ZoneTimes:
        tz, first, last = self._rules.tz, self._first_day, self._last_day
        # The night before the first day may reach into it.
        quiet = [] if rules.quiet is None else rules.quiet.spans(first - _DAY, last, tz)
        days = [datetime.combine(first + n * _DAY, time(), tz).timestamp() for n in range((last - first).days + 1)]
        return ZoneTimes(
            [begin for begin, _ in quiet], [end for _, end in quiet], days, rules.airtime_s, rules.stagger_s
        )

    def _add_what_is_not_played(
        self, found: dict[tuple[int, float, Outcome], list[str]], zones: Mapping[str, Sequence[str]] | None
    ) -> None:
        for index, each in enumerate(self._scheduled):
            programme = each.programme
            if not programme.approved_by:
                outcome, where = _NOT_APPROVED, list(programme.zones)
            else:
                outcome, where = _NO_NODES, [z for z in programme.zones if zones is not None and not zones.get(z)]
            if where:
                found.update({(index, at_s, outcome): where for at_s in self._starts_s[index]})

    def _item(
        self, index: int, at_s: float, outcome: Outcome, names: Iterable[str], nodes: Mapping[str, Sequence[str]]
    ) -> PlanItem:
        each = self._scheduled[index]
        here, at = frozenset(names), _moment(at_s)
        zones = tuple([zone for zone in each.programme.zones if zone in here])
        return PlanItem(
            programme=each.programme,
            planned_at=at,
            zones=zones,
            nodes=self._nodes_of(zones, nodes),
            decision=outcome.decision,
            pieces=tuple(map(_piece, outcome.pieces)),
            notes=tuple(self._note(note, index, at) for note in outcome.notes),
            length_s=each.sounding.duration_s,
            estimated=each.sounding.estimated,
        )

    def _nodes_of(self, zones: tuple[str, ...], nodes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        if zones not in self._nodes:
            self._nodes[zones] = tuple(node for zone in zones for node in nodes.get(zone, ()))
        return self._nodes[zones]

    def _note(self, raw: RawNote, index: int, at: datetime) -> Note:
        until = _instant(raw.until_s)
        if raw.code is NoteCode.LITTLE_LEFT:
            later = self._instants[index]
            place = bisect_right(later, at)
            until = later[place] if place < len(later) else None
        return Note(
            code=raw.code,
            at=_instant(raw.at_s),
            until=until,
            by=None if raw.by is None else self._scheduled[raw.by].programme,
            by_at=_instant(raw.by_at_s),
            sentence=raw.sentence,
            of=raw.of,
            seconds=raw.seconds,
            limit_s=raw.limit_s,
            used_s=raw.used_s,
        )


def _turn(programme: Programme) -> tuple[Turn, float, str]:
    return programme.order, -programme.first_at.timestamp(), programme.name


def _place(item: PlanItem) -> tuple[datetime, datetime, int, Turn, str, tuple[str, ...]]:
    programme = item.programme
    begins = item.planned_at if item.starts_at is None else item.starts_at
    return item.planned_at, begins, -programme.priority, programme.order, programme.name, item.zones


def _touches(at_s: float, outcome: Outcome, first_s: float, last_s: float) -> bool:
    """Say whether it is planned, or sounds, in [first, last)."""
    return first_s <= at_s < last_s or any(piece.start_s < last_s and piece.end_s > first_s for piece in outcome.pieces)


def _piece(raw: RawPiece) -> Piece:
    return Piece(_moment(raw.start_s), _moment(raw.end_s), raw.first + 1, raw.past)


def _instant(at_s: float | None) -> datetime | None:
    return None if at_s is None or at_s == inf else _moment(at_s)


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
