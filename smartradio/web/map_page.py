"""The commune on a map: its own GeoJSON and every node where it stands; drawn here, livelier with scripts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.domain.errors import BadInputError
from smartradio.station.commune_map import CommuneMap, Point
from smartradio.station.node_condition import WORST_FIRST, NodeStanding
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.live_parts import live_part, mark_of
from smartradio.web.node_acts import figure_of, refused_line
from smartradio.web.node_list import headline
from smartradio.web.rights import Right

WIDTH: Final = 1_000.0
_MARGIN: Final = 40.0
_LEAST_DEGREES: Final = 0.004
"""Some 400 m: a single node is shown with something around it."""


def add_map(app: FastAPI, console: Console) -> None:
    """Put the map on the app."""
    pages = MapPage(console)
    look = [needs(Right.LOOK)]
    app.get("/ban-do", dependencies=look)(pages.show)
    app.get("/ban-do/duong-net.json", dependencies=look)(pages.shapes)
    app.get("/ban-do/cum-loa.json", dependencies=look)(pages.nodes)
    app.post("/ban-do", dependencies=[needs(Right.MAINTAIN)])(pages.upload)
    app.post("/ban-do/vi-tri", dependencies=[needs(Right.MAINTAIN)])(pages.place)
    live_part(app, console, "/ban-do/hinh", Right.LOOK, ("nodes",), pages.drawn_part)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map as SVG shapes in WIDTH × `height`: paths by kind, names with their places, nodes with theirs."""

    height: float
    paths: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, float, float], ...]
    nodes: tuple[tuple[NodeStanding, float, float], ...]


