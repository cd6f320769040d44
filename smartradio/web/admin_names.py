"""The commune's lexicon: how names and words are read, found, changed and heard."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.station.admin.names import EntryError, NamesDesk
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.forms import typed
from smartradio.web.rights import Right

_PAGE: Final = "/quan-tri/tu-dien"
_MOST_CHARS: Final = 300
_SHOWN: Final = 200


def add_admin_names(app: FastAPI, console: Console) -> None:
    """Put the lexicon's page on the app, and the sound of a reading."""
    pages = NamesPages(console)
    needed = [needs(Right.ADMINISTER)]
    app.get(_PAGE, dependencies=needed)(pages.show)
    app.post(_PAGE, dependencies=needed)(pages.put)
    app.post(f"{_PAGE}/bo", dependencies=needed)(pages.remove)
    app.get("/quan-tri/nghe.opus", dependencies=needed)(pages.hear)


class NamesPages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> NamesDesk:
        return self._console.desk.desks.admin.names

    async def show(self, request: Request) -> Response:
        """Show what was found, and the form for one entry."""
        return await self._show(request, typed_in=("", "", ""))

    async def put(self, request: Request) -> Response:
        """Lay down how one written form is read."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        given = [typed(form, field).strip()[:_MOST_CHARS] for field in ("written", "spoken", "note")]
        written, spoken, note = given
        try:
            by = self._console.person(visitor)
            await asyncio.to_thread(self._desk.put, written, spoken, note, by=by)
        except EntryError as error:
            line = self._console.reader(request).code("entry_wrong", error.code)
            return await self._show(request, typed_in=(written, spoken, note), error=line, status=422)
        return RedirectResponse(f"{_PAGE}?xong=1", status_code=303)

    async def remove(self, request: Request) -> Response:
        """Take one entry out."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        by = self._console.person(visitor)
        await asyncio.to_thread(self._desk.remove, typed(form, "written")[:_MOST_CHARS], by=by)
        return RedirectResponse(f"{_PAGE}?xong=1", status_code=303)

    async def hear(self, request: Request) -> Response:
        """Say a few words, by the voice that is asked for or the best there is."""
        asked = request.query_params
        words, voice = " ".join(asked.get("cau", "").split())[:_MOST_CHARS], asked.get("giong") or None
        own = self._console.reader(request)
        try:
            audio = await self._console.desk.desks.writing.say(words, voice)
        except SmartradioError as error:
            return self._console.problem(request, title=own._("This cannot be heard"), line=str(error), status=422)
        return Response(audio, media_type="audio/ogg")

    async def _show(
        self, request: Request, *, typed_in: tuple[str, str, str], error: str = "", status: int = 200
    ) -> Response:
        words = " ".join(request.query_params.get("tim", "").split())[:_MOST_CHARS]
        chosen = request.query_params.get("sua", "")[:_MOST_CHARS]
        found = await asyncio.to_thread(self._desk.find, words)
        entry = await asyncio.to_thread(self._desk.entry, chosen) if chosen and not any(typed_in) else None
        context = {
            "entries": found[:_SHOWN],
            "more": max(len(found) - _SHOWN, 0),
            "words": words,
            "given": typed_in if entry is None else (entry.written, entry.spoken, entry.note),
            "changes": await asyncio.to_thread(self._desk.changes),
            "error": error,
            "done": request.query_params.get("xong", ""),
            "here": "admin",
        }
        visitor = self._console.visitor_of(request)
        return self._console.page(request, "admin_names.html", visitor=visitor, status=status, context=context)
