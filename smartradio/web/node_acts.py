"""What technicians do at a node: a tone, a volume, a restart, a place on the map, a recording they ask for."""

from __future__ import annotations

import math
from collections.abc import Awaitable
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.commune_map import MapRefusedError
from smartradio.station.upkeep_refusals import EmergencyDueError, PlayingNowError, TooLoudError
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.node_page import NodePage, Typed
from smartradio.web.rights import Right

_KEPT_FIELDS: Final = ("volume_db", "lat", "lon")


def add_node_acts(app: FastAPI, console: Console) -> None:
    """Put the forms of a node's page on the app."""
    acts = NodeActs(console)
    maintain = [needs(Right.MAINTAIN)]
    app.post("/nodes/{name}/am-thu", dependencies=maintain)(acts.test_tone)
    app.post("/nodes/{name}/am-luong", dependencies=maintain)(acts.volume)
    app.post("/nodes/{name}/khoi-dong-lai", dependencies=maintain)(acts.restart)
    app.post("/nodes/{name}/vi-tri", dependencies=maintain)(acts.place)
    app.post("/nodes/{name}/ban-thu", dependencies=maintain)(acts.clip)


class NodeActs:
    """One method a form; what is refused is shown with all that was typed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._page = NodePage(console)

    async def test_tone(self, request: Request, name: str) -> Response:
        """Have the node play a tone and tell what it heard."""
        await self._console.form(request)
        desk = self._console.desk.desks.upkeep
        return await self._done(request, name, "tone", desk.test_tone(name, by=self._by(request)))

    async def volume(self, request: Request, name: str) -> Response:
        """Set the node's volume."""
        form = await self._console.form(request)
        volume_db = figure_of(form, "volume_db")
        desk = self._console.desk.desks.upkeep
        return await self._done(request, name, "volume", desk.set_volume(name, volume_db, by=self._by(request)), form)

    async def restart(self, request: Request, name: str) -> Response:
        """Have the node begin anew."""
        form = await self._console.form(request)
        knowing = bool(typed(form, "even_while_playing"))
        desk = self._console.desk.desks.upkeep
        asked = desk.restart(name, by=self._by(request), even_while_playing=knowing)
        return await self._done(request, name, "restart", asked)

    async def place(self, request: Request, name: str) -> Response:
        """Set where the node's pole stands."""
        form = await self._console.form(request)
        lat, lon = figure_of(form, "lat"), figure_of(form, "lon")
        desk = self._console.desk.desks.upkeep
        return await self._done(request, name, "place", desk.set_place(name, lat, lon, by=self._by(request)), form)

    async def clip(self, request: Request, name: str) -> Response:
        """Ask the node for the recording that it keeps of an airing."""
        form = await self._console.form(request)
        by = self._console.visitor_of(request).account.title
        return await self._done(request, name, "clip", self._console.desk.ask_clip(typed(form, "airing"), name, by=by))

    def _by(self, request: Request) -> Person:
        return self._console.person(self._console.visitor_of(request))

    async def _done(
        self, request: Request, name: str, form_name: str, work: Awaitable[object], form: FormData | None = None
    ) -> Response:
        try:
            await work
        except BadInputError as error:
            line = refused_line(self._console.reader(request), error)
            values = {field: typed(form, field) for field in _KEPT_FIELDS} if form is not None else {}
            visitor = self._console.visitor_of(request)
            return await self._page.page(request, visitor, name, Typed(form_name, line, values))
        return RedirectResponse(f"/nodes/{name}#{form_name}", status_code=303)


def figure_of(form: FormData, name: str) -> float:
    """Return the figure of a field, with a comma or a point; not a number for what is none."""
    try:
        value = float(typed(form, name).strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def refused_line(own: Reader, error: SmartradioError) -> str:
    """Return why the desk did not do something, in one line."""
    if isinstance(error, TooLoudError):
        return own._(
            "Please choose a volume of {quietest} to {loudest} dB.",
            quietest=own.number(error.quietest_db, 0),
            loudest=own.number(error.loudest_db, 0),
        )
    if isinstance(error, PlayingNowError):
        return own._("This node is playing. Tick the box to cut it off, or wait until it is over.")
    if isinstance(error, EmergencyDueError):
        return own._("An emergency sounds here or will within two minutes: the node stays on.")
    if isinstance(error, MapRefusedError):
        return own._(error.said, **error.values)
    return own._("This was not done: {line}", line=own._(str(error)))
