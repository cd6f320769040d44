"""The emergency officer's pages: choose, fill in, zones, read back, PIN, out; small, and whole without scripts.

`/khan` says what waits and what holds, and has the templates; `/khan/soan` is the one form for own words, a template,
a draft that waits and what takes an alert's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.alerting.saying import Occasion
from smartradio.alerting.templates.template import Template
from smartradio.domain.alert import Alert, AlertState, RiskLevel
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_desk import Prepared
from smartradio.station.alert_text import MAX_TEXT
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.alerts.kept import KeptAlert, airing_id
from smartradio.web.access import needs
from smartradio.web.alert_form import (
    LASTS_H,
    REPEATS_MIN,
    AlertForm,
    alert_of,
    empty_form,
    form_of_draft,
    form_of_update,
    held_to,
    local_time,
    read_form,
)
from smartradio.web.alert_map import PLAIN_NAME, chosen_rule, drawn_zones
from smartradio.web.alert_port import AlertBookPort
from smartradio.web.alert_refusals import Refusal, by_script, has_pin, pin_of, refusal, told_to_script
from smartradio.web.console import Console
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.forms import typed
from smartradio.web.live_parts import live_part
from smartradio.web.rights import Right

_MOST_RECENT: Final = 20
_WORDS_SHOWN: Final = 5
_MAX_KEY: Final = 64
TOPIC: Final = "alerts"


def add_alerting(app: FastAPI, console: Console) -> None:
    """Put the officer's pages on the app."""
    alerting = Alerting(console)
    officer = [needs(Right.ALERT)]
    app.get("/khan", dependencies=officer)(alerting.choose)
    app.get("/khan/soan", dependencies=officer)(alerting.form)
    app.get("/khan/ban-do.css", dependencies=officer)(alerting.map_style)
    app.post("/khan", dependencies=officer)(alerting.posted)
    app.post("/khan/chuan-bi", dependencies=officer)(alerting.prepared)
    app.post("/khan/ma", dependencies=officer)(alerting.pin)
    live_part(app, console, "/khan/so", Right.ALERT, (TOPIC,), alerting.waiting)
    live_part(app, console, "/khan/dang-co", Right.ALERT, (TOPIC,), alerting.standing)


