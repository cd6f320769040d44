"""A programme of the calendar: when it is aired and why not, changed by a form; what a file holds is only shown."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.day_rules import Holidays
from smartradio.domain.errors import SmartradioError
from smartradio.domain.programme import Origin, Programme, Turn
from smartradio.station.day_desk import ProgrammeView
from smartradio.station.items import ChangedMeanwhileError
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.forms import typed
from smartradio.web.once import Once, form_key
from smartradio.web.programme_form import DAYS, PRIORITIES, REPEATS, ProgrammeForm, filled, form_of, typed_form
from smartradio.web.rights import Right
from smartradio.web.today import telling_of
from smartradio.web.week import says_of

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """What would come of the programme as it is typed: its next times, and what stands in its way this week."""

    times: tuple[Any, ...]
    says: tuple[str, ...]


def add_programmes(app: FastAPI, console: Console) -> None:
    """Put the programmes' pages on the app."""
    pages = ProgrammePages(console)
    app.get("/lich/{name}", dependencies=[needs(Right.LOOK)])(pages.show)
    app.post("/lich/{name}", dependencies=[needs(Right.WRITE)])(pages.change)


class ProgrammePages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._once = Once()

    async def show(self, request: Request, name: str) -> Response:
        """Show a programme; who may write gets the form that changes it."""
        view = await asyncio.to_thread(self._console.desk.desks.day.programme, name)
        if view is None:
            return self._not_there(request)
        return await self._page(request, view, form_of(view.item.programme))

    async def change(self, request: Request, name: str) -> Response:
        """Try what was typed, or write it: as a draft, or handed in as well."""
        console, visitor = self._console, self._console.visitor_of(request)
        sent = await console.form(request)
        own = console.reader(request)
        view = await asyncio.to_thread(console.desk.desks.day.programme, name)
        if view is None or view.item.origin is Origin.FILE:
            return self._not_there(request)
        zones = {zone.name for zone in await console.zones()}
        voices = {*await self._voices(), view.item.programme.voice or ""}
        programme, form = filled(view.item.programme, typed_form(sent), own, zones=zones, voices=voices)
        seen = typed(sent, "seen")
        if form.errors or not seen.isdecimal():
            return await self._page(request, view, form, status=422, seen=seen)
        try:
            if sent.get("look"):
                return await self._page(request, view, form, trial=await self._tried(request, programme), seen=seen)
            key = form_key(request, visitor.account.name, sent)
            hand_in = bool(sent.get("hand_in"))
            where = await self._once.run(key, lambda: self._write(programme, visitor, int(seen[:9]), hand_in=hand_in))
        except SmartradioError as error:
            refused = replace(form, errors={"all": refusal_line(own, error)})
            if isinstance(error, ChangedMeanwhileError):
                # Told who was faster, they may write over it with their next click.
                view = await asyncio.to_thread(console.desk.desks.day.programme, name) or view
                return await self._page(request, view, refused, status=422)
            return await self._page(request, view, refused, status=422, seen=seen)
        return RedirectResponse(where, status_code=303)

    async def _write(self, programme: Programme, visitor: Visitor, seen: int, *, hand_in: bool) -> str:
        desk, by = self._console.desk.approval_desk, self._console.person(visitor)
        item = await desk.change(programme, by=by, seen=seen)
        if hand_in:
            try:
                await desk.submit(item.name, by=by, seen=item.version)
            except SmartradioError as error:
                # It is kept: nobody shall type it twice because a voice failed.
                _log.warning("item_not_handed_in", item=item.name, reason=str(error))
                return f"/duyet/{item.name}?kept=1"
            return f"/duyet/{item.name}"
        return f"/lich/{item.name}?da-luu=1"

    async def _tried(self, request: Request, programme: Programme) -> Trial:
        desk = self._console.desk.desks.day
        times = await asyncio.to_thread(desk.next_times, programme)
        slots = await asyncio.to_thread(desk.tried, programme)
        telling = telling_of(await self._console.zones(), self._console.reader(request))
        return Trial(times, says_of(slots, telling))

    async def _voices(self) -> list[str]:
        return list(await asyncio.to_thread(self._console.desk.desks.writing.voices))

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("It may have been withdrawn, or it stands in a schedule file.")
        return self._console.problem(request, title=own._("There is no such item"), line=line, status=404)

    async def _page(
        self,
        request: Request,
        view: ProgrammeView,
        form: ProgrammeForm,
        *,
        trial: Trial | None = None,
        status: int = 200,
        seen: str | None = None,
    ) -> Response:
        console, programme = self._console, view.item.programme
        own, zones = console.reader(request), await console.zones()
        voices = await self._voices()
        context = {
            "view": view,
            "item": view.item,
            "programme": programme,
            "form": form,
            "trial": trial,
            "seen": seen if seen and seen.isdecimal() else view.item.version,
            "saved": bool(request.query_params.get("da-luu")),
            "zones": zones,
            "places": telling_of(zones, own).places,
            "days": DAYS,
            "repeats": [each for each in REPEATS if each != "other" or form_of(programme).repeat == "other"],
            "voices": voices if not programme.voice or programme.voice in voices else [programme.voice, *voices],
            "holidays": list(Holidays),
            "turns": [turn for turn in Turn if turn is not Turn.RELAY or programme.order is Turn.RELAY],
            "priorities": sorted({*PRIORITIES, programme.priority}),
            "once": secrets.token_urlsafe(12),
            "here": "lich",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "programme.html", visitor=visitor, status=status, context=context)
