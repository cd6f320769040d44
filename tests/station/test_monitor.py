from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.evidence import Evidence, Step
from smartradio.station.clip_intake import Announced, ClipIntake
from smartradio.station.journal import Journal
from smartradio.station.monitor import Monitor
from smartradio.station.objects import Objects
from smartradio.station.store import Store, StoreError
from smartradio.wire.chunks import CHUNK_BYTES, sha256_hex, split
from smartradio.wire.messages import Want, WantedObject, seal, write_plain
from smartradio.wire.topics import Topics
from tests.station.commune import (
    NODE_KEYS,
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

CLIP = bytes(range(256)) * 300  # 3 chunks


class Hearer:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.reports: list[tuple[Step, Announced | None]] = []
        self.clips: list[tuple[str, str]] = []

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        self.reports.append((evidence.step, clip))

    async def clip_stored(self, airing: str, node: str) -> None:
        self.clips.append((airing, node))


class Listening:
    """A monitor on a real store, with one planned airing."""

    def __init__(self, folder: Path, store: Store) -> None:
        commune = settings(folder)
        self.store = registered(store, commune)
        self.objects = Objects(folder / "objects")
        self.clock, self.link, self.hearer = Clock(), FakeLink(), Hearer()
        self.wishes: list[Want] = []
        recording = shelved(store, self.objects, "tin", [b"sound"])
        self.airing = planned_in(store, airing_of(recording, NOON)).id
        nodes = {node.name: node.node() for node in commune.nodes}
        self.monitor = Monitor(
            commune,
            STATION_KEY,
            store,
            self.objects,
            Journal(store),
            nodes=nodes.get,
            clock=self.clock,
            send=self.link.publish,
            wish=self.wishes.append,
            hearer=self.hearer,
        )

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.monitor.take(topic, payload, retained)

    def steps(self, node: str = "thon-1") -> list[Step]:
        return [e.evidence.step for e in self.store.chain(self.airing, node) if e.evidence.node == node]

    def refusals(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("")]

    def acks(self, node: str = "thon-1") -> Acks:
        return Acks.of(self.link, node)

    def chunks(self, data: bytes = CLIP, node: str = "thon-1", only: tuple[int, ...] | None = None) -> None:
        for number, chunk in enumerate(split(data)):
            if only is None or number in only:
                self.say(TOPICS.clip(node, self.airing, number), chunk)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def listening(tmp_path: Path, store: Store) -> Listening:
    return Listening(tmp_path, store)


@asynccontextmanager
async def awake(listening: Listening) -> AsyncIterator[None]:
    listening.monitor.start()
    try:
        yield
    finally:
        await listening.monitor.stop()


def measured(airing: str, data: bytes = CLIP, **changes: Any) -> Any:
    clip = {"sha256": sha256_hex(data), "size_bytes": len(data), "starts_s": -2.0}
    return report("thon-1", Step.MEASURED, airing, facts={"coverage": 0.9, "clip": clip}, **changes)


def test_a_report_is_acknowledged_once_it_is_in_the_log(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            said = report("thon-1", Step.DELIVERED, listening.airing, facts={"objects": 3}, clock_offset_ms=1.5)
            listening.say(*sealed_report(said))
            await until(lambda: listening.acks().reports)
        assert listening.acks().reports == [said.report]
        entry = listening.store.chain(listening.airing, "thon-1")[-1].evidence
        assert (entry.source, entry.step) == ("node:thon-1", Step.DELIVERED)
        assert entry.facts == {"objects": 3, "boot": "boot-1", "seq": 1, "clock_offset_ms": 1.5}

    run(work)


def test_a_report_that_comes_again_is_acknowledged_again_and_logged_once(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            said = sealed_report(report("thon-1", Step.STARTED, listening.airing))
            for _ in range(3):
                listening.say(*said)
            await until(lambda: len(listening.acks().reports) == 3)
        assert listening.steps() == [Step.STARTED]
        assert len(listening.hearer.reports) == 1

    run(work)


def test_nodes_cannot_take_each_other_s_report_ids(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            for node in ("thon-2", "thon-1"):
                listening.say(*sealed_report(report(node, Step.STARTED, listening.airing, report="same")))
            await until(lambda: listening.acks().reports)
        assert listening.steps("thon-1") == listening.steps("thon-2") == [Step.STARTED]

    run(work)


def test_a_report_that_the_store_refuses_is_not_acknowledged(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise StoreError("the disk is full")

    async def work() -> None:
        async with awake(listening):
            with monkeypatch.context() as patch:
                patch.setattr(listening.store, "record", full)
                said = sealed_report(report("thon-1", Step.STARTED, listening.airing))
                listening.say(*said)
                await asyncio.sleep(0.2)
                assert listening.acks().reports == []
            listening.say(*said)
            await until(lambda: listening.acks().reports)
        assert listening.steps() == [Step.STARTED]

    run(work)


def forged(airing: str) -> dict[str, tuple[str, bytes]]:
    good = report("thon-1", Step.STARTED, airing)
    topic, payload = sealed_report(good)
    foreign = good.model_copy(update={"station": "yen-binh"})
    other = good.model_copy(update={"node": "thon-2"})
    verdict = good.model_copy(update={"step": Step.HEARD})
    clip = good.model_copy(update={"step": Step.MEASURED, "facts": {"clip": {"sha256": "x"}}})
    return {
        "bad_signature": sealed_report(good, by="thon-2"),
        "unknown_version": (topic, payload.replace(b'"v":1', b'"v":2')),
        "malformed": (topic, b"{"),
        "foreign_station": (topic, seal(NODE_KEYS["thon-1"], topic, foreign)),
        "not_for_this_node": (topic, seal(NODE_KEYS["thon-1"], topic, other)),
        "malformed: a verdict": (topic, seal(NODE_KEYS["thon-1"], topic, verdict)),
        "malformed: a clip": (topic, seal(NODE_KEYS["thon-1"], topic, clip)),
        "not_for_this_node: unknown": (Topics("yen-hoa").node("thon-9", "report"), payload),
    }


@pytest.mark.parametrize("kind", sorted(forged("a")))
def test_what_is_forged_or_foreign_is_refused_with_its_reason_and_never_acknowledged(
    listening: Listening, kind: str
) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*forged(listening.airing)[kind])
            await until(listening.refusals)
        (refusal,) = listening.refusals()
        assert refusal.step is Step.REFUSED
        assert refusal.reason == kind.partition(":")[0]
        assert refusal.facts["line"]
        assert listening.steps() == []
        assert listening.link.sent == []

    run(work)


def test_a_flood_of_forgeries_is_told_once_and_counted(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            for _ in range(50):
                listening.say(*forged(listening.airing)["bad_signature"])
            await until(listening.refusals)
            await asyncio.sleep(0.3)
            assert len(listening.refusals()) == 1
            listening.clock.pass_s(31)
            listening.say(*forged(listening.airing)["bad_signature"])
            await until(lambda: len(listening.refusals()) == 2)
        assert listening.refusals()[1].facts["times"] == 50

    run(work)


def test_a_clip_is_stored_by_the_hash_of_the_signed_report_then_acknowledged(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(measured(listening.airing)))
            listening.chunks()
            await until(lambda: listening.acks().clips)
        assert listening.objects.get(sha256_hex(CLIP)) == CLIP
        (waiting,) = listening.store.clips_to_judge()
        assert (waiting.node, waiting.sha256, waiting.facts["starts_s"]) == ("thon-1", sha256_hex(CLIP), -2.0)
        assert listening.hearer.clips == [(listening.airing, "thon-1")]

    run(work)


def test_chunks_before_their_report_and_chunks_again_after_the_ack_are_both_right(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.chunks()
            await asyncio.sleep(0.1)
            assert listening.acks().clips == []
            listening.say(*sealed_report(measured(listening.airing)))
            await until(lambda: listening.acks().clips)
            listening.chunks(only=(2,))
            await until(lambda: len(listening.acks().clips) == 2)
        assert len(listening.hearer.clips) == 1

    run(work)


def test_a_clip_whose_report_was_committed_before_the_station_fell_is_still_taken(listening: Listening) -> None:
    async def work() -> None:
        facts = measured(listening.airing).facts
        evidence = Evidence(listening.airing, "thon-1", Step.MEASURED, NOON, "node:thon-1", None, facts)
        listening.store.record([evidence], report_id="thon-1:before")
        async with awake(listening):
            listening.chunks()
            await until(lambda: listening.acks().clips)
        assert listening.store.clips_to_judge()

    run(work)


def test_an_altered_clip_is_neither_stored_nor_acknowledged_and_the_right_one_is_taken_later(
    listening: Listening,
) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(measured(listening.airing)))
            listening.chunks(CLIP[:-1] + b"x")
            listening.chunks(CLIP[: CLIP_CUT + 10], only=(1,))
            await asyncio.sleep(0.2)
            assert listening.acks().clips == []
            listening.chunks()
            await until(lambda: listening.acks().clips)
        assert len(listening.store.clips_to_judge()) == 1

    run(work)


CLIP_CUT = CHUNK_BYTES


def test_a_node_s_wishes_are_handed_on_and_another_s_are_not(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            want = Want(node="thon-1", objects=(WantedObject(sha256="a" * 64),))
            listening.say(TOPICS.node("thon-1", "want"), write_plain(want))
            listening.say(TOPICS.node("thon-2", "want"), write_plain(want))
            await until(listening.refusals)
        assert listening.wishes == [want]

    run(work)


def test_a_node_is_online_by_its_state_and_offline_when_it_falls_silent(listening: Listening) -> None:
    def online() -> dict[str, bool]:
        return {view.name: view.online for view in listening.store.node_views()}

    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON))
            listening.say(*sealed_state("thon-2", NOON - timedelta(hours=3)), retained=True)
            await until(lambda: online()["thon-1"])
            await asyncio.sleep(0.1)
            assert not online()["thon-2"]  # what the broker kept of a node long gone
            listening.clock.pass_s(99)
            listening.monitor.sweep()
            await asyncio.sleep(0.1)
            assert online()["thon-1"]
            listening.clock.pass_s(2)
            listening.monitor.sweep()
            await until(lambda: not online()["thon-1"])

    run(work)


def test_two_nodes_with_one_name_are_told_and_a_restarted_one_is_not(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            for boot in ("boot-1", "boot-2"):
                listening.say(*sealed_state("thon-1", NOON, boot=boot))
            await asyncio.sleep(0.2)
            assert listening.refusals() == []
            listening.say(*sealed_state("thon-1", NOON, boot="boot-1"))
            await until(listening.refusals)
        assert listening.refusals()[0].reason == "name_taken"

    run(work)


def test_what_is_wrong_with_a_node_stands_beside_its_name(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            health = {"undervoltage_now": True, "load_1min": 0.4, "throttled_now": False}
            listening.say(*sealed_state("thon-1", NOON, health=health, clock_trusted=False))
            await until(lambda: listening.store.node_views()[0].online)
        assert listening.store.node_views()[0].problems == ("undervoltage_now", "clock_untrusted")

    run(work)


def test_topics_that_are_none_are_refused(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            for leaf in ("node/thon-1/clip/a/b", "node/thon-1/clip/a/9999999", "x", "node/thon-1/plan"):
                listening.say(f"{TOPICS.root}/{leaf}", b"{}")
            await until(lambda: len(listening.refusals()) == 4)

    run(work)


@given(st.binary(min_size=1, max_size=2 * CHUNK_BYTES), st.randoms(use_true_random=False), st.booleans())
def test_a_clip_comes_together_in_any_order_before_or_after_its_report(
    data: bytes, random: Any, report_first: bool
) -> None:
    intake = ClipIntake(max_bytes=CHUNK_BYTES * 4)
    announced = Announced(sha256_hex(data), len(data), -2.0)
    parts = list(enumerate(split(data))) * 2
    random.shuffle(parts)
    found = [intake.announce("a", "n", announced)] if report_first else []
    found += [intake.add("a", "n", number, chunk) for number, chunk in parts]
    if not report_first:
        found.append(intake.announce("a", "n", announced))
    whole = [clip for clip in found if clip is not None]
    assert whole[0].data == data
    intake.committed(whole[0])
    assert intake.done("a", "n") == announced.sha256
    assert intake.announce("a", "n", announced) is None


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.dictionaries(st.text(), c)))
def test_no_clip_fact_raises_anything_but_a_refusal(facts: object) -> None:
    try:
        read = Announced.read(facts, max_bytes=1_000)
    except ValueError:
        return
    assert read is None or json.dumps(read.size_bytes)
