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
from smartradio.station.inbox import LARGEST_BYTES
from smartradio.station.monitor import Monitor
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
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
        self.clips: list[tuple[str, str, str]] = []
        self.refused: list[tuple[str, str]] = []

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        self.reports.append((evidence.step, clip))

    async def clip_stored(self, airing: str, node: str, sha256: str) -> None:
        self.clips.append((airing, node, sha256))

    async def clip_refused(self, airing: str, node: str) -> None:
        self.refused.append((airing, node))


class Listening:
    """A monitor on a real store, with one planned airing."""

    def __init__(self, folder: Path, store: Store) -> None:
        commune = settings(folder)
        self.store = registered(store, commune)
        self.objects = Objects(folder / "objects")
        self.clock, self.link, self.hearer = Clock(), FakeLink(), Hearer()
        self.wishes: list[Want] = []
        self.said_again = 0
        self.recording = recording = shelved(store, self.objects, "tin", [b"sound"])
        self.airing = planned_in(store, airing_of(recording, NOON)).id
        nodes = {node.name: node.node() for node in commune.nodes}
        self.monitor = Monitor(
            commune,
            STATION_KEY,
            store,
            self.objects,
            EvidenceRecorder(store),
            nodes=nodes.get,
            clock=self.clock,
            send=self.link.publish,
            wish=self.wishes.append,
            hearer=self.hearer,
            say_again=self.count,
        )

    def count(self) -> None:
        self.said_again += 1

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.monitor.take(topic, payload, retained)

    def steps(self, node: str = "thon-1") -> list[Step]:
        return [e.evidence.step for e in self.store.chain(self.airing, node) if e.evidence.node == node]

    def refusals(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("")]

    def acks(self, node: str = "thon-1") -> Acks:
        return Acks.of(self.link, node)

    def chunks(
        self, data: bytes = CLIP, node: str = "thon-1", only: tuple[int, ...] | None = None, airing: str | None = None
    ) -> None:
        for number, chunk in enumerate(split(data)):
            if only is None or number in only:
                self.say(TOPICS.clip(node, airing or self.airing, number), chunk)


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
    return {
        "bad_signature": sealed_report(good, by="thon-2"),
        "unknown_version": (topic, payload.replace(b'"v":1', b'"v":2')),
        "malformed": (topic, b"{"),
        "foreign_station": (topic, seal(NODE_KEYS["thon-1"], topic, foreign)),
        "not_for_this_node": (topic, seal(NODE_KEYS["thon-1"], topic, other)),
        "malformed: too large": (topic, b"{" + b" " * 128 * 1024),
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


HUGE = {"sha256": "a" * 64, "size_bytes": 2**40, "starts_s": -2.0}


@pytest.mark.parametrize(
    ("step", "airing", "changes", "reason"),
    [
        (Step.HEARD, "known", {}, "malformed"),
        (Step.STARTED, "known", {"at": NOON.replace(year=9999)}, "malformed"),
        (Step.STARTED, "known", {"facts": {"line": "x" * 70_000}}, "malformed"),
        (Step.STARTED, "unheard-of", {}, "not_for_this_node"),
        (Step.MEASURED, None, {"facts": {"coverage": 0.9}}, "not_for_this_node"),
        (Step.REFUSED, "of-another-station", {"reason": "foreign_station"}, "foreign_station"),
    ],
)
def test_a_signed_report_that_says_nothing_usable_is_on_record_as_refused_and_does_not_come_again(
    listening: Listening, step: Step, airing: str | None, changes: dict[str, Any], reason: str
) -> None:
    async def work() -> None:
        async with awake(listening):
            named = listening.airing if airing == "known" else airing
            said = sealed_report(report("thon-1", step, named, **changes))
            for _ in range(2):
                listening.say(*said)
            await until(lambda: len(listening.acks().reports) == 2)
        (refusal,) = listening.refusals()
        assert (refusal.step, refusal.reason, refusal.node) == (Step.REFUSED, reason, "thon-1")
        assert refusal.facts.get("airing") == named
        assert listening.steps() == []
        assert listening.hearer.reports == []

    run(work)


@pytest.mark.parametrize("clip", [HUGE, {"sha256": "x"}, 7])
def test_a_clip_that_cannot_be_is_refused_and_the_report_that_announces_it_stands(
    listening: Listening, clip: object
) -> None:
    async def work() -> None:
        async with awake(listening):
            said = report("thon-1", Step.MEASURED, listening.airing, facts={"coverage": 0.9, "clip": clip})
            listening.say(*sealed_report(said))
            await until(lambda: listening.acks().reports)
        assert listening.steps() == [Step.MEASURED, Step.REFUSED]
        assert listening.hearer.reports == [(Step.MEASURED, None)]

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
        assert listening.hearer.clips == [(listening.airing, "thon-1", sha256_hex(CLIP))]

    run(work)


def test_a_second_clip_of_an_airing_is_taken_too_and_only_what_is_stored_is_acknowledged(
    listening: Listening,
) -> None:
    first, second = CLIP, CLIP[::-1]

    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(measured(listening.airing, first)))
            listening.chunks(first)
            await until(lambda: listening.acks().clips == [sha256_hex(first)])
            listening.say(*sealed_report(measured(listening.airing, second)))
            await until(lambda: len(listening.acks().reports) == 2)
            listening.chunks(second, only=(0, 1))
            await asyncio.sleep(0.2)
            assert listening.acks().clips == [sha256_hex(first)]
            listening.chunks(second)
            await until(lambda: listening.acks().clips[-1] == sha256_hex(second))
        assert [clip.sha256 for clip in listening.store.clips_to_judge()] == [sha256_hex(first), sha256_hex(second)]
        assert [clip[2] for clip in listening.hearer.clips] == [sha256_hex(first), sha256_hex(second)]

    run(work)


