"""The emergency officer's page: words, zones, read back and heard, PIN, out; small, and whole without scripts."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_board import AlertBoard, RecentAlert, words_used
from smartradio.station.alert_desk import PinNeededError, Prepared, Sending, WrongPinError
from smartradio.station.alert_text import MAX_TEXT, mark_of, tidied
from smartradio.station.scripts import MisreadError, OpenItemsError
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.alert_port import AlertPort
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.rights import Right

_log = structlog.get_logger(__name__)

_MOST_RECENT: Final = 20
_WORDS_SHOWN: Final = 5
_MAX_PIN: Final = 200
_MAX_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an alert was not sent: the field it is about (text, zones, reading, pin), one line, the status."""

    field: str
    line: str
    status: int = 422


@dataclass(frozen=True, slots=True)
class AlertForm:
    """An alert as typed; `errors` maps a field to one line. The PIN is not kept: it is typed again."""

    text: str = ""
    zones: tuple[str, ...] = ()
    taken_on: bool = False
    once: str = ""
    grant: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def add_alerting(app: FastAPI, console: Console) -> None:
    """Put the officer's page on the app."""
    alerting = Alerting(console)
    officer = [needs(Right.ALERT)]
    app.get("/khan", dependencies=officer)(alerting.page)
    app.post("/khan", dependencies=officer)(alerting.posted)
    app.post("/khan/chuan-bi", dependencies=officer)(alerting.prepared)
    app.post("/khan/ma", dependencies=officer)(alerting.pin)


def pin_of(form: FormData) -> str:
    """Return the PIN as typed; blanks between digits are nothing."""
    return typed(form, "pin").replace(" ", "")[:_MAX_PIN]


def is_taken_on(form: FormData, text: str) -> bool:
    """Say whether the officer answers for just these words: a tick for what stood there before is none."""
    try:
        return typed(form, "taken_on") == mark_of(tidied(text))
    except BadInputError:
        return False  # these words are refused themselves, whatever was ticked


def refusal(own: Reader, error: SmartradioError, *, readable: bool = False) -> Refusal:
    """Return why an alert is not sent, in the visitor's language; `readable` says that its words were read before."""
    if isinstance(error, (WrongPinError, PinNeededError)):
        return _pin_refusal(own, error)
    if isinstance(error, OpenItemsError):
        line = own._("Some places may be read wrongly. Look at them and tick that you take them on, or write them out.")
        return Refusal("reading", line)
    if isinstance(error, MisreadError):
        return Refusal("text", refusal_line(own, error))
    if isinstance(error, BadInputError):
        if readable:
            return Refusal("zones", own._("No loudspeaker stands in the zones you chose."))
        return Refusal("text", own._("There is nothing in it that can be read aloud. Please write it in words."))
    _log.error("alert_not_made", reason=str(error))
    return Refusal("text", own._("No voice speaks at the station right now. Try once more, and ring the hamlets."), 503)


def _pin_refusal(own: Reader, error: WrongPinError | PinNeededError) -> Refusal:
    if isinstance(error, PinNeededError):
        return Refusal("pin", own._("Type the PIN once more: it was typed too long ago, or for other words."))
    if error.locked_s <= 0:
        return Refusal("pin", own._("The PIN is wrong."), 401)
    seconds = own.number(math.ceil(error.locked_s), 0)
    return Refusal("pin", own._("Too many wrong PINs. Wait {seconds} s and type it again.", seconds=seconds), 429)


