"""The report of a period: on a page, to be printed, and as a table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from smartradio.station.summaries import By, Summary
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.rendering import STATIC, assets_version, fill
from smartradio.web.rights import Right
from smartradio.web.summary_csv import as_csv
from smartradio.web.summary_words import by_word, columns_of, line_word, off_words, outcome_word

LONGEST: Final = timedelta(days=3 * 366)
_CSV = {"content-type": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the commune, both inclusive, and what the report is broken down by."""

    first: date
    last: date
    by: By

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), LOCAL_ZONE)

    @property
    def end(self) -> datetime:
        """The instant behind the last."""
        return datetime.combine(self.last + timedelta(days=1), time(), LOCAL_ZONE)

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat(), "by": self.by.value})


def read_period(asked: Mapping[str, str], today: date) -> Period:
    """Return what is asked for, this month so far without anything; raises ValueError for what makes no sense."""
    first = date.fromisoformat(asked["from"]) if asked.get("from") else today.replace(day=1)
    last = date.fromisoformat(asked["to"]) if asked.get("to") else max(today, first)
    # Instants a day beyond must still be days of the calendar.
    if not (first.year > 1_900 and last.year < 2_200) or not timedelta() <= last - first <= LONGEST:
        raise ValueError("no such period")
    return Period(first, last, By(asked.get("by") or By.TOPIC))


def add_summaries(app: FastAPI, console: Console) -> None:
    """Put the report's pages on the app."""
    pages, look = SummaryPages(console), [needs(Right.LOOK)]
    app.get("/bao-cao", dependencies=look)(pages.page)
    app.get("/bao-cao/in", dependencies=look)(pages.sheet)
    app.get("/bao-cao.csv", dependencies=look)(pages.table)


class SummaryPages:
    """One method a page; whoever is logged in may look."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def page(self, request: Request) -> Response:
        """Show the report of a period, and the form that asks for another."""
        console = self._console
        visitor = console.visitor_of(request)
        own = console.reader(request)
        period, wrong = self._asked(request)
        made = await self._made(period) if wrong is None else None
        context = {
            **_words(made, period.by, own, await self._zones()),
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "by": period.by.value,
            "choices": [(by.value, by_word(by, own._)) for by in By],
            "query": period.query,
            "wrong": own._("This is no period of at most three years; here is this month.") if wrong else None,
            "above": await console.desk.source_state(),
            "here": "summary",
        }
        return console.page(
            request, "summary_page.html", visitor=visitor, context=context, status=422 if wrong else 200
        )

    async def sheet(self, request: Request) -> Response:
        """Return the report as a sheet to be printed."""
        period, wrong = self._asked(request)
        own = self._console.reader(request)
        made = await self._made(period)
        text = write_sheet(
            made, own, station=self._console.station, made_at=self._console.clock(), zones=await self._zones()
        )
        return HTMLResponse(text, status_code=422 if wrong else 200)

    async def table(self, request: Request) -> Response:
        """Return the report as CSV."""
        period, wrong = self._asked(request)
        made = await self._made(period)
        content = as_csv(made, self._console.reader(request)._, await self._zones())
        name = f"bao-cao-{period.first.isoformat()}-{period.last.isoformat()}.csv"
        headers = {**_CSV, "content-disposition": f'attachment; filename="{name}"'}
        return Response(content, status_code=422 if wrong else 200, headers=headers)

    def _asked(self, request: Request) -> tuple[Period, Exception | None]:
        today = self._console.clock().astimezone(LOCAL_ZONE).date()
        try:
            return read_period(request.query_params, today), None
        except ValueError as error:
            return read_period({}, today), error

    async def _made(self, period: Period) -> Summary:
        return await asyncio.to_thread(self._console.desk.summary, period.start, period.end, period.by)

    async def _zones(self) -> dict[str, str]:
        return {zone.name: zone.title for zone in await self._console.zones()}


def write_sheet(
    made: Summary, own: Reader, *, station: str, made_at: datetime, zones: Mapping[str, str], alone: bool = False
) -> str:
    """Return a report as one HTML page for A4; `alone` puts its style into it, so that it needs nothing else."""
    style = (STATIC / "summary.css").read_text(encoding="utf-8") if alone else ""
    last = made.end - timedelta(microseconds=1)
    context: dict[str, Any] = {
        **_words(made, made.by, own, zones),
        "station": station,
        "made_at": made_at,
        "period": [f"{at.astimezone(LOCAL_ZONE):%d/%m/%Y}" for at in (made.start, last)],
        "style": Markup(style),  # noqa: S704  our own file
        "assets": assets_version(),
    }
    return fill("summary_print.html", own.language, context=context)


def _words(made: Summary | None, by: By, own: Reader, zones: Mapping[str, str]) -> dict[str, Any]:
    return {
        "made": made,
        "columns": columns_of(made.total) if made else (),
        "by_word": by_word(by, own._),
        "outcome_word": partial(outcome_word, say=own._),
        "line_word": partial(line_word, by=by, say=own._, zones=zones),
        "off_words": partial(off_words, say=own._),
    }
