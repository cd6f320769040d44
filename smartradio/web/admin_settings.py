"""Settings that may be changed at the console: one form, checked whole, in force from the next start on."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.station.admin.settings import SettingView
from smartradio.station.kept_settings import CHANGEABLE, Kind, Plain, SettingError, read_typed
from smartradio.web.access import needs
from smartradio.web.administering import AdministratorPages
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.rights import Right

_PAGE: Final = "/quan-tri/cai-dat"
_MOST_CHARS: Final = 600


def add_admin_settings(app: FastAPI, console: Console) -> None:
    """Put the settings' page on the app."""
    pages = SettingsPages(console)
    app.get(_PAGE, dependencies=[needs(Right.ADMINISTER)])(pages.show)
    app.post(_PAGE, dependencies=[needs(Right.ADMINISTER)])(pages.change)


class SettingsPages(AdministratorPages):
    """One method a page or form."""

    async def show(self, request: Request) -> Response:
        """Show the form."""
        return await self._show(request)

    async def change(self, request: Request) -> Response:
        """Keep what was typed, all of it or nothing."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, by = self._console.reader(request), self._console.person(visitor)
        views = {view.setting.name: view for view in await asyncio.to_thread(self._desk.settings.all)}
        try:
            values = read_form(form)
            await asyncio.to_thread(self._desk.settings.change, values, by=by)
        except SettingError as error:
            wrong = (error.name, wrong_line(own, error, views.get(error.name)))
            return await self._show(request, form=form, wrong=wrong, status=422)
        return RedirectResponse(f"{_PAGE}?xong=1", status_code=303)

    async def _show(
        self,
        request: Request,
        *,
        form: FormData | None = None,
        wrong: tuple[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        views = await asyncio.to_thread(self._desk.settings.all)
        own = self._console.reader(request)
        groups = dict.fromkeys(view.setting.group for view in views)
        context = {
            "groups": {group: [view for view in views if view.setting.group == group] for group in groups},
            "typed": {view.setting.name: as_typed(own, view, form) for view in views},
            "hints": {view.setting.name: hint(own, view) for view in views},
            "waiting": [view for view in views if view.waits_for_restart],
            "can_restart": self._desk.restart.possible,
            "wrong": wrong,
            "done": request.query_params.get("xong", ""),
        }
        return self._page(request, "admin_settings.html", context, status)


def read_form(form: FormData) -> dict[str, Plain]:
    """Return the values typed; a switch that is off sends nothing. Raises SettingError."""
    return {name: read_typed(setting, typed(form, name)[:_MOST_CHARS]) for name, setting in CHANGEABLE.items()}


def as_typed(own: Reader, view: SettingView, form: FormData | None) -> str:
    """Return what stands in a field: what was typed and not taken, else the value."""
    if form is not None:
        return typed(form, view.setting.name)
    value = view.value
    if value is None or value is False:
        return ""
    if isinstance(value, float):
        return own.number(value, 0 if value == int(value) else 1)
    return str(value)


def hint(own: Reader, view: SettingView) -> str:
    """Return what values a figure may have, empty for anything else."""
    least, most = view.limits
    if view.setting.kind not in (Kind.WHOLE, Kind.NUMBER):
        return ""
    if least is not None and most is not None:
        return own._("from {least} to {most}", least=own.number(least, 0), most=own.number(most, 0))
    return own._("more than {least}", least=own.number(least or 0, 0))


def wrong_line(own: Reader, error: SettingError, view: SettingView | None) -> str:
    """Return one line for a value that was not taken."""
    if view is None and "node_clip_days" in error.line:
        return own._("Nodes that keep no recordings must send every one: one in 1, or no recordings at all.")
    if view is None:
        return own._("These values do not fit together: {line}", line=error.line.removeprefix("Value error, "))
    told = hint(own, view)
    if told:
        return own._("This value cannot be used: it is {told}.", told=told)
    return own._("This value cannot be used. Please look at it again.")
