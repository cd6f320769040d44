"""Airings as the plan lays them out: what shares a slot goes on air one after another, each at its own instant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from smartradio.domain.airing import Airing
from smartradio.domain.days import DayCalendar
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import NoteCode, PlanItem
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.programme import Programme, instants
from smartradio.domain.sounding import Sounding
from smartradio.station.planner import Changes, ReadyProgramme, airing_at, airings_of, changes

_LONGEST_SLOT: Final = timedelta(days=1)
_NO_ROOM: Final = (NoteCode.SLOT_FULL, NoteCode.EXPIRED)
# Quiet hours and airtime are shown by the plan; nothing here keeps an approved airing off the air for them.
_RULES: Final = PlanRules(ZoneInfo("Asia/Ho_Chi_Minh"), ZoneRules(quiet=None))

NodesOf = Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Airings in the order of their start, and (programme, planned instant) of what found no room in its slot."""

    airings: tuple[Airing, ...]
    no_room: tuple[tuple[str, datetime], ...]


def laid_out(
    ready: Sequence[ReadyProgramme], nodes_of: NodesOf, start: datetime, end: datetime, days: DayCalendar
) -> Layout:
    """Return the airings of all approved programmes that start in [start, end), slots laid out item by item.

    What sounds at different times in different zones is an airing for each time. Raises BadInputError for a
    recurrence that is no RFC 5545 rule.
    """
    airings = [
        airing
        for each in ready
        if each.programme.slot is None
        for airing in airings_of(each, nodes_of, start, end, days)
    ]
    no_room: list[tuple[str, datetime]] = []
    by_name = {each.programme.name: each for each in ready}
    together: dict[tuple[str, datetime, datetime], set[str]] = {}
    for item in _in_slots(ready, nodes_of, start - _LONGEST_SLOT, end, days):
        name = item.programme.name
        if item.starts_at is not None:
            together.setdefault((name, item.planned_at, item.starts_at), set()).update(item.zones)
        elif any(note.code in _NO_ROOM for note in item.notes):
            no_room.append((name, item.planned_at))
    for (name, planned_at, starts_at), zones in together.items():
        if start <= starts_at < end:
            airings.append(_in_slot(by_name[name], nodes_of, planned_at, starts_at, zones))
    airings.sort(key=lambda airing: (airing.starts_at, airing.id))
    return Layout(tuple(airings), tuple(no_room))


def _in_slots(
    ready: Sequence[ReadyProgramme], nodes_of: NodesOf, start: datetime, end: datetime, days: DayCalendar
) -> list[PlanItem]:
    if all(each.programme.slot is None for each in ready):
        return []
    made = plan(
        [Scheduled(each.programme, Sounding.of(each.recording).with_pause()) for each in ready],
        start,
        end,
        zones={zone: nodes_of((zone,)) for each in ready for zone in each.programme.zones},
        rules=_RULES,
        days=days,
    )
    return [item for item in made.items if item.programme.slot is not None]


def _in_slot(
    ready: ReadyProgramme, nodes_of: NodesOf, planned_at: datetime, starts_at: datetime, zones: set[str]
) -> Airing:
    programme = ready.programme
    assert programme.slot is not None
    still_fits = planned_at + programme.slot - timedelta(seconds=ready.recording.duration_s)
    return airing_at(
        ready,
        starts_at,
        max(starts_at + programme.start_tolerance, still_fits),
        tuple(zone for zone in programme.zones if zone in zones),
        nodes_of,
    )


def occurrences(
    programmes: Sequence[Programme], start: datetime, end: datetime, days: DayCalendar
) -> Callable[[Airing], datetime]:
    """Return what tells the planned instant an airing belongs to: the last one of its programme not after its start.

    That is one of the same day, or one in whose slot it starts: what was planned on a day that has since been taken
    out belongs to no other day. So an airing laid out in a slot belongs to its day's instant also when the programme
    has lost its slot since. Instants are looked for in [start, end).
    """
    by_name = {programme.name: programme for programme in programmes}
    known: Mapping[str, list[datetime]] = {
        name: list(instants(programme, start, end, days)) for name, programme in by_name.items()
    }

    def of(airing: Airing) -> datetime:
        planned = known.get(airing.programme or "", [])
        place = bisect_right(planned, airing.starts_at)
        if not place:
            return airing.starts_at
        programme, last = by_name[airing.programme or ""], planned[place - 1]
        zone, slot = programme.first_at.tzinfo, programme.slot or timedelta(0)
        same_day = last.astimezone(zone).date() == airing.starts_at.astimezone(zone).date()
        return last if same_day or airing.starts_at < last + slot else airing.starts_at

    return of


@dataclass(frozen=True, slots=True)
class Replanned:
    """What a planning run changes, and (programme, planned instant) of what found no room in its slot."""

    changes: Changes
    no_room: tuple[tuple[str, datetime], ...]


def replanned(
    ready: Sequence[ReadyProgramme],
    standing: Sequence[Airing],
    nodes_of: NodesOf,
    span: tuple[datetime, datetime],
    days: DayCalendar,
    *,
    settled_before: datetime,
) -> Replanned:
    """Return what must be added to what stands, and what withdrawn, for a span of time; see `planner.changes`."""
    start, end = span
    layout = laid_out(ready, nodes_of, start - _LONGEST_SLOT, end, days)
    # The slot of what is looked back to may have begun a day earlier.
    of = occurrences([each.programme for each in ready], start - 2 * _LONGEST_SLOT, end, days)
    slotted = {each.programme.name for each in ready if each.programme.slot is not None}
    to_come = {
        (airing.programme, of(airing))
        for airing in standing
        if airing.starts_at >= settled_before and airing.programme in slotted
    }
    # Where something before it became shorter, what was still to come may now belong to an instant that is past.
    wanted = [
        airing
        for airing in layout.airings
        if airing.starts_at >= start or (airing.expires_at > start and (airing.programme, of(airing)) in to_come)
    ]
    found = changes(wanted, standing, settled_before=settled_before, nodes_of=nodes_of, occurrence=of)
    return Replanned(found, tuple(each for each in layout.no_room if each[1] >= start))
