"""One's own account: the PIN that lets horns sound, the password, the logins that stand."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.accounts import MIN_PASSWORD_CHARACTERS, session_mark
from smartradio.station.own_account import WrongPasswordError
from smartradio.station.pins import MAX_DIGITS, MIN_DIGITS, WeakPinError
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.cookies import set_cookie
from smartradio.web.devices import device_name
from smartradio.web.entry import MAX_PASSWORD
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.own_port import OwnPort
from smartradio.web.rights import Right
from smartradio.web.security import SESSION_COOKIE

_MAX_MARK: Final = 16


def add_own_account(app: FastAPI, console: Console) -> None:
    """Put the page of one's own account on the app."""
    own = OwnPages(console)
    everybody = [needs(Right.LOOK)]
    app.get("/toi", dependencies=everybody)(own.page)
    app.post("/toi/pin", dependencies=[needs(Right.ALERT)])(own.pin)
    app.post("/toi/mat-khau", dependencies=everybody)(own.password)
    app.post("/toi/phien", dependencies=everybody)(own.end_session)


class OwnPages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> OwnPort:
        return self._console.desk.desks.own

    async def page(self, request: Request) -> Response:
        """Show what may be changed."""
        return await self._page(request)

    async def pin(self, request: Request) -> Response:
        """Set the PIN, for whoever knows the password."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        pin, again = (typed(form, name).replace(" ", "") for name in ("pin", "again_pin"))
        if pin != again:
            return await self._page(request, wrong=("pin", own._("The two PINs are not the same.")), status=422)
        try:
            password = typed(form, "password")[: MAX_PASSWORD + 1]
            await self._desk.set_pin(pin, password=password, by=self._console.person(visitor))
        except SmartradioError as error:
            status, line = _refused(own, error)
            return await self._page(request, wrong=("pin", line), status=status)
        return RedirectResponse("/toi?xong=pin", status_code=303)

    async def password(self, request: Request) -> Response:
        """Set another password; all logins end but this one, which begins anew."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, name = self._console.reader(request), visitor.account.name
        new, again = (typed(form, field)[: MAX_PASSWORD + 1] for field in ("new_password", "again_password"))
        if new != again:
            wrong = ("password", own._("The two new passwords are not the same."))
            return await self._page(request, wrong=wrong, status=422)
        try:
            old = typed(form, "password")[: MAX_PASSWORD + 1]
            await self._desk.change_password(new, password=old, by=self._console.person(visitor))
        except SmartradioError as error:
            status, line = _refused(own, error)
            return await self._page(request, wrong=("password", line), status=status)
        token = await asyncio.to_thread(self._console.door.login, name, new)
        response = RedirectResponse("/toi?xong=password", status_code=303)
        if token is not None:
            set_cookie(request, response, SESSION_COOKIE, token)
        return response

    async def end_session(self, request: Request) -> Response:
        """End one login, as of a phone that was lost."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        await self._desk.end_session(typed(form, "mark")[:_MAX_MARK], by=self._console.person(visitor))
        return RedirectResponse("/toi", status_code=303)

    async def _page(self, request: Request, *, wrong: tuple[str, str] | None = None, status: int = 200) -> Response:
        visitor = self._console.visitor_of(request)
        name = visitor.account.name
        context = {
            "digits": await self._desk.pin_digits(name),
            "sessions": await self._desk.sessions(name),
            "device_name": device_name,
            "this": session_mark(visitor.token),
            "wrong": wrong,
            "done": request.query_params.get("xong", ""),
            "min_digits": MIN_DIGITS,
            "max_digits": MAX_DIGITS,
            "min_password": MIN_PASSWORD_CHARACTERS,
            "here": "toi",
        }
        return self._console.page(request, "own.html", visitor=visitor, status=status, context=context)


def _refused(own: Reader, error: SmartradioError) -> tuple[int, str]:
    if isinstance(error, WrongPasswordError):
        if error.locked_s <= 0:
            return 401, own._("Your password is not this one.")
        seconds = own.number(math.ceil(error.locked_s), 0)
        return 429, own._("Too many wrong passwords. Please wait {seconds} s and try again.", seconds=seconds)
    if isinstance(error, WeakPinError):
        if error.code == "easy":
            return 422, own._("This PIN is guessed first. Take no row such as 123456 and no digit over and over.")
        return 422, own._("A PIN has {least} to {most} digits.", least=MIN_DIGITS, most=MAX_DIGITS)
    if isinstance(error, BadInputError):
        line = own._(
            "This password is easy to guess. Take at least {least} characters, several words, not digits alone.",
            least=MIN_PASSWORD_CHARACTERS,
        )
        return 422, line
    return 503, own._("Many people are logging in at once. Please try again in a moment.")
