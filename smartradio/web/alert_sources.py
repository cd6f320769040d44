"""Where alerts come from, as it stands: feeds of warnings with their messages, water gauges with their levels."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.rights import Right

PATH: Final = "/nguon-tin"


def add_alert_sources(app: FastAPI, console: Console) -> None:
    """Put the page on the app."""
    app.get(PATH, dependencies=[needs(Right.LOOK)])(SourcesPage(console).show)


class SourcesPage:
    """One page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request) -> Response:
        """Show feeds and gauges."""
        visitor, desks = self._console.visitor_of(request), self._console.desk.desks
        context = {
            "feeds": await asyncio.to_thread(desks.feeds.states),
            "gauges": await asyncio.to_thread(desks.gauges.states),
        }
        return self._console.page(request, "alert_sources.html", visitor=visitor, context=context)
