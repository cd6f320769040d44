"""The report after action: what was said when, who did what, what reached whom after how many seconds; to print."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.station.alerts.report import AlertReport, ReportedNode
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.ordering import natural
from smartradio.web.rights import Right


@dataclass(frozen=True, slots=True)
class Hamlet:
    """A hamlet of an alert: its title, and its nodes by their titles."""

    title: str
    nodes: tuple[ReportedNode, ...]


def add_alert_report(app: FastAPI, console: Console) -> None:
    """Put the report on the app."""
    app.get("/khan/tin/{alert}/bao-cao", dependencies=[needs(Right.LOOK)])(ReportPage(console).show)


def hamlets(report: AlertReport) -> list[Hamlet]:
    """Return the hamlets as people count them."""
    by_zone: dict[str, list[ReportedNode]] = {}
    for node in report.nodes:
        by_zone.setdefault(node.zone, []).append(node)
    titles: Mapping[str, str] = report.zone_titles
    found = [
        Hamlet(titles.get(zone, zone), tuple(sorted(nodes, key=lambda node: natural(node.title))))
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
        report = await asyncio.to_thread(console.desk.desks.alerts.report, alert)
        if report is None or report.clicked_at is None:
            own = console.reader(request)
            line = own._("No emergency was aired under this address.")
            return console.problem(request, title=own._("There is no such alert"), line=line, status=404)
        context = {
            "report": report,
            "kept": report.kept,
            "hamlets": hamlets(report),
            "deaf": without_node(report),
            "heard": len(report.nodes) - len(report.not_heard),
            "made_at": console.clock(),
        }
        return console.page(request, "khan_report.html", visitor=console.visitor_of(request), context=context)
