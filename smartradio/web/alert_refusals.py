"""Why an emergency is not sent, as one line beside the field it is about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse

from smartradio.domain.approval import SecondPersonError
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_desk import PinNeededError, WrongPinError
from smartradio.station.alerts.kept import AlertRefusedError
from smartradio.station.scripts import MisreadError, OpenItemsError
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import Reader
from smartradio.web.forms import typed

_log = structlog.get_logger(__name__)
_MAX_PIN: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an alert was not sent: the field it is about (text, zones, reading, pin, form), one line, the status."""

    field: str
    line: str
    status: int = 422


def by_script(request: Request) -> bool:
    """Say whether a script asks, which goes on by itself."""
    return "application/json" in request.headers.get("accept", "")


def told_to_script(wrong: Refusal) -> JSONResponse:
    """Return why an alert is not sent, for a script."""
    return JSONResponse({"field": wrong.field, "error": wrong.line}, status_code=wrong.status)


def pin_of(form: FormData) -> str:
    """Return the PIN as typed; blanks between digits are nothing."""
    return typed(form, "pin").replace(" ", "")[:_MAX_PIN]


async def has_pin(console: Console, visitor: Visitor) -> bool:
    """Say whether somebody has a PIN; who has none is asked for the password."""
    return await console.desk.desks.own.pin_digits(visitor.account.name) is not None


def refusal(own: Reader, error: SmartradioError, *, readable: bool = False, has_pin: bool = True) -> Refusal:
    """Return why an alert is not sent, in the visitor's language.

    `readable` says that its words were read before, `has_pin` that the account has one and is not asked for its
    password.
    """
    if isinstance(error, (WrongPinError, PinNeededError)):
        return _pin_refusal(own, error, has_pin)
    if isinstance(error, OpenItemsError):
        line = own._("Some places may be read wrongly. Look at them and tick that you take them on, or write them out.")
        return Refusal("reading", line)
    if isinstance(error, MisreadError):
        return Refusal("text", refusal_line(own, error))
    if isinstance(error, (AlertRefusedError, SecondPersonError)):
        return Refusal("form", refused_line(own, error))
    if isinstance(error, BadInputError):
        return _plain_refusal(own, readable)
    _log.error("alert_not_made", reason=str(error))
    return Refusal("text", own._("No voice speaks at the station right now. Try once more, and ring the hamlets."), 503)


def refused_line(own: Reader, error: BadInputError) -> str:
    """Return why something may not be done to an alert, as one line."""
    if isinstance(error, SecondPersonError):
        return own._("{name} handed this in; somebody else must let it out.", name=error.by)
    if isinstance(error, AlertRefusedError):
        state = own.code("alert_state", error.values.get("state", ""))
        return own.code("alert_refused", error.code).format(**{**error.values, "state": state})
    return own._("Say why, in a few words.")


def _plain_refusal(own: Reader, readable: bool) -> Refusal:
    if readable:
        return Refusal("zones", own._("No loudspeaker stands in the zones you chose."))
    return Refusal("text", own._("There is nothing in it that can be read aloud. Please write it in words."))


def _pin_refusal(own: Reader, error: WrongPinError | PinNeededError, has_pin: bool) -> Refusal:
    if isinstance(error, PinNeededError):
        typed_before = own._("Type the PIN once more: it was typed too long ago, or for other words.")
        return Refusal("pin", typed_before if has_pin else own._("Type your password: you have set no PIN yet."))
    if error.locked_s <= 0:
        return Refusal("pin", own._("The PIN is wrong.") if has_pin else own._("Your password is not this one."), 401)
    seconds = own.number(math.ceil(error.locked_s), 0)
    return Refusal("pin", own._("Too many wrong PINs. Wait {seconds} s and type it again.", seconds=seconds), 429)
