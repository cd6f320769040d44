"""The administrator's pages: what waits for them, and the way to each thing that is administered."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.errors import BadInputError
from smartradio.station.admin.restart import BusyAirError
from smartradio.web.access import needs
from smartradio.web.admin_backup import add_admin_backup
from smartradio.web.admin_models import add_admin_models
from smartradio.web.admin_names import add_admin_names
from smartradio.web.admin_people import add_admin_people
from smartradio.web.admin_settings import add_admin_settings
from smartradio.web.administering import AdministratorPages
from smartradio.web.audit import add_audit
from smartradio.web.console import Console
from smartradio.web.first_run import add_first_run
from smartradio.web.rights import Right

_OLD_BACKUP_DAYS = 7


def add_admin(app: FastAPI, console: Console) -> None:
    """Put the administrator's pages on the app, the log's and the first run's with them."""
    pages = AdminPages(console)
    app.get("/quan-tri", dependencies=[needs(Right.ADMINISTER)])(pages.front)
    app.post("/quan-tri/khoi-dong-lai", dependencies=[needs(Right.ADMINISTER)])(pages.restart)
    add_admin_people(app, console)
    add_admin_settings(app, console)
    add_admin_names(app, console)
    add_admin_models(app, console)
    add_admin_backup(app, console)
    add_audit(app, console)
    add_first_run(app, console)


class AdminPages(AdministratorPages):
    """One method a page or form."""

    async def front(self, request: Request) -> Response:
        """Show what waits for the administrator, and all that can be done."""
        return await self._front(request)

    async def restart(self, request: Request) -> Response:
        """Have the station begin anew."""
        visitor = self._console.visitor_of(request)
        await self._console.form(request)
        own = self._console.reader(request)
        try:
            await self._desk.restart.ask(by=self._console.person(visitor))
        except BusyAirError:
            line = own._("Something sounds now, or begins within two minutes. Please try again afterwards.")
            return await self._front(request, error=line, status=409)
        except BadInputError:
            line = own._("This station is started by hand: end it and start it again where it runs.")
            return await self._front(request, error=line, status=409)
        # No other page: by the time a browser asks for it, nobody would answer.
        return self._page(request, "admin_restart.html", {})

    async def _front(self, request: Request, *, error: str = "", status: int = 200) -> Response:
        context = {**await asyncio.to_thread(self._gathered), "error": error}
        return self._page(request, "admin.html", context, status)

    def _gathered(self) -> dict[str, object]:
        desk, now = self._desk, self._console.clock()
        people, last = desk.people.all(), desk.backups.last()
        recogniser, deaf = desk.models.recogniser()
        return {
            "people": [person for person in people if not person.disabled],
            "given": [person for person in people if person.password_given and not person.disabled],
            "waiting": [view for view in desk.settings.all() if view.waits_for_restart],
            "entries": len(desk.names.find()),
            "voices": [voice for voice in desk.models.voices() if not voice.problem],
            # Who wants no recogniser is not told every day.
            "deaf": deaf if recogniser != "none" else "",
            "last": last,
            "old": last is None or (now - last.made_at).days >= _OLD_BACKUP_DAYS,
            "staged": desk.backups.staged(),
            "can_restart": desk.restart.possible,
        }