class MapPage:
    """One method a page, file or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request) -> Response:
        """Show the map."""
        return await self._page(request)

    async def _page(
        self, request: Request, error: str | None = None, placing: Mapping[str, str] | None = None
    ) -> Response:
        console, own = self._console, self._console.reader(request)
        nodes = await asyncio.to_thread(console.desk.desks.upkeep.all)
        commune, fault = await asyncio.to_thread(self._map)
        context: dict[str, Any] = {
            "headline": headline(nodes, own),
            "unplaced": [node for node in nodes if node.setting.lat is None],
            "placed": sum(node.setting.lat is not None for node in nodes),
            "has_map": commune is not None,
            "fault": None if fault is None else refused_line(own, fault),
            "version": mark_of(repr(commune.data)) if commune is not None else "",
            "nodes": sorted(nodes, key=lambda node: (node.setting.lat is not None, node.zone_title, node.view.title)),
            "error": error,
            "placing": placing,
            "here": "map",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "map.html", visitor=visitor, status=422 if error else 200, context=context)

    async def upload(self, request: Request) -> Response:
        """Keep another map."""
        console = self._console
        form = await request.form()
        try:
            console.check_form(request, form)
            file = form.get("map")
            data = await file.read() if isinstance(file, UploadFile) else b""
        finally:
            await form.close()
        own = console.reader(request)
        if not data:
            return await self._page(request, own._("Please choose the map's file first."))
        try:
            await console.desk.desks.upkeep.put_map(data, by=console.person(console.visitor_of(request)))
        except BadInputError as error:
            return await self._page(request, refused_line(own, error))
        return RedirectResponse("/ban-do", status_code=303)

    async def place(self, request: Request) -> Response:
        """Keep where a node stands, as it was pointed at or typed."""
        console = self._console
        form = await console.form(request)
        node, own = typed(form, "node"), console.reader(request)
        by = console.person(console.visitor_of(request))
        try:
            await console.desk.desks.upkeep.set_place(node, figure_of(form, "lat"), figure_of(form, "lon"), by=by)
        except BadInputError as error:
            placing = {name: typed(form, name) for name in ("node", "lat", "lon")}
            return await self._page(request, refused_line(own, error), placing)
        return RedirectResponse("/ban-do", status_code=303)

    async def shapes(self) -> Response:
        """Return the commune's GeoJSON."""
        commune, _fault = await asyncio.to_thread(self._map)
        data = commune.data if commune is not None else b'{"features":[],"type":"FeatureCollection"}'
        return Response(data, media_type="application/geo+json")

    async def nodes(self, request: Request) -> Response:
        """Return where the nodes stand and how they are, for scripts."""
        own = self._console.reader(request)
        nodes = await asyncio.to_thread(self._console.desk.desks.upkeep.all)
        rows = [
            {
                "name": node.view.name,
                "title": node.view.title,
                "condition": node.condition.value,
                "says": says(node, own),
                "lat": node.setting.lat,
                "lon": node.setting.lon,
            }
            for node in nodes
            if node.setting.lat is not None
        ]
        return JSONResponse(rows)

    def drawn_part(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return the map as one SVG."""
        nodes = self._console.desk.desks.upkeep.all()
        commune, _fault = self._map()
        drawn = draw(commune, nodes)
        context = {"drawn": drawn, "says": lambda node: says(node, own)}
        return self._console.fragment("_map.html", own, context)

    def _map(self) -> tuple[CommuneMap | None, BadInputError | None]:
        try:
            return self._console.desk.desks.upkeep.commune_map(), None
        except BadInputError as error:
            return None, error


def says(node: NodeStanding, own: Reader) -> str:
    """Return a node's state in a few words: its condition, and what is wrong first."""
    words = own.code("condition", node.condition)
    first = node.problems[0] if node.problems else None
    return words if first is None else f"{words}: {own.code('problem', first)}"


def draw(commune: CommuneMap | None, nodes: Sequence[NodeStanding]) -> Drawn | None:
    """Return the map with the nodes that have a place, the worst on top; None if there is nothing to show.

    Longitudes are drawn narrower by the cosine of the latitude, so that a commune keeps its shape.
    """
    placed = [
        (node, (node.setting.lon, node.setting.lat))
        for node in sorted(nodes, key=lambda node: -WORST_FIRST.index(node.condition))
        if node.setting.lat is not None and node.setting.lon is not None
    ]
    shapes = commune.shapes if commune is not None else ()
    points: list[Point] = [point for shape in shapes for line in shape.lines for point in line]
    # A map is of a commune: a node far off would make it a dot.
    around = points or [point for _, point in placed]
    if not around:
        return None
    sheet = _Sheet.around(around)
    paths = tuple(
        (shape.kind, "".join(sheet.path(line, closed=shape.kind == "area") for line in shape.lines))
        for shape in shapes
        if shape.kind != "point"
    )
    names = tuple((shape.name, *sheet.place(_name_place(shape.lines[0]))) for shape in shapes if shape.name)
    return Drawn(sheet.height, paths, names, tuple((node, *sheet.place(point)) for node, point in placed))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Degrees on a sheet of paper."""

    west: float
    north: float
    scale: float
    narrowing: float
    height: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> _Sheet:
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        narrowing = max(0.05, math.cos(math.radians((south + north) / 2)))
        wide = max((east - west) * narrowing, _LEAST_DEGREES)
        high = max(north - south, _LEAST_DEGREES)
        west -= (wide / narrowing - (east - west)) / 2
        north += (high - (north - south)) / 2
        scale = (WIDTH - 2 * _MARGIN) / max(wide, high)
        if wide < high:
            west -= (high - wide) / narrowing / 2
        return cls(west, north, scale, narrowing, high * scale + 2 * _MARGIN)

    def place(self, point: Point) -> tuple[float, float]:
        x = _MARGIN + (point[0] - self.west) * self.narrowing * self.scale
        return round(x, 1), round(_MARGIN + (self.north - point[1]) * self.scale, 1)

    def path(self, line: Sequence[Point], *, closed: bool) -> str:
        places = [self.place(point) for point in line]
        steps = "".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(places))
        return f"{steps}z" if closed else steps


def _name_place(line: Sequence[Point]) -> Point:
    west, east = min(x for x, _ in line), max(x for x, _ in line)
    south, north = min(y for _, y in line), max(y for _, y in line)
    # Above the middle, where a hamlet's pole often stands.
    return (west + east) / 2, north - 0.28 * (north - south)
