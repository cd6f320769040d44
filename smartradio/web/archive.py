"""All that was ever written: listed, found by its words, opened, copied in two clicks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.station.archive import Kept, Key, Kind
from smartradio.station.day_desk import FoundPage
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console
from smartradio.web.forms import typed
from smartradio.web.marking import excerpt
from smartradio.web.once import Once
from smartradio.web.rights import Right
from smartradio.web.today import telling_of

PAGE: Final = 30
_LONGEST_SEARCH: Final = 200
_MOST_PAGES: Final = 100


def add_archive(app: FastAPI, console: Console) -> None:
    """Put the archive and its copies on the app."""
    pages = Archive(console)
    app.get("/tin", dependencies=[needs(Right.LOOK)])(pages.shelf)
    app.post("/tin/chep", dependencies=[needs(Right.WRITE)])(pages.copy)


class Archive:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._once = Once()

    async def shelf(self, request: Request) -> Response:
        """Show what was written last, or what holds the words that are looked for."""
        return await self._page(request)

    async def copy(self, request: Request) -> Response:
        """Make a draft of what was written before, once however often the button is pressed."""
        console, visitor = self._console, self._console.visitor_of(request)
        form = await console.form(request)
        kind, _, name = typed(form, "khoa").partition(":")
        own = console.reader(request)
        if kind not in set(Kind) or not name:
            return await self._page(request, wrong=own._("Please load the page again."))

        async def act() -> str:
            item = await console.desk.desks.day.copy(Key(Kind(kind), name), by=console.person(visitor))
            return f"/soan/{item.name}"

        try:
            where = await self._once.run(f"{visitor.account.name} {typed(form, 'once')} {kind} {name}", act)
        except SmartradioError as error:
            return await self._page(request, wrong=refusal_line(own, error))
        return RedirectResponse(where, status_code=303)

    async def _page(self, request: Request, *, wrong: str | None = None) -> Response:
        console, desk = self._console, self._console.desk.desks.day
        own = console.reader(request)
        query = request.query_params
        words = " ".join(query.get("tim", "").split())[:_LONGEST_SEARCH]
        number = int(typed_page) if (typed_page := query.get("trang", "1")[:3]).isdecimal() else 1
        number = min(max(number, 1), _MOST_PAGES)
        if words:
            found = await asyncio.to_thread(desk.found, words, (number - 1) * PAGE, PAGE)
        else:
            found = await asyncio.to_thread(desk.newest, _instant(query.get("truoc", "")), PAGE)
        telling = telling_of(await console.zones(), own)
        context = {
            "words": words,
            "waiting": len(await asyncio.to_thread(console.desk.approval_desk.waiting)),
            "found": found,
            "excerpt": lambda text: excerpt(text, words),
            "places": lambda kept: telling.places(kept.zones),
            "href": _href,
            "older": _older(found, words, number),
            "is_first": number == 1 and not query.get("truoc"),
            "once": console.clock().isoformat(),
            "wrong": wrong,
            "here": "tin",
        }
        visitor = console.visitor_of(request)
        return console.page(request, "archive.html", visitor=visitor, status=422 if wrong else 200, context=context)


def _href(kept: Kept) -> str | None:
    """Return where something written is opened: as an item, or as it was aired last."""
    if kept.key.kind is Kind.PROGRAMME and kept.state is not None:
        return f"/duyet/{kept.key.name}"
    return None if kept.last is None else f"/airings/{kept.last.airing}"


def _older(found: FoundPage, words: str, number: int) -> str | None:
    """Return the address of the next page, None where there is none."""
    if not found.more:
        return None
    if words:
        return "/tin?" + urlencode({"tim": words, "trang": number + 1})
    return None if found.last_at is None else "/tin?" + urlencode({"truoc": found.last_at.isoformat()})


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)
