"""One node: how it is, what was heard of it, how it was in days and months."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from smartradio.station.node_condition import NodeStanding
from smartradio.station.node_records import NodeOrder
from smartradio.station.store.node_past import PastAtNode
from smartradio.station.upkeep import QUIETEST_DB
from smartradio.web.access import needs
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.live_parts import live_part
from smartradio.web.node_charts import SPANS, Span, charts_of, series_of, span_named
from smartradio.web.node_list import silent_for
from smartradio.web.ranges import Held, ranged
from smartradio.web.rights import Right

_OPUS: Final = "audio/ogg; codecs=opus"
_TONE_HEARD: Final = 0.5
"""From this share of the tone on it counts as heard, if the node found its own horn in the clip."""
_DAY_S: Final = 60.0
_LISTED: Final = 10
_CHARTED: Final = 40


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a form of the page that was not taken, and why."""

    form: str
    error: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Read:
    """What a node's page shows, and the parts of it that were drawn from the same reading."""

    context: Mapping[str, Any]
    drawn: Mapping[str, str]


def add_node_page(app: FastAPI, console: Console) -> None:
    """Put the page and its live parts on the app."""
    page = NodePage(console)
    look = [needs(Right.LOOK)]
    app.get("/nodes/{name}", dependencies=look)(page.show)
    app.get("/nodes/{name}/so-lieu.json", dependencies=look)(page.series)
    app.get("/nodes/{name}/am-thu/{order}.opus", dependencies=[needs(Right.LISTEN)])(page.tone)

    def topics(names: Mapping[str, str]) -> tuple[str, ...]:
        return (f"node/{names['name']}",)

    live_part(app, console, "/nodes/{name}/tinh-trang", Right.LOOK, topics, page.standing_part, every_s=_DAY_S)
    live_part(app, console, "/nodes/{name}/da-hoi", Right.MAINTAIN, topics, page.orders_part, every_s=15.0)
    live_part(app, console, "/nodes/{name}/luot-phat", Right.LOOK, topics, page.past_part)


class NodePage:
    """One method a page or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request, name: str) -> Response:
        """Show a node."""
        return await self.page(request, self._console.visitor_of(request), name)

    async def page(self, request: Request, visitor: Visitor, name: str, wrong: Typed | None = None) -> Response:
        """Return a node's page, with what was not taken of a form."""
        console, own = self._console, self._console.reader(request)
        span = span_named(request.query_params.get("khoang", ""))
        read = await asyncio.to_thread(self._read, name, span, own)
        if read is None:
            line = own._("It may have another name now: please look for it in the list.")
            return console.problem(request, title=own._("There is no such node"), line=line, status=404)
        context = {**read.context, "typed": wrong, "here": "nodes"}
        status = 422 if wrong else 200
        return console.page(request, "node.html", visitor=visitor, status=status, context=context, drawn=read.drawn)

    def _read(self, name: str, span: Span, own: Reader) -> _Read | None:
        """Read a node's page, None where there is none of that name. Blocking."""
        desk, now = self._console.desk.desks.upkeep, self._console.clock()
        node = desk.one(name)
        if node is None:
            return None
        past = desk.past(name, _CHARTED)
        month = now.astimezone(LOCAL_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        context: dict[str, Any] = {
            "node": node,
            "name": name,
            "spans": SPANS,
            "span": span,
            "since": now - span.length,
            "now": now,
            "charts": charts_of(desk.health(name, span.row_s, now - span.length), past, span, now),
            "without_clip": [each for each in past[:_LISTED] if each.verdict is not None and not each.has_clip],
            "month": desk.carried(name, month),
            "events": desk.events(name),
            "loudest_db": desk.loudest_db(name),
            "quietest_db": QUIETEST_DB,
        }
        drawn = {
            f"/nodes/{name}/tinh-trang": self._standing(node, own),
            f"/nodes/{name}/luot-phat": self._past(name, past[:_LISTED], own),
        }
        return _Read(context, drawn)

    async def series(self, request: Request, name: str) -> Response:
        """Return a node's figures as columns, for scripts that draw them."""
        console = self._console
        desk = console.desk.desks.upkeep
        if await asyncio.to_thread(desk.one, name) is None:
            raise HTTPException(404)
        span = span_named(request.query_params.get("khoang", ""))
        rows = await asyncio.to_thread(desk.health, name, span.row_s, console.clock() - span.length)
        return JSONResponse(series_of(rows))

    async def tone(self, request: Request, name: str, order: str) -> Response:
        """Return what the microphone heard of a tone; that somebody listened goes on record."""
        console = self._console
        by = console.person(console.visitor_of(request))
        data = await console.desk.desks.upkeep.tone_recording(name, order, by=by)
        if data is None:
            raise HTTPException(404)
        return ranged(request.headers, data, media_type=_OPUS, etag=order, held=Held.ASKING)

    def standing_part(self, names: Mapping[str, str], own: Reader) -> str | None:
        """Return how a node is, in words and figures."""
        node = self._console.desk.desks.upkeep.one(names["name"])
        return None if node is None else self._standing(node, own)

    def _standing(self, node: NodeStanding, own: Reader) -> str:
        silent = silent_for(node, self._console.clock(), own)
        return self._console.fragment("_node_standing.html", own, {"node": node, "silent_for": silent})

    def orders_part(self, names: Mapping[str, str], own: Reader) -> str:
        """Return what was asked of a node and what it answered."""
        name, now = names["name"], self._console.clock()
        orders = self._console.desk.desks.upkeep.orders(name)
        context = {"name": name, "orders": [(order, outcome(order, now)) for order in orders[:5]]}
        return self._console.fragment("_node_orders.html", own, context)

    def past_part(self, names: Mapping[str, str], own: Reader) -> str:
        """Return a node's last airings with their verdicts."""
        name = names["name"]
        return self._past(name, self._console.desk.desks.upkeep.past(name, _LISTED), own)

    def _past(self, name: str, past: Sequence[PastAtNode], own: Reader) -> str:
        return self._console.fragment("_node_past.html", own, {"name": name, "past": past})


def outcome(order: NodeOrder, now: datetime) -> str:
    """Return what became of an order, as a code (words: "order_outcome")."""
    if order.answer is None:
        return "waiting" if now < order.expires_at else "unanswered"
    if order.answer != "measured":
        return order.answer
    if order.reason is not None or "match_error" in order.facts:
        return "not_measured"
    coverage = order.facts.get("coverage")
    heard = order.facts.get("own_heard") is True and isinstance(coverage, int | float) and coverage >= _TONE_HEARD
    return "heard" if heard else "not_heard"
