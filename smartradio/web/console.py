"""What every page of the console needs: the visitor, the words, the forms' tokens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.approval import Person
from smartradio.domain.places import Zone
from smartradio.station.accounts import Account, session_mark
from smartradio.station.views import AiringView
from smartradio.web.cookies import cookie, set_cookie
from smartradio.web.entrance import Entrance
from smartradio.web.events import Hub
from smartradio.web.formats import Reader
from smartradio.web.live_parts import LiveParts, PageResponse, place_of
from smartradio.web.navigation import navigation
from smartradio.web.ordering import natural
from smartradio.web.port import Decode, Desk
from smartradio.web.rendering import assets_version, fill, reader, summary
from smartradio.web.rights import Right, rights_of
from smartradio.web.security import (
    CSRF_FIELD,
    SESSION_COOKIE,
    VISIT_COOKIE,
    Door,
    form_secret,
    is_form_token,
    new_form_token,
)

LANGUAGE_COOKIE: Final = "smartradio_language"


class NotLoggedInError(Exception):
    """The page needs an account."""


class StaleFormError(Exception):
    """The form's token is missing or was made for somebody else."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in, by which session."""

    account: Account
    token: str


class Console:
    """The station's desk and door as pages use them."""

    def __init__(self, desk: Desk, door: Door, *, decode: Decode, station: str, clock: Callable[[], datetime]) -> None:
        self.desk = desk
        self.door = door
        self.decode = decode
        self.station = station
        self.clock = clock
        self.parts = LiveParts()
        self.hub = Hub(self)
        self.entrance = Entrance()
        self.needed: Mapping[str, Right] = {}

    async def find_visitor(self, request: Request) -> Visitor | None:
        """Return who is logged in, or None."""
        token = cookie(request, SESSION_COOKIE)
        account = await asyncio.to_thread(self.door.who, token) if token else None
        return Visitor(account, token) if account and token else None

    async def visitor(self, request: Request) -> Visitor:
        """Return who is logged in, looked up once a request. Raises NotLoggedInError."""
        held: Visitor | None = getattr(request.state, "visitor", None)
        found = held or await self.find_visitor(request)
        if found is None:
            raise NotLoggedInError
        request.state.visitor = found
        return found

    @staticmethod
    def visitor_of(request: Request) -> Visitor:
        """Return who is logged in, in a handler whose route needs a right."""
        visitor: Visitor = request.state.visitor
        return visitor

    async def form(self, request: Request) -> FormData:
        """Return a posted form that came from a page of ours. Raises StaleFormError."""
        form = await request.form()
        # No form here takes a file; one that is sent all the same is not kept open.
        await form.close()
        request.state.form = form
        self.check_form(request, form)
        return form

    @staticmethod
    def check_form(request: Request, form: FormData) -> None:
        """Raise StaleFormError for a form that does not come from a page of ours."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise StaleFormError
        secret, token = form_secret(request), form.get(CSRF_FIELD)
        if secret is None or not isinstance(token, str) or not is_form_token(token, secret):
            raise StaleFormError

    @staticmethod
    def person(visitor: Visitor) -> Person:
        """Return who this is, as the log names them."""
        account = visitor.account
        return Person(account.title, account.name, session_mark(visitor.token))

    def reader(self, request: Request) -> Reader:
        """Return the words in the visitor's language."""
        return reader(cookie(request, LANGUAGE_COOKIE) or "vi")

    def page(
        self,
        request: Request,
        template: str,
        *,
        visitor: Visitor | None = None,
        status: int = 200,
        context: Mapping[str, Any] | None = None,
        secret: str | None = None,
        drawn: Mapping[str, str] | None = None,
    ) -> Response:
        """Return a page; a first visit gets the cookie that its forms are bound to.

        `secret` is the session that begins with this answer; `drawn` has live parts, by their paths, that the page
        has rendered from what it had read itself.
        """
        own = self.reader(request)
        secret = secret or form_secret(request)
        fresh = secrets.token_urlsafe(24) if secret is None else None
        held = secret or fresh or ""
        account = visitor.account if visitor else None
        rights = rights_of(account)
        shared: dict[str, Any] = {
            "station": self.station,
            "assets": assets_version(),
            "account": account,
            "rights": rights,
            "live": self.place,
            "ways": navigation(self.needed, rights, request.url.path),
            "path": request.url.path,
            "here": "",
            "form_token": lambda: new_form_token(held),
            "summary": lambda view: summary(view, own),
        }
        body = fill(template, own.language, context={**shared, **(context or {})})
        response = PageResponse(body, status_code=status, parts=self.parts, rights=rights, own=own, drawn=drawn)
        if fresh is not None:
            set_cookie(request, response, VISIT_COOKIE, fresh)
        return response

    def place(self, path: str) -> Markup:
        """Return what stands for a live part in a page; nothing for a path at which none lies."""
        return Markup() if self.parts.find(path) is None else place_of(path)

    def fragment(self, template: str, own: Reader, context: Mapping[str, Any]) -> str:
        """Return a part of a page; nothing of a visitor goes into it."""
        shared = {"station": self.station, "assets": assets_version(), "summary": lambda view: summary(view, own)}
        return fill(template, own.language, context={**shared, **context})

    def problem(self, request: Request, *, title: str, line: str, status: int) -> Response:
        """Return a page that says what went wrong."""
        return self.page(request, "problem.html", status=status, context={"title": title, "line": line})

    async def airing(self, id: str, of: Collection[str] | None = None) -> AiringView | None:  # noqa: A002
        """Return one airing with its chain, or None; with `of` only at these nodes."""
        return await asyncio.to_thread(self.desk.airing_view, id, of=of)

    async def zones(self) -> list[Zone]:
        """Return the zones an operator may speak to, as people count them."""
        return sorted(await asyncio.to_thread(self.desk.zones), key=lambda zone: natural(zone.title))
