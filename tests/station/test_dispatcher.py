from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.priority import Priority
from smartradio.station import dispatcher as dispatching
from smartradio.station.clip_orders import NodeWish
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.node_plans import Published
from smartradio.station.objects import Objects
from smartradio.station.store import StoreError
from smartradio.wire.chunks import CHUNK_BYTES, sha256_hex
from smartradio.wire.messages import (
    Action,
    NodeConfig,
    Order,
    Plan,
    SegmentRef,
    StandingNotice,
    Want,
    WantedObject,
    unseal,
)
from tests.station.commune import (
    NODES,
    NOON,
    STATION_KEY,
    TOPICS,
    Clock,
    FakeLink,
    airing_of,
    recording_of,
    run,
    settings,
    until,
)

SMALL, LARGE = b"small" * 100, bytes(range(256)) * 300  # 1 and 3 chunks


class Office:
    """A dispatcher with a fake link, a clock that stands and what it said it published."""

    def __init__(
        self, folder: Path, gather_s: float = 0.05, online: Set[str] = frozenset(NODES), **changes: object
    ) -> None:
        self.clock, self.link = Clock(), FakeLink()
        self.objects = Objects(folder / "objects")
        self.published: list[tuple[str, list[str]]] = []
        self._counter = 0
        self.dispatcher = Dispatcher(
            settings(folder, gather_s=gather_s, **changes),
            STATION_KEY,
            self.link,
            self.objects,
            self._next,
            clock=self.clock,
            on_published=self._on_published,
            online=lambda: online,
        )
        self.recording = recording_of(self.objects, "tin", [SMALL, LARGE])
        self.airing = airing_of(self.recording, NOON + timedelta(minutes=10))

    def _next(self) -> tuple[int, int]:
        self._counter += 1
        return 1, self._counter

    async def _on_published(self, published: Sequence[Published]) -> None:
        self.published += [(each.node, list(each.airings)) for each in published]

    def hold(self, *airings: object) -> None:
        self.dispatcher.hold(airings or [self.airing], {self.recording.id: self.recording})  # type: ignore[arg-type]

    def plans(self, node: str = "thon-1") -> list[Plan]:
        topic = TOPICS.node(node, "plan")
        return [unseal(Plan, t, p, STATION_KEY.public_hex) for t, p, kept in self.link.sent if t == topic and kept]

    def orders(self, zone: str = "thon-1") -> list[Order]:
        topic = TOPICS.zone_order(zone)
        return [unseal(Order, t, p, STATION_KEY.public_hex) for t, p, kept in self.link.sent if t == topic and not kept]

    def chunks(self) -> list[str]:
        return [topic for topic in self.link.topics() if topic.startswith("audio/")]


def wish(node: str, *data: bytes, chunks: tuple[int, ...] = ()) -> Want:
    return Want(node=node, objects=tuple(WantedObject(sha256=sha256_hex(each), chunks=chunks) for each in data))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@asynccontextmanager
async def working(office: Office) -> AsyncIterator[None]:
    office.dispatcher.start()
    try:
        yield
    finally:
        await office.dispatcher.stop()