class Alerting:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> AlertPort:
        return self._console.desk.desks.alert

    async def page(self, request: Request) -> Response:
        """Show the empty form, or one with the words of an earlier alert."""
        visitor = self._console.visitor_of(request)
        zones = tuple(zone.name for zone in await self._console.zones())
        form = AlertForm(zones=zones, once=secrets.token_urlsafe(12))
        if known := request.query_params.get("mau"):
            board = await asyncio.to_thread(self._desk.board, known[:_MAX_KEY])
            form = form if board is None else replace(form, text=board.bulletin.text)
        return await self._page(request, visitor, form)

    async def posted(self, request: Request) -> Response:
        """Read the words back, or send them; a script gets where to go, or one line, as JSON."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        read = await self._read(form, own)
        ready, wrong = await self._made(own, read)
        send = typed(form, "do") == "phat"
        if wrong is None and send:
            wanted = Sending(
                read.text, read.zones, read.once, taken_on=read.taken_on, grant=read.grant, pin=pin_of(form)
            )
            try:
                airing = await self._desk.send(wanted, by=self._console.person(visitor))
                return _went(request, f"/khan/{airing.id}")
            except SmartradioError as error:
                wrong = refusal(own, error, readable=True)
        if wrong is None:
            return await self._page(request, visitor, read, ready)
        if _by_script(request):
            return JSONResponse({"field": wrong.field, "error": wrong.line}, status_code=wrong.status)
        read = replace(read, errors={wrong.field: wrong.line, **read.errors})
        return await self._page(request, visitor, read, ready, status=wrong.status)

    async def prepared(self, request: Request) -> Response:
        """Make words audible while the officer chooses; a piece of the page that tells how they are read."""
        form = await self._console.form(request)
        own = self._console.reader(request)
        read = AlertForm(text=_text(form))
        ready, wrong = await self._made(own, read)
        context = {"ready": ready, "form": read, "wrong": None if wrong is None else wrong.line}
        status = 200 if wrong is None else wrong.status
        return self._console.page(request, "_khan_reading.html", status=status, context=context)

    async def pin(self, request: Request) -> Response:
        """Check a PIN before the click that sends; JSON with a leave for just these words."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        try:
            grant = await self._desk.grant(_text(form), pin_of(form), by=self._console.person(visitor))
        except SmartradioError as error:
            wrong = _text_wrong(_text(form), own) or refusal(own, error)
            return JSONResponse({"field": wrong.field, "error": wrong.line}, status_code=wrong.status)
        return JSONResponse({"grant": grant})

    async def _read(self, form: FormData, own: Reader) -> AlertForm:
        known = {zone.name for zone in await self._console.zones()}
        read = AlertForm(
            text=_text(form),
            zones=tuple(zone for each in form.getlist("zones") if (zone := str(each)) in known),
            taken_on=is_taken_on(form, _text(form)),
            once=typed(form, "once")[:_MAX_KEY] or secrets.token_urlsafe(12),
            grant=typed(form, "grant")[:_MAX_KEY],
        )
        if not read.zones:
            return replace(read, errors={"zones": own._("Choose at least one zone.")})
        return read

    async def _made(self, own: Reader, read: AlertForm) -> tuple[Prepared | None, Refusal | None]:
        """Return what was made of the words, and why nothing is sent."""
        wrong = _text_wrong(read.text, own)
        if wrong is not None:
            return None, wrong
        try:
            ready = await self._desk.prepare(read.text)
        except SmartradioError as error:
            return None, refusal(own, error)
        return ready, next((Refusal(name, line) for name, line in read.errors.items()), None)

    async def _page(
        self,
        request: Request,
        visitor: Visitor,
        form: AlertForm,
        ready: Prepared | None = None,
        *,
        status: int = 200,
    ) -> Response:
        recent = await asyncio.to_thread(self._desk.recent, _MOST_RECENT)
        context = {
            "form": form,
            "ready": ready,
            "wrong": form.errors.get("text"),
            "zones": await self._console.zones(),
            "recent": words_used(recent, _WORDS_SHOWN),
            "under_way": await self._under_way(recent),
            "digits": await self._console.desk.desks.own.pin_digits(visitor.account.name),
            "max_text": MAX_TEXT,
        }
        return self._console.page(request, "khan.html", visitor=visitor, status=status, context=context)

    async def _under_way(self, recent: Sequence[RecentAlert]) -> AlertBoard | None:
        """Return the alert that still sounds, or whose nodes have not all been heard of."""
        if not recent or recent[0].withdrawn:
            return None
        board = await asyncio.to_thread(self._desk.board, recent[0].airing)
        if board is None or board.settled or board.ends_at <= self._console.clock():
            return None
        return board


def _text(form: FormData) -> str:
    return typed(form, "text").replace("\r\n", "\n").strip()


def _text_wrong(text: str, own: Reader) -> Refusal | None:
    if not text:
        return Refusal("text", own._("There are no words to be aired yet."))
    if len(text) > MAX_TEXT:
        length, most = own.number(len(text), 0), own.number(MAX_TEXT, 0)
        return Refusal(
            "text", own._("The words are too long: {length} characters of at most {most}.", length=length, most=most)
        )
    return None


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _went(request: Request, where: str) -> Response:
    return JSONResponse({"to": where}) if _by_script(request) else RedirectResponse(where, status_code=303)
