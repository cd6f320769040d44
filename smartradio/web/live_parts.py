"""Parts of pages that keep themselves fresh: rendered by a path, put into a page, pushed when their topics are told."""

from __future__ import annotations

import asyncio
import hashlib
import html
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from smartradio.web.access import needs
from smartradio.web.formats import Reader
from smartradio.web.rights import Right

if TYPE_CHECKING:
    from smartradio.web.console import Console

Render = Callable[[Mapping[str, str], Reader], str | None]
"""The path's names and the words → one HTML element, None if there is no such thing. Blocking; run in a thread."""

Topics = Collection[str] | Callable[[Mapping[str, str]], Collection[str]]
"""The topics of `smartradio.station.news` that tell of a part, or how they follow from the path's names."""

# Nobody who writes a bulletin can know it, so nobody's words are taken for a part.
_SEAL: Final = secrets.token_hex(8)
_PLACE: Final = re.compile(f"<!--{_SEAL} ([^>]*)-->")
_LONGEST_PATH: Final = 300


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a page: where it lies, who may see it, what tells of it, how it is rendered.

    `every_s` is for what changes with the clock alone.
    """

    right: Right
    topics_of: Topics
    render: Render
    every_s: float | None = None

    def topics(self, names: Mapping[str, str]) -> frozenset[str]:
        """Return the topics that tell of this part."""
        return frozenset(self.topics_of(names) if callable(self.topics_of) else self.topics_of)


@dataclass(frozen=True, slots=True)
class Found:
    """A part by its path."""

    path: str
    part: Part
    names: Mapping[str, str]

    async def html(self, own: Reader) -> str | None:
        """Render it now."""
        return await asyncio.to_thread(self.part.render, self.names, own)


class LiveParts:
    """The parts of the console by their paths."""

    def __init__(self) -> None:
        self._parts: list[tuple[re.Pattern[str], Part]] = []

    def add(self, path: str, part: Part) -> None:
        """Take a part; its path may have names in braces."""
        self._parts.append((compile_path(path)[0], part))

    def find(self, path: str) -> Found | None:
        """Return the part that lies at a path, None if none does."""
        if len(path) > _LONGEST_PATH:
            return None
        for pattern, part in self._parts:
            if match := pattern.match(path):
                return Found(path, part, match.groupdict())
        return None


def live_part(  # noqa: PLR0917  they stand in the order of a sentence: where, whose, when, what
    app: FastAPI,
    console: Console,
    path: str,
    right: Right,
    topics: Topics,
    render: Render,
    *,
    every_s: float | None = None,
) -> None:
    """Put a part of pages on the app: `GET path` gives it, `{{ live(path) }}` in a page shows it and keeps it fresh.

    It is rendered once for all who look at it in one language: no forms, no word about the visitor.
    """
    console.parts.add(path, Part(right, topics, render, every_s))

    async def show(request: Request) -> Response:
        found = console.parts.find(request.url.path)
        drawn = None if found is None else await found.html(console.reader(request))
        if drawn is None:
            raise HTTPException(404)
        return HTMLResponse(drawn)

    app.get(path, dependencies=[needs(right)])(show)


def look_again(mark: str) -> str:
    """Return the part of a page with forms: when its mark changes, scripts fetch the page and swap what has a version.

    What is to be swapped carries an id, `data-part` and `data-version`; what somebody is typing in is left alone.
    """
    return f'<i hidden data-look-again="{escape(mark)}"></i>'


def mark_of(shown: str) -> str:
    """Return a short mark of what a part shows; the same mark means nothing to redraw."""
    return hashlib.sha256(shown.encode()).hexdigest()[:12]


def place_of(path: str) -> Markup:
    """Return what stands for a part in a page until it is sent."""
    return Markup(f"<!--{_SEAL} {escape(path)}-->")  # noqa: S704  the path is escaped


class PageResponse(HTMLResponse):
    """A page whose parts are rendered when it is sent; a part the visitor has no right to is left out.

    `drawn` has those, by their paths, that were rendered already from what the page itself had read.
    """

    def __init__(
        self,
        body: str,
        *,
        status_code: int,
        parts: LiveParts,
        rights: Collection[str],
        own: Reader,
        drawn: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(body, status_code=status_code, **rest)
        self._page = body
        self._parts = parts
        self._rights = rights
        self._own = own
        self._drawn_before = drawn or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the parts and send the page."""
        paths = list(dict.fromkeys(_PLACE.findall(self._page)))
        if paths:
            drawn = dict(zip(paths, await asyncio.gather(*(self._drawn(path) for path in paths)), strict=True))
            self.body = _PLACE.sub(lambda place: drawn[place[1]], self._page).encode()
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)

    async def _drawn(self, escaped: str) -> str:
        found = self._parts.find(html.unescape(escaped))
        if found is None or found.part.right not in self._rights:
            return ""
        drawn = self._drawn_before.get(found.path) or await found.html(self._own)
        return "" if drawn is None else f'<div data-live="{escaped}" data-mark="{mark_of(drawn)}">{drawn}</div>'
