"""The settling page: verdicts that wait for a person, worst first, one at a time, with keys and without scripts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.station.views import AiringView, NodeAiring, WaitingVerdict
from smartradio.web.access import needs
from smartradio.web.acts import Act, NotTaken, answer
from smartradio.web.console import Console, Visitor
from smartradio.web.rights import Right
from smartradio.web.sounds import clip_axis

DONE: Final = frozenset(act.value for act in Act)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a verdict stands in the row of those that wait; `number` counts from 1, None for one that waits no more.

    `next` and `previous` go round; they are None where no other verdict waits.
    """

    waiting: int
    number: int | None
    next: WaitingVerdict | None
    previous: WaitingVerdict | None


def place(row: list[WaitingVerdict], airing: str, node: str) -> Place:
    """Find a verdict's place; from one that waits no more the way leads to the beginning of the row."""
    at = next((i for i, item in enumerate(row) if (item.airing, item.node) == (airing, node)), None)
    if at is None:
        return Place(len(row), None, row[0] if row else None, row[-1] if row else None)
    if len(row) == 1:
        return Place(1, 1, None, None)
    return Place(len(row), at + 1, row[(at + 1) % len(row)], row[at - 1])


def add_settling(app: FastAPI, console: Console) -> None:
    """Put the settling page and its forms on the app."""
    settling = Settling(console)
    look = [needs(Right.LOOK)]
    app.get("/settle", dependencies=look)(settling.first)
    app.get("/settle/{airing}/{node}", dependencies=look)(settling.one)
    app.post("/settle/{airing}/{node}/{act}", dependencies=[needs(Right.SETTLE)])(settling.act)


class Settling:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def first(self, request: Request) -> Response:
        """Show the worst verdict that waits, or that none does."""
        visitor = self._console.visitor_of(request)
        row = await self._row()
        if row:
            return await self._page(request, visitor, row[0].airing, row[0].node, row)
        return self._fill(request, visitor, None, None, Place(0, None, None, None))

    async def one(self, request: Request, airing: str, node: str) -> Response:
        """Show one verdict, whether it waits or not."""
        visitor = self._console.visitor_of(request)
        return await self._page(request, visitor, airing, node, await self._row())

    async def act(self, request: Request, airing: str, node: str, act: Act) -> Response:
        """Take a person's answer and go on to the next verdict."""
        # Looked up before: afterwards this one has left the row, and with it its neighbours.
        row = await self._row()
        visitor, not_taken = await answer(self._console, request, airing, node, act)
        if not_taken is not None:
            return await self._page(request, visitor, airing, node, row, not_taken=not_taken)
        then = place(row, airing, node).next
        where = f"/settle/{then.airing}/{then.node}" if then else "/settle"
        return RedirectResponse(f"{where}?done={act.value}&airing={airing}&node={node}", status_code=303)

    async def _row(self) -> list[WaitingVerdict]:
        return await asyncio.to_thread(self._console.desk.waiting)

    async def _place(self, row: list[WaitingVerdict], airing: str, node: str) -> Place:
        # The row has the worst of them; how many there are is counted.
        return replace(place(row, airing, node), waiting=await asyncio.to_thread(self._console.desk.count_waiting))

    async def _page(
        self,
        request: Request,
        visitor: Visitor,
        airing: str,
        node: str,
        row: list[WaitingVerdict],
        *,
        not_taken: NotTaken | None = None,
    ) -> Response:
        view = await self._console.airing(airing, (node,))
        shown = next((each for each in view.nodes if each.node == node), None) if view else None
        if view is None or shown is None:
            own = self._console.reader(request)
            title = own._("There is no such airing")
            return self._console.problem(request, title=title, line=own._("It may have been withdrawn."), status=404)
        where = await self._place(row, airing, node)
        return self._fill(request, visitor, view, shown, where, not_taken=not_taken)

    def _fill(
        self,
        request: Request,
        visitor: Visitor,
        view: AiringView | None,
        node: NodeAiring | None,
        where: Place,
        *,
        not_taken: NotTaken | None = None,
    ) -> Response:
        context: dict[str, Any] = {
            "view": view,
            "node": node,
            "place": where,
            "typed": not_taken,
            "done": _done(request.query_params),
            "axis": clip_axis,
            "ended": {},
            "here": "settle",
        }
        status = 422 if not_taken else 200
        return self._console.page(request, "settle.html", visitor=visitor, status=status, context=context)


def _done(query: QueryParams) -> tuple[str, str, str] | None:
    """Return what was answered just now, at which airing and node, as the address tells it."""
    done, airing, node = (query.get(name, "") for name in ("done", "airing", "node"))
    return (done, airing, node) if done in DONE and airing and node else None
