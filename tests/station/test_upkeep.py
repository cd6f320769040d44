"""The technician's desk: how nodes are in a word, what is set at them, and what they answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.health_keeper import HealthKeeper
from smartradio.station.health_means import FIVE_MINUTES_S
from smartradio.station.monitor import Monitor
from smartradio.station.news import News
from smartradio.station.node_condition import Condition
from smartradio.station.node_news import NodeNews
from smartradio.station.node_orders import NodeOrders, NodeWish
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import ZoneSettings
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.upkeep import UpkeepDesk
from smartradio.station.upkeep_refusals import EmergencyDueError, PlayingNowError, TooLoudError
from smartradio.wire.chunks import sha256_hex, split
from smartradio.wire.messages import Action
from smartradio.wire.signing import SigningKey
from tests.station.commune import (
    NODE_KEYS,
    NODES,
    NOON,
    STATION_KEY,
    TOPICS,
    Acks,
    Clock,
    FakeLink,
    airing_of,
    planned_in,
    registered,
    report,
    run,
    sealed_report,
    sealed_state,
    settings,
    shelved,
    until,
)
from tests.station.test_monitor import Hearer

HUY = Person("Trần Văn Huy", "huy")
CLIP = bytes(range(256)) * 300


class Dispatcher:
    """Remembers what nodes were asked and set."""

    def __init__(self) -> None:
        self.wishes: list[NodeWish] = []
        self.answered: list[str] = []
        self.volumes: dict[str, float] = {}

    def order_clip(self, wish: NodeWish) -> None:
        self.wishes.append(wish)

    def clip_answered(self, order: str) -> None:
        self.answered.append(order)

    def set_volumes(self, volumes_db: Mapping[str, float]) -> None:
        self.volumes.update(volumes_db)


class Workshop:
    """The desk on a real store and monitor."""

    def __init__(self, folder: Path, store: Store, **changes: Any) -> None:
        self.settings = settings(folder, **changes)
        self.store = registered(store, self.settings)
        self.objects = Objects(folder / "objects")
        self.clock, self.link, self.dispatcher = Clock(), FakeLink(), Dispatcher()
        self.recorder = EvidenceRecorder(store)
        self.sent: dict[str, int] = {}
        self.health = HealthKeeper(store, sent=lambda: self.sent, clock=self.clock)
        self.nodes = NodeNews(store, self.recorder, clock=self.clock)
        self.orders = NodeOrders(
            store, self.objects, self.recorder, dispatcher=self.dispatcher, news=News(), clock=self.clock
        )
        self.monitor = Monitor(
            self.settings,
            STATION_KEY,
            store,
            self.objects,
            self.recorder,
            nodes={node.name: node.node() for node in self.settings.nodes}.get,
            clock=self.clock,
            send=self.link.publish,
            wish=lambda _want: None,
            hearer=Hearer(),
            say_again=lambda: None,
        )
        self.monitor.health, self.monitor.orders = self.health, self.orders
        self.desk = UpkeepDesk(
            self.settings,
            store,
            self.recorder,
            News(),
            nodes=self.nodes,
            orders=self.orders,
            clock=self.clock,
            set_volumes=self.dispatcher.set_volumes,
        )

    def say(self, message: tuple[str, bytes], *, retained: bool = False) -> None:
        self.monitor.take(*message, retained)

    def condition(self, node: str = "thon-1") -> Condition:
        standing = self.desk.one(node)
        assert standing is not None
        return standing.condition

    async def beats(self, node: str = "thon-1", **changes: Any) -> None:
        """Have a node's heartbeat taken."""
        self.say(sealed_state(node, self.clock.now, **changes))
        await until(
            lambda: self.store.nodes.last_told().get(node, {}).get("at") == self.clock.now.isoformat()[:-6] + "Z"
        )

    def logged(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("")]


@asynccontextmanager
async def awake(workshop: Workshop) -> AsyncIterator[None]:
    await workshop.health.take_up()
    await workshop.nodes.start()
    workshop.monitor.start()
    try:
        yield
    finally:
        await workshop.monitor.stop()
        await workshop.nodes.stop()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def workshop(tmp_path: Path, store: Store) -> Workshop:
    return Workshop(tmp_path, store)


