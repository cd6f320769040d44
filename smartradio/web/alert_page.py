"""An alert with all its airings: who was reached and heard it, sent again, updated, cancelled, let out by a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.domain.alert import AlertState
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_board import HEARD, Fate
from smartradio.station.alerts.kept import AlertRefusal, AlertRefusedError, changed
from smartradio.station.alerts.report import AlertReport, ReportedNode
from smartradio.web.access import needs
from smartradio.web.alert_port import AlertBookPort
from smartradio.web.alert_refusals import Refusal, by_script, has_pin, pin_of, refusal, refused_line, told_to_script
from smartradio.web.alert_report import rows_of, without_node
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import MAX_NOTE, typed
from smartradio.web.live_parts import live_part, mark_of
from smartradio.web.rights import Right

_ANSWERS_IN: Final = timedelta(seconds=60)
_LOST: Final = frozenset({Fate.SILENT, Fate.UNREACHABLE, Fate.BADLY, Fate.STOPPED})
_WORST_FIRST: Final = (
    Fate.UNREACHABLE, Fate.SILENT, Fate.STOPPED, Fate.BADLY, Fate.WAITING, Fate.UNCLEAR, Fate.PARTLY, Fate.REACHED,
    Fate.SOUNDING, Fate.SOUNDED, Fate.HEARD,
)  # fmt: skip
_RANKS: Final = {fate: rank for rank, fate in enumerate(_WORST_FIRST)}


def add_alert_page(app: FastAPI, console: Console) -> None:
    """Put an alert's page and its forms on the app."""
    page = AlertPage(console)
    officer = [needs(Right.ALERT)]
    app.get("/khan/tin/{alert}", dependencies=[needs(Right.LOOK)])(page.show)
    live_part(app, console, "/khan/tin/{alert}/bang", Right.LOOK, _topics, page.part)
    app.post("/khan/tin/{alert}/lai", dependencies=officer)(page.again)
    app.post("/khan/tin/{alert}/huy", dependencies=[needs(Right.WITHDRAW)])(page.cancel)
    app.post("/khan/tin/{alert}/bo", dependencies=officer)(page.discard)
    app.post("/khan/tin/{alert}/ma", dependencies=officer)(page.pin)
    app.post("/khan/tin/{alert}/cho-phat", dependencies=officer)(page.release)


