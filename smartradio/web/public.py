"""What everybody may read and hear, without an account and without a cookie; and where they say they did not hear."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.domain.places import Zone
from smartradio.station.citizens import PublicAiring
from smartradio.web.access import public
from smartradio.web.citizens_port import CitizensDesk
from smartradio.web.console import Console
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.ordering import natural
from smartradio.web.plan_words import Telling
from smartradio.web.public_feed import atom
from smartradio.web.ranges import Held, ranged
from smartradio.web.rendering import assets_version, fill, reader

NEWEST: Final = 30
FEED_NEWEST: Final = 20
EXCERPT: Final = 280
"""So much of a text stands in the list; the rest on its own page, for phones that pay for every byte."""
MAX_AGE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Told:
    """One bulletin on one day: the latest of its airings, and all its times with the zones in which they sounded."""

    latest: PublicAiring
    times: tuple[tuple[datetime, tuple[str, ...]], ...]


def add_public(app: FastAPI, console: Console) -> None:
    """Put the public's pages on the app; they are not there while the commune keeps them closed."""
    pages = PublicPages(console)
    everybody = [public()]
    app.get("/cong-khai", dependencies=everybody)(pages.front)
    app.get("/cong-khai/tin/{airing_id}", dependencies=everybody)(pages.bulletin)
    app.get("/cong-khai/tin.atom", dependencies=everybody)(pages.feed)
    app.get("/cong-khai/am-thanh/{recording_id}.opus", dependencies=everybody)(pages.sound)


async def hamlets(console: Console) -> list[Zone]:
    """Return the zones people live in, as they count them. Raises HTTPException while the page is closed."""
    return sorted(await asyncio.to_thread(open_desk(console).zones), key=lambda zone: natural(zone.title))


def open_desk(console: Console) -> CitizensDesk:
    """Return the public's desk; there is no such page while the commune keeps it closed."""
    desk = console.desk.desks.citizens
    if not desk.is_open:
        raise HTTPException(404)
    return desk


def language_of(request: Request) -> Reader:
    """Return the words that the address asks for; cookies would make one person's page everybody's."""
    return reader(request.query_params.get("lang", "vi"))


class PublicPages:
    """One method a page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def front(self, request: Request) -> Response:
        """Show what sounds now and what sounded, by day, everywhere or in one hamlet."""
        desk = open_desk(self._console)
        own, zones = language_of(request), await hamlets(self._console)
        here = chosen_zone(request, zones)
        airings = await asyncio.to_thread(desk.aired, NEWEST, zone=here)
        now = self._console.clock()
        sounding = [each for each in airings if each.starts_at <= now < each.ends_at]
        context = {
            "days": [
                (day, _by_bulletin(group)) for day, group in groupby(airings, lambda each: own.day(each.starts_at))
            ],
            "sounding": sounding[:3],
            "alerts": [
                kept
                for kept in await asyncio.to_thread(self._console.desk.desks.public_alerts.current)
                if not kept.is_exercise and (here is None or here in kept.alert.zones)
            ][:5],
            "newest": airings[0] if airings else None,
            "excerpt": EXCERPT,
        }
        return shown(request, self._console, "public_front.html", zones=zones, here=here, context=context)

    async def bulletin(self, request: Request, airing_id: str) -> Response:
        """Show one bulletin whole, with its sound."""
        desk = open_desk(self._console)
        airing = await asyncio.to_thread(desk.airing, airing_id)
        if airing is None or not airing.sounded:
            raise HTTPException(404)
        zones = await hamlets(self._console)
        context = {"airing": airing}
        return shown(request, self._console, "public_bulletin.html", zones=zones, here=None, context=context)

    async def feed(self, request: Request) -> Response:
        """Give the bulletins as an Atom feed, everywhere or of one hamlet."""
        desk = open_desk(self._console)
        zones = await hamlets(self._console)
        here = chosen_zone(request, zones)
        airings = await asyncio.to_thread(desk.aired, FEED_NEWEST, zone=here)
        of_zone = f"?{urlencode({'thon': here})}" if here else ""
        title = next((f"{self._console.station} · {zone.title}" for zone in zones if zone.name == here), "")
        body = atom(
            airings,
            title=title or self._console.station,
            base=str(request.base_url).rstrip("/"),
            feed=f"/cong-khai/tin.atom{of_zone}",
            page=f"/cong-khai{of_zone}",
            empty_at=self._console.clock().replace(hour=0, minute=0, second=0, microsecond=0),
        )
        return kept(request, Response(body, media_type="application/atom+xml"))

    async def sound(self, request: Request, recording_id: str) -> Response:
        """Play a bulletin that was aired for the public."""
        desk = open_desk(self._console)
        try:
            audio = await desk.sound(recording_id)
        except SmartradioError as error:
            raise HTTPException(404) from error
        etag = hashlib.sha256(audio).hexdigest()[:32]
        return ranged(request.headers, audio, media_type="audio/ogg", etag=etag, held=Held.A_DAY)


def _by_bulletin(airings: Sequence[PublicAiring] | Any) -> list[Told]:
    """Gather the airings of one day by what was heard, in the order of the latest."""
    held: dict[str, list[PublicAiring]] = {}
    for each in airings:
        held.setdefault(each.recording, []).append(each)
    return [Told(same[0], tuple((each.starts_at, each.sounded) for each in reversed(same))) for same in held.values()]


def chosen_zone(request: Request, zones: Sequence[Zone]) -> str | None:
    """Return the hamlet that the address names; None for all of them. Raises HTTPException for one that is none."""
    wanted = request.query_params.get("thon", "")
    if wanted and wanted not in {zone.name for zone in zones}:
        raise HTTPException(404)
    return wanted or None


def shown(
    request: Request,
    console: Console,
    template: str,
    *,
    zones: Sequence[Zone],
    here: str | None,
    context: Mapping[str, Any],
    status: int = 200,
) -> Response:
    """Return a public page: the same for everybody who asks for this address."""
    own = language_of(request)
    titles = {zone.name: zone.title for zone in zones}

    def address(path: str, **query: str | None) -> str:
        asked = {"thon": here, "lang": "en" if own.language == "en" else None, **query}
        told = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{told}" if told else path

    shared = {
        "station": console.station,
        "assets": assets_version(),
        "zones": zones,
        "here": here,
        "here_title": titles.get(here or "", ""),
        "address": address,
        "where": lambda names: _where(own, names, titles),
        "path": request.url.path,
    }
    response = HTMLResponse(fill(template, own.language, context={**shared, **context}), status_code=status)
    return kept(request, response) if request.method == "GET" and status == 200 else response


def _where(own: Reader, names: Sequence[str], titles: Mapping[str, str]) -> str:
    """Return zones in words: all of them as the whole commune."""
    if len(titles) > 1 and set(titles) <= set(names):
        return own._("the whole commune")
    in_order = sorted(names, key=lambda name: natural(titles.get(name, name)))
    return Telling(own._, LOCAL_ZONE, list(titles), dict(titles)).places(in_order)


def kept(request: Request, response: Response) -> Response:
    """Return an answer that browsers and proxies may keep for a minute, or 304 where they hold this very one."""
    # Weak: what is compressed on the way is the same page.
    tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"public, max-age={MAX_AGE.total_seconds():.0f}"}
    if tag in {each.strip() for each in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