class TestCondition:
    def test_a_node_that_never_spoke_is_new_and_one_that_beats_is_fine(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                assert workshop.condition() is Condition.NEW
                await workshop.beats()
                assert workshop.condition() is Condition.FINE

        run(work)

    def test_a_node_that_falls_silent_is_shown_within_a_hundred_seconds(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                workshop.clock.pass_s(98.0)
                workshop.monitor.mark_silent()
                await until(lambda: workshop.condition() is Condition.OFFLINE)

        run(work)

    @pytest.mark.parametrize("flag", ["undervoltage_now", "disk_nearly_full"])
    def test_what_may_silence_a_node_is_a_fault(self, workshop: Workshop, flag: str) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(health={flag: True})
                assert workshop.condition() is Condition.FAULTY

        run(work)

    def test_what_may_become_one_is_to_be_watched(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(health={"undervoltage_since_boot": True})
                assert workshop.condition() is Condition.WATCH
                workshop.clock.pass_s(30.0)
                await workshop.beats(health={"temperature_c": 81.0})
                standing = workshop.desk.one("thon-1")
                assert standing is not None
                assert (standing.condition, standing.problems) == (Condition.WATCH, ("hot",))

        run(work)

    def test_an_emptied_node_speaks_with_another_key_and_that_is_said(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                NODE_KEYS["thon-1"], own = SigningKey.new(), NODE_KEYS["thon-1"]
                try:
                    workshop.say(sealed_state("thon-1", workshop.clock.now))
                finally:
                    NODE_KEYS["thon-1"] = own
                await until(lambda: workshop.condition() is Condition.FAULTY)
                standing = workshop.desk.one("thon-1")
                assert standing is not None
                assert standing.problems == ("foreign_key",)
                workshop.clock.pass_s(301.0)
                assert workshop.condition() is Condition.FINE

        run(work)

    def test_a_horn_that_was_silent_is_a_fault_until_it_is_heard_again(self, workshop: Workshop) -> None:
        recording = shelved(workshop.store, workshop.objects, "tin", [b"sound"])
        airing = planned_in(workshop.store, airing_of(recording, NOON)).id

        async def judged(verdict: VerdictCode) -> None:
            evidence = Evidence(airing, "thon-1", Step.HEARD, workshop.clock.now, "station")
            judgement = NodeJudgement(verdict, 0.9, level_db=-20.0)
            await workshop.recorder.judge(evidence, judgement)

        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                await judged(VerdictCode.SILENT)
                await until(lambda: workshop.condition() is Condition.FAULTY)
                await judged(VerdictCode.AIRED)
                await until(lambda: workshop.condition() is Condition.FINE)
            # What a storm of evidence drowned is found again.
            workshop.nodes._last.clear()
            assert workshop.condition() is Condition.FINE
            await workshop.nodes.learn()
            assert workshop.nodes.last("thon-1") is not None
            # Another start of the station finds it in its store.
            again = NodeNews(workshop.store, workshop.recorder, clock=workshop.clock)
            await again.start()
            last = again.last("thon-1")
            await again.stop()
            assert last is not None
            assert (last.airing, last.verdict) == (airing, "aired")
            (past,) = workshop.desk.past("thon-1")
            assert (past.airing, past.verdict, past.level_db, past.has_clip) == (airing, "aired", -20.0, False)

        run(work)


class TestHealth:
    def test_heartbeats_are_kept_and_starts_told_once(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                for boot, version in (("boot-1", "0.1.0"), ("boot-1", "0.1.0"), ("boot-2", "0.2.0")):
                    workshop.clock.pass_s(30.0)
                    await workshop.beats(boot=boot, version=version, health={"temperature_c": 50.0})
                workshop.sent = {"thon-1": 1_500_000}
                workshop.clock.pass_s(300.0)
                await workshop.health.write()
                await workshop.health.write_all()

        run(work)
        rows = workshop.desk.health("thon-1", FIVE_MINUTES_S, NOON)
        assert [(row.beats, row.temperature_c, row.station_sent_mb) for row in rows] == [
            (3, 50.0, None),
            (0, None, 3.0),
        ]
        events = [(event.what.value, event.value) for event in workshop.desk.events("thon-1")]
        assert events == [("version", "0.2.0"), ("started", "boot-2"), ("started", "boot-1")]

    def test_what_the_broker_kept_counts_as_no_heartbeat(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                workshop.say(sealed_state("thon-1", NOON), retained=True)
                await until(lambda: workshop.desk.events("thon-1"))
                await workshop.health.write_all()

        run(work)
        assert workshop.desk.health("thon-1", FIVE_MINUTES_S, NOON - timedelta(days=1)) == []


class TestVolume:
    def test_a_volume_that_is_set_reaches_the_node_and_stands_after_a_start(self, workshop: Workshop) -> None:
        async def work() -> None:
            await workshop.desk.set_volume("thon-1", -6.0, by=HUY)
            assert workshop.dispatcher.volumes == {"thon-1": -6.0}
            workshop.dispatcher.volumes.clear()
            await workshop.desk.take_up()
            assert workshop.dispatcher.volumes == {"thon-1": -6.0}

        run(work)
        facts = workshop.logged()[-1].facts
        assert (facts["what"], facts["name"], facts["by"]) == ("node", "thon-1", "Trần Văn Huy")
        assert (facts["before"], facts["after"]) == ({"volume_db": 0.0}, {"volume_db": -6.0})

    @pytest.mark.parametrize("volume_db", [0.5, -41.0, float("nan")])
    def test_a_volume_that_no_node_may_have_changes_nothing(self, workshop: Workshop, volume_db: float) -> None:
        async def work() -> None:
            with pytest.raises(TooLoudError):
                await workshop.desk.set_volume("thon-1", volume_db, by=HUY)

        run(work)
        assert (workshop.dispatcher.volumes, workshop.logged()) == ({}, [])

    def test_where_the_loudness_was_measured_no_node_is_set_louder_than_it_was_then(
        self, tmp_path: Path, store: Store
    ) -> None:
        measured = tuple(ZoneSettings(name=name, title=name, dba_at_0_db=80.0) for name in NODES)
        nodes = tuple(replaced.model_copy(update={"volume_db": -9.0}) for replaced in settings(tmp_path).nodes)
        workshop = Workshop(tmp_path, store, zones=measured, nodes=nodes)

        async def work() -> None:
            with pytest.raises(TooLoudError) as caught:
                await workshop.desk.set_volume("thon-1", -6.0, by=HUY)
            assert caught.value.loudest_db == -9.0
            await workshop.desk.set_volume("thon-1", -12.0, by=HUY)

        run(work)

    def test_a_place_is_kept_beside_the_volume(self, workshop: Workshop) -> None:
        async def work() -> None:
            await workshop.desk.set_volume("thon-1", -3.0, by=HUY)
            await workshop.desk.set_place("thon-1", 20.12, 105.98, by=HUY)
            with pytest.raises(BadInputError):
                await workshop.desk.set_place("thon-1", 120.0, 105.98, by=HUY)

        run(work)
        standing = workshop.desk.one("thon-1")
        assert standing is not None
        assert (standing.setting.volume_db, standing.setting.lat, standing.setting.lon) == (-3.0, 20.12, 105.98)


class TestOrders:
    def test_a_tone_is_asked_played_measured_and_its_recording_kept(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.test_tone("thon-1", by=HUY)
                (wish,) = workshop.dispatcher.wishes
                message = wish.signed_as("yen-hoa", 1, 2, NOON)
                assert (message.action, message.node, message.order) == (Action.CLIP, "thon-1", order.id)
                clip = {"sha256": sha256_hex(CLIP), "size_bytes": len(CLIP), "starts_s": -2.0}
                facts = {"order": order.id, "own_heard": True, "coverage": 0.97, "clip": clip}
                said = report("thon-1", Step.MEASURED, None, facts=facts)
                workshop.say(sealed_report(said))
                await until(lambda: Acks.of(workshop.link, "thon-1").reports == [said.report])
                for number, chunk in enumerate(split(CLIP)):
                    workshop.monitor.take(TOPICS.clip("thon-1", order.id, number), chunk, False)
                await until(lambda: Acks.of(workshop.link, "thon-1").clips == [sha256_hex(CLIP)])
                assert workshop.dispatcher.answered == [order.id]
                (kept,) = workshop.desk.orders("thon-1")
                assert (kept.answer, kept.facts["coverage"], kept.asked_by) == ("measured", 0.97, HUY.title)
                assert await workshop.desk.tone_recording("thon-1", order.id, by=HUY) == CLIP
                assert await workshop.desk.tone_recording("thon-2", order.id, by=HUY) is None
            assert [each.step for each in workshop.logged()] == [Step.ADMINISTERED, Step.MEASURED, Step.LISTENED]
            await workshop.orders.forget_before(NOON + timedelta(days=1))
            assert await workshop.desk.tone_recording("thon-1", order.id, by=HUY) is None

        run(work)

    def test_a_recording_that_comes_after_a_start_of_the_station_is_known_again(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.test_tone("thon-1", by=HUY)
                clip = {"sha256": sha256_hex(CLIP), "size_bytes": len(CLIP), "starts_s": -2.0}
                kept = replace(order, answer="measured", answered_at=NOON, facts={"clip": clip})
                workshop.store.nodes.answer_order(kept)
                for number, chunk in enumerate(split(CLIP)):
                    workshop.monitor.take(TOPICS.clip("thon-1", order.id, number), chunk, False)
                await until(lambda: workshop.desk.orders("thon-1")[0].clip == sha256_hex(CLIP))

        run(work)

    def test_a_tone_that_nobody_asked_for_is_refused(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                workshop.say(sealed_report(report("thon-1", Step.MEASURED, None, facts={"order": "mine"})))
                await until(workshop.logged)

        run(work)
        assert workshop.logged()[-1].reason == Reason.NOT_FOR_THIS_NODE

    def test_two_thumbs_on_the_button_are_one_tone(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                first = await workshop.desk.test_tone("thon-1", by=HUY)
                assert await workshop.desk.test_tone("thon-1", by=HUY) == first
                assert len(workshop.dispatcher.wishes) == 1
                workshop.clock.pass_s(61.0)
                assert await workshop.desk.test_tone("thon-1", by=HUY) != first

        run(work)

    def test_nothing_is_asked_of_a_node_that_is_off_line(self, workshop: Workshop) -> None:
        async def work() -> None:
            with pytest.raises(BadInputError, match="off line"):
                await workshop.desk.test_tone("thon-1", by=HUY)
            with pytest.raises(BadInputError, match="no node"):
                await workshop.desk.restart("thon-9", by=HUY)

        run(work)
        assert workshop.desk.orders("thon-1") == []

    def test_a_node_that_plays_begins_anew_only_for_somebody_who_knows(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(playing="a1")
                with pytest.raises(PlayingNowError):
                    await workshop.desk.restart("thon-1", by=HUY)
                await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                (wish,) = workshop.dispatcher.wishes
                assert wish.signed_as("yen-hoa", 1, 2, NOON).even_while_playing

        run(work)

    def test_no_node_begins_anew_within_two_minutes_of_an_emergency(self, workshop: Workshop) -> None:
        recording = shelved(workshop.store, workshop.objects, "lu", [b"sound"])
        planned_in(workshop.store, airing_of(recording, NOON + timedelta(seconds=110), priority=Priority.EMERGENCY))

        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                with pytest.raises(EmergencyDueError):
                    await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                workshop.clock.pass_s(600.0)
                await workshop.beats()
                await workshop.desk.restart("thon-1", by=HUY)

        run(work)

    def test_a_restart_is_answered_by_the_node_and_what_it_refuses_is_told(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.restart("thon-1", by=HUY)
                said = report("thon-1", Step.REFUSED, None, reason=Reason.EMERGENCY_DUE, facts={"order": order.id})
                workshop.say(sealed_report(said))
                await until(lambda: workshop.desk.orders("thon-1")[0].answer)
                (kept,) = workshop.desk.orders("thon-1")
                assert (kept.answer, kept.reason) == ("refused", "emergency_due")

        run(work)

    def test_what_was_asked_before_a_start_of_the_station_is_asked_again(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                workshop.dispatcher.wishes.clear()
                await workshop.orders.take_up()
                (again,) = workshop.dispatcher.wishes
                assert (again.order, again.even_while_playing) == (order.id, False)

        run(work)


def test_the_newest_refusals_of_no_airing_are_found_by_their_index(workshop: Workshop) -> None:
    asked = [
        Evidence("", node, Step.REFUSED, NOON, "station", Reason.REPLAYED, {"line": str(number)})
        for number, node in enumerate(("thon-1", "thon-2", "thon-3"))
    ]
    of_airing = Evidence("a1", "thon-1", Step.REFUSED, NOON, "node:thon-1", Reason.DISK_FULL)
    workshop.store.record([*asked, of_airing, Evidence("", "thon-1", Step.LISTENED, NOON, "operator:Huy")])
    assert [entry.evidence.facts["line"] for entry in workshop.store.nodes.refused(2)] == ["2", "1"]
    plan = workshop.store._database.read(
        lambda c: c.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT entry FROM evidence WHERE step = 'refused' AND step NOT IN "
            "('delivered', 'finished', 'measured', 'heard', 'started') AND +airing = '' ORDER BY number DESC LIMIT 2"
        ).all()
    )
    assert ["evidence_by_step" in row[3] for row in plan] == [True]


class TestMap:
    def test_a_map_is_checked_kept_and_read_again_when_it_changed(self, workshop: Workshop) -> None:
        area = {"type": "Polygon", "coordinates": [[[105.9, 20.1], [106.0, 20.1], [106.0, 20.2], [105.9, 20.1]]]}

        async def work() -> None:
            assert workshop.desk.commune_map() is None
            made = await workshop.desk.put_map(json.dumps(area).encode(), by=HUY)
            assert workshop.desk.commune_map() == made
            with pytest.raises(BadInputError):
                await workshop.desk.put_map(b"PK\x03\x04", by=HUY)
            assert workshop.desk.commune_map() == made

        run(work)
        assert [each.facts["what"] for each in workshop.logged()] == ["map"]
