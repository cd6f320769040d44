"""The operators' console: a FastAPI app over the station's desk and its accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from smartradio.web.access import check_routes
from smartradio.web.admin import add_admin
from smartradio.web.alert_api import add_alert_api
from smartradio.web.alert_cap import add_alert_cap
from smartradio.web.alert_page import add_alert_page
from smartradio.web.alert_report import add_alert_report
from smartradio.web.alert_sources import add_alert_sources
from smartradio.web.alert_watching import add_alert_watching
from smartradio.web.alerting import add_alerting
from smartradio.web.api import add_api
from smartradio.web.archive import add_archive
from smartradio.web.composing import add_composing
from smartradio.web.console import Console, NotLoggedInError, StaleFormError
from smartradio.web.deciding import add_deciding
from smartradio.web.entry import Asked, add_entry, login_page, resume_page, stale_login
from smartradio.web.events import add_events
from smartradio.web.faults import add_faults
from smartradio.web.guard import HEADERS, MB, Guard, TooMuchError, TooSlowError
from smartradio.web.kept_form import kept_fields
from smartradio.web.map_page import add_map
from smartradio.web.navigation import rights_by_path
from smartradio.web.node_acts import add_node_acts
from smartradio.web.node_list import add_node_list
from smartradio.web.node_page import add_node_page
from smartradio.web.not_heard import add_not_heard
from smartradio.web.own_account import add_own_account
from smartradio.web.packing import Packing
from smartradio.web.pages import add_pages
from smartradio.web.places import add_places
from smartradio.web.port import Decode, Desk
from smartradio.web.programme_page import add_programmes
from smartradio.web.public import add_public
from smartradio.web.public_alerts import add_public_alerts
from smartradio.web.rights import NotAllowedError, PasswordGivenError
from smartradio.web.security import Door
from smartradio.web.settling import add_settling
from smartradio.web.sounds import add_sounds
from smartradio.web.static_files import add_static
from smartradio.web.summaries import add_summaries
from smartradio.web.today import add_today
from smartradio.web.week import add_week
from smartradio.web.writing import add_writing

LIMIT_BYTES: Final = 2 * MB
UPLOADS: Final[Mapping[str, int]] = {
    # A recording of two hours; a station's backup with a month of clips; a commune's map.
    "/soan/tep": 200 * MB,
    "/quan-tri/sao-luu/phuc-hoi": 1_024 * MB,
    "/ban-do": 8 * MB,
}
"""Paths that take files, and how much each takes."""
_log = structlog.get_logger(__name__)


def create_app(desk: Desk, accounts: Door, *, decode: Decode, station: str, clock: Callable[[], datetime]) -> FastAPI:
    """Return the console of the station titled `station`.

    `decode` turns Ogg Opus into sound at 16 kHz for the pictures; `clock` returns aware UTC.
    """
    app = FastAPI(title="smartradio", openapi_url=None, docs_url=None, redoc_url=None)
    console = Console(desk, accounts, decode=decode, station=station, clock=clock)
    app.state.console = console
    problems = _Problems(console)
    app.add_middleware(Packing)
    app.add_middleware(Guard, limit_bytes=LIMIT_BYTES, uploads=UPLOADS, refuse=problems.refuse)
    add_static(app)
    add_entry(app, console)
    add_today(app, console)
    add_archive(app, console)
    add_week(app, console)
    add_faults(app, console)
    add_places(app, console)
    add_node_list(app, console)
    add_node_page(app, console)
    add_node_acts(app, console)
    add_map(app, console)
    add_programmes(app, console)
    add_pages(app, console)
    add_settling(app, console)
    add_composing(app, console)
    add_writing(app, console)
    add_deciding(app, console)
    add_alerting(app, console)
    add_alert_cap(app, console)
    add_alert_page(app, console)
    add_alert_report(app, console)
    add_alert_watching(app, console)
    add_alert_api(app, console)
    add_own_account(app, console)
    add_admin(app, console)
    add_sounds(app, console)
    add_summaries(app, console)
    add_public(app, console)
    add_public_alerts(app, console)
    add_alert_sources(app, console)
    add_not_heard(app, console)
    add_api(app, console)
    add_events(app, console)
    _add_problems(app, problems)
    check_routes(app)
    console.needed = rights_by_path(app)
    return app


def _add_problems(app: FastAPI, problems: _Problems) -> None:
    """Say what went wrong in the visitor's language; the API gets one line of JSON."""
    app.add_exception_handler(NotLoggedInError, problems.not_logged_in)
    app.add_exception_handler(PasswordGivenError, problems.password_given)
    app.add_exception_handler(NotAllowedError, problems.not_allowed)
    app.add_exception_handler(StaleFormError, problems.stale_form)
    app.add_exception_handler(TooMuchError, problems.too_much)
    app.add_exception_handler(TooSlowError, problems.too_slow)
    app.add_exception_handler(ClientDisconnect, problems.gone)
    app.add_exception_handler(RequestValidationError, problems.not_valid)
    app.add_exception_handler(HTTPException, problems.not_found)
    app.add_exception_handler(Exception, problems.failed)


