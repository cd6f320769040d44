"""Airings as the plan lays them out: what sounds, each at its own instant, and what a rule keeps off the air."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from smartradio.domain.airing import Airing
from smartradio.domain.days import DayCalendar
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import NoteCode, PlanItem
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.programme import Programme, Turn, instants
from smartradio.domain.sounding import Sounding
from smartradio.domain.terms import Terms, gain_in, guarded, terms_of
from smartradio.station.planner import Changes, ReadyProgramme, airing_at, changes, with_id

_LONGEST_SLOT: Final = timedelta(days=1)
# What waits, or is put off for its neighbours, may start on the day after its instant.
_LONGEST_WAIT: Final = timedelta(minutes=15)

NodesOf = Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Airings in the order of their start, and what does not sound, each instant in the zones with one reason.

    `why` holds by an airing's id what the plan says of it.
    """

    airings: tuple[Airing, ...]
    kept_off: tuple[PlanItem, ...]
    why: Mapping[str, PlanItem]


@dataclass(frozen=True, slots=True)
class _Alike:
    """What zones must have in common to share an airing."""

    programme: str
    planned_at: datetime
    starts_at: datetime
    terms: Terms
    gain_db: float


def laid_out(
    ready: Sequence[ReadyProgramme],
    nodes_of: NodesOf,
    start: datetime,
    end: datetime,
    days: DayCalendar,
    *,
    rules: PlanRules,
) -> Layout:
    """Return the airings of all approved programmes that start in [start, end), as the plan decides them.

    What sounds at different times, or differently loud, in different zones is an airing for each. What is kept off
    the air is told for instants from `start` on. Raises BadInputError for a recurrence that is no RFC 5545 rule.
    """
    made = plan(
        [Scheduled(each.programme, sounding_of(each).with_pause()) for each in ready],
        start,
        end,
        zones={zone: nodes_of((zone,)) for each in ready for zone in each.programme.zones},
        rules=rules,
        days=days,
    )
    closings = _closings(made.items)
    together: dict[_Alike, tuple[PlanItem, set[str]]] = {}
    for item in made.items:
        if item.starts_at is not None and start <= item.starts_at < end:
            for alike, zones in _by_zone(item, rules, closings):
                together.setdefault(alike, (item, set()))[1].update(zones)
    by_name = {each.programme.name: each for each in ready}
    airings, why = [], {}
    for alike, (item, here) in together.items():
        airing = airing_at(
            by_name[alike.programme],
            alike.starts_at,
            alike.terms,
            tuple(zone for zone in item.programme.zones if zone in here),
            nodes_of,
            gain_db=alike.gain_db,
        )
        airings.append(airing)
        why[airing.id] = item
    airings.sort(key=lambda airing: (airing.starts_at, airing.id))
    kept_off = tuple(item for item in made.items if item.starts_at is None and item.planned_at >= start)
    return Layout(tuple(airings), kept_off, why)


def sounding_of(ready: ReadyProgramme) -> Sounding:
    """Return how long what a programme airs sounds: a relay for its minutes, a buffer late."""
    relay = ready.programme.relay
    return Sounding.of(ready.recording) if relay is None else Sounding.fixed(relay.over_after_s)


def _by_zone(
    item: PlanItem, rules: PlanRules, closings: Mapping[tuple[str, datetime], timedelta]
) -> Iterator[tuple[_Alike, list[str]]]:
    """Yield the zones of an item that sounds, those together in which nodes are told the same of it."""
    known: dict[tuple[ZoneRules, timedelta], Terms] = {}
    found: dict[tuple[Terms, float], list[str]] = {}
    for zone in item.zones:
        closing = closings.get((zone, item.planned_at), timedelta(0))
        key = (rules.of(zone), closing)
        if key not in known:
            known[key] = terms_of(item, key[0], rules, closing)
        gain_db = gain_in(zone, item, rules)
        found.setdefault((guarded(known[key], zone, gain_db, item, rules), gain_db), []).append(zone)
    assert item.starts_at is not None
    for (terms, gain_db), zones in found.items():
        yield _Alike(item.programme.name, item.planned_at, item.starts_at, terms, gain_db), zones


