"""The week's calendar: what was aired, what the plan says, by day and hour, with what is left out and why."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.places import Zone
from smartradio.domain.plan_items import NoteCode
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day import DayAiring
from smartradio.station.week import WEEK, Slot, Week, WeekDay, monday_of
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.live_parts import live_part
from smartradio.web.plan_words import Telling
from smartradio.web.rendering import fill
from smartradio.web.rights import Right
from smartradio.web.today import read_day, telling_of

_MOST_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One airing or slot in the calendar; `says` are the reasons where it is not simply aired."""

    aired: DayAiring | None = None
    slot: Slot | None = None
    says: tuple[str, ...] = ()
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A day with its entries by the hour of their begin."""

    day: WeekDay
    hours: Mapping[int, Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class _Read:
    """All that a week's days show: what is drawn of the same is the same."""

    week: Week
    zones: tuple[Zone, ...]
    today: date


def add_week(app: FastAPI, console: Console) -> None:
    """Put the calendar on the app."""
    page = WeekPage(console)
    app.get("/lich", dependencies=[needs(Right.LOOK)])(page.week)
    live_part(app, console, "/lich/tuan/{monday}", Right.LOOK, ("items", "board"), page.part)


class WeekPage:
    """The calendar's page."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawn = _DrawnWeeks()

    async def week(self, request: Request) -> Response:
        """Show a week, this one unless another is asked for."""
        console = self._console
        own = console.reader(request)
        asked = request.query_params.get("tu", "")
        wanted = read_day(asked)
        today = await asyncio.to_thread(console.desk.desks.day.today)
        monday = monday_of(wanted or today)
        wrong = own._("This is no day: please choose another.") if asked and wanted is None else None
        context = {
            "monday": monday,
            "sunday": monday + WEEK - timedelta(days=1),
            "before": monday - WEEK,
            "after": monday + WEEK,
            "wrong": wrong,
            "here": "lich",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "week.html", visitor=visitor, status=422 if wrong else 200, context=context)

    def part(self, names: Mapping[str, str], own: Reader) -> str | None:
        """Return a week's days as one element; None for what is no Monday. Blocking."""
        monday, desk = read_day(names["monday"]), self._console.desk.desks.day
        if monday is None or monday != monday_of(monday):
            return None
        read = _Read(desk.week(monday), tuple(self._console.desk.zones()), desk.today())
        return self._drawn.of(read, own)


class _DrawnWeeks:
    """The weeks looked at last, as they were drawn; for any thread.

    Each piece of evidence has a week looked at anew for all who follow it; of its two thousand airings none changed.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[date, str], tuple[_Read, str]] = OrderedDict()
        self._lock = Lock()

    def of(self, read: _Read, own: Reader) -> str:
        """Return a week's days as one element."""
        key = read.week.monday, own.language
        with self._lock:
            known = self._kept.get(key)
        if known is None or known[0] != read:
            known = read, _drawn(read, own)
        with self._lock:
            self._kept[key] = known
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return known[1]


def _drawn(read: _Read, own: Reader) -> str:
    telling = telling_of(read.zones, own)
    columns = [_column(day, telling) for day in read.week.days]
    context = {
        "columns": columns,
        "hours": sorted({hour for column in columns for hour in column.hours}),
        "findings": [telling.finding(finding) for finding in read.week.findings],
        "places": telling.places,
        "today": read.today,
    }
    return fill("_week.html", own.language, context=context)


def _column(day: WeekDay, telling: Telling) -> Column:
    hours: dict[int, list[Entry]] = defaultdict(list)
    for airing in day.aired:
        hours[airing.starts_at.astimezone(WALL_CLOCK).hour].append(
            Entry(aired=airing, is_off=airing.reason is not None)
        )
    for slot in day.slots:
        hours[slot.at.astimezone(WALL_CLOCK).hour].append(_entry(slot, telling))
    return Column(day, dict(hours))


def _entry(slot: Slot, telling: Telling) -> Entry:
    return Entry(slot=slot, says=says_of((slot,), telling), is_off=not any(item.pieces for item in slot.items))


def says_of(slots: Sequence[Slot], telling: Telling) -> tuple[str, ...]:
    """Return what the plan says of slots where it is not that they sound as planned; where zones differ, for which."""
    found: dict[str, None] = {}
    for slot in slots:
        for item in slot.items:
            # That it waits for its approval is told by its state; its turn in the slot surprises nobody.
            if {note.code for note in item.notes} - {NoteCode.NOT_APPROVED, NoteCode.IN_TURN, NoteCode.STAGGERED}:
                outcome = telling.outcome(item)
                is_split = len(slot.items) > 1
                found[f"{telling.places(item.zones)}: {outcome}" if is_split else outcome] = None
    return tuple(found)