def missed(report: AlertReport, now: datetime) -> tuple[ReportedNode, ...]:
    """Return the nodes to which it should be sent again: lost, or without an answer for a minute."""
    overdue = report.clicked_at is not None and now - report.clicked_at > _ANSWERS_IN
    return tuple(node for node in report.not_heard if node.fate in _LOST or (overdue and node.fate is Fate.WAITING))


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an alert has come, over all its airings."""

    nodes: int
    delivered: int
    started: int
    heard: int
    lost: int


def counted(report: AlertReport, again: Sequence[ReportedNode]) -> Counts:
    """Return how far an alert has come; lost are the nodes to which it should be sent again."""
    nodes = report.nodes
    return Counts(
        len(nodes),
        sum(node.delivered_s is not None for node in nodes),
        sum(node.started_s is not None for node in nodes),
        sum(node.fate in HEARD for node in nodes),
        len(again),
    )


class AlertPage:
    """One method a page, form or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _book(self) -> AlertBookPort:
        return self._console.desk.desks.alerts

    async def show(self, request: Request, alert: str) -> Response:
        """Show the alert with what may be done."""
        return await self._page(request, alert)

    def part(self, names: Mapping[str, str], own: Reader) -> str | None:
        """Return what changes on the page."""
        report = self._book.report(names["alert"])
        return None if report is None else self._drawn(report, own)

    async def again(self, request: Request, alert: str) -> Response:
        """Send it once more where it was not heard."""
        visitor, own = self._console.visitor_of(request), self._console.reader(request)
        await self._console.form(request)
        report = await asyncio.to_thread(self._book.report, alert)
        if report is None:
            return self._not_there(request)
        nodes = [node.node for node in missed(report, self._console.clock())]
        try:
            await self._book.send_again(alert, nodes, by=self._console.person(visitor))
        except SmartradioError as error:
            return await self._page(request, alert, errors={"again": refusal(own, error).line}, status=422)
        return RedirectResponse(f"/khan/tin/{alert}", status_code=303)

    async def cancel(self, request: Request, alert: str) -> Response:
        """Silence it for good, and say so aloud where that is wanted."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        note, aloud, by = (
            typed(form, "note").strip()[:MAX_NOTE],
            bool(typed(form, "aloud")),
            self._console.person(visitor),
        )
        try:
            await self._book.cancel(alert, by=by, why=note, aloud=aloud)
        except BadInputError as error:
            line = refused_line(self._console.reader(request), error)
            return await self._page(request, alert, errors={"cancel": line}, note=note, aloud=aloud, status=422)
        return RedirectResponse(f"/khan/tin/{alert}", status_code=303)

    async def discard(self, request: Request, alert: str) -> Response:
        """Put a draft aside."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        note = typed(form, "note").strip()[:MAX_NOTE]
        try:
            await self._book.discard(alert, by=self._console.person(visitor), why=note)
        except BadInputError as error:
            line = refused_line(self._console.reader(request), error)
            return await self._page(request, alert, errors={"discard": line}, note=note, status=422)
        return RedirectResponse("/khan", status_code=303)

    async def pin(self, request: Request, alert: str) -> Response:
        """Check the second person's PIN before their click; JSON with a leave for the version that they have read."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        by = self._console.person(visitor)
        try:
            await asyncio.to_thread(self._is_seen, alert, typed(form, "seen"))
            grant = await self._book.grant(alert, pin_of(form), by=by)
        except SmartradioError as error:
            return told_to_script(await self._refusal(request, error))
        return JSONResponse({"grant": grant})

    async def release(self, request: Request, alert: str) -> Response:
        """Let out what another handed in, on one's own PIN or the leave that was given for it."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        by, seen = self._console.person(visitor), _version(typed(form, "seen"))
        try:
            await self._book.release(alert, by=by, grant=typed(form, "grant"), pin=pin_of(form), seen=seen)
        except SmartradioError as error:
            wrong = await self._refusal(request, error)
            kept = None if isinstance(error, BadInputError) else await asyncio.to_thread(self._book.alert, alert)
            # Where no voice speaks it is out all the same, and said as soon as one does.
            if kept is None or not kept.is_out:
                if by_script(request):
                    return told_to_script(wrong)
                return await self._page(request, alert, errors={"pin": wrong.line}, status=wrong.status)
        where = f"/khan/tin/{alert}"
        return JSONResponse({"to": where}) if by_script(request) else RedirectResponse(where, status_code=303)

    async def _refusal(self, request: Request, error: SmartradioError) -> Refusal:
        own, visitor = self._console.reader(request), self._console.visitor_of(request)
        return refusal(own, error, readable=True, has_pin=await has_pin(self._console, visitor))

    def _is_seen(self, alert: str, seen: str) -> None:
        """Raise AlertRefusedError where an alert is not there, or was changed since it was read. Blocking."""
        kept = self._book.alert(alert)
        if kept is None:
            raise AlertRefusedError(AlertRefusal.UNKNOWN, "there is no such alert")
        if kept.version != _version(seen):
            raise changed()

    def _drawn(self, report: AlertReport, own: Reader) -> str:
        now = self._console.clock()
        again = missed(report, now)
        context = {
            "report": report,
            "kept": report.kept,
            "states": AlertState,
            "again": again,
            "deaf": without_node(report),
            "counts": counted(report, again),
            "nodes": rows_of(sorted(report.nodes, key=_worst_first), report.zone_titles, own),
            "expired": report.kept.expired(now),
            "mark": _forms_mark(report, again),
        }
        return self._console.fragment("_khan_alert.html", own, context)

    def _read(self, alert: str, own: Reader) -> tuple[AlertReport, str] | None:
        report = self._book.report(alert)
        return None if report is None else (report, self._drawn(report, own))

    async def _page(
        self,
        request: Request,
        alert: str,
        *,
        errors: Mapping[str, str] | None = None,
        note: str | None = None,
        aloud: bool = True,
        status: int = 200,
    ) -> Response:
        visitor, own = self._console.visitor_of(request), self._console.reader(request)
        read = await asyncio.to_thread(self._read, alert, own)
        if read is None:
            return self._not_there(request)
        report, part = read
        kept, again = report.kept, missed(report, self._console.clock())
        ready = None
        if kept.state is AlertState.DRAFT:
            try:
                ready = await self._book.prepare(alert)
            except SmartradioError as error:
                errors = {"reading": refusal(own, error).line, **(errors or {})}
        first = report.airings[0] if report.airings else None
        context = {
            "report": report,
            "kept": kept,
            "states": AlertState,
            "again": again,
            "mark": _forms_mark(report, again),
            "ready": ready,
            "figures": () if ready is None else self._book.read_back(ready),
            "errors": errors or {},
            "note": note,
            "repeat_min": _minutes(kept.alert.repeat_every),
            "aloud": aloud,
            "handed_in_by_me": kept.handed_in_by is not None
            and kept.handed_in_by.is_same(self._console.person(visitor)),
            "recording": None if first is None else first.recording,
            "digits": await self._console.desk.desks.own.pin_digits(visitor.account.name),
            "piece": False,
            "taken_on": kept.taken_on,
        }
        drawn = {f"/khan/tin/{alert}/bang": part}
        return self._console.page(
            request, "khan_alert.html", visitor=visitor, status=status, context=context, drawn=drawn
        )

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("No emergency was aired under this address.")
        return self._console.problem(request, title=own._("There is no such alert"), line=line, status=404)


def _worst_first(node: ReportedNode) -> tuple[int, str]:
    return _RANKS[node.fate], node.title


def _forms_mark(report: AlertReport, again: Sequence[ReportedNode]) -> str:
    """Return what changes with what may be done."""
    return mark_of(f"{report.kept.state} {report.kept.version} {[node.node for node in again]}")


def _version(text: str) -> int:
    """Return the version that a page showed; what no page has sent is none of it."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _minutes(every: timedelta | None) -> int:
    return 0 if every is None else int(every.total_seconds() // 60)


def _topics(names: Mapping[str, str]) -> tuple[str, ...]:
    """Return what tells of an alert: its airings come and go, and what is told beside the horns under its own name."""
    return "alerts", "board", "nodes", f"alert/{names['alert']}"
