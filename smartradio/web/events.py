"""Server-sent events: each open page follows the parts it shows; a part is rendered once for all who follow it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from smartradio.web.access import needs
from smartradio.web.formats import Reader
from smartradio.web.live_parts import Found, mark_of
from smartradio.web.rights import Right, rights_of

if TYPE_CHECKING:
    from smartradio.web.console import Console

MOST_STREAMS: Final = 600
MOST_STREAMS_OF_ONE: Final = 20
MOST_PARTS: Final = 12
_BEAT_S: Final = 15.0
_SESSION_CHECK_S: Final = 60.0
# A part that is slow to render leaves the station this many times as long in peace.
_REST_FACTOR: Final = 2.0
_SHORTEST_REST_S: Final = 0.2
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a part shows, and its mark."""

    mark: str
    html: str


class Follower:
    """One open page; what it has not been told yet is replaced by what is newer, so a slow link never lags."""

    def __init__(self) -> None:
        self._news: dict[str, Shown] = {}
        self._told = asyncio.Event()
        self.ended = False

    def tell(self, path: str, shown: Shown) -> None:
        """Take what a part shows now."""
        self._news[path] = shown
        self._told.set()

    def end(self) -> None:
        """Let the page come to its end."""
        self.ended = True
        self._told.set()

    async def next(self, timeout_s: float) -> dict[str, Shown]:
        """Return what is new by path, nothing if nothing is for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._told.wait()
        news, self._news = self._news, {}
        self._told.clear()
        return news


class _Watched:
    """One part in one language, with all who follow it."""

    def __init__(self, found: Found, own: Reader) -> None:
        self.topics = found.part.topics(found.names)
        self.followers: set[Follower] = set()
        self.shown: Shown | None = None
        self._found = found
        self._own = own
        self._looking = asyncio.Lock()
        self._stale = False
        self._failed = False
        self._work: asyncio.Task[None] | None = None
        self._again: asyncio.Task[None] | None = None
        if found.part.every_s is not None:
            self._again = asyncio.create_task(self._by_the_clock(found.part.every_s))

    async def first(self) -> Shown | None:
        """Return what it shows, rendered now unless a follower is kept fresh already."""
        async with self._looking:
            if self.shown is None or self._stale:
                await self._render()
        return self.shown

    def refresh(self) -> None:
        """Render it soon, and tell all who follow."""
        self._stale = True
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._catch_up())

    async def stop(self) -> None:
        """Render it no more."""
        tasks = [task for task in (self._work, self._again) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _by_the_clock(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self.refresh()

    async def _catch_up(self) -> None:
        loop = asyncio.get_running_loop()
        while self._stale:
            began = loop.time()
            # One at a time: what was begun before the news must not be shown after it.
            async with self._looking:
                await self._render()
            await asyncio.sleep(max((loop.time() - began) * _REST_FACTOR, _SHORTEST_REST_S))

    async def _render(self) -> None:
        self._stale = False
        try:
            html = await self._found.html(self._own)
        except Exception:  # noqa: BLE001  a renderer of any area; the trace is logged
            # The page keeps what it shows; the next news tries again.
            _log.exception("part_failed", path=self._found.path)
            self._failed = True
            return
        if html is None or (self.shown is not None and self.shown.mark == mark_of(html)):
            return
        # What a page shows when it comes is held against its own mark, not told; a failure left nothing to hold.
        told = self.followers if self.shown is not None or self._failed else ()
        self.shown, self._failed = Shown(mark_of(html), html), False
        for follower in told:
            follower.tell(self._found.path, self.shown)


class Hub:
    """Follows the station's news while anybody looks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._followers: set[Follower] = set()
        self._reading: asyncio.Task[None] | None = None
        self._of: defaultdict[str, list[Follower]] = defaultdict(list)

    @contextlib.asynccontextmanager
    async def following(self, parts: Sequence[tuple[Found, str]], own: Reader, account: str) -> AsyncIterator[Follower]:
        """Follow parts, each with the mark of what the page shows; what is newer is told at once."""
        follower = Follower()
        mine = self._of[account]
        mine.append(follower)
        if len(mine) > MOST_STREAMS_OF_ONE:
            # Most likely a phone's line that broke long ago without a word.
            mine.pop(0).end()
        self._followers.add(follower)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
            await asyncio.sleep(0)  # it subscribes before anything is rendered
        try:
            for found, seen in parts:
                watched = self._watched.get((found.path, own.language))
                if watched is None:
                    watched = self._watched[found.path, own.language] = _Watched(found, own)
                watched.followers.add(follower)
                shown = await watched.first()
                if shown is not None and shown.mark != seen:
                    follower.tell(found.path, shown)
            yield follower
        finally:
            await self._leave(follower, account)

    @property
    def open_pages(self) -> int:
        """How many pages are followed."""
        return len(self._followers)

    @property
    def watched_parts(self) -> int:
        """How many parts are kept fresh for somebody."""
        return len(self._watched)

    def close(self) -> None:
        """End all streams; called in the event loop."""
        for follower in self._followers:
            follower.end()

    async def _leave(self, follower: Follower, account: str) -> None:
        self._followers.discard(follower)
        if follower in self._of[account]:
            self._of[account].remove(follower)
        if not self._of[account]:
            del self._of[account]
        for key, watched in list(self._watched.items()):
            watched.followers.discard(follower)
            # While one part is stopped others leave too, and somebody may come to the same part anew.
            if not watched.followers and self._watched.get(key) is watched:
                del self._watched[key]
                await watched.stop()
        if not self._followers and self._reading is not None:
            # Whoever comes while it ends begins another one.
            reading, self._reading = self._reading, None
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        reader = self._console.desk.desks.news.subscribe()
        try:
            async for topics in reader:
                for watched in self._watched.values():
                    if watched.topics & topics:
                        watched.refresh()
        finally:
            await reader.aclose()
        self.close()


