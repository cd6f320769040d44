"""The first run: whoever holds the code of the station's terminal names the commune and makes the first account."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import MIN_PASSWORD_CHARACTERS
from smartradio.station.admin.first_run import Commune, FirstRun, FirstRunError, commune_of
from smartradio.station.admin.people import MOST_TITLE_CHARS, AccountError, name_of
from smartradio.web.access import public
from smartradio.web.console import Console
from smartradio.web.forms import typed

_PAGE: Final = "/thiet-lap"
_FIELDS: Final = ("ma", "commune", "hamlets", "person")
_MOST_CHARS: Final = 20_000


def add_first_run(app: FastAPI, console: Console) -> None:
    """Put the first run's page on the app; it does nothing once there is an administrator."""
    pages = FirstRunPages(console)
    app.get(_PAGE, dependencies=[public()])(pages.show)
    app.post(_PAGE, dependencies=[public()])(pages.begin)


class FirstRunPages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> FirstRun:
        return self._console.desk.desks.admin.first

    async def show(self, request: Request) -> Response:
        """Show the form, or who to turn to."""
        given = {"ma": request.query_params.get("ma", "")[:40]}
        return await self._show(request, given=given)

    async def begin(self, request: Request) -> Response:
        """Make the first administrator, with the commune where there is none yet."""
        form = await self._console.form(request)
        own = self._console.reader(request)
        given = {name: typed(form, name)[:_MOST_CHARS] for name in _FIELDS}
        password, again = typed(form, "password"), typed(form, "again")
        if not await asyncio.to_thread(self._is_open):
            return await self._show(request, given=given, status=403)
        if password != again:
            wrong = ("password", own._("The two passwords are not the same."))
            return await self._show(request, given=given, wrong=wrong, status=422)
        try:
            commune = self._commune(given)
            name = await asyncio.to_thread(
                self._desk.begin, given["ma"], person=given["person"], password=password, commune=commune
            )
        except FirstRunError as error:
            code = error.code
            wrong = (code, own.code("first_run_wrong", code))
            return await self._show(request, given=given, wrong=wrong, status=403 if code == "code" else 422)
        except AccountError as error:
            wrong = ("person", own.code("account_wrong", error.code))
            return await self._show(request, given=given, wrong=wrong, status=422)
        except BadInputError as error:
            least = own.number(MIN_PASSWORD_CHARACTERS, 0)
            line = own._(
                "This password is too easy to guess: at least {least} characters, several words, not your name.",
                least=least,
            )
            wrong = ("password", line if "password" in str(error) else own._(str(error)))
            return await self._show(request, given=given, wrong=wrong, status=422)
        context = {"name": name, "title": given["commune"], "begins_anew": commune is not None}
        return self._console.page(request, "first_run_done.html", context=context)

    def _commune(self, given: dict[str, str]) -> Commune | None:
        if self._desk.found is None:
            return None
        return commune_of(given["commune"], given["hamlets"].splitlines())

    def _is_open(self) -> bool:
        return self._desk.is_needed

    async def _show(
        self, request: Request, *, given: dict[str, str], wrong: tuple[str, str] | None = None, status: int = 200
    ) -> Response:
        needed = await asyncio.to_thread(self._is_open)
        context = {
            "needed": needed,
            "known": self._desk.is_code(given.get("ma", "")),
            "new_commune": self._desk.found is not None,
            "given": {name: given.get(name, "") for name in _FIELDS},
            "login": name_of(given["person"]) if given.get("person") else "",
            "wrong": wrong,
            "least": MIN_PASSWORD_CHARACTERS,
            "max_title": MOST_TITLE_CHARS,
        }
        return self._console.page(request, "first_run.html", status=status, context=context)