def test_a_node_finds_its_settings_and_its_plan_kept_at_the_broker(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
        config_topic = TOPICS.node("thon-2", "config")
        (config,) = [
            unseal(NodeConfig, t, p, STATION_KEY.public_hex) for t, p, kept in office.link.sent if t == config_topic
        ]
        assert config.zone == "thon-2"
        (plan,) = office.plans()
        assert [airing.airing for airing in plan.airings] == [office.airing.id]
        marks = [(p.epoch, p.counter) for node in NODES for p in office.plans(node)]
        assert len(set(marks)) == 3

    run(work)


def test_a_plan_is_published_again_only_when_it_changed(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
            office.hold()
            await asyncio.sleep(0.1)
            assert len(office.plans()) == 1
            second = airing_of(office.recording, NOON + timedelta(hours=1), nodes=("thon-1",))
            office.hold(office.airing, second)
            await until(lambda: len(office.plans()) == 2)
            await asyncio.sleep(0.1)
            assert len(office.plans("thon-2")) == 1
            assert office.published[-1] == ("thon-1", [second.id])

    run(work)


def test_an_alert_is_on_the_wire_before_any_plan_that_is_due(office: Office) -> None:
    async def work() -> None:
        office.hold()
        flood = airing_of(office.recording, NOON, priority=Priority.EMERGENCY)
        async with working(office):
            office.dispatcher.alert(flood, office.recording)
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
        sent = office.link.topics()
        assert sent[:3] == [f"zone/{name}/order" for name in NODES]
        (order,) = office.orders()
        assert order.airing is not None
        assert order.airing.airing == flood.id
        # The retained plan is the truth: it holds the alert too, beside what stood there.
        assert {each.airing for each in office.plans()[-1].airings} == {office.airing.id, flood.id}

    run(work)


def test_each_chunk_travels_once_for_all_who_wish_for_it_at_a_time(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            for node in NODES:
                office.dispatcher.wish(wish(node, SMALL, LARGE))
            await until(lambda: len(office.chunks()) >= 4)
            await asyncio.sleep(0.2)
        assert sorted(office.chunks()) == sorted(
            [f"audio/{sha256_hex(SMALL)}/0", *(f"audio/{sha256_hex(LARGE)}/{n}" for n in range(3))]
        )
        whole = b"".join(p for t, p, _ in sorted(office.link.sent) if sha256_hex(LARGE) in t)
        assert whole == LARGE

    run(work)


def test_nobody_waits_once_all_who_are_online_have_wished(tmp_path: Path) -> None:
    async def work() -> None:
        office = Office(tmp_path, gather_s=10.0, online={"thon-1", "thon-3"})
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            office.dispatcher.wish(wish("thon-1", SMALL))
            await asyncio.sleep(0.2)
            assert office.chunks() == []
            office.dispatcher.wish(wish("thon-3", SMALL))
            await until(office.chunks)

    run(work)


def test_a_missing_chunk_is_sent_alone_and_only_what_is_planned_is_sent_at_all(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            office.dispatcher.wish(wish("thon-1", b"somebody else's"))
            office.dispatcher.wish(wish("thon-1", LARGE, chunks=(1, 99)))
            await until(office.chunks)
            await asyncio.sleep(0.2)
        assert office.chunks() == [f"audio/{sha256_hex(LARGE)}/1"]
        (chunk,) = [payload for topic, payload, _ in office.link.sent if "/audio/" in topic]
        assert chunk == LARGE[CHUNK_BYTES : 2 * CHUNK_BYTES]

    run(work)


def test_what_starts_soonest_is_sent_first(office: Office) -> None:
    async def work() -> None:
        urgent = recording_of(office.objects, "gap", [b"urgent"])
        soon = airing_of(urgent, NOON + timedelta(seconds=30))
        both = {office.recording.id: office.recording, urgent.id: urgent}
        office.dispatcher.hold([office.airing, soon], both)
        async with working(office):
            office.dispatcher.wish(wish("thon-1", SMALL, LARGE))
            office.dispatcher.wish(wish("thon-2", b"urgent"))
            await asyncio.sleep(0.1)
            office.dispatcher.link_is(True)
            await until(lambda: len(office.chunks()) == 5)
        assert office.chunks()[0] == f"audio/{sha256_hex(b'urgent')}/0"

    run(work)


def test_a_link_that_breaks_in_the_middle_loses_nothing(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.link.up = False
            office.hold()
            office.dispatcher.link_is(True)
            office.dispatcher.ring(office.airing.id)
            office.dispatcher.wish(wish("thon-1", LARGE))
            await asyncio.sleep(0.3)
            assert office.link.sent == []
            office.dispatcher.link_is(False)
            office.link.up = True
            await asyncio.sleep(0.3)
            assert office.link.sent == []
            office.dispatcher.link_is(True)
            await until(lambda: len(office.chunks()) == 3)
            assert all(len(office.plans(node)) == 1 for node in NODES)
            assert len(office.orders()) == 1

    run(work)


def test_a_link_that_comes_back_hears_everything_kept_again_under_new_counters(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
            office.dispatcher.link_is(False)
            office.dispatcher.link_is(True)
            await until(lambda: all(len(office.plans(node)) == 2 for node in NODES))
        first, second = office.plans()
        assert second.airings == first.airings
        assert (second.epoch, second.counter) > (first.epoch, first.counter)

    run(work)


def test_the_doorbell_carries_the_airing_to_each_of_its_zones_and_expires_with_it(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
            office.dispatcher.ring(office.airing.id)
            office.dispatcher.ring("unknown")
            await until(lambda: all(office.orders(zone) for zone in NODES))
            (order,) = office.orders()
            assert order.airing is not None
            assert order.airing.airing == office.airing.id
            assert order.expires_at == office.airing.expires_at
            assert order.counter > office.plans()[0].counter
            office.clock.pass_s(3600)
            office.dispatcher.ring(office.airing.id)
            await asyncio.sleep(0.2)
            assert len(office.orders()) == 1

    run(work)


def wanted(order: str = "o-clip") -> NodeWish:
    return NodeWish(order, "thon-1", Action.CLIP, NOON, NOON + timedelta(days=7), clip_airing="a1")


def rung(office: Office) -> list[Order]:
    topic = TOPICS.node("thon-1", "order")
    return [unseal(Order, t, p, STATION_KEY.public_hex) for t, p, kept in office.link.sent if t == topic and not kept]


def test_a_node_is_rung_for_a_clip_and_its_plan_is_not_sent_again_if_it_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "_ANSWER_S", 0.1)

    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(office.plans)
            office.dispatcher.order_clip(wanted())
            await until(lambda: rung(office))
            office.dispatcher.clip_answered("o-clip")
            await asyncio.sleep(0.3)
        (order,) = rung(office)
        assert (order.action, order.clip_airing, order.order) == (Action.CLIP, "a1", "o-clip")
        assert len(office.plans()) == 1

    run(work)


def test_an_order_for_a_clip_that_is_not_answered_stands_in_the_plan(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 6: a node that was away when it rang finds it there."""
    monkeypatch.setattr(dispatching, "_ANSWER_S", 0.05)

    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(office.plans)
            office.dispatcher.order_clip(wanted())
            await until(lambda: office.plans()[-1].orders)
            (order,) = office.plans()[-1].orders
            assert (order.order, order.clip_airing) == ("o-clip", "a1")
            assert len(office.plans()) == 2
            # An answer makes no plan; the next one that goes out anyway holds the order no more.
            office.dispatcher.clip_answered("o-clip")
            await asyncio.sleep(0.1)
            assert len(office.plans()) == 2
            office.dispatcher.say_again()
            await until(lambda: len(office.plans()) == 3)
            assert office.plans()[-1].orders == ()

    run(work)


def test_a_link_that_is_down_loses_no_order_for_a_clip(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(office.plans)
            office.link.up = False
            office.dispatcher.order_clip(wanted())
            await asyncio.sleep(0.1)
            assert not rung(office)
            office.link.up = True
            await until(lambda: rung(office))

    run(work)


def test_only_alerts_are_planned_with_a_clip_that_comes_by_itself(office: Office) -> None:
    alert = airing_of(office.recording, NOON + timedelta(minutes=5), priority=Priority.EMERGENCY)

    async def work() -> None:
        async with working(office):
            office.hold(office.airing, alert)
            office.dispatcher.link_is(True)
            await until(lambda: office.plans() and len(office.plans()[-1].airings) == 2)
            assert [(each.priority, each.clip) for each in office.plans()[-1].airings] == [(100, True), (50, False)]
            for airing in (alert, office.airing):
                office.dispatcher.ring(airing.id)
            await until(lambda: len(office.orders()) == 2)
            assert {o.airing.priority: o.airing.clip for o in office.orders() if o.airing} == {100: True, 50: False}

    run(work)


def test_a_commune_without_recordings_has_its_nodes_keep_none(tmp_path: Path) -> None:
    for keep, days in ((True, 7), (False, 0)):
        office = Office(tmp_path / str(keep), keep_clips=keep)

        async def work(office: Office = office, days: int = days) -> None:
            async with working(office):
                office.dispatcher.link_is(True)
                await until(lambda: TOPICS.node("thon-1", "config") in [topic for topic, _, _ in office.link.sent])
            topic = TOPICS.node("thon-1", "config")
            (payload,) = [p for t, p, _ in office.link.sent if t == topic]
            assert unseal(NodeConfig, topic, payload, STATION_KEY.public_hex).kept_clip_days == days

        run(work)


def test_a_volume_set_at_the_console_goes_to_its_node_alone_and_stays_after_an_outage(office: Office) -> None:
    def volumes(node: str) -> list[float]:
        topic = TOPICS.node(node, "config")
        sent = [payload for where, payload, _ in office.link.sent if where == topic]
        return [unseal(NodeConfig, topic, payload, STATION_KEY.public_hex).volume_db for payload in sent]

    async def work() -> None:
        async with working(office):
            office.dispatcher.link_is(True)
            await until(lambda: all(volumes(node) == [0.0] for node in NODES))
            office.dispatcher.set_volumes({"thon-2": -6.0, "of-a-node-that-is-gone": -3.0})
            await until(lambda: volumes("thon-2") == [0.0, -6.0])
            assert volumes("thon-1") == [0.0]
            office.dispatcher.say_again()
            await until(lambda: volumes("thon-2") == [0.0, -6.0, -6.0])
            await until(lambda: volumes("thon-1") == [0.0, 0.0])

    run(work)


def test_an_object_that_is_gone_from_the_disk_does_not_hold_up_the_others(office: Office) -> None:
    async def work() -> None:
        office.objects.path(sha256_hex(LARGE)).unlink()
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            office.dispatcher.wish(wish("thon-1", LARGE, SMALL))
            await until(office.chunks)
            await asyncio.sleep(0.1)
        assert office.chunks() == [f"audio/{sha256_hex(SMALL)}/0"]

    run(work)


def test_a_store_that_refuses_holds_up_neither_doorbells_nor_audio(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_is_full = True
    note = office._on_published

    async def refuses(published: Sequence[Published]) -> None:
        if disk_is_full:
            raise StoreError("the disk is full")
        await note(published)

    async def work() -> None:
        nonlocal disk_is_full
        monkeypatch.setattr(office.dispatcher._telling, "_on_published", refuses)
        monkeypatch.setattr("smartradio.station.dispatcher._FAULT_RETRY_S", 0.5)
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: all(office.plans(node) for node in NODES))
            office.dispatcher.ring(office.airing.id)
            office.dispatcher.wish(wish("thon-1", SMALL))
            await until(lambda: office.orders() and office.chunks())
            assert office.published == []
            disk_is_full = False
            await until(lambda: len(office.published) == 3)

    run(work)


def test_everything_kept_is_said_again_when_asked(office: Office) -> None:
    async def work() -> None:
        async with working(office):
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(office.published) == 3)
            office.dispatcher.say_again()
            await until(lambda: all(len(office.plans(node)) == 2 for node in NODES))

    run(work)


def test_a_standing_notice_goes_to_all_nodes_with_their_settings_and_no_plan_is_sent_for_it(tmp_path: Path) -> None:
    segment = SegmentRef(sha256="a" * 64, size_bytes=10, duration_s=3.0)
    notice = StandingNotice(recording="b" * 64, segments=(segment,))
    office = Office(tmp_path)

    def configs() -> list[NodeConfig]:
        found = []
        for topic, payload, _ in office.link.sent:
            if topic.endswith("/config"):
                found.append(unseal(NodeConfig, topic, payload, STATION_KEY.public_hex))
        return found

    async def work() -> None:
        async with working(office):
            office.dispatcher.link_is(True)
            # A link that comes up has plans sent too, of which each may come before the last setting or after it.
            await until(lambda: len(configs()) == len(NODES) and all(office.plans(node) for node in NODES))
            before = {node: len(office.plans(node)) for node in NODES}
            office.dispatcher.stand_by(notice)
            await until(lambda: len(configs()) == 2 * len(NODES))
            await asyncio.sleep(0.2)  # a plan sent for it would come now
            assert {node: len(office.plans(node)) for node in NODES} == before
        assert [config.standing for config in configs()] == [None] * len(NODES) + [notice] * len(NODES)

    run(work)
