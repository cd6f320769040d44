"""What somebody should know before a schedule is saved: what gets in each other's way, and what nobody will hear."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from smartradio.domain.days import DayCalendar
from smartradio.domain.plan import Scheduled
from smartradio.domain.plan_items import Decision, Note, NoteCode, Plan, PlanItem
from smartradio.domain.programme import Programme, Turn, instants

LOOKED_AHEAD: Final = timedelta(days=366)
"""A rule that brings no instant in so long a time is told."""


class FindingCode(StrEnum):
    """What is found; stable. In the order in which it is told."""

    NEVER_FIRES = "never_fires"
    """No instant from the plan's start on, in a year."""
    NEVER_HEARD = "never_heard"
    """It has instants, and at none of them does it sound; `why` is what most often stands in its way."""
    CONFLICT = "conflict"
    """It meets `other`, which is no more urgent, in the same zones: it waits for it, `seconds` at most, or is lost."""
    ZONES_DIFFER = "zones_differ"
    """At the same instant it is heard whole elsewhere, but not in these zones."""
    SLOT_OVERFLOW = "slot_overflow"
    """Its slot is too short for it, by `seconds` at most."""
    EMPTY_SLOT = "empty_slot"
    """It opens a slot in which no bulletin is heard."""
    AIRTIME = "airtime"
    """The zones' airtime of a day is used up before it."""
    NOT_APPROVED = "not_approved"
    """Nobody answers for it."""
    NO_NODES = "no_nodes"
    """In some of its zones no node stands."""
    FORMER_ZONE = "former_zone"
    """It names zones, `named`, that were merged; it is aired in these."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: about a programme, in these zones, so many times, first at an instant of it."""

    code: FindingCode
    programme: Programme
    zones: tuple[str, ...] = ()
    count: int = 0
    first_at: datetime | None = None
    other: Programme | None = None
    seconds: float | None = None
    why: NoteCode | None = None
    named: str | None = None


_BY_NOTE: Final = {
    NoteCode.CUT_SLOT: FindingCode.SLOT_OVERFLOW,
    NoteCode.SLOT_FULL: FindingCode.SLOT_OVERFLOW,
    NoteCode.AIRTIME: FindingCode.AIRTIME,
    NoteCode.NOT_APPROVED: FindingCode.NOT_APPROVED,
    NoteCode.NO_NODES: FindingCode.NO_NODES,
}
_WHOLE: Final = (Decision.PLAYS, Decision.DELAYED, Decision.RESUMED)
_WAITED: Final = (NoteCode.DELAYED, NoteCode.EXPIRED)
_UNPLANNED: Final = (NoteCode.NOT_APPROVED, NoteCode.NO_NODES, NoteCode.HOLIDAY, NoteCode.LEFT_OUT)


def check_plan(plan: Plan, scheduled: Sequence[Scheduled], days: DayCalendar) -> tuple[Finding, ...]:
    """Return what is found in a plan of these programmes, in the order of FindingCode, then of names."""
    found = [
        *_never_fires(plan, scheduled, days),
        *_never_heard(plan),
        *_in_the_way(plan),
        *_zones_differ(plan),
        *_by_notes(plan),
        *_empty_slots(plan),
    ]
    order = list(FindingCode)
    found.sort(key=lambda f: (order.index(f.code), f.programme.name, f.other.name if f.other else ""))
    return tuple(found)


def _never_fires(plan: Plan, scheduled: Iterable[Scheduled], days: DayCalendar) -> Iterator[Finding]:
    planned = {item.programme.name for item in plan.items}
    for each in scheduled:
        programme = each.programme
        if programme.name not in planned:
            later = instants(programme, plan.start, plan.start + LOOKED_AHEAD, days)
            if next(later, None) is None:
                yield Finding(FindingCode.NEVER_FIRES, programme, programme.zones)


def _never_heard(plan: Plan) -> Iterator[Finding]:
    for items in _by_programme(plan.items).values():
        if any(item.pieces for item in items):
            continue
        whys = Counter(item.notes[-1].code for item in items)
        why = max(sorted(whys), key=lambda code: whys[code])
        if why not in _UNPLANNED:
            yield _told(FindingCode.NEVER_HEARD, items, why=why)