def add_events(app: FastAPI, console: Console) -> None:
    """Put the stream of events on the app: `/su-kien?part=PATH&seen=MARK&part=…`."""
    hub = console.hub

    @app.get("/su-kien", dependencies=[needs(Right.LOOK)])
    async def events(request: Request) -> Response:
        visitor = console.visitor_of(request)
        asked = request.query_params.getlist("part")[:MOST_PARTS]
        seen = request.query_params.getlist("seen")
        marks = dict(zip(asked, seen, strict=False))
        rights = rights_of(visitor.account)
        parts = [
            (found, marks.get(path, ""))
            for path in dict.fromkeys(asked)
            if (found := console.parts.find(path)) is not None and found.part.right in rights
        ]
        if not parts:
            return JSONResponse({"error": "no such part"}, status_code=404)
        if hub.open_pages >= MOST_STREAMS:
            return JSONResponse({"error": "too many pages are open"}, 503, headers={"retry-after": "30"})
        stream = _stream(console, request, parts)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _stream(console: Console, request: Request, parts: Sequence[tuple[Found, str]]) -> AsyncIterator[str]:
    visitor, own = console.visitor_of(request), console.reader(request)
    loop = asyncio.get_running_loop()
    checked_at = loop.time()
    yield "retry: 3000\n\n"
    async with console.hub.following(parts, own, visitor.account.name) as follower:
        while not follower.ended:
            news = await follower.next(_BEAT_S)
            for path, shown in news.items():
                yield event_text(path, shown)
            if not news:
                yield ": \n\n"  # a proxy or a sleeping phone finds out that the line still stands
            if loop.time() - checked_at > _SESSION_CHECK_S:
                checked_at = loop.time()
                if await asyncio.to_thread(console.door.who, visitor.token) is None:
                    yield "event: ended\ndata: \n\n"
                    return


def event_text(path: str, shown: Shown) -> str:
    """Return an event as it goes over the line: named by the part's path, with its mark as id."""
    lines = "".join(f"data: {line}\n" for line in shown.html.splitlines())
    return f"event: {path}\nid: {shown.mark}\n{lines}\n"
