"""Accounts: who may do what here, made with a password that is shown once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Role
from smartradio.station.admin.people import MOST_NAME_CHARS, MOST_TITLE_CHARS, AccountError, PeopleDesk
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.once import Once, form_key
from smartradio.web.rights import RIGHTS, Right

_PAGE: Final = "/quan-tri/tai-khoan"


def add_admin_people(app: FastAPI, console: Console) -> None:
    """Put the accounts' pages on the app."""
    pages = PeoplePages(console)
    needed = [needs(Right.ADMINISTER)]
    app.get(_PAGE, dependencies=needed)(pages.all)
    app.post(_PAGE, dependencies=needed)(pages.make)
    app.get(f"{_PAGE}/{{name}}", dependencies=needed)(pages.one)
    app.post(f"{_PAGE}/{{name}}", dependencies=needed)(pages.change)
    app.post(f"{_PAGE}/{{name}}/mat-khau", dependencies=needed)(pages.new_password)
    app.post(f"{_PAGE}/{{name}}/{{act}}", dependencies=needed)(pages.act)


class PeoplePages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # What was handed over is shown again to an impatient thumb, and forgotten soon.
        self._once = Once(keep=4)

    @property
    def _desk(self) -> PeopleDesk:
        return self._console.desk.desks.admin.people

    async def all(self, request: Request) -> Response:
        """Show all accounts, and the form for one more."""
        return await self._all(request)

    async def make(self, request: Request) -> Response:
        """Make an account; its password is on this page and nowhere else."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, by = self._console.reader(request), self._console.person(visitor)
        title, name, role = (typed(form, field).strip() for field in ("title", "name", "role"))
        given = {"title": title, "name": name, "role": role}
        if role not in list(Role):
            return await self._all(request, given=given, wrong=("role", own._("Please choose a role.")), status=422)

        async def act() -> str:
            made = await asyncio.to_thread(self._desk.make, title, Role(role), by=by, name=name)
            return " ".join(made)

        try:
            made = await self._once.run(form_key(request, visitor.account.name, form), act)
        except AccountError as error:
            return await self._all(request, given=given, wrong=(error.code, _line(own, error)), status=422)
        account, _, password = made.partition(" ")
        return await self._all(request, made=(title, account, password))

    async def one(self, request: Request, name: str) -> Response:
        """Show an account."""
        return await self._one(request, name)

    async def change(self, request: Request, name: str) -> Response:
        """Give an account another person's name or another role."""
        form = await self._console.form(request)
        own, role = self._console.reader(request), typed(form, "role")
        if role not in list(Role):
            return await self._one(request, name, error=own._("Please choose a role."), status=422)
        by = self._console.person(self._console.visitor_of(request))
        return await self._done(request, name, lambda: self._desk.change(name, typed(form, "title"), Role(role), by=by))

    async def new_password(self, request: Request, name: str) -> Response:
        """Give an account a new password, shown once."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, by = self._console.reader(request), self._console.person(visitor)

        async def act() -> str:
            return await asyncio.to_thread(self._desk.new_password, name, by=by)

        try:
            password = await self._once.run(form_key(request, visitor.account.name, form), act)
        except AccountError as error:
            return await self._one(request, name, error=_line(own, error), status=422)
        return await self._one(request, name, password=password)

    async def act(self, request: Request, name: str, act: str) -> Response:
        """Disable an account or let it in again, end its logins, take its PIN away."""
        await self._console.form(request)
        by = self._console.person(self._console.visitor_of(request))
        acts: dict[str, Callable[[], None]] = {
            "khoa": lambda: self._desk.disable(name, by=by),
            "mo": lambda: self._desk.enable(name, by=by),
            "phien": lambda: self._desk.end_sessions(name, by=by),
            "pin": lambda: self._desk.remove_pin(name, by=by),
        }
        if act not in acts:
            return await self._one(request, name)
        return await self._done(request, name, acts[act])

    async def _done(self, request: Request, name: str, work: Callable[[], None]) -> Response:
        try:
            await asyncio.to_thread(work)
        except AccountError as error:
            line = _line(self._console.reader(request), error)
            return await self._one(request, name, error=line, status=404 if error.code == "unknown" else 422)
        return RedirectResponse(f"{_PAGE}/{name}?xong=1", status_code=303)

    async def _all(
        self,
        request: Request,
        *,
        given: dict[str, str] | None = None,
        wrong: tuple[str, str] | None = None,
        made: tuple[str, str, str] | None = None,
        status: int = 200,
    ) -> Response:
        context = {
            "people": await asyncio.to_thread(self._desk.all),
            "given": given or {"title": "", "name": "", "role": ""},
            "wrong": wrong,
            "made": made,
            "roles": list(Role),
            "role_rights": RIGHTS,
            "once": secrets.token_urlsafe(12),
            "max_title": MOST_TITLE_CHARS,
            "max_name": MOST_NAME_CHARS,
            "here": "admin",
        }
        visitor = self._console.visitor_of(request)
        return self._console.page(request, "admin_people.html", visitor=visitor, status=status, context=context)

    async def _one(
        self, request: Request, name: str, *, error: str = "", password: str = "", status: int = 200
    ) -> Response:
        person = await asyncio.to_thread(self._desk.find, name)
        own = self._console.reader(request)
        if person is None:
            line = own._("It may have another name. All accounts stand in the list.")
            return self._console.problem(request, title=own._("There is no such account"), line=line, status=404)
        visitor = self._console.visitor_of(request)
        context = {
            "person": person,
            "own_account": visitor.account.name == name,
            "roles": list(Role),
            "error": error,
            "password": password,
            "done": request.query_params.get("xong", ""),
            "once": secrets.token_urlsafe(12),
            "max_title": MOST_TITLE_CHARS,
            "here": "admin",
        }
        return self._console.page(request, "admin_person.html", visitor=visitor, status=status, context=context)


def _line(own: Reader, error: BadInputError) -> str:
    code = error.code if isinstance(error, AccountError) else ""
    return own.code("account_wrong", code) if own.has("account_wrong", code) else str(error)
