"""The list of nodes: what is wrong first, then all of them, found by words, hamlet and state."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.verdict import VerdictCode
from smartradio.station.node_condition import WORST_FIRST, Condition, NodeStanding
from smartradio.station.views import LoggedEvidence
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.live_parts import live_part, look_again, mark_of
from smartradio.web.ordering import natural
from smartradio.web.rights import Right

A_PAGE: Final = 100
_MARK: Final = "/dau/nodes"
SORTS: Final = ("worst", "name", "hot", "data")


def add_node_list(app: FastAPI, console: Console) -> None:
    """Put the list on the app."""
    pages = NodeList(console)
    app.get("/nodes", dependencies=[needs(Right.LOOK)])(pages.list)
    live_part(app, console, _MARK, Right.LOOK, ("nodes",), pages.mark)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which nodes somebody wants to see, in which order; empty for all."""

    words: str = ""
    condition: Condition | None = None
    zone: str = ""
    sort: str = SORTS[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryParams) -> Asked:
        """Read an address; what makes no sense counts as not said."""
        page = query.get("trang", "1")
        condition, sort = query.get("tinh-trang", ""), query.get("xep", "")
        return cls(
            words=" ".join(query.get("tim", "").split())[:100],
            condition=Condition(condition) if condition in set(Condition) else None,
            zone=query.get("thon", "")[:60],
            sort=sort if sort in SORTS else SORTS[0],
            page=int(page) if page.isdecimal() and 0 < int(page) < 1_000 else 1,
        )

    def address(self, **changes: Any) -> str:
        """Return the address of the list with some of it changed."""
        told = {
            "tim": self.words,
            "tinh-trang": self.condition or "",
            "thon": self.zone,
            "xep": "" if self.sort == SORTS[0] else self.sort,
            "trang": "",
        }
        said = {name: str(value) for name, value in (told | changes).items() if value}
        return f"/nodes?{urlencode(said)}" if said else "/nodes"

    def finds(self, node: NodeStanding) -> bool:
        """Say whether a node is among those that are wanted."""
        if self.condition is not None and node.condition is not self.condition:
            return False
        if self.zone and node.view.zone != self.zone:
            return False
        if not self.words:
            return True
        sought = plain(f"{node.view.title} {node.view.name} {node.zone_title}")
        return all(word in sought for word in plain(self.words).split())


class NodeList:
    """The page and the mark by which it knows that something changed."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def list(self, request: Request) -> Response:
        """Show the nodes that are asked for, and what was refused."""
        console, asked = self._console, Asked.read(request.query_params)
        nodes, refused, mark = await asyncio.to_thread(self._read)
        own, now = console.reader(request), console.clock()
        found = in_order([node for node in nodes if asked.finds(node)], asked.sort)
        shown = found[A_PAGE * (asked.page - 1) : A_PAGE * asked.page]
        context = {
            "asked": asked,
            "silent_for": lambda node: silent_for(node, now, own),
            "headline": headline(nodes, own),
            "counts": Counter(node.condition for node in nodes),
            "conditions": WORST_FIRST,
            "sorts": SORTS,
            "total": len(nodes),
            "found": len(found),
            "nodes": shown,
            "pages": -(-len(found) // A_PAGE),
            "zones": sorted({(node.zone_title, node.view.zone) for node in nodes}, key=lambda zone: natural(zone[0])),
            "version": mark_of(repr([_seen(node) for node in shown])),
            "refused": refused,
            "refused_version": mark_of(repr([entry.number for entry in refused])),
            "here": "nodes",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "nodes.html", visitor=visitor, context=context, drawn={_MARK: mark})

    def mark(self, _names: Mapping[str, str], _own: Reader) -> str:
        """Return the mark of all that the list shows. Blocking."""
        return self._mark(self._console.desk.desks.upkeep.all(), self._console.desk.refusals(1))

    def _read(self) -> tuple[Sequence[NodeStanding], Sequence[LoggedEvidence], str]:
        """Return the nodes, what was refused, and the mark of both. Blocking."""
        nodes, refused = self._console.desk.desks.upkeep.all(), self._console.desk.refusals()
        return nodes, refused, self._mark(nodes, refused)

    @staticmethod
    def _mark(nodes: Sequence[NodeStanding], refused: Sequence[LoggedEvidence]) -> str:
        newest = [entry.number for entry in refused[:1]]
        return look_again(mark_of(repr(([_seen(node) for node in nodes], newest))))


def headline(nodes: Sequence[NodeStanding], own: Reader) -> str:
    """Return in one sentence what matters now."""
    counts = Counter(node.condition for node in nodes)
    silent = counts[Condition.OFFLINE] + sum(_is_silent(node) for node in nodes)
    if not nodes:
        return own._("No node is enrolled yet.")
    if silent:
        return own._("{count} nodes are silent.", count=silent)
    if counts[Condition.FAULTY]:
        return own._("{count} nodes have a fault.", count=counts[Condition.FAULTY])
    if counts[Condition.WATCH]:
        return own._("All nodes can be heard; {count} of them need an eye.", count=counts[Condition.WATCH])
    if counts[Condition.NEW] == len(nodes):
        return own._("No node has come on line yet.")
    return own._("All {count} nodes are well.", count=counts[Condition.FINE])


def silent_for(node: NodeStanding, now: datetime, own: Reader) -> str:
    """Return for how long nothing was heard of a node, in words; empty if nothing ever was."""
    seen = node.view.last_seen
    if seen is None:
        return ""
    gone = now - seen
    if gone < timedelta(hours=1):
        return own._("{count} minutes", count=max(1, round(gone.total_seconds() / 60)))
    if gone < timedelta(days=2):
        return own._("{count} hours", count=round(gone.total_seconds() / 3_600))
    return own._("{count} days", count=gone.days)


def in_order(nodes: Sequence[NodeStanding], sort: str) -> list[NodeStanding]:
    """Return nodes in an order of SORTS."""
    by_name = sorted(nodes, key=lambda node: (natural(node.zone_title), natural(node.view.title)))
    keys: dict[str, Callable[[NodeStanding], float]] = {
        "worst": lambda node: WORST_FIRST.index(node.condition),
        "hot": lambda node: -_figure(node.view.health.get("temperature_c")),
        "data": lambda node: -_figure(node.carried_mb),
    }
    return sorted(by_name, key=keys[sort]) if sort in keys else by_name


def plain(text: str) -> str:
    """Return a text as it is searched: without case and marks, as people type in a hurry."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _figure(value: object) -> float:
    return float(value) if isinstance(value, int | float) else -1e9


def _is_silent(node: NodeStanding) -> bool:
    heard = node.last.verdict if node.last is not None else None
    return node.condition is not Condition.OFFLINE and heard == VerdictCode.SILENT


def _seen(node: NodeStanding) -> tuple[object, ...]:
    trends = tuple(trend.code for trend in node.trends)
    return node.view.name, node.view.title, node.condition, node.problems, trends, node.view.playing, node.last
