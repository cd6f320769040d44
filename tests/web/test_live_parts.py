"""Parts that keep themselves fresh: in a page, by their path, and over the stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from smartradio.web import events
from smartradio.web.access import needs
from smartradio.web.events import MOST_STREAMS_OF_ONE, Shown, event_text
from smartradio.web.formats import Reader
from smartradio.web.live_parts import live_part, mark_of, place_of
from smartradio.web.rendering import reader
from smartradio.web.rights import Right

DEADLINE_S = 10.0


@dataclass
class Board:
    """What the parts of these tests show; counts how often it was rendered."""

    said: dict[str, str] = field(default_factory=lambda: {"a": "đang chờ", "b": "im tiếng"})
    rendered: list[str] = field(default_factory=list)
    broken: bool = False
    hold: threading.Event | None = None

    def render(self, names: Mapping[str, str], own: Reader) -> str | None:
        said = self.said.get(names["name"])
        self.rendered.append(f"{names['name']} {own.language}")
        if self.broken:
            raise RuntimeError("the store has a bad moment")
        if self.hold is not None and len(self.rendered) == 1:
            assert self.hold.wait(DEADLINE_S)
        return None if said is None else f'<section id="{names["name"]}">\n<p>{said}</p>\n</section>'


@pytest.fixture
def board(app: Any) -> Board:
    board, console = Board(), app.state.console

    def topics(names: Mapping[str, str]) -> tuple[str, ...]:
        return (f"airing/{names['name']}",)

    live_part(app, console, "/bang/{name}", Right.LOOK, topics, board.render)
    live_part(app, console, "/mat/{name}", Right.ADMINISTER, topics, board.render)

    async def page(request: Request, wanted: str, drawn: str = "") -> Any:
        visitor = console.visitor_of(request)
        context = {"title": "Bảng", "line": place_of(wanted)}
        before = {wanted: drawn} if drawn else None
        return console.page(request, "problem.html", visitor=visitor, context=context, drawn=before)

    app.get("/trang/{wanted:path}", dependencies=[needs(Right.LOOK)])(page)
    return board


@dataclass
class Stream:
    """What came over one stream of events."""

    status: int = 0
    text: str = ""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, told: Callable[[str], bool]) -> str:
        """Wait until what came is as asked."""
        async with asyncio.timeout(DEADLINE_S):
            while not told(self.text):
                self.came.clear()
                await self.came.wait()
        return self.text

    def events(self) -> list[str]:
        return [line.removeprefix("event: ") for line in self.text.splitlines() if line.startswith("event: ")]


async def until(reached: Callable[[], bool]) -> None:
    """Wait for what happens in the loop by itself."""
    async with asyncio.timeout(DEADLINE_S):
        while not reached():  # noqa: ASYNC110  the renderer of a part knows no event loop
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def stream(app: Any, session: str, *parts: tuple[str, str]) -> AsyncIterator[Stream]:
    """An open page, as the server sees it."""
    query = urlencode([pair for path, seen in parts for pair in (("part", path), ("seen", seen))])
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/su-kien", "raw_path": b"/su-kien", "query_string": query.encode(), "root_path": "",
        "headers": [(b"cookie", f"smartradio_session={session}".encode())],
        "client": ("127.0.0.1", 5), "server": ("dai", 80),
    }  # fmt: skip
    seen = Stream()

    async def receive() -> Mapping[str, Any]:
        await seen.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        seen.status = message.get("status", seen.status)
        seen.text += message.get("body", b"").decode()
        seen.came.set()

    task = asyncio.create_task(app(scope, receive, send))
    try:
        yield seen
    finally:
        seen.gone.set()
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(task, return_exceptions=True)


def test_a_page_shows_its_parts_and_marks_them(lan: Any, board: Board) -> None:
    page = lan.get("/trang//bang/a").text
    html = board.render({"name": "a"}, Reader("vi"))
    assert html is not None
    assert f'<div data-live="/bang/a" data-mark="{mark_of(html)}">{html}</div>' in page
    assert lan.get("/bang/a").text == html


def test_what_a_page_has_drawn_itself_is_not_drawn_again(lan: Any, board: Board) -> None:
    page = lan.get("/trang//bang/a?drawn=<p>Vừa+đọc.</p>").text
    assert f'<div data-live="/bang/a" data-mark="{mark_of("<p>Vừa đọc.</p>")}"><p>Vừa đọc.</p></div>' in page
    assert board.rendered == []
    assert "Vừa đọc" not in lan.get("/trang//mat/a?drawn=<p>Vừa+đọc.</p>").text


def test_a_part_that_is_not_there_is_left_out(lan: Any, board: Board) -> None:
    assert 'data-live="/bang' not in lan.get("/trang//bang/khong-co").text
    assert 'data-live="/bang' not in lan.get("/trang/khong-co-gi").text
    assert lan.get("/bang/khong-co").status_code == 404


def test_a_part_nobody_may_see_is_in_no_page_and_at_no_path(lan: Any, board: Board) -> None:
    assert 'data-live="/mat' not in lan.get("/trang//mat/a").text
    assert lan.get("/mat/a").status_code == 403
    assert board.rendered == []


def test_words_that_look_like_a_part_are_no_part(lan: Any, board: Board, desk: Any) -> None:
    assert "đang chờ" not in lan.get("/trang/<!-- /bang/a -->").text


async def _told(app: Any, desk: Any, board: Board) -> None:
    mark = mark_of(board.render({"name": "a"}, Reader("vi")) or "")
    board.rendered.clear()
    async with stream(app, "lan", ("/bang/a", mark)) as first, stream(app, "lan", ("/bang/a", "cũ")) as late:
        await late.until(lambda text: "đang chờ" in text)
        assert first.events() == [], "what the page shows already is not sent again"
        board.said["a"] = "đang phát"
        desk.desks.news.publish("airing/a", "airing/b")
        text = await first.until(lambda text: "đang phát" in text)
        await late.until(lambda text: "đang phát" in text)
        assert board.rendered == ["a vi", "a vi"], "once when they came, once for both"
        assert "event: /bang/a\nid: " in text
        assert 'data: <section id="a">\ndata: <p>đang phát</p>\ndata: </section>\n\n' in text


def test_what_changed_is_rendered_once_and_told_to_all_who_look(app: Any, desk: Any, door: Any, board: Board) -> None:
    door.sessions["lan"] = door.accounts[0]
    asyncio.run(_told(app, desk, board))


async def _stays(app: Any, desk: Any, board: Board) -> None:
    async with stream(app, "lan", ("/bang/a", ""), ("/bang/b", ""), ("/mat/a", "")) as page:
        await page.until(lambda text: "đang chờ" in text and "im tiếng" in text)
        board.broken = True
        desk.desks.news.publish("airing/a")
        await until(lambda: len(board.rendered) == 3)
        board.broken = False
        board.said["a"] = "nghe được"
        desk.desks.news.publish("airing/a")
        await page.until(lambda text: "nghe được" in text)
        assert page.events() == ["/bang/a", "/bang/b", "/bang/a"], "no part of others', nothing of a failed rendering"
        app.state.console.hub.close()
        await until(lambda: app.state.console.hub.open_pages == 0)


def test_a_part_that_failed_once_is_fresh_again_and_the_end_of_the_station_ends_the_stream(
    app: Any, desk: Any, door: Any, board: Board
) -> None:
    door.sessions["lan"] = door.accounts[0]
    asyncio.run(_stays(app, desk, board))


async def _leaves(app: Any, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = app.state.console.hub
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(MOST_STREAMS_OF_ONE):
            page = await stack.enter_async_context(stream(app, "lan", ("/bang/a", "")))
            await page.until(lambda text: "đang chờ" in text)
        async with stream(app, "lan", ("/bang/a", "")) as newest:
            await newest.until(lambda text: "đang chờ" in text)
            await until(lambda: hub.open_pages == MOST_STREAMS_OF_ONE)
        monkeypatch.setattr(events, "MOST_STREAMS", hub.open_pages)
        async with stream(app, "lan", ("/bang/a", "")) as too_many:
            await too_many.until(lambda text: "too many" in text)
            assert too_many.status == 503
    monkeypatch.undo()
    assert hub.open_pages == 0
    async with stream(app, "lan", ("/bang/a", "")) as again:
        await again.until(lambda text: "đang chờ" in text)


async def _closed_together(app: Any, board: Board) -> None:
    console, own = app.state.console, reader("vi")
    parts = [(console.parts.find(path), "") for path in ("/bang/a", "/bang/b")]
    pages = [console.hub.following([part], own, "lan") for part in parts]
    for page in pages:
        await page.__aenter__()
    assert console.hub.watched_parts == 2
    rendered = len(board.rendered)
    console.desk.desks.news.publish("airing/a", "airing/b")
    await until(lambda: len(board.rendered) == rendered + 2)
    await asyncio.gather(*(page.__aexit__(None, None, None) for page in pages))
    assert (console.hub.watched_parts, console.hub.open_pages) == (0, 0)


def test_pages_that_close_in_the_same_instant_leave_nothing_behind(app: Any, board: Board) -> None:
    asyncio.run(_closed_together(app, board))


async def _next_page(app: Any, desk: Any, board: Board) -> None:
    console, own = app.state.console, reader("vi")
    part = (console.parts.find("/bang/a"), "")
    before, after = console.hub.following([part], own, "lan"), console.hub.following([part], own, "lan")
    await before.__aenter__()
    leaving = asyncio.create_task(before.__aexit__(None, None, None))
    await asyncio.sleep(0)
    follower = await after.__aenter__()
    await leaving
    assert "đang chờ" in (await follower.next(DEADLINE_S))["/bang/a"].html
    board.said["a"] = "đang phát"
    desk.desks.news.publish("airing/a")
    assert "đang phát" in (await follower.next(DEADLINE_S))["/bang/a"].html
    await after.__aexit__(None, None, None)


def test_the_next_page_is_kept_fresh_though_it_opens_in_the_instant_the_last_one_closes(
    app: Any, desk: Any, board: Board
) -> None:
    asyncio.run(_next_page(app, desk, board))


async def _slow_first_look(app: Any, desk: Any, board: Board) -> None:
    console, own = app.state.console, reader("vi")
    board.hold = threading.Event()
    slow = console.hub.following([(console.parts.find("/bang/a"), "")], own, "lan")
    opening = asyncio.create_task(slow.__aenter__())
    await until(lambda: board.rendered == ["a vi"])
    async with console.hub.following([(console.parts.find("/bang/b"), "")], own, "lan") as quick:
        await quick.next(DEADLINE_S)
        board.said |= {"a": "đang phát", "b": "đang phát"}
        desk.desks.news.publish("airing/a", "airing/b")
        await quick.next(DEADLINE_S)
    board.hold.set()
    follower = await opening
    told = ""
    while "đang phát" not in told:
        news = await follower.next(DEADLINE_S)
        assert news, f"the page was left with what was so before: {told}"
        told = news["/bang/a"].html
    await slow.__aexit__(None, None, None)


def test_a_look_that_takes_long_never_overtakes_the_news_that_came_meanwhile(app: Any, desk: Any, board: Board) -> None:
    asyncio.run(_slow_first_look(app, desk, board))


async def _failed_first_look(app: Any, desk: Any, board: Board) -> None:
    console, own = app.state.console, reader("vi")
    board.broken = True
    async with console.hub.following([(console.parts.find("/bang/a"), "")], own, "lan") as follower:
        board.broken = False
        desk.desks.news.publish("airing/a")
        assert "đang chờ" in (await follower.next(DEADLINE_S))["/bang/a"].html


def test_a_page_whose_first_look_failed_is_told_by_the_next_news(app: Any, desk: Any, board: Board) -> None:
    asyncio.run(_failed_first_look(app, desk, board))


def test_the_newest_page_of_somebody_ends_their_oldest_and_a_full_house_is_told_so(
    app: Any, door: Any, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.sessions["lan"] = door.accounts[0]
    asyncio.run(_leaves(app, board, monkeypatch))


def test_a_stream_of_nothing_we_have_is_not_opened(lan: Any, board: Board) -> None:
    assert lan.get("/su-kien").status_code == 404
    assert lan.get("/su-kien?part=/khong-co&part=/mat/a&part=" + "x" * 2_000).status_code == 404
    assert board.rendered == []


def test_an_event_carries_every_line_of_what_is_shown() -> None:
    assert event_text("/x", Shown("m1", "<p>\nmột\n\nhai</p>")) == (
        "event: /x\nid: m1\ndata: <p>\ndata: một\ndata: \ndata: hai</p>\n\n"
    )
