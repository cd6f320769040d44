"""Places: hamlets and the nodes that stand in them, renamed, moved, merged, a device replaced."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.registry import Registered
from smartradio.station.store.places import MAX_TITLE, KeyTakenError, TitleTakenError, What
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.ordering import natural
from smartradio.web.rights import Right

_KINDS: Final[Mapping[str, What]] = {"thon": "zone", "cum": "node"}
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")


def add_places(app: FastAPI, console: Console) -> None:
    """Put the pages of places on the app."""
    pages = Places(console)
    maintain = [needs(Right.MAINTAIN)]
    app.get("/dia-ban", dependencies=maintain)(pages.places)
    app.get("/dia-ban/{kind}/{name}", dependencies=maintain)(pages.place)
    for act in ("ten", "chuyen", "thiet-bi", "gop"):
        app.post(f"/dia-ban/{{kind}}/{{name}}/{act}", dependencies=maintain)(pages.doing(act))


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Which form was not taken, why, and what was typed into it."""

    act: str
    line: str
    typed: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of which place, by whom."""

    what: What
    name: str
    by: Person
    own: Reader


class Places:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def places(self, request: Request) -> Response:
        """Show all hamlets with their nodes."""
        console = self._console
        held, waits = await asyncio.to_thread(self._read)
        titles = {(each.what, each.name): each.title for each in (*held.zones, *held.nodes, *held.merged)}
        context = {
            "held": held,
            "zones": sorted(held.zones, key=lambda zone: natural(zone.title)),
            "titles": titles,
            "by_zone": held.by_zone(),
            "waits": waits,
            "here": "places",
        }
        return console.page(request, "places.html", visitor=console.visitor_of(request), context=context)

    def _read(self) -> tuple[Registered, bool]:
        """Return the registry, and whether some of it waits for the station's next start. Blocking."""
        desk = self._console.desk.desks.registry
        held = desk.registered()
        return held, desk.waits_for_start(held)

    async def place(self, request: Request, kind: str, name: str) -> Response:
        """Show one hamlet or node with the forms that change it."""
        return await self._place_page(request, kind, name)

    def doing(self, act: str) -> Callable[[Request, str, str], Awaitable[Response]]:
        """Return the handler of one of the forms."""

        async def do(request: Request, kind: str, name: str) -> Response:
            visitor, form = self._console.visitor_of(request), await self._console.form(request)
            if kind not in _KINDS or (act in ("chuyen", "thiet-bi") and kind != "cum"):
                return self._none(request)
            asked = _Asked(_KINDS[kind], name, self._console.person(visitor), self._console.reader(request))
            try:
                wrong = await self._done(act, asked, form)
            except BadInputError as error:
                wrong = _Wrong(act, _line(error, asked.own), _typed(act, form))
            if wrong is not None:
                return await self._place_page(request, kind, name, wrong)
            return RedirectResponse("/dia-ban" if act == "gop" else f"/dia-ban/{kind}/{name}", status_code=303)

        return do

    async def _done(self, act: str, asked: _Asked, form: FormData) -> _Wrong | None:
        desk, given, own = self._console.desk.desks.registry, _typed(act, form), asked.own
        if act == "ten":
            title = " ".join(given.split())
            if not 1 <= len(title) <= MAX_TITLE:
                return _Wrong(act, own._("Please write a name of 1 to {limit} characters.", limit=MAX_TITLE), given)
            await desk.rename(asked.what, asked.name, title, by=asked.by)
        elif act == "chuyen":
            await desk.move(asked.name, given, by=asked.by)
        elif act == "thiet-bi":
            if not _KEY.fullmatch(given.strip()):
                line = own._("A key has 64 digits, 0 to 9 and a to f: please copy it whole.")
                return _Wrong(act, line, given)
            await desk.replace_device(asked.name, given, by=asked.by)
        elif not form.get("sure"):
            return _Wrong(act, own._("Please tick the box: a merger cannot be undone."), given)
        else:
            await desk.merge(asked.what, asked.name, given, by=asked.by)
        return None

    async def _place_page(self, request: Request, kind: str, name: str, wrong: _Wrong | None = None) -> Response:
        console = self._console
        held = await asyncio.to_thread(console.desk.desks.registry.registered)
        place = held.place(_KINDS[kind], name) if kind in _KINDS else None
        if place is None:
            return self._none(request)
        others = held.zones if place.what == "zone" else held.nodes
        context = {
            "kind": kind,
            "place": place,
            "zone": held.place("zone", place.zone or ""),
            "zones": sorted(held.zones, key=lambda zone: natural(zone.title)),
            "others": sorted((each for each in others if each.name != name), key=lambda each: natural(each.title)),
            "former": held.former_of(place.what, name),
            "wrong": wrong,
            "max_title": MAX_TITLE,
            "here": "places",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "place.html", visitor=visitor, status=422 if wrong else 200, context=context)

    def _none(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("It may have been merged: please look at the list of places.")
        return self._console.problem(request, title=own._("There is no such place"), line=line, status=404)


def _typed(act: str, form: FormData) -> str:
    return typed(form, {"ten": "title", "chuyen": "zone", "thiet-bi": "key", "gop": "into"}[act])


def _line(error: BadInputError, own: Reader) -> str:
    if isinstance(error, TitleTakenError):
        return own._("Another one has this name already: people could not tell them apart.")
    if isinstance(error, KeyTakenError):
        return own._("Another node has this key already.")
    return own._("Please choose another one from the list.")