def kept(airing: str, data: bytes = CLIP) -> Any:
    told = measured(airing, data)
    return told.model_copy(update={"facts": {"coverage": 0.9, "kept_clip": told.facts["clip"]}})


def test_a_clip_that_the_node_kept_is_taken_by_the_hash_it_signed_before_anybody_asked(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(kept(listening.airing)))
            await until(lambda: listening.acks().reports)
            assert listening.hearer.reports == [(Step.MEASURED, None)]
            listening.say(*sealed_report(report("thon-1", Step.CLIP_ASKED, listening.airing, facts={"order": "o1"})))
            listening.chunks()
            await until(lambda: listening.acks().clips)
        assert [clip.sha256 for clip in listening.store.clips_to_judge()] == [sha256_hex(CLIP)]
        assert listening.hearer.clips == [(listening.airing, "thon-1", sha256_hex(CLIP))]

    run(work)


def test_a_kept_clip_that_became_another_one_is_not_taken(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(kept(listening.airing)))
            listening.say(*sealed_report(report("thon-1", Step.CLIP_ASKED, listening.airing, facts={"order": "o1"})))
            await until(lambda: len(listening.acks().reports) == 2)
            listening.chunks(CLIP[::-1])
            await asyncio.sleep(0.2)
        assert listening.acks().clips == []
        assert listening.store.clips_to_judge() == []

    run(work)


def test_a_kept_clip_is_taken_beside_another_clip_of_its_airing(listening: Listening) -> None:
    first, second = CLIP, CLIP[::-1]

    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(measured(listening.airing, first)))
            listening.chunks(first)
            await until(lambda: listening.acks().clips)
            listening.say(*sealed_report(kept(listening.airing, second)))
            listening.say(*sealed_report(report("thon-1", Step.CLIP_ASKED, listening.airing, facts={"order": "o1"})))
            await until(lambda: listening.hearer.reports[-1][0] is Step.CLIP_ASKED)
            listening.chunks(second)
            await until(lambda: listening.acks().clips[-1] == sha256_hex(second))

    run(work)


def test_yesterday_s_clip_is_refused_as_a_replay_and_let_go(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(measured(listening.airing)))
            listening.chunks()
            await until(lambda: listening.acks().clips)
            today = planned_in(listening.store, airing_of(listening.recording, NOON + timedelta(days=1))).id
            listening.say(*sealed_report(measured(today)))
            listening.chunks(airing=today)
            await until(lambda: len(listening.acks().clips) == 2)
        (refusal,) = [e.evidence for e in listening.store.chain(today, "thon-1") if e.evidence.step is Step.REFUSED]
        assert (refusal.reason, refusal.source) == ("replayed", "station")
        assert [clip.airing for clip in listening.store.clips_to_judge()] == [listening.airing]
        assert listening.hearer.refused == [(today, "thon-1")]

    run(work)


