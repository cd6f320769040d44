"""A warning that came as a CAP file, pasted or handed in: told in words, with what is wrong, and made a draft."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.alerting.cap.as_alert import CapDraft, draft
from smartradio.alerting.cap.findings import CapError, Finding, Gravity
from smartradio.alerting.cap.message import CapAlert
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.station.alerts.cap_intake import alert_id
from smartradio.station.alerts.places import Places
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.rights import Right

_MOST_BYTES: Final = 1_000_000
_MOST_PASTED: Final = 200_000
"""Characters that a page gives back after a refusal."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message that was read: what is wrong with it, and the draft it would become, None where it cannot."""

    message: CapAlert
    findings: tuple[Finding, ...]
    made: CapDraft | None
    refused: str


def add_alert_cap(app: FastAPI, console: Console) -> None:
    """Put the page on the app."""
    page = CapPage(console)
    officer = [needs(Right.ALERT)]
    app.get("/khan/cap", dependencies=officer)(page.show)
    app.post("/khan/cap", dependencies=officer)(page.posted)


def cap_line(own: Reader, error: CapError | Finding) -> str:
    """Return what is wrong with a message as one line, with where it is."""
    place = [own._("line {line}", line=error.line)] if error.line else []
    place += [f"<{error.element}>"] if error.element else []
    said = own._(error.said, **dict(error.values))
    return f"{', '.join(place)}: {said}" if place else said


class CapPage:
    """One page and its form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request) -> Response:
        """Ask for a message."""
        return self._page(request)

    async def posted(self, request: Request) -> Response:
        """Tell what a message says, or put it among what waits."""
        visitor, own = self._console.visitor_of(request), self._console.reader(request)
        form = await request.form()
        try:
            self._console.check_form(request, form)
            data = await _data(form)
        finally:
            await form.close()
        pasted = typed(form, "pasted")[:_MOST_PASTED]
        if not data:
            return self._page(request, error=own._("Choose a file, or paste the message."), pasted=pasted)
        try:
            read = await self._read(data, own)
        except CapError as error:
            return self._page(request, error=cap_line(own, error), pasted=pasted)
        if typed(form, "do") == "giu" and read.made is not None:
            by = self._console.person(visitor).title
            kept = await self._console.desk.desks.alerts.draft(read.made.alert, by=by)
            return RedirectResponse(f"/khan/soan?nhap={kept.id}", status_code=303)
        return self._page(request, read=read, data=base64.b64encode(data).decode(), pasted=pasted)

    async def _read(self, data: bytes, own: Reader) -> Read:
        book, now = self._console.desk.desks.alerts, self._console.clock()
        places = await asyncio.to_thread(book.places)
        return await asyncio.to_thread(_read, data, places, now, own, book.usual_repeat)

    def _page(
        self, request: Request, *, read: Read | None = None, error: str = "", data: str = "", pasted: str = ""
    ) -> Response:
        own = self._console.reader(request)
        context = {
            "read": read,
            "error": error,
            "data": data,
            "pasted": pasted,
            "line": lambda finding: cap_line(own, finding),
            "refuses": Gravity.REFUSE,
        }
        status = 422 if error or (read is not None and read.made is None) else 200
        visitor = self._console.visitor_of(request)
        return self._console.page(request, "khan_cap.html", visitor=visitor, status=status, context=context)


def _read(data: bytes, places: Places, now: datetime, own: Reader, usual: timedelta | None) -> Read:
    message = read_cap(data)
    findings = check(message, now=now)
    if refusals(findings):
        return Read(message, tuple(findings), None, "")
    try:
        name = alert_id(message.key)
        made = draft(message, places.zones, id=name, now=now, commune=places.commune, repeat_every=usual)
    except CapError as error:
        return Read(message, tuple(findings), None, cap_line(own, error))
    return Read(message, (*findings, *made.findings), made, "")


async def _data(form: FormData) -> bytes:
    """Return the message's bytes: the file's, those looked at before, or what was pasted."""
    file = form.get("cap")
    if isinstance(file, UploadFile) and (data := await file.read(_MOST_BYTES + 1)):
        return data
    if held := typed(form, "data"):
        try:
            return base64.b64decode(held, validate=True)
        except ValueError:
            return b""
    return typed(form, "pasted").strip().encode()