class _Problems:
    """One method for each thing that goes wrong."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def password_given(self, request: Request, _error: Exception) -> Response:
        if _is_api(request):
            return JSONResponse({"error": "choose a password of your own first"}, status_code=403)
        return RedirectResponse("/toi", status_code=303)

    async def not_logged_in(self, request: Request, _error: Exception) -> Response:
        if _is_api(request):
            return JSONResponse({"error": "log in first"}, status_code=401)
        if fields := await kept_fields(request):
            return login_page(self._console, request, Asked(request.url.path, fields), status=401)
        query = f"?{request.url.query}" if request.url.query else ""
        target = request.url.path + query if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(target)}", status_code=303)

    async def not_allowed(self, request: Request, _error: Exception) -> Response:
        _ = self._console.reader(request)._
        title = _("Your account has not the right for this")
        line = _("Nothing was changed. Please ask the station's administrator if this is your work.")
        # A program shows one line: that it is about the right must stand in it.
        said = f"{title}. {line}" if _is_api(request) else line
        return self._answer(request, status=403, title=title, line=said)

    async def stale_form(self, request: Request, _error: Exception) -> Response:
        fields = await kept_fields(request)
        if fields and request.url.path == "/login":
            return stale_login(self._console, request, await request.form())
        if fields:
            return resume_page(self._console, request, Asked(request.url.path, fields), status=403)
        _ = self._console.reader(request)._
        line = _("Nothing was changed. Please go back, load the page again and send the form once more.")
        return self._answer(request, status=403, title=_("The page is too old"), line=line)

    async def too_much(self, request: Request, _error: Exception) -> Response:
        _ = self._console.reader(request)._
        line = _("No bulletin is this long. Nothing was changed.")
        if limit := UPLOADS.get(request.url.path):
            line = _("A file may have at most {megabytes}\u00a0MB. Nothing was changed.", megabytes=limit // MB)
        return self._answer(request, status=413, title=_("That is too much"), line=line)

    async def too_slow(self, request: Request, _error: Exception) -> Response:
        _log.info("form_stopped_coming", path=request.url.path)
        _ = self._console.reader(request)._
        line = _("Nothing was changed. What you typed is still on the page before this one; please send it again.")
        response = self._answer(request, status=408, title=_("The line stopped half way"), line=line)
        response.headers["connection"] = "close"
        return response

    async def gone(self, request: Request, _error: Exception) -> Response:
        """Nobody reads this answer: whoever sent the form has gone in the middle of it."""
        _log.info("form_broken_off", path=request.url.path)
        return Response(status_code=400)

    async def refuse(self, scope: Scope, receive: Receive) -> tuple[int, Mapping[str, str], bytes]:
        """Answer a body that says beforehand that it is too large; nothing of it was read."""
        request = Request(scope, receive)
        response = await self.too_much(request, TooMuchError())
        kind = response.headers["content-type"]
        return response.status_code, {"content-type": kind}, bytes(response.body)

    async def not_valid(self, request: Request, _error: Exception) -> Response:
        _ = self._console.reader(request)._
        line = _("The address asks for something that does not exist.")
        return self._answer(request, status=422, title=_("Not understood"), line=line)

    async def not_found(self, request: Request, error: Exception) -> Response:
        _ = self._console.reader(request)._
        status = error.status_code if isinstance(error, HTTPException) else 404
        line = _("The address asks for something that does not exist.")
        return self._answer(request, status=status, title=_("There is no such page"), line=line)

    async def failed(self, request: Request, error: Exception) -> Response:
        # Starlette raises it again after this answer, so that the server's log has the trace as well.
        _log.error("page_failed", path=request.url.path, reason=repr(error))
        _ = self._console.reader(request)._
        line = _("The station could not finish this. It is in the station's log; please try again.")
        response = self._answer(request, status=500, title=_("Something failed at the station"), line=line)
        response.headers.update(HEADERS)  # this answer is made outside the Guard
        return response

    def _answer(self, request: Request, *, status: int, title: str, line: str) -> Response:
        if _is_api(request):
            return JSONResponse({"error": line}, status_code=status)
        return self._console.problem(request, title=title, line=line, status=status)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")
