"""Coming in and going out: login, logout, language."""

from __future__ import annotations

import asyncio
import math
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.web.access import needs, public
from smartradio.web.console import LANGUAGE_COOKIE, Console
from smartradio.web.formats import Reader
from smartradio.web.rights import Right
from smartradio.web.security import SESSION_COOKIE, set_cookie

MAX_NAME: Final = 64
MAX_PASSWORD: Final = 256


def add_entry(app: FastAPI, console: Console) -> None:
    """Put the ways in and out on the app."""

    @app.get("/login", dependencies=[public()])
    async def login_form(request: Request) -> Response:
        if await console.find_visitor(request) is not None:
            return RedirectResponse("/", status_code=303)
        return _page(console, request, target=request.query_params.get("next", "/"))

    @app.post("/login", dependencies=[public()])
    async def login(request: Request) -> Response:
        form = await console.form(request)
        name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        target = str(form.get("next", "/"))
        _ = console.reader(request)._
        token = None
        try:
            if 0 < len(name) <= MAX_NAME and 0 < len(password) <= MAX_PASSWORD:
                token = await asyncio.to_thread(console.door.login, name, password)
        except SmartradioError:
            line = _("Many people are logging in at once. Please try again in a moment.")
            return _page(console, request, target=target, name=name, error=line, status=503)
        if token is None:
            status, line = refused_password(console.door.locked_for_s(name), console.reader(request))
            return _page(console, request, target=target, name=name, error=line, status=status)
        response = RedirectResponse(own_path(target), status_code=303)
        set_cookie(request, response, SESSION_COOKIE, token)
        return response

    @app.post("/logout", dependencies=[needs(Right.LOOK)])
    async def logout(request: Request) -> Response:
        visitor = console.visitor_of(request)
        await console.form(request)
        await asyncio.to_thread(console.door.logout, visitor.token)
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    @app.get("/language/{language}", dependencies=[public()])
    async def language(request: Request, language: str) -> Response:
        response = RedirectResponse(own_path(request.query_params.get("next", "/")), status_code=303)
        if language in ("vi", "en"):
            set_cookie(request, response, LANGUAGE_COOKIE, language)
        return response


def own_path(target: str) -> str:
    """Return a path of this console to go on to; anything that could lead elsewhere becomes the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return quote(target, safe="/?=&#%-._~") if plain and "\\" not in target else "/"


def refused_password(locked_s: float, own: Reader) -> tuple[int, str]:
    """Return the status and the line for a password that was not taken; `locked_s` is for how long none is."""
    if locked_s > 0:
        seconds = own.number(math.ceil(locked_s), 0)
        return 429, own._("Too many wrong passwords. Please wait {seconds} s and try again.", seconds=seconds)
    return 401, own._("The account or the password is wrong.")


def _page(
    console: Console,
    request: Request,
    *,
    target: str,
    name: str = "",
    error: str | None = None,
    status: int = 200,
) -> Response:
    context = {"next": own_path(target), "name": name, "error": error}
    return console.page(request, "login.html", status=status, context=context)