def test_chunks_are_taken_for_airings_of_that_node_only(listening: Listening) -> None:
    async def work() -> None:
        other = planned_in(listening.store, airing_of(listening.recording, NOON, nodes=("thon-2",))).id
        async with awake(listening):
            for airing in ("made-up", other):
                listening.say(TOPICS.clip("thon-1", airing, 0), b"x" * CHUNK_BYTES)
            await until(listening.refusals)
            await asyncio.sleep(0.2)
        assert listening.refusals()[0].reason == "not_for_this_node"
        assert not listening.monitor._clips.is_open("made-up", "thon-1")
        assert not listening.monitor._clips.is_open(other, "thon-1")

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
            listening.clock.pass_s(94)
            listening.monitor.mark_silent()
            await asyncio.sleep(0.1)
            assert online()["thon-1"]
            listening.clock.pass_s(2)
            listening.monitor.mark_silent()
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


@pytest.mark.parametrize("leaf", ["state", "report", "want", "clip"])
def test_a_message_larger_than_any_of_its_topic_is_refused_before_it_waits(listening: Listening, leaf: str) -> None:
    async def work() -> None:
        topic = TOPICS.clip("thon-1", listening.airing, 0) if leaf == "clip" else TOPICS.node("thon-1", leaf)
        async with awake(listening):
            listening.say(topic, b"{" + b" " * LARGEST_BYTES[leaf])
            await until(listening.refusals)
        assert listening.refusals()[0].facts["topic"] == leaf
        assert "bytes" in listening.refusals()[0].facts["line"]

    run(work)


def test_a_node_that_floods_the_station_crowds_out_itself_and_nobody_else(listening: Listening) -> None:
    async def work() -> None:
        # Nobody works it off yet.
        for _ in range(100):
            listening.say(TOPICS.node("thon-2", "report"), b" " * 100_000)
        said = report("thon-1", Step.STARTED, listening.airing)
        listening.say(*sealed_report(said))
        assert sum(cost for _, cost, _ in listening.monitor._inbox._waiting._queue) < 2 * 1024 * 1024  # type: ignore[attr-defined]
        async with awake(listening):
            await until(lambda: listening.acks().reports == [said.report])

    run(work)


def test_after_a_restored_backup_the_station_counts_on_from_where_its_nodes_stand(listening: Listening) -> None:
    async def work() -> None:
        before = listening.store.next_counter()
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON, plan=before))
            await until(lambda: listening.store.node_views()[0].online)
            assert listening.said_again == 0
            held = (before[0], before[1] + 1_000)
            listening.say(*sealed_state("thon-1", NOON, plan=held))
            await until(lambda: listening.said_again)
            after = listening.store.next_counter()
            assert after > held
            listening.say(*sealed_state("thon-2", NOON, plan=held))
            await until(lambda: listening.store.node_views()[1].online)
            assert listening.said_again == 1
            listening.say(*sealed_state("thon-3", NOON, plan=(2**40, 1)))
            await until(listening.refusals)
        assert listening.store.next_counter()[0] == after[0]

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
    assert intake.done("a", "n") == (announced.sha256,)
    assert intake.announce("a", "n", announced) is None


def test_chunks_of_many_clips_hold_no_more_than_twice_the_largest_a_node() -> None:
    intake = ClipIntake(max_bytes=4 * CHUNK_BYTES)
    for airing in range(40):
        for number in range(3):
            intake.add(f"a{airing}", "n", number, bytes(CHUNK_BYTES))
        intake.add(f"a{airing}", "m", 0, b"a")
    assert sum(clip.held_bytes for key, clip in intake._open.items() if key[1] == "n") <= 8 * CHUNK_BYTES
    assert intake.is_open("a39", "n")
    assert intake.is_open("a0", "m")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.dictionaries(st.text(), c)))
def test_no_clip_fact_raises_anything_but_a_refusal(facts: object) -> None:
    try:
        read = Announced.read(facts, max_bytes=1_000)
    except ValueError:
        return
    assert read is None or json.dumps(read.size_bytes)


@pytest.mark.parametrize("rung", ["standing", "silence"])
def test_a_node_that_has_no_programme_to_play_says_on_which_rung_it_stands(listening: Listening, rung: str) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON, rung=rung))
            await until(lambda: listening.store.node_views()[0].online)
        assert listening.store.node_views()[0].problems == (f"rung_{rung}",)

    run(work)
