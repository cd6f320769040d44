"""The board of an emergency: how many nodes it reached and where it was heard; taken back, said again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_board import AlertBoard, Fate
from smartradio.station.alert_desk import Sending
from smartradio.web.access import needs
from smartradio.web.alert_port import AlertPort
from smartradio.web.alerting import Refusal, is_taken_on, pin_of, refusal
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed, wrong_note
from smartradio.web.live_parts import live_part
from smartradio.web.rights import Right

_MAX_KEY: Final = 64


def add_alert_watching(app: FastAPI, console: Console) -> None:
    """Put the board and its forms on the app."""
    watching = AlertWatching(console)
    app.get("/khan/{airing}", dependencies=[needs(Right.LOOK)])(watching.board)
    live_part(app, console, "/khan/{airing}/bang", Right.LOOK, _topics, watching.part)
    app.post("/khan/{airing}/thu-hoi", dependencies=[needs(Right.WITHDRAW)])(watching.cancel)
    app.post("/khan/{airing}/lai", dependencies=[needs(Right.ALERT)])(watching.again)


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
        return None if found is None else self._console.fragment("_khan_board.html", own, _shown(found))

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

    async def again(self, request: Request, airing: str) -> Response:
        """Say it again, with when it was first said; a script gets where to go, or one line, as JSON."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        once = typed(form, "once")[:_MAX_KEY] or secrets.token_urlsafe(12)
        by_script = "application/json" in request.headers.get("accept", "")
        try:
            text, zones = await self._desk.again(airing)
        except BadInputError:
            wrong = Refusal("pin", own._("It cannot be said again: it was taken back or is older than a day."))
        else:
            wanted = Sending(
                text,
                zones,
                once,
                taken_on=is_taken_on(form, text),
                grant=typed(form, "grant")[:_MAX_KEY],
                pin=pin_of(form),
            )
            try:
                sent = await self._desk.send(wanted, by=self._console.person(visitor))
            except SmartradioError as error:
                wrong = refusal(own, error, readable=True)
            else:
                where = f"/khan/{sent.id}"
                return JSONResponse({"to": where}) if by_script else RedirectResponse(where, status_code=303)
        if by_script:
            return JSONResponse({"field": wrong.field, "error": wrong.line}, status_code=wrong.status)
        return await self._page(request, airing, repeating=wrong, status=wrong.status)

    async def _page(
        self,
        request: Request,
        airing: str,
        *,
        cancelling: tuple[str, str] | None = None,
        repeating: Refusal | None = None,
        status: int = 200,
    ) -> Response:
        visitor = self._console.visitor_of(request)
        found = await asyncio.to_thread(self._desk.board, airing)
        if found is None:
            return self._not_there(request)
        context = {
            **_shown(found),
            "again": await self._words_again(found),
            "ready": await self._ready(found) if repeating is not None else None,
            "cancelling": cancelling,
            "repeating": repeating,
            "once": secrets.token_urlsafe(12),
            "over": found.ends_at <= self._console.clock(),
            "digits": await self._console.desk.desks.own.pin_digits(visitor.account.name),
        }
        return self._console.page(request, "khan_board.html", visitor=visitor, status=status, context=context)

    async def _words_again(self, board: AlertBoard) -> str | None:
        """Return how it is said again, None where it may not be."""
        try:
            return (await self._desk.again(board.airing.id))[0]
        except BadInputError:
            return None

    async def _ready(self, board: AlertBoard) -> object:
        words = await self._words_again(board)
        return None if words is None else await self._desk.prepare(words)

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("No emergency was aired under this address.")
        return self._console.problem(request, title=own._("There is no such alert"), line=line, status=404)


def _topics(names: Mapping[str, str]) -> tuple[str, ...]:
    return f"airing/{names['airing']}", "nodes"


def _shown(board: AlertBoard) -> dict[str, object]:
    return {"board": board, "fates": Fate}
