"""Feeds over real sockets: each message fetched once, little asked twice, and a feed that fails is told of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import CapAlert, MsgType, Point
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alarm import Alarm, AlarmKind, raised
from smartradio.domain.alert import AlertState
from smartradio.domain.approval import Person
from smartradio.station.alerts.calling import Caller
from smartradio.station.alerts.cap_intake import Intake, alert_id
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.alerts.feeds import FeedReader, Feeds
from smartradio.station.alerts.places import Places
from smartradio.station.relay.addresses import Door
from smartradio.station.store import Store
from tests.station.alerts.cap_book import NOON, CapBook, after, warning
from tests.station.alerts.web_server import Request, WebServer, answer, hanging, serving

ZONES = (ZonePlace("thon-1", "Thôn 1", points=(Point(20.3, 105.6),)),)
FIRST, SECOND = warning("lu-1"), warning("lu-2", minutes=5, info={"headline": "Xả lũ"})


class AlarmDesk:
    """What the technician and the officer are told."""

    def __init__(self) -> None:
        self.held: dict[tuple[AlarmKind, str], Alarm] = {}

    async def raise_(self, kind: AlarmKind, subject: str, facts: Any) -> None:
        self.held[kind, subject] = raised(kind, subject, NOON, facts)

    async def end(self, kind: AlarmKind, subject: str) -> None:
        self.held.pop((kind, subject), None)

    def open(self) -> list[Alarm]:
        return list(self.held.values())


class Office:
    """An issuer's server: an Atom feed that leads to its messages."""

    def __init__(self, *messages: CapAlert) -> None:
        self.messages = {message.identifier: write_cap(message) for message in messages}
        self.updated = NOON - timedelta(minutes=20)
        self.answers: dict[str, str] = {}
        self.etag = ""
        self.plain: bytes | None = None

    def publish(self, message: CapAlert) -> None:
        self.messages[message.identifier] = write_cap(message)

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        name = request.target.rpartition("/")[2].removesuffix(".xml")
        if status := self.answers.get(name):
            return await answer(writer, b"no", status=status)
        if name == "feed":
            return await self._feed(request, writer)
        if name not in self.messages:
            return await answer(writer, b"no", status="404 Not Found")
        return await answer(writer, self.messages[name])

    async def _feed(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.etag and request.headers.get("if-none-match") == self.etag:
            return await answer(writer, status="304 Not Modified")
        body = self.plain if self.plain is not None else self._atom()
        return await answer(writer, body, headers={"ETag": self.etag} if self.etag else None)

    def _atom(self) -> bytes:
        entries = "".join(
            f"<entry><id>urn:{name}</id><title>{name}</title><updated>{self.updated.isoformat()}</updated>"
            f'<link type="application/cap+xml" href="/cap/{name}.xml"/></entry>'
            for name in self.messages
        )
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>KTTV</title>{entries}</feed>'
        return feed.encode()


class Post:
    """A station that follows one feed."""

    def __init__(self, store: Store, url: str, **changes: Any) -> None:
        self.now, self.book, self.alarms, self.store = NOON, CapBook(), AlarmDesk(), store
        shelf = store.beside.cap
        values = {"name": "kttv", "title": "Đài tỉnh", "url": url, "local_network": True, "timeout_s": 0.4}
        settings = FeedSettings.model_validate(values | changes)
        self.intake = Intake(shelf, self.book, lambda: Places(ZONES, ()), clock=self.clock)
        caller = Caller("kttv", Door(local_allowed=settings.local_network), timeout_s=settings.timeout_s)
        self.reader = FeedReader(settings, shelf, self.intake, caller, self.alarms, clock=self.clock)
        self.feeds = Feeds([self.reader], self.intake, self.alarms, self.book.alert)

    def clock(self) -> datetime:
        return self.now

    @property
    def drafts(self) -> list[str]:
        return [kept.alert.title for kept in self.book.held.values()]

    @property
    def fault(self) -> str:
        (state,) = self.feeds.states()
        return state.fault or ""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path, clock=lambda: NOON)
    yield store
    store.close()


