"""The report after action: what was said when, who did what, what reached whom after how many seconds; to print."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.station.alert_board import Fate
from smartradio.station.alerts.report import AlertReport, ReportedNode
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.ordering import natural
from smartradio.web.rights import Right


class NodeRow(NamedTuple):
    """A node in a table, as it is read; seconds are since the click."""

    fate: Fate
    zone: str
    title: str
    words: str
    had_s: str
    started_s: str
    heard_s: str


@dataclass(frozen=True, slots=True)
class Hamlet:
    """A hamlet of an alert: its title, and its nodes by their titles."""

    title: str
    nodes: tuple[NodeRow, ...]


def rows_of(nodes: Iterable[ReportedNode], titles: Mapping[str, str], own: Reader) -> Iterator[NodeRow]:
    """Yield nodes in their order as one reads them; a template that called for each cell would take twice as long."""
    words = {fate: own.code("fate", fate) for fate in Fate}
    number = own.number
    for node in nodes:
        times_s = number(node.delivered_s, 1), number(node.started_s, 1), number(node.heard_s, 0)
        yield NodeRow(node.fate, titles.get(node.zone, node.zone), node.title, words[node.fate], *times_s)


def add_alert_report(app: FastAPI, console: Console) -> None:
    """Put the report on the app."""
    app.get("/khan/tin/{alert}/bao-cao", dependencies=[needs(Right.LOOK)])(ReportPage(console).show)


def hamlets(report: AlertReport, own: Reader) -> list[Hamlet]:
    """Return the hamlets as people count them."""
    by_zone: dict[str, list[ReportedNode]] = {}
    for node in report.nodes:
        by_zone.setdefault(node.zone, []).append(node)
    titles: Mapping[str, str] = report.zone_titles
    found = [
        Hamlet(
            titles.get(zone, zone),
            tuple(rows_of(sorted(nodes, key=lambda node: natural(node.title)), titles, own)),
        )
        for zone, nodes in by_zone.items()
    ]
    return sorted(found, key=lambda hamlet: natural(hamlet.title))


def without_node(report: AlertReport) -> list[str]:
    """Return the hamlets of an alert in which no node has it to say, by their titles: nobody there hears a horn."""
    served = {node.zone for node in report.nodes}
    titles = [report.zone_titles.get(zone, zone) for zone in report.kept.alert.zones if zone not in served]
    return sorted(titles, key=natural)


class ReportPage:
    """One page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request, alert: str) -> Response:
        """Show the report of an alert."""
        console = self._console
        own = console.reader(request)
        report = await asyncio.to_thread(console.desk.desks.alerts.report, alert)
        if report is None or report.clicked_at is None:
            line = own._("No emergency was aired under this address.")
            return console.problem(request, title=own._("There is no such alert"), line=line, status=404)
        context = {
            "report": report,
            "kept": report.kept,
            "hamlets": hamlets(report, own),
            "deaf": without_node(report),
            "heard": len(report.nodes) - len(report.not_heard),
            "made_at": console.clock(),
        }
        return console.page(request, "khan_report.html", visitor=console.visitor_of(request), context=context)
