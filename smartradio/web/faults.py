"""Faults: what is wrong now, since when, what to do; who has seen it and who was told; what is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.alarm import Alarm, AlarmKind, AlarmState, Severity
from smartradio.domain.errors import BadInputError
from smartradio.station.alarms.wording import line_of, lines_of, todo_of
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.live_parts import live_part, look_again
from smartradio.web.rendering import fill
from smartradio.web.rights import Right

TOPICS: Final = ("alarms",)
SHOWN_PAST: Final = 30
_OPEN: Final = "/su-co/viec"
SHOWN_ALIKE: Final = 60
"""Of what is alike no more rows than these: a whole commune without power is one card, and not a thousand rows."""
_MINUTE_S: Final = 60.0
_ORDER: Final = tuple(Severity)


def add_faults(app: FastAPI, console: Console) -> None:
    """Put the page of faults on the app."""
    pages = Faults(console)
    look, maintain = [needs(Right.LOOK)], [needs(Right.MAINTAIN)]
    app.get("/su-co", dependencies=look)(pages.faults)
    app.post("/su-co/thay", dependencies=maintain)(pages.seen_all)
    live_part(app, console, "/su-co/so", Right.LOOK, TOPICS, pages.count_part)
    live_part(app, console, _OPEN, Right.LOOK, TOPICS, pages.open_part, every_s=_MINUTE_S)
    live_part(app, console, "/su-co/dau/{alarm}", Right.LOOK, TOPICS, pages.mark_part)
    app.get("/su-co/{alarm}", dependencies=look)(pages.fault)
    app.post("/su-co/{alarm}/thay", dependencies=maintain)(pages.seen)
    app.post("/su-co/{alarm}/xong", dependencies=maintain)(pages.close)


@dataclass(frozen=True, slots=True)
class Alike:
    """Faults of one kind: their line together, what to do about it, each of them."""

    kind: AlarmKind
    severity: Severity
    lines: Sequence[str]
    todo: str
    alarms: Sequence[Alarm]


def alike(alarms: Sequence[Alarm], own: Reader) -> list[Alike]:
    """Return faults by kind, the gravest first, within a kind the latest."""
    kinds: dict[AlarmKind, list[Alarm]] = {}
    for alarm in sorted(alarms, key=lambda each: (_ORDER.index(each.severity), -each.id)):
        kinds.setdefault(alarm.kind, []).append(alarm)
    return [
        Alike(kind, found[0].severity, lines_of(own._, found, named=False), todo_of(own._, kind), found)
        for kind, found in kinds.items()
    ]


class Faults:
    """One method a page, form or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def faults(self, request: Request) -> Response:
        """Show what is wrong now and what is over."""
        console, desk, own = self._console, self._console.desk.desks.alarms, self._console.reader(request)
        before = _read_instant(request.query_params.get("truoc", ""))

        def read() -> tuple[dict[str, Any], dict[str, str]]:
            past, open_ones = desk.past(before, SHOWN_PAST), desk.open()
            context = {
                "past": past,
                "older": past[-1].ended_at if len(past) == SHOWN_PAST else None,
                "unseen": any(alarm.state is AlarmState.RAISED for alarm in open_ones),
                "newest": max((alarm.id for alarm in open_ones), default=0),
                "targets": desk.targets(),
                "unanswered": desk.unanswered(),
            }
            return context, {} if before else {_OPEN: self._drawn(open_ones, own)}

        context, drawn = await asyncio.to_thread(read)
        context |= {
            "is_older": before is not None,
            "line": lambda alarm: line_of(own._, alarm),
            "when": lambda at: when(own, at, console.clock()),
            "here": "faults",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "faults.html", visitor=visitor, context=context, drawn=drawn)

    async def fault(self, request: Request, alarm: str) -> Response:
        """Show one fault."""
        return await self._fault_page(request, _number(alarm))

    async def seen_all(self, request: Request) -> Response:
        """Put the visitor's name beside all that stood on the page when it was loaded."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        last, desk = _number(str(form.get("newest", ""))), self._console.desk.desks.alarms
        for alarm in await asyncio.to_thread(desk.open):
            if alarm.id <= last and alarm.state is AlarmState.RAISED:
                await desk.seen(alarm.id, by=self._console.person(visitor))
        return RedirectResponse("/su-co", status_code=303)

    async def seen(self, request: Request, alarm: str) -> Response:
        """Put the visitor's name beside a fault."""
        visitor, _ = self._console.visitor_of(request), await self._console.form(request)
        try:
            await self._console.desk.desks.alarms.seen(_number(alarm), by=self._console.person(visitor))
        except BadInputError:
            return self._none(request)
        return RedirectResponse(f"/su-co/{alarm}", status_code=303)

    async def close(self, request: Request, alarm: str) -> Response:
        """End a fault that happened and was looked into."""
        visitor, _ = self._console.visitor_of(request), await self._console.form(request)
        try:
            await self._console.desk.desks.alarms.close(_number(alarm), by=self._console.person(visitor))
        except BadInputError:
            own = self._console.reader(request)
            line = own._("This fault ends by itself as soon as its cause is gone.")
            return await self._fault_page(request, _number(alarm), refused=line)
        return RedirectResponse("/su-co", status_code=303)

    def count_part(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return how many faults nobody has seen, for beside the word of the navigation."""
        unseen = self._console.desk.desks.alarms.count().unseen
        return f'<span class="count">{own.number(unseen, 0)}</span>' if unseen else ""

    def open_part(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return what is wrong now, as one element."""
        return self._drawn(self._console.desk.desks.alarms.open(), own)

    def _drawn(self, alarms: Sequence[Alarm], own: Reader) -> str:
        now = self._console.clock()
        context: dict[str, Any] = {
            "groups": alike(alarms, own),
            "most": SHOWN_ALIKE,
            "open": len(alarms),
            "urgent": sum(alarm.severity is Severity.CRITICAL for alarm in alarms),
            "unseen": sum(alarm.state is AlarmState.RAISED for alarm in alarms),
            "line": lambda alarm: line_of(own._, alarm),
            "when": lambda at: when(own, at, now),
        }
        return fill("_faults.html", own.language, context=context)

    def mark_part(self, names: Mapping[str, str], _own: Reader) -> str | None:
        """Return a mark of one fault, another one as soon as its page shows something else."""
        alarm = self._console.desk.desks.alarms.alarm(_number(names["alarm"]))
        return None if alarm is None else look_again(self._mark(alarm))

    def _mark(self, alarm: Alarm) -> str:
        rings = self._console.desk.desks.alarms.rings_of(alarm.id)
        return f"{alarm.state} {alarm.times} {[(ring.target, ring.state) for ring in rings]}"

    async def _fault_page(self, request: Request, alarm_id: int, *, refused: str | None = None) -> Response:
        console, desk, own = self._console, self._console.desk.desks.alarms, self._console.reader(request)
        alarm = await asyncio.to_thread(desk.alarm, alarm_id)
        if alarm is None:
            return self._none(request)
        context = {
            "alarm": alarm,
            "line": line_of(own._, alarm),
            "todo": todo_of(own._, alarm.kind),
            "rings": await asyncio.to_thread(desk.rings_of, alarm_id),
            "targets": await asyncio.to_thread(desk.targets),
            "when": lambda at: when(own, at, console.clock()),
            "version": await asyncio.to_thread(self._mark, alarm),
            "refused": refused,
            "here": "faults",
        }
        status = 422 if refused else 200
        visitor = console.visitor_of(request)
        return console.page(request, "fault.html", visitor=visitor, status=status, context=context)

    def _none(self, request: Request) -> Response:
        own = self._console.reader(request)
        title, line = own._("There is no such fault"), own._("It may be from before a backup was restored.")
        return self._console.problem(request, title=title, line=line, status=404)


def when(own: Reader, at: datetime, now: datetime) -> str:
    """Return an instant as people say it: the time alone for today."""
    return own.clock(at) if own.day(at) == own.day(now) else f"{own.clock(at)}, {own.day(at)}"


def _number(text: str) -> int:
    """Return the number of a fault, 0 for what is none: there is no such fault."""
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _read_instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
