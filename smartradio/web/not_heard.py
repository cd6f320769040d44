"""“I could not hear it well”: a form for everybody, without an account; and what the technician makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Path
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Zone
from smartradio.station.citizens import MAX_NOTE
from smartradio.web.access import needs, public
from smartradio.web.acts import refusal_line
from smartradio.web.allowance import Allowance, household
from smartradio.web.console import Console
from smartradio.web.forms import typed, wrong_note
from smartradio.web.public import chosen_zone, hamlets, language_of, open_desk, shown
from smartradio.web.rights import Right

MOST: Final = 5
WITHIN: Final = timedelta(hours=1)
_PATH: Final = "/cong-khai/khong-nghe-ro"
# People never see this field; programs that fill in every field do.
_TRAP: Final = "website"


@dataclass(frozen=True, slots=True)
class NotHeard:
    """What somebody tells, as typed; `error` is one line, empty if all is well."""

    zone: str = ""
    airing: str = ""
    note: str = ""
    error: str = ""


def add_not_heard(app: FastAPI, console: Console) -> None:
    """Put the form and the technician's list on the app."""
    form = NotHeardForm(console)
    app.get(_PATH, dependencies=[public()])(form.show)
    app.post(_PATH, dependencies=[public()])(form.take)
    app.get("/cong-khai/cam-on", dependencies=[public()])(form.thank)
    answers = ComplaintPages(console)
    app.get("/phan-anh", dependencies=[needs(Right.MAINTAIN)])(answers.list)
    app.post("/phan-anh/{number}", dependencies=[needs(Right.MAINTAIN)])(answers.see_to)


class NotHeardForm:
    """One method a step: shown, sent, thanked."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._allowance = Allowance(MOST, WITHIN, clock=console.clock)

    async def show(self, request: Request) -> Response:
        """Show the form; first the hamlet, then what was aired there."""
        zones = await hamlets(self._console)
        here = chosen_zone(request, zones) or ""
        return await self._form(request, zones, NotHeard(here, request.query_params.get("tin", "")[:64]))

    async def take(self, request: Request) -> Response:
        """Keep what somebody tells, once, however often it is sent."""
        desk = open_desk(self._console)
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403)
        form = await request.form()
        await form.close()
        zones = await hamlets(self._console)
        said = _read(form, language_of(request)._, {zone.name for zone in zones})
        if said.error:
            return await self._form(request, zones, said, status=422)
        if typed(form, _TRAP):
            return self._thanks(request, said)
        sender, what = household(request), f"{said.zone} {said.airing}"
        if self._allowance.said_before(sender, what):
            return self._thanks(request, said)
        if not self._allowance.has_left(sender):
            return await self._enough(request, zones, said)
        self._allowance.take(sender, what)
        try:
            kept = await desk.complain(said.zone, said.airing or None, said.note)
        except BadInputError as error:
            self._allowance.give_back(sender, what)
            line = refusal_line(language_of(request), error)
            return await self._form(request, zones, replace(said, error=line), status=422)
        return self._thanks(request, said) if kept is not None else await self._enough(request, zones, said)

    async def thank(self, request: Request) -> Response:
        """Say that it has arrived."""
        zones = await hamlets(self._console)
        here = chosen_zone(request, zones)
        return shown(request, self._console, "public_thanks.html", zones=zones, here=here, context={})

    @staticmethod
    def _thanks(request: Request, said: NotHeard) -> Response:
        query = {"thon": said.zone, **({"lang": "en"} if language_of(request).language == "en" else {})}
        return RedirectResponse(f"/cong-khai/cam-on?{urlencode(query)}", status_code=303)

    async def _enough(self, request: Request, zones: list[Zone], said: NotHeard) -> Response:
        _ = language_of(request)._
        line = _("Enough has been told from here for now; the technician knows. Please try again in an hour.")
        answer = await self._form(request, zones, replace(said, error=line), status=429)
        answer.headers["retry-after"] = f"{WITHIN.total_seconds():.0f}"
        return answer

    async def _form(self, request: Request, zones: list[Zone], said: NotHeard, status: int = 200) -> Response:
        lately = await asyncio.to_thread(open_desk(self._console).lately, said.zone) if said.zone else []
        context = {"said": said, "lately": lately, "max_note": MAX_NOTE, "trap": _TRAP}
        here = said.zone or None
        return shown(
            request, self._console, "public_not_heard.html", zones=zones, here=here, context=context, status=status
        )


def _read(form: FormData, _: Any, zones: set[str]) -> NotHeard:
    said = NotHeard(
        typed(form, "thon"), typed(form, "tin"), typed(form, "note").replace("\r\n", "\n").replace("\x00", "").strip()
    )
    if not said.zone:
        return replace(said, error=_("Please choose your hamlet."))
    if said.zone not in zones:
        return replace(said, zone="", error=_("This zone no longer exists: please choose again."))
    if len(said.note) > MAX_NOTE:
        return replace(said, error=_("Please write at most {limit} characters.", limit=MAX_NOTE))
    return said


class ComplaintPages:
    """What people told, for the technician."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def list(self, request: Request) -> Response:
        """Show what people told, open ones first."""
        return await self._page(request)

    async def see_to(self, request: Request, number: Annotated[int, Path(ge=1, lt=2**62)]) -> Response:
        """Keep what was found, in the technician's name."""
        console = self._console
        visitor = console.visitor_of(request)
        form = await console.form(request)
        own, answer = console.reader(request), typed(form, "note").strip()
        wrong = wrong_note(answer, own)
        if wrong is None:
            try:
                await console.desk.desks.citizens.see_to(number, by=console.person(visitor), answer=answer)
            except BadInputError as error:
                wrong = refusal_line(own, error)
        if wrong is not None:
            return await self._page(request, number, answer, wrong)
        return RedirectResponse("/phan-anh", status_code=303)

    async def _page(self, request: Request, number: int = 0, answer: str = "", wrong: str | None = None) -> Response:
        console = self._console
        desk = console.desk.desks.citizens
        zones = await asyncio.to_thread(desk.zones)
        context = {
            "complaints": await asyncio.to_thread(desk.complaints),
            "open": await asyncio.to_thread(desk.count_open),
            "zone_titles": {zone.name: zone.title for zone in zones},
            "is_open": desk.is_open,
            "typed": (number, answer, wrong),
            "here": "phan-anh",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "complaints.html", visitor=visitor, status=422 if wrong else 200, context=context)
