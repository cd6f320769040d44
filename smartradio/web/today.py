"""Today: what waits for somebody, what sounds now, what is next, what was heard; and any other day's airings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.places import Zone
from smartradio.domain.verdict import VerdictCode
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day import Day, DayAiring, Standing
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.live_parts import live_part
from smartradio.web.plan_words import Telling
from smartradio.web.rendering import fill
from smartradio.web.rights import Right
from smartradio.web.timeline import timeline

_A_DAY: Final = timedelta(days=1)
_FIRST_DAY: Final = date(2020, 1, 1)
_LAST_DAY: Final = date(2100, 1, 1)
_VERDICTS: Final = frozenset(code.value for code in VerdictCode)
_NOW: Final = frozenset({Standing.SOUNDING, Standing.DUE})
_MINUTE_S: Final = 60.0


def add_today(app: FastAPI, console: Console) -> None:
    """Put today, and every other day, on the app."""
    pages = Today(console)
    app.get("/", dependencies=[needs(Right.LOOK)])(pages.today)
    app.get("/airings", dependencies=[needs(Right.LOOK)])(pages.any_day)
    topics = ("board", "items", "nodes", "alerts")
    live_part(app, console, "/hom-nay/viec", Right.LOOK, topics, pages.needs_part)
    live_part(app, console, "/hom-nay/lich", Right.LOOK, ("board",), pages.today_part, every_s=_MINUTE_S)
    live_part(app, console, "/airings/ngay/{day}", Right.LOOK, ("board",), pages.day_part, every_s=_MINUTE_S)


class Today:
    """One method a page or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def today(self, request: Request) -> Response:
        """Show the broadcaster's day."""
        console, visitor = self._console, self._console.visitor_of(request)
        desk, own = console.desk.desks.day, console.reader(request)
        returned = await asyncio.to_thread(desk.returned_to, visitor.account.name)
        above = await console.desk.source_state()
        fault = console.desk.schedule_fault
        context = {
            "day": await asyncio.to_thread(desk.today),
            "returned": returned,
            "emergencies": above.emergencies if above else 0,
            "schedule_fault": refusal_line(own, fault) if fault else None,
            "here": "today",
        }
        return console.page(request, "today.html", visitor=visitor, context=context)

    async def any_day(self, request: Request) -> Response:
        """Show the airings of a day, today's unless another one is asked for."""
        console, desk = self._console, self._console.desk.desks.day
        today = await asyncio.to_thread(desk.today)
        asked = request.query_params.get("ngay", "")
        day = read_day(asked) or today
        own = console.reader(request)
        context = {
            "day": day,
            "before": day - _A_DAY,
            "after": day + _A_DAY,
            "is_today": day == today,
            "wrong": own._("This is no day: please choose another.") if asked and read_day(asked) is None else None,
            "verdicts": list(VerdictCode),
            "here": "airings",
        }
        status = 422 if context["wrong"] else 200
        visitor = console.visitor_of(request)
        return console.page(request, "airings.html", visitor=visitor, status=status, context=context)

    def needs_part(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return which alerts are in force and what waits for somebody, as one element."""
        desks = self._console.desk.desks
        need = desks.day.needs()
        context = {"need_of": need, "bad": sum(need.bad.values()), "in_force": desks.alerts.current()}
        return fill("_needs.html", own.language, context=context)

    def today_part(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return today's time line and airings, as one element."""
        desk = self._console.desk.desks.day
        return self._drawn(desk.day(desk.today()), own, is_today=True)

    def day_part(self, names: Mapping[str, str], own: Reader) -> str | None:
        """Return a day's time line and airings, as one element; None for no day."""
        day, desk = read_day(names["day"]), self._console.desk.desks.day
        if day is None:
            return None
        return self._drawn(desk.day(day), own, is_today=False)

    def _called_then(self, zones: Sequence[Zone], day: Day) -> list[Zone]:
        """Return the zones by the titles they had on a day, with those of its airings that were merged since."""
        titles = self._console.desk.desks.registry.titles_then("zone", day.ends)
        names = [zone.name for zone in zones] + _gone(zones, day)
        return [Zone(name, titles.get(name, name)) for name in names]

    def _drawn(self, day: Day, own: Reader, *, is_today: bool) -> str:
        now, zones = self._console.clock(), self._console.desk.zones()
        zones = zones if now < day.ends else self._called_then(zones, day)
        telling = telling_of(zones, own)
        context: dict[str, Any] = {
            "day": day,
            "line": timeline(day, zones, now),
            "groups": _groups(day.airings, now) if is_today else [("", day.airings)],
            "now": now,
            "places": lambda airing: telling.places(tuple(airing.zones)),
            "lasting": telling.length,
            "worst_in": lambda airing: telling.places(_worst_in(airing)),
            # A day has thousands of marks of a handful of kinds.
            "unjudged": frozenset(each for each in Standing if own.has("standing", each)),
            "standing_words": {each: _standing_words(own, each) for each in Standing},
        }
        return fill("_day.html", own.language, context=context)


def _standing_words(own: Reader, standing: Standing) -> str:
    return own.code("standing" if own.has("standing", standing) else "verdict_short", standing)


def _worst_in(airing: DayAiring) -> tuple[str, ...]:
    """Return the zones in which an airing stands worst, none where it stands well or has no verdict."""
    worst = airing.standing
    if worst is Standing.AIRED or worst.value not in _VERDICTS:
        return ()
    return tuple(zone for zone, standing in airing.zones.items() if standing is worst)


def _gone(zones: Sequence[Zone], day: Day) -> list[str]:
    """Return the names of zones that had a part in a day and stand no more."""
    standing = {zone.name for zone in zones}
    return list(dict.fromkeys(name for each in day.airings for name in each.zones if name not in standing))


def telling_of(zones: Sequence[Zone], own: Reader) -> Telling:
    """Return what puts plans in words: zones as "cả xã" or by their titles, lengths, reasons."""
    titles = {zone.name: zone.title for zone in zones}
    return Telling(own._, WALL_CLOCK, [zone.name for zone in zones], titles)


def _groups(airings: Sequence[DayAiring], now: datetime) -> list[tuple[str, list[DayAiring]]]:
    """Return what sounds, what is to come, and what is over, the last first."""
    sounding = [each for each in airings if each.standing in _NOW]
    coming = [each for each in airings if each.starts_at > now and each not in sounding]
    over = [each for each in reversed(airings) if each.starts_at <= now and each not in sounding]
    return [("now", sounding), ("next", coming), ("past", over)]


def read_day(text: str) -> date | None:
    """Return a day written as 2026-11-22, None for anything else."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-22") else None
    except ValueError:
        return None
    return day if day is not None and _FIRST_DAY <= day < _LAST_DAY else None
