"""Writing an item: a bulletin with its zones and its time, new or anew; saved as a draft or handed in."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.items import Item
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.forms import MAX_TITLE, read_air_form, typed
from smartradio.web.once import Once
from smartradio.web.rights import Right

_log = structlog.get_logger(__name__)

REPEATS: Final[Mapping[str, str]] = {
    "": "once",
    "FREQ=DAILY": "daily",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "workdays",
    "FREQ=WEEKLY": "weekly",
}
"""Recurrences that the form offers, and the codes of their words."""
_LOCAL: Final = re.compile(r"(2[01][0-9]{2})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class ItemForm:
    """An item as typed; `at` is the wall clock's time, empty for at once. `errors` maps a field to one line."""

    title: str = ""
    text: str = ""
    zones: tuple[str, ...] = ()
    twice: bool = False
    at: str = ""
    repeat: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def form_of(item: Item) -> ItemForm:
    """Return the form that an item fills."""
    programme = item.programme
    at = "" if item.at_once else f"{programme.first_at.astimezone(LOCAL_ZONE):%Y-%m-%dT%H:%M}"
    return ItemForm(
        programme.title, programme.text, programme.zones, programme.times > 1, at, programme.recurrence or ""
    )


def read_item_form(form: FormData, own: Reader, zones: Collection[str], repeats: Collection[str]) -> ItemForm:
    """Return what was typed and what is wrong with it."""
    air = read_air_form(form, own, zones)
    at, repeat = typed(form, "at").strip(), typed(form, "repeat")
    errors = dict(air.errors)
    if at and _instant(at) is None:
        errors["at"] = own._("This is no date and time: please choose them again.")
    if repeat not in repeats or (repeat and not at):
        errors["at"] = own._("What is repeated needs the date and time of its first airing.")
    return ItemForm(air.title, air.text, air.zones, air.twice, at, repeat, errors)


def _instant(text: str) -> datetime | None:
    parts = _LOCAL.fullmatch(text[:16])
    try:
        return None if parts is None else datetime(*(int(part) for part in parts.groups()), tzinfo=LOCAL_ZONE)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def add_writing(app: FastAPI, console: Console) -> None:
    """Put the form for items on the app."""
    writing = Writing(console)
    write = [needs(Right.WRITE)]
    app.get("/soan", dependencies=write)(writing.new_form)
    app.post("/soan", dependencies=write)(writing.new)
    app.get("/soan/{name}", dependencies=write)(writing.change_form)
    app.post("/soan/{name}", dependencies=write)(writing.change)


class Writing:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._once = Once()

    async def new_form(self, request: Request) -> Response:
        """Show the empty form."""
        visitor = self._console.visitor_of(request)
        zones = await self._console.zones()
        return await self._page(request, visitor, ItemForm(zones=tuple(zone.name for zone in zones)), None)

    async def new(self, request: Request) -> Response:
        """Write a new item, once however often the form is sent."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        read = await self._read(form, own, REPEATS)
        if read.errors:
            return await self._page(request, visitor, read, None, status=422)
        now = self._console.clock()
        name = f"tin-{now.astimezone(LOCAL_ZONE):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        first_at = _instant(read.at) or now.astimezone(LOCAL_ZONE)
        programme = _filled(Programme(name, read.title, "", read.zones, first_at), read)

        async def act() -> str:
            by = self._console.person(visitor)
            item = await self._console.desk.approval_desk.draft(programme, by=by, at_once=not read.at)
            return await self._hand_in(item, form, visitor)

        return await self._written(request, (visitor, form), read, None, act)

    async def change_form(self, request: Request, name: str) -> Response:
        """Show an item to be changed."""
        visitor = self._console.visitor_of(request)
        item = await asyncio.to_thread(self._console.desk.approval_desk.item, name)
        if item is None or item.origin is Origin.FILE:
            return self._not_there(request)
        return await self._page(request, visitor, form_of(item), item)

    async def change(self, request: Request, name: str) -> Response:
        """Write an item anew."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, desk = self._console.reader(request), self._console.desk.approval_desk
        item = await asyncio.to_thread(desk.item, name)
        if item is None or item.origin is Origin.FILE:
            return self._not_there(request)
        read = await self._read(form, own, {*REPEATS, item.programme.recurrence or ""})
        seen = typed(form, "seen")
        if read.errors or not seen.isdecimal():
            return await self._page(request, visitor, read, item, status=422)
        first_at = _instant(read.at) or self._console.clock().astimezone(LOCAL_ZONE)
        programme = _filled(replace(item.programme, first_at=first_at), read)

        async def act() -> str:
            by = self._console.person(visitor)
            changed = await desk.change(programme, by=by, seen=int(seen[:9]), at_once=not read.at)
            return await self._hand_in(changed, form, visitor)

        return await self._written(request, (visitor, form), read, item, act)

    async def _read(self, form: FormData, own: Reader, repeats: Collection[str]) -> ItemForm:
        return read_item_form(form, own, {zone.name for zone in await self._console.zones()}, repeats)

    async def _hand_in(self, item: Item, form: FormData, visitor: Visitor) -> str:
        """Hand in what was written, if that was asked for; return the page that goes on."""
        if form.get("hand_in"):
            by = self._console.person(visitor)
            try:
                await self._console.desk.approval_desk.submit(item.name, by=by, seen=item.version)
            except SmartradioError as error:
                # It is kept: nobody shall write it twice because a voice failed.
                _log.warning("item_not_handed_in", item=item.name, reason=str(error))
                return f"/duyet/{item.name}?kept=1"
        return f"/duyet/{item.name}"

    async def _written(
        self,
        request: Request,
        sent: tuple[Visitor, FormData],
        read: ItemForm,
        item: Item | None,
        act: Callable[[], Awaitable[str]],
    ) -> Response:
        visitor, form = sent
        try:
            if form.get("hand_in"):
                # What cannot be read is told before anything of it is kept.
                await self._console.desk.read(read.text)
            where = await self._once.run(f"{visitor.account.name} {form.get('once', '')}", act)
        except SmartradioError as error:
            line = refusal_line(self._console.reader(request), error)
            return await self._page(request, visitor, replace(read, errors={"text": line}), item, status=422)
        return RedirectResponse(where, status_code=303)

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("It may have been withdrawn, or it stands in a schedule file.")
        return self._console.problem(request, title=own._("There is no such item"), line=line, status=404)

    async def _page(
        self, request: Request, visitor: Visitor, form: ItemForm, item: Item | None, *, status: int = 200
    ) -> Response:
        repeats = dict(REPEATS)
        if item is not None and item.programme.recurrence is not None:
            repeats.setdefault(item.programme.recurrence, "other")
        context = {
            "form": form,
            "item": item,
            "zones": await self._console.zones(),
            "repeats": repeats,
            "once": secrets.token_urlsafe(12),
            "max_title": MAX_TITLE,
            "here": "duyet",
        }
        return self._console.page(request, "write.html", visitor=visitor, status=status, context=context)


def _filled(programme: Programme, read: ItemForm) -> Programme:
    """Return a programme with what was typed; what of it the form does not know stays."""
    return replace(
        programme,
        title=read.title,
        text=read.text,
        # What is written here is one text; sounds and other languages are brought in elsewhere.
        parts=(),
        zones=read.zones,
        times=2 if read.twice else 1,
        recurrence=read.repeat or None,
    )
