"""A week of programmes: what the plan says of it, with what waits for approval beside what stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from smartradio.domain.approval import ItemState
from smartradio.domain.days import Day, DayCalendar
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_checks import Finding
from smartradio.domain.plan_items import PlanItem
from smartradio.domain.plan_rules import PlanRules
from smartradio.domain.programme import Programme
from smartradio.station.day import DayAiring, span_of
from smartradio.station.items import Item
from smartradio.station.layout import sounding_of
from smartradio.station.plan_lengths import scheduled
from smartradio.station.planner import ReadyProgramme

WEEK: Final = timedelta(days=7)
PENDING: Final = frozenset({ItemState.DRAFT, ItemState.SUBMITTED, ItemState.RETURNED})
"""States in which an item wants a place in the week and has none yet."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One instant of a programme in the week. What comes of it differs by zone where `items` has several.

    `state` is the item's where it is not approved, None for what stands.
    """

    at: datetime
    programme: Programme
    items: tuple[PlanItem, ...]
    state: ItemState | None = None
    from_file: bool = False


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day of the week: what was aired before `now`, what is planned after it."""

    day: Day
    aired: tuple[DayAiring, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on, and what somebody should know of the programmes that stand."""

    monday: date
    days: tuple[WeekDay, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a week is made of: programmes made audible, items that wait, which of them are written in files.

    `as_if` is planned beside them as if somebody answered for it.
    """

    ready: Mapping[str, ReadyProgramme]
    pending: Sequence[Item]
    from_files: frozenset[str] = frozenset()
    as_if: Programme | None = None


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def slots_of(
    standing: Standing,
    start: datetime,
    end: datetime,
    *,
    nodes: Mapping[str, Sequence[str]] | None,
    rules: PlanRules,
    days: DayCalendar,
    rate_wpm: float | None = None,
) -> tuple[Slot, ...]:
    """Return the instants of programmes in [start, end) and what comes of each, in order.

    What waits for its approval takes no room from what stands: it is planned as if nobody would ever approve it.
    """
    waiting = {item.name: item for item in standing.pending if not item.at_once}
    stands = {name: each for name, each in standing.ready.items() if name not in waiting}
    timed = [Scheduled(each.programme, sounding_of(each).with_pause()) for each in stands.values()]
    written = [replace(item.programme, approved_by=None) for item in waiting.values()]
    written += [] if standing.as_if is None else [standing.as_if]
    timed += scheduled(written, rate_wpm=rate_wpm)
    made = plan(timed, start, end, zones=nodes, rules=rules, days=days)
    together: dict[tuple[datetime, str], list[PlanItem]] = defaultdict(list)
    for item in made.items:
        if start <= item.planned_at < end:
            together[item.planned_at, item.programme.name].append(item)
    return tuple(
        Slot(
            at,
            items[0].programme,
            tuple(items),
            waiting[name].state if name in waiting else None,
            name in standing.from_files,
        )
        for (at, name), items in together.items()
    )


def week_of(
    monday: date,
    now: datetime,
    *,
    aired: Iterable[DayAiring],
    slots: Iterable[Slot],
    days: DayCalendar,
    findings: Sequence[Finding] = (),
) -> Week:
    """Lay airings that have begun and slots that have not into the days of a week."""
    by_day: dict[date, tuple[list[DayAiring], list[Slot]]] = {
        monday + timedelta(days=number): ([], []) for number in range(WEEK.days)
    }
    zone = span_of(monday)[0].tzinfo
    for each in aired:
        day = each.starts_at.astimezone(zone).date()
        if each.starts_at <= now and day in by_day:
            by_day[day][0].append(each)
    for slot in slots:
        day = slot.at.astimezone(zone).date()
        if slot.at > now and day in by_day:
            by_day[day][1].append(slot)
    made = tuple(WeekDay(days.day(day), tuple(a), tuple(s)) for day, (a, s) in by_day.items())
    return Week(monday, made, tuple(findings))