def _in_the_way(plan: Plan) -> Iterator[Finding]:
    """Yield the pairs of programmes of which one waits for the other, though that is no more urgent."""
    pairs: dict[tuple[str, str], list[tuple[PlanItem, Note]]] = defaultdict(list)
    for item in plan.items:
        for note in item.notes:
            by = note.by
            if note.code in _WAITED and by is not None and by.priority <= item.programme.priority:
                pairs[item.programme.name, by.name].append((item, note))
    for met in pairs.values():
        waits = [item.starts_at - item.planned_at for item, _ in met if item.starts_at is not None]
        longest_s = max(waits).total_seconds() if waits else None
        yield _told(FindingCode.CONFLICT, [item for item, _ in met], other=met[0][1].by, seconds=longest_s)


def _zones_differ(plan: Plan) -> Iterator[Finding]:
    for items in _by_programme(plan.items).values():
        whole = {item.planned_at for item in items if item.decision in _WHOLE}
        apart = [
            item
            for item in items
            if item.planned_at in whole and item.decision not in _WHOLE and item.notes[-1].code not in _UNPLANNED
        ]
        if apart:
            yield _told(FindingCode.ZONES_DIFFER, apart)


def _by_notes(plan: Plan) -> Iterator[Finding]:
    noted: dict[tuple[FindingCode, str], list[tuple[PlanItem, Note]]] = defaultdict(list)
    for item in plan.items:
        for note in item.notes:
            code = _BY_NOTE.get(note.code)
            if code is not None:
                noted[code, item.programme.name].append((item, note))
    for (code, _), met in noted.items():
        short_s = max(_lacking_s(item, note) for item, note in met) if code is FindingCode.SLOT_OVERFLOW else None
        yield _told(code, [item for item, _ in met], seconds=short_s)


def _lacking_s(item: PlanItem, note: Note) -> float:
    """Return how many seconds more the slot would have to have."""
    if note.seconds is not None and note.limit_s is not None:
        return note.seconds - note.limit_s
    heard_s = sum((piece.ends_at - piece.starts_at).total_seconds() for piece in item.pieces)
    return max(0.0, item.length_s - heard_s)


def _empty_slots(plan: Plan) -> Iterator[Finding]:
    """Yield the openings whose slot holds no bulletin in some zone."""
    told_s: dict[str, list[float]] = defaultdict(list)
    for item in plan.items:
        if item.starts_at is not None and item.programme.order not in (Turn.OPENING, Turn.CLOSING):
            for zone in item.zones:
                told_s[zone].append(item.starts_at.timestamp())
    for begins in told_s.values():
        begins.sort()
    empty: dict[str, list[PlanItem]] = defaultdict(list)
    for item in plan.items:
        slot = item.programme.slot
        if slot is None or item.programme.order is not Turn.OPENING or not item.pieces:
            continue
        begin_s = item.planned_at.timestamp()
        still = tuple(zone for zone in item.zones if not _any_in(told_s[zone], begin_s, slot.total_seconds()))
        if still:
            empty[item.programme.name].append(replace(item, zones=still))
    for items in empty.values():
        yield _told(FindingCode.EMPTY_SLOT, items)


def _any_in(begins_s: Sequence[float], begin_s: float, length_s: float) -> bool:
    place = bisect_left(begins_s, begin_s)
    return place < len(begins_s) and begins_s[place] < begin_s + length_s


def _by_programme(items: Iterable[PlanItem]) -> dict[str, list[PlanItem]]:
    found: dict[str, list[PlanItem]] = defaultdict(list)
    for item in items:
        found[item.programme.name].append(item)
    return found


def _told(
    code: FindingCode,
    items: Sequence[PlanItem],
    *,
    other: Programme | None = None,
    seconds: float | None = None,
    why: NoteCode | None = None,
) -> Finding:
    """Return a finding about items of one programme."""
    first = min(items, key=lambda item: item.planned_at)
    here = {zone for item in items for zone in item.zones}
    zones = tuple(zone for zone in first.programme.zones if zone in here)
    count = len({item.planned_at for item in items})
    return Finding(code, first.programme, zones, count, first.planned_at, other, seconds, why)