Story = Callable[[Post, Office, WebServer], Coroutine[Any, Any, None]]


def following(store: Store, office: Any, story: Story, **changes: Any) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving(office))
            post = Post(store, changes.pop("url", server.url + "/feed"), **changes)
            stack.callback(post.reader.close)
            await story(post, office, server)

    asyncio.run(run())


def test_a_warning_from_a_clock_that_is_ahead_comes_when_its_time_has_come(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.etag = '"1"'
        await post.reader.round()
        assert post.drafts == []
        await post.reader.round()
        assert server.targets.count("/cap/lu-ahead.xml") == 1
        post.now += timedelta(hours=1)
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long"]

    following(store, Office(warning("lu-ahead", minutes=60)), story)


def test_a_feed_that_would_fill_the_disk_is_left_alone_and_told_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.station.alerts.feeds.MOST_BYTES_A_DAY", 100)

    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        office.publish(SECOND)
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long"]
        assert "within a day" in post.fault
        post.now += timedelta(days=1, hours=1)
        office.updated = post.now
        await post.reader.round()
        assert post.fault == ""

    following(store, Office(FIRST), story)


def test_an_entry_with_an_endless_name_is_remembered_by_a_short_one(store: Store) -> None:
    long = warning("lu-" + "9" * 1_500)

    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        await post.reader.round()
        assert len(server.targets) == 3

    following(store, Office(long), story)


def test_messages_that_a_feed_leads_to_are_fetched_once(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long", "Xả lũ"]
        assert sorted(server.targets) == ["/cap/lu-1.xml", "/cap/lu-2.xml", "/feed", "/feed"]

    following(store, Office(SECOND, FIRST), story)


def test_what_has_not_changed_is_not_sent_twice(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.etag = '"v1"'
        await post.reader.round()
        await post.reader.round()
        assert server.asked[-1].headers["if-none-match"] == '"v1"'
        office.etag = '"v2"'
        office.publish(SECOND)
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long", "Xả lũ"]

    following(store, Office(FIRST), story)


def test_a_message_that_cannot_be_had_is_asked_for_again_though_the_feed_stays_as_it_is(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.etag, office.answers = '"v1"', {"lu-1": "503 Later"}
        await post.reader.round()
        assert post.drafts == ["Xả lũ"]
        office.answers = {}
        post.now += timedelta(minutes=1)
        await post.reader.round()
        assert post.drafts == ["Xả lũ", "Lũ trên sông Hoàng Long"]

    following(store, Office(FIRST, SECOND), story)


def test_a_message_whose_server_fails_for_an_hour_still_comes(tmp_path: Path) -> None:
    wall = [NOON]
    store = Store.open(tmp_path, clock=lambda: wall[0])

    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.etag, office.answers = '"v1"', {"lu-1": "503 Later"}
        for minute in range(60):
            wall[0] = post.now = NOON + timedelta(minutes=minute)
            await post.reader.round()
        office.answers = {}
        wall[0] = post.now = NOON + timedelta(minutes=75)
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long"]

    following(store, Office(FIRST), story)
    store.close()


def test_a_message_that_is_none_is_given_up_and_harms_no_other(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.messages["trang"] = b"<html>login</html>"
        await post.reader.round()
        await post.reader.round()
        assert server.targets.count("/cap/trang.xml") == 1
        for _ in range(14):
            post.now += timedelta(minutes=16)
            await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long"]
        assert server.targets.count("/cap/trang.xml") == 12
        assert post.fault == ""

    following(store, Office(FIRST), story)


def test_a_message_that_stands_alone_or_within_the_feed_is_taken_as_well(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.plain = write_cap(FIRST)
        await post.reader.round()
        inside = write_cap(SECOND).decode().partition("?>")[2]
        office.plain = (
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id>'
            f'<content type="application/cap+xml">{inside}</content></entry></feed>'
        ).encode()
        await post.reader.round()
        await post.reader.round()
        assert post.drafts == ["Lũ trên sông Hoàng Long", "Xả lũ"]

    following(store, Office(), story)


def test_entries_of_last_week_are_not_fetched(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.updated = NOON - timedelta(days=7)
        await post.reader.round()
        assert server.targets == ["/feed"]

    following(store, Office(FIRST), story)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html/>", b"{}", b'<!DOCTYPE a [<!ENTITY b "c">]><feed/>', b"\x00" * 100, b" " * 1_100_000],
    ids=["nothing", "a page", "json", "entities", "zeros", "too much"],
)
def test_what_is_no_feed_is_told_and_changes_nothing(store: Store, body: bytes) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.plain = body
        await post.reader.round()
        assert post.fault
        assert "\n" not in post.fault
        assert post.drafts == []

    following(store, Office(FIRST), story)


def test_a_feed_that_fails_is_asked_less_often_and_told_of_until_it_is_back(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.answers = {"feed": "500 No"}
        for _ in range(20):
            await post.reader.round()
            post.now += timedelta(seconds=60)
        assert 4 <= len(server.asked) <= 6
        assert list(post.alarms.held) == [(AlarmKind.FEED_SILENT, "kttv")]
        office.answers = {}
        post.now += timedelta(hours=1)
        await post.reader.round()
        assert (post.alarms.held, post.fault, len(post.drafts)) == ({}, "", 1)

    following(store, Office(FIRST), story)


def test_a_feed_that_hangs_ends_in_one_line(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        assert "no whole answer within 0.4 s" in post.fault

    following(store, hanging, story)


def test_a_feed_never_makes_the_station_ask_its_own_network(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        assert "local network" in post.fault
        assert server.asked == []

    async def run() -> None:
        async with serving(Office(FIRST)) as server:
            post = Post(store, server.url.replace("http:", "https:") + "/feed", local_network=False)
            await story(post, Office(), server)
            post.reader.close()

    asyncio.run(run())


def test_an_alert_a_person_sent_and_its_issuer_cancelled_is_told_until_a_person_ends_it(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        name = alert_id(FIRST.key)
        await post.book.send(name, by=Person("Đỗ Khang", "khang"))
        office.publish(after(FIRST, "huy", MsgType.CANCEL))
        await post.reader.round()
        await post.feeds.round()
        assert list(post.alarms.held) == [(AlarmKind.ISSUER_CANCELLED, name)]
        post.intake.cancelled_above.clear()  # as after a restart
        await post.feeds.take_up()
        await post.feeds.round()
        assert list(post.alarms.held) == [(AlarmKind.ISSUER_CANCELLED, name)]
        post.book._becomes(name, AlertState.CANCELLED)
        await post.feeds.round()
        assert post.alarms.held == {}

    following(store, Office(FIRST), story)


def test_states_show_the_latest_messages_with_what_came_of_them(store: Store) -> None:
    async def story(post: Post, office: Office, server: WebServer) -> None:
        await post.reader.round()
        (state,) = post.feeds.states()
        assert (state.title, state.fault, state.reached_at) == ("Đài tỉnh", None, NOON)
        assert [message.alert for message in state.messages] == [alert_id(FIRST.key)]

    following(store, Office(FIRST), story)


def test_old_documents_then_all_of_old_messages_are_forgotten_but_nothing_of_alerts(store: Store) -> None:
    def kept() -> list[tuple[bool, bool]]:
        shelf = store.beside.cap
        found = shelf.messages([key for key, _ in shelf.links("kttv", NOON)])
        return sorted((each.document is not None, each.alert is not None) for each in found)

    async def story(post: Post, office: Office, server: WebServer) -> None:
        office.publish(
            warning("xa", area=tuple(Point(lat - 9, lon) for lat, lon in FIRST.infos[0].areas[0].polygons[0]))
        )
        await post.reader.round()
        store.beside.cap.forget_old(NOON + timedelta(days=31), wholly_before=NOON)
        assert kept() == [(False, False), (True, True)]
        store.beside.cap.forget_old(NOON + timedelta(days=367), wholly_before=NOON + timedelta(days=1))
        assert kept() == [(True, True)]

    following(store, Office(FIRST), story)
