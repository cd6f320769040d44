"""Coming in and going out: login, logout, language."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.domain.hosts import is_this_machine
from smartradio.web.access import needs, public
from smartradio.web.allowance import household
from smartradio.web.console import LANGUAGE_COOKIE, Console
from smartradio.web.cookies import cookie, drop_cookie, set_cookie
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.kept_form import FIELD, Fields, as_text, from_text
from smartradio.web.rights import Right
from smartradio.web.security import SESSION_COOKIE

MAX_NAME: Final = 64
MAX_PASSWORD: Final = 256


def add_entry(app: FastAPI, console: Console) -> None:
    """Put the ways in and out on the app."""

    @app.get("/login", dependencies=[public()])
    async def login_form(request: Request) -> Response:
        if await console.find_visitor(request) is not None:
            return RedirectResponse("/", status_code=303)
        return login_page(console, request, Asked(request.query_params.get("next", "/")))

    @app.post("/login", dependencies=[public()])
    async def login(request: Request) -> Response:
        return await _login(console, request)

    @app.post("/logout", dependencies=[needs(Right.LOOK)])
    async def logout(request: Request) -> Response:
        visitor = console.visitor_of(request)
        await console.form(request)
        await asyncio.to_thread(console.door.logout, visitor.token)
        response = RedirectResponse("/login", status_code=303)
        drop_cookie(request, response, SESSION_COOKIE)
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


@dataclass(frozen=True, slots=True)
class Asked:
    """Where somebody wanted to go when the door stood in between, and what they had typed there."""

    target: str
    kept: Fields = ()
    name: str = ""


async def _login(console: Console, request: Request) -> Response:
    form = await console.form(request)
    name, password = typed(form, "name").strip(), typed(form, "password")
    asked = Asked(typed(form, "next") or "/", from_text(typed(form, FIELD)), name)
    own = console.reader(request)
    token = None
    device, sender = request.headers.get("user-agent", ""), household(request)
    try:
        if 0 < len(name) <= MAX_NAME and 0 < len(password) <= MAX_PASSWORD:
            async with console.entrance.turn(sender):
                login = partial(console.door.login, name, password, device=device, sender=sender)
                token = await asyncio.to_thread(login)
    except SmartradioError:
        line = own._("Many people are logging in at once. Please try again in a moment.")
        return login_page(console, request, asked, error=line, status=503)
    if token is None:
        status, line = refused_password(console.door.locked_for_s(name, sender), own)
        return login_page(console, request, asked, error=line, status=status)
    before = cookie(request, SESSION_COOKIE)
    if before is not None:
        await asyncio.to_thread(console.door.logout, before)
    if asked.kept:
        response = resume_page(console, request, asked, secret=token)
    else:
        response = RedirectResponse(own_path(asked.target), status_code=303)
    set_cookie(request, response, SESSION_COOKIE, token)
    return response


def login_page(
    console: Console, request: Request, asked: Asked, *, error: str | None = None, status: int = 200
) -> Response:
    """Return the login; what was typed before goes with it."""
    context = {
        "next": own_path(asked.target),
        "name": asked.name,
        "error": error,
        "in_the_clear": _in_the_clear(request),
        "kept": as_text(asked.kept) if asked.kept else "",
    }
    return console.page(request, "login.html", status=status, context=context)


def _in_the_clear(request: Request) -> bool:
    """Say whether this page came unencrypted over a network; https in front counts where the server believes it."""
    sender = request.client.host if request.client is not None else ""
    return (
        request.url.scheme == "http" and not is_this_machine(request.url.hostname or "") and not is_this_machine(sender)
    )


def stale_login(console: Console, request: Request, form: FormData) -> Response:
    """Return the login anew for who sent one of yesterday: only the password has to be typed again."""
    asked = Asked(typed(form, "next") or "/", from_text(typed(form, FIELD)), typed(form, "name")[:MAX_NAME])
    line = console.reader(request)._("This page was too old. Please type the password once more.")
    return login_page(console, request, asked, error=line, status=403)


def resume_page(
    console: Console, request: Request, asked: Asked, *, secret: str | None = None, status: int = 200
) -> Response:
    """Return what was typed before the door stood in between, to be looked at and sent on by one tap."""
    shown = [value for name, value in asked.kept if " " in value.strip()]
    context = {"action": own_path(asked.target), "fields": asked.kept, "shown": shown}
    return console.page(request, "resume.html", status=status, context=context, secret=secret)
