"""The board of an emergency: how many nodes it reached and where it was heard; taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import BadInputError
from smartradio.station.alert_board import AlertBoard, Fate
from smartradio.web.access import needs
from smartradio.web.alert_port import AlertPort
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed, wrong_note
from smartradio.web.live_parts import live_part
from smartradio.web.rights import Right


def add_alert_watching(app: FastAPI, console: Console) -> None:
    """Put the board and its forms on the app."""
    watching = AlertWatching(console)
    app.get("/khan/{airing}", dependencies=[needs(Right.LOOK)])(watching.board)
    live_part(app, console, "/khan/{airing}/bang", Right.LOOK, _topics, watching.part)
    app.post("/khan/{airing}/thu-hoi", dependencies=[needs(Right.WITHDRAW)])(watching.cancel)


class AlertWatching:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> AlertPort:
        return self._console.desk.desks.alert

    async def board(self, request: Request, airing: str) -> Response:
        """Show the board with what may be done."""
        return await self._page(request, airing)

    def part(self, names: Mapping[str, str], own: Reader) -> str | None:
        """Return what changes on the board. Blocking."""
        found = self._desk.board(names["airing"])
        return None if found is None else self._drawn(found, own)

    def _drawn(self, board: AlertBoard, own: Reader) -> str:
        return self._console.fragment("_khan_board.html", own, _shown(board))

    def _read(self, airing: str, own: Reader) -> tuple[AlertBoard, str] | None:
        """Return the board and its part, both from one reading of all nodes; None where there is none. Blocking."""
        found = self._desk.board(airing)
        return None if found is None else (found, self._drawn(found, own))

    async def cancel(self, request: Request, airing: str) -> Response:
        """Take it back, also while it sounds."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        note = typed(form, "note").strip()
        line = wrong_note(note, own)
        if line is None:
            try:
                await self._desk.cancel(airing, by=self._console.person(visitor), why=note)
            except BadInputError:
                line = own._("It is over or was taken back before; what was heard cannot be taken back.")
        if line is not None:
            return await self._page(request, airing, cancelling=(note, line), status=422)
        return RedirectResponse(f"/khan/{airing}", status_code=303)

    async def _page(
        self,
        request: Request,
        airing: str,
        *,
        cancelling: tuple[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        visitor = self._console.visitor_of(request)
        read = await asyncio.to_thread(self._read, airing, self._console.reader(request))
        if read is None:
            return self._not_there(request)
        found, part = read
        context = {
            **_shown(found),
            "alert": await asyncio.to_thread(self._console.desk.desks.alerts.of_airing, airing),
            "cancelling": cancelling,
            "over": found.ends_at <= self._console.clock(),
        }
        drawn = {f"/khan/{found.airing.id}/bang": part}
        return self._console.page(
            request, "khan_board.html", visitor=visitor, status=status, context=context, drawn=drawn
        )

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("No emergency was aired under this address.")
        return self._console.problem(request, title=own._("There is no such alert"), line=line, status=404)


def _topics(names: Mapping[str, str]) -> tuple[str, ...]:
    return f"airing/{names['airing']}", "nodes"


def _shown(board: AlertBoard) -> dict[str, object]:
    return {"board": board, "fates": Fate}