@dataclass(frozen=True, slots=True)
class Opened:
    """A form with what it is of: its template, the draft or the alert whose place it takes."""

    form: AlertForm
    template: Template | None = None
    of: KeptAlert | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a form: the alert, how it will be heard, and why it is not sent."""

    alert: Alert | None
    ready: Prepared | None
    wrong: Refusal | None
    errors: Mapping[str, str]


class Alerting:
    """One method a page, form or part; parts block."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _book(self) -> AlertBookPort:
        return self._console.desk.desks.alerts

    async def choose(self, request: Request) -> Response:
        """Show what waits and what holds, and the templates."""
        templates = await self._book.templates()
        context = {"templates": list(templates.by_name.values()), "fault": templates.fault}
        return self._console.page(request, "khan.html", visitor=self._console.visitor_of(request), context=context)

    def waiting(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return how many drafts wait for somebody."""
        return self._console.fragment("_khan_count.html", own, {"count": len(self._book.drafts())})

    def standing(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return what waits and what holds now."""
        context = {"drafts": self._book.drafts(), "current": self._book.current()}
        return self._console.fragment("_khan_standing.html", own, context)

    async def form(self, request: Request) -> Response:
        """Show the form: own words, a template (mau), words used before (loi), a draft (nhap), an update (thay)."""
        opened = await self._opened(request)
        if opened is None:
            return self._not_there(request)
        if opened.of is not None and opened.form.draft and opened.of.state is not AlertState.DRAFT:
            return RedirectResponse(f"/khan/tin/{opened.of.id}", status_code=303)
        made = None
        if opened.form.draft or opened.form.gone:
            made = await self._made(self._console.reader(request), opened)
        return await self._page(request, opened, made)

    async def map_style(self) -> Response:
        """Return what shows on the map which hamlets are chosen where no script runs."""
        names = [zone.name for zone in await self._console.zones() if PLAIN_NAME.fullmatch(zone.name)]
        return Response("\n".join(map(chosen_rule, names)), media_type="text/css")

    async def posted(self, request: Request) -> Response:
        """Read it back, or send it; a script gets where to go, or one line, as JSON."""
        form = await self._console.form(request)
        own = self._console.reader(request)
        opened = await self._read(form)
        if typed(form, "do") != "phat":
            made = await self._made(own, opened)
            return await self._page(request, opened, made, status=made.wrong.status if made.wrong else 200)
        went = await self._sent(request, opened, pin_of(form))
        if isinstance(went, Response):
            return went
        if by_script(request) and went.field != "zones":
            return told_to_script(_named(went, opened))
        made = await self._made(own, opened)
        # What cannot be read at all is told as that first.
        wrong = made.wrong if went.field == "zones" and made.wrong is not None else went
        if by_script(request):
            return told_to_script(wrong)
        made = replace(made, errors={wrong.field: wrong.line, **made.errors})
        return await self._page(request, opened, made, status=wrong.status)

    async def _sent(self, request: Request, opened: Opened, pin: str) -> Response | Refusal:
        """Send it: what was not made audible yet is made while its siren sounds."""
        visitor, own, form = self._console.visitor_of(request), self._console.reader(request), opened.form
        alert, faults = self._alert(own, opened)
        if alert is None or faults:
            return _first(faults)
        taken_on = bool(form.taken_on) and form.taken_on == self._book.mark(alert)
        wanted = AlertSending(alert, "" if form.draft else form.once, taken_on=taken_on, grant=form.grant, pin=pin)
        by = self._console.person(visitor)
        try:
            return _went(request, await self._book.send(wanted, by=by))
        except SmartradioError as error:
            if not isinstance(error, BadInputError):
                # Where no voice speaks it is out all the same, and said as soon as one does: its page says so.
                kept = await asyncio.to_thread(self._book.alert, self._book.sent_as(wanted, by=by))
                if kept is not None and kept.is_out:
                    return _went(request, kept)
            return refusal(own, error, readable=True, has_pin=await has_pin(self._console, visitor))

    async def prepared(self, request: Request) -> Response:
        """Make words audible while the officer chooses; a piece of the page that tells how they are read."""
        form = await self._console.form(request)
        opened = await self._read(form)
        made = await self._made(self._console.reader(request), opened)
        context = {**self._shown(opened, made), "piece": True}
        status = 200 if made.ready is not None or made.wrong is None else made.wrong.status
        return self._console.page(request, "_khan_reading.html", status=status, context=context)

    async def pin(self, request: Request) -> Response:
        """Check a PIN before the click that sends; JSON with a leave for just these words."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        opened = await self._read(form)
        alert, faults = self._alert(own, opened)
        if alert is None:
            return told_to_script(_named(_first(faults), opened))
        try:
            grant = await self._book.grant(alert, pin_of(form), by=self._console.person(visitor))
        except SmartradioError as error:
            return told_to_script(refusal(own, error, has_pin=await has_pin(self._console, visitor)))
        return JSONResponse({"grant": grant})

    async def _opened(self, request: Request) -> Opened | None:
        """Return the form that an address asks for, None where it asks for what is not there."""
        asked = {name: request.query_params.get(name, "")[:_MAX_KEY] for name in ("mau", "loi", "nhap", "thay")}
        zones = [zone.name for zone in await self._console.zones()]
        now = self._console.clock()
        if known := asked["mau"]:
            template = (await self._book.templates()).by_name.get(known)
            return None if template is None else Opened(empty_form(now, zones, template), template)
        wanted = asked["nhap"] or asked["thay"] or asked["loi"]
        if not wanted:
            return Opened(empty_form(now, zones, usual_repeat=self._book.usual_repeat))
        kept = await asyncio.to_thread(self._book.alert, wanted)
        if kept is None:
            return None
        templates = (await self._book.templates()).by_name
        if asked["nhap"]:
            form = held_to(form_of_draft(kept, templates.keys()), zones)
            return Opened(form, templates.get(form.template), kept)
        if asked["thay"]:
            form = held_to(form_of_update(kept, now, templates.keys()), zones)
            return Opened(form, templates.get(form.template), kept)
        form = empty_form(now, zones, usual_repeat=self._book.usual_repeat)
        return Opened(replace(form, text=kept.alert.text, issuer=kept.alert.issuer))

    async def _read(self, form: FormData) -> Opened:
        zones = [zone.name for zone in await self._console.zones()]
        read = read_form(form, zones)
        if not read.issued:
            read = replace(read, issued=local_time(self._console.clock()))
        template = (await self._book.templates()).by_name.get(read.template) if read.template else None
        name = read.draft or read.supersedes
        of = await asyncio.to_thread(self._book.alert, name) if name else None
        return Opened(read, template, of)

    def _alert(self, own: Reader, opened: Opened) -> tuple[Alert | None, dict[str, str]]:
        form = opened.form
        if (form.template and opened.template is None) or ((form.draft or form.supersedes) and opened.of is None):
            return None, {"form": own._("What this form was made for is no longer there; begin it anew.")}
        return alert_of(form, own, self._console.clock(), template=opened.template, of=opened.of)

    async def _made(self, own: Reader, opened: Opened) -> Made:
        alert, faults = self._alert(own, opened)
        first = _first(faults) if faults else None
        if alert is None:
            return Made(None, None, first, faults)
        try:
            ready = await self._book.prepare(alert)
        except SmartradioError as error:
            wrong = refusal(own, error)
            return Made(alert, None, wrong, {wrong.field: wrong.line, **faults})
        return Made(alert, ready, first, faults)

    def _shown(self, opened: Opened, made: Made | None) -> dict[str, object]:
        """Return what the piece that reads it back shows."""
        ready = None if made is None else made.ready
        return {
            "form": opened.form,
            "template": opened.template,
            "of": opened.of,
            "ready": ready,
            "figures": () if ready is None else self._book.read_back(ready),
            "errors": {} if made is None else made.errors,
            "taken_on": ready is not None and opened.form.taken_on == ready.mark,
        }

    async def _page(self, request: Request, opened: Opened, made: Made | None, *, status: int = 200) -> Response:
        if opened.of is None:
            # What it was made for is gone: what was typed stays, as a form of its own.
            opened = replace(opened, form=replace(opened.form, draft="", supersedes=""))
        visitor, zones = self._console.visitor_of(request), await self._console.zones()
        context = {
            **self._shown(opened, made),
            "piece": False,
            "zones": zones,
            "map": await asyncio.to_thread(drawn_zones, self._console.desk.desks.upkeep, zones),
            "recent": [] if opened.template or opened.of else await self._words_before(),
            "digits": await self._console.desk.desks.own.pin_digits(visitor.account.name),
            "max_text": MAX_TEXT,
            "two": self._book.two_must_answer,
            "is_exercise": opened.of is not None and opened.of.is_exercise,
            "repeats": _with(REPEATS_MIN, opened.form.repeat_min),
            "lasts": _with(LASTS_H, opened.form.lasts_h),
            "levels": RiskLevel,
            "ends": _ends(opened.of),
        }
        return self._console.page(request, "khan_form.html", visitor=visitor, status=status, context=context)

    async def _words_before(self) -> list[KeptAlert]:
        """Return the alerts whose words may be used again, each wording once, the newest first."""
        by_text: dict[str, KeptAlert] = {}
        for kept in await asyncio.to_thread(self._book.lately, _MOST_RECENT):
            by_text.setdefault(kept.alert.text, kept)
        return list(by_text.values())[:_WORDS_SHOWN]

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("It is no longer there. Begin anew from the emergency page.")
        return self._console.problem(request, title=own._("There is no such alert"), line=line, status=404)


def _with(choices: tuple[int, ...], chosen: str) -> list[int]:
    """Return the choices, with the chosen one among them whatever it is."""
    own = {int(chosen)} if chosen.isascii() and chosen.isdigit() else set()
    return sorted({*choices, *own})


def _ends(kept: KeptAlert | None) -> str:
    """Return when a draft's own time ends, as it fits into a list on a phone."""
    ends = None if kept is None else kept.alert.expires_at
    return "" if ends is None else f"{ends.astimezone(LOCAL_ZONE):%H:%M %d/%m}"


def _named(wrong: Refusal, opened: Opened) -> Refusal:
    """Return a refusal that says which field of the template it is about: below the button nothing else does."""
    field = None if opened.template is None else opened.template.field(wrong.field)
    return wrong if field is None else replace(wrong, line=f"{field.label}: {wrong.line}")


def _first(faults: Mapping[str, str]) -> Refusal:
    name, line = next(iter(faults.items()))
    return Refusal(name, line)


def _went(request: Request, kept: KeptAlert) -> Response:
    where = f"/khan/tin/{kept.id}"
    if not by_script(request):
        return RedirectResponse(where, status_code=303)
    occasion = Occasion.UPDATE if kept.alert.supersedes else Occasion.FIRST
    return JSONResponse({"to": where, "airing": airing_id(kept.id, occasion, "") if kept.is_out else ""})
