"""The alerts that hold now, for everybody and for other systems: a page, an Atom feed, messages of CAP 1.2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.errors import SmartradioError
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.public_alerts import CANCEL_SUFFIX
from smartradio.web.access import public
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.public import chosen_zone, hamlets, kept, language_of, open_desk, shown
from smartradio.web.public_alerts_port import PublicAlertsPort
from smartradio.web.public_feed import Listed, atom_of

PATH: Final = "/cong-khai/canh-bao"
_CAP: Final = "application/cap+xml"


def add_public_alerts(app: FastAPI, console: Console) -> None:
    """Put the public's pages of alerts on the app; they are not there while the commune keeps its page closed."""
    pages = PublicAlertPages(console)
    everybody = [public()]
    app.get(PATH, dependencies=everybody)(pages.current)
    app.get(f"{PATH}.atom", dependencies=everybody)(pages.feed)
    app.get(f"{PATH}/{{name}}.xml", dependencies=everybody)(pages.message)


class PublicAlertPages:
    """One method a page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def current(self, request: Request) -> Response:
        """Show the alerts that hold now, everywhere or in one hamlet."""
        desk = self._desk()
        zones = await hamlets(self._console)
        here = chosen_zone(request, zones)
        alerts = _of(await asyncio.to_thread(desk.current), here)
        context = {"alerts": alerts, "cancelled": _of(await asyncio.to_thread(desk.cancelled), here)}
        return shown(request, self._console, "public_alerts.html", zones=zones, here=here, context=context)

    async def feed(self, request: Request) -> Response:
        """Give the alerts that hold, and those lately cancelled, as an Atom feed that leads to their messages."""
        desk = self._desk()
        zones = await hamlets(self._console)
        here = chosen_zone(request, zones)
        base = str(request.base_url).rstrip("/")
        of_zone = f"?{urlencode({'thon': here})}" if here else ""
        held = _of(await asyncio.to_thread(desk.current), here)
        over = _of(await asyncio.to_thread(desk.cancelled), here)
        own = language_of(request)
        body = atom_of(
            [_listed(own, each, base) for each in held] + [_listed(own, each, base, ended=True) for each in over],
            title=self._console.station,
            feed=f"{base}{PATH}.atom{of_zone}",
            page=f"{base}{PATH}{of_zone}",
            empty_at=self._console.clock().replace(hour=0, minute=0, second=0, microsecond=0),
        )
        return kept(request, Response(body, media_type="application/atom+xml"))

    async def message(self, request: Request, name: str) -> Response:
        """Give an alert, or its cancellation, as a message of CAP 1.2."""
        desk = self._desk()
        try:
            body = await asyncio.to_thread(desk.cap, name)
        except SmartradioError as error:
            raise HTTPException(404) from error
        if body is None:
            raise HTTPException(404)
        return kept(request, Response(body, media_type=_CAP))

    def _desk(self) -> PublicAlertsPort:
        open_desk(self._console)
        return self._console.desk.desks.public_alerts


def _of(alerts: Sequence[KeptAlert], here: str | None) -> list[KeptAlert]:
    return [each for each in alerts if here is None or here in each.alert.zones]


def _listed(own: Reader, each: KeptAlert, base: str, *, ended: bool = False) -> Listed:
    at = each.ended_at if ended else each.sent_at
    name = each.id + CANCEL_SUFFIX if ended else each.id
    title = own._("Cancelled: {title}", title=each.alert.title) if ended else each.alert.title
    return Listed(
        id=f"urn:x-smartradio:alert:{name}",
        title=own._("Exercise: {title}", title=title) if each.is_exercise else title,
        text=each.alert.text,
        published=each.sent_at or each.drafted_at,
        updated=at or each.drafted_at,
        links=(
            (f"{base}{PATH}#{each.id}", "alternate", "text/html"),
            (f"{base}{PATH}/{name}.xml", "alternate", _CAP),
        ),
    )