def _closings(items: Iterable[PlanItem]) -> Mapping[tuple[str, datetime], timedelta]:
    """Return how long what closes the slots that begin at an instant in a zone sounds."""
    closing: dict[tuple[str, datetime], timedelta] = defaultdict(timedelta)
    for item in items:
        programme = item.programme
        is_out = item.notes and item.notes[-1].code in (NoteCode.HOLIDAY, NoteCode.LEFT_OUT)
        if programme.order is Turn.CLOSING and programme.slot is not None and programme.approved_by and not is_out:
            for zone in item.zones:
                closing[zone, item.planned_at] += timedelta(seconds=item.length_s)
    return closing


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
        zone, slot = programme.first_at.tzinfo, programme.slot or programme.start_tolerance + _LONGEST_WAIT
        same_day = last.astimezone(zone).date() == airing.starts_at.astimezone(zone).date()
        return last if same_day or airing.starts_at < last + slot else airing.starts_at

    return of


@dataclass(frozen=True, slots=True)
class Replanned:
    """What a planning run changes, and what the plan says: of the airings, by id, and of what it keeps off the air.

    `kept_off` holds only zones for which no airing of that instant stands.
    """

    changes: Changes
    kept_off: tuple[PlanItem, ...]
    why: Mapping[str, PlanItem]


def replanned(
    ready: Sequence[ReadyProgramme],
    standing: Sequence[Airing],
    nodes_of: NodesOf,
    span: tuple[datetime, datetime],
    days: DayCalendar,
    *,
    rules: PlanRules,
    settled_before: datetime,
    taken_back: Sequence[Airing] = (),
    written_in: Callable[[str], object] = str,
    kept_off: Sequence[Airing] = (),
    told_from: datetime | None = None,
) -> Replanned:
    """Return what must be added to what stands, and what withdrawn, for a span of time; see `planner.changes`.

    What a person took back is not planned again, unless something else is written in it now: `written_in` gives what
    is, by a bulletin's id. What is kept off the air is told from `told_from` on, else from the begin of the span, but
    for the instants of `kept_off`, which are on record.
    """
    start, end = span
    told_from = start if told_from is None else told_from
    layout = laid_out(ready, nodes_of, min(start, told_from) - _LONGEST_SLOT, end, days, rules=rules)
    # The slot of what is looked back to may have begun a day earlier.
    of = occurrences([each.programme for each in ready], min(start, told_from) - 2 * _LONGEST_SLOT, end, days)
    to_come = {(airing.programme, of(airing)) for airing in standing if airing.starts_at >= settled_before}
    # Where something before it became shorter, what was still to come may now belong to an instant that is past.
    wanted = [
        airing
        for airing in layout.airings
        if airing.starts_at >= start or (airing.expires_at > start and (airing.programme, of(airing)) in to_come)
    ]
    wanted = list(_not_taken_back(wanted, taken_back, of, nodes_of, written_in))
    found = changes(wanted, standing, settled_before=settled_before, nodes_of=nodes_of, occurrence=of)
    gone = set(found.withdraw)
    told: dict[tuple[str | None, datetime], set[str]] = defaultdict(set)
    for airing in (*standing, *taken_back, *kept_off):
        if airing.id not in gone:
            told[airing.programme, of(airing)].update(airing.zones)
    return Replanned(found, tuple(_without(layout.kept_off, told, told_from)), layout.why)


def _not_taken_back(
    wanted: Iterable[Airing],
    taken_back: Iterable[Airing],
    of: Callable[[Airing], datetime],
    nodes_of: NodesOf,
    written_in: Callable[[str], object],
) -> Iterator[Airing]:
    """Yield the airings without the zones in which a person took the same words of the same instant back.

    A word read otherwise, or another voice, makes another recording of them; nobody has let that one go on air.
    """
    gone: dict[tuple[str | None, datetime], list[Airing]] = defaultdict(list)
    for airing in taken_back:
        gone[airing.programme, of(airing)].append(airing)
    for airing in wanted:
        there = {
            zone
            for back in gone.get((airing.programme, of(airing)), ())
            if back.recording_id == airing.recording_id
            or written_in(back.bulletin_id) == written_in(airing.bulletin_id)
            for zone in back.zones
        }
        zones = tuple(zone for zone in airing.zones if zone not in there)
        if zones == airing.zones:
            yield airing
        elif zones:
            yield with_id(replace(airing, zones=zones, nodes=nodes_of(zones)))


def _without(
    items: Iterable[PlanItem], told: Mapping[tuple[str | None, datetime], set[str]], start: datetime
) -> Iterator[PlanItem]:
    for item in items:
        there = told.get((item.programme.name, item.planned_at), set())
        zones = tuple(zone for zone in item.zones if zone not in there)
        if zones and item.planned_at >= start:
            yield replace(item, zones=zones)
