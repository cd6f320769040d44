"""What goes wrong on a node: junk, a full disk, a station that will not take a report. Nothing is lost by it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.evidence import Reason, Step
from smartradio.node.delivery import Delivery
from smartradio.node.feed import Piece
from smartradio.node.journal import JournalError
from smartradio.node.link_port import limit_bytes
from smartradio.node.measuring import measure
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.wire.chunks import CHUNK_BYTES
from smartradio.wire.messages import Report, unseal
from tests.node.disks import full_disk
from tests.node.fakes import NODE, World, voice


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
    yield made
    made.crash()


def reasons(world: World) -> list[Reason | None]:
    return [report.reason for report in world.station.reports if report.step is Step.REFUSED]


def test_whatever_a_message_sets_off_it_is_refused_and_the_loop_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unforeseen(*_: Any) -> None:
        raise RecursionError("too deep")

    world.up()
    with monkeypatch.context() as patched:
        patched.setattr(Delivery, "take", unforeseen)
        world.station.deliver(world.station.topics.audio("a" * 64, 0), b"x")
        world.run(0.5)
    assert reasons(world) == [Reason.MALFORMED]
    world.station.plan(world.station.airing("a1", in_s=4.0, seconds=(1.5,)))
    world.run(7.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


@pytest.mark.parametrize(
    ("leaf", "most"),
    [("state", 16_000), ("plan", 4_000_000), ("order", 256_000), ("ack", 64_000), ("time/answer", 4_000)],
)
def test_a_message_longer_than_its_topic_allows_is_refused_unread(world: World, leaf: str, most: int) -> None:
    topic = world.station.topics.node(NODE, leaf)
    assert limit_bytes(topic) == most
    world.up()
    world.station.deliver(topic, b" " * (most + 1))
    assert all(len(getattr(item, "payload", b"")) <= most for item in world.agent._inbox._queue.queue)
    world.run(0.5)
    assert reasons(world) == [Reason.MALFORMED]
    (told,) = [report.facts["line"] for report in world.station.reports if report.step is Step.REFUSED]
    assert str(most + 1) in told


def test_a_chunk_may_be_as_long_as_a_chunk_is(world: World) -> None:
    assert limit_bytes(world.station.topics.audio("a" * 64, 7)) == CHUNK_BYTES


def test_a_flood_does_not_keep_the_loop_from_what_is_due(world: World) -> None:
    world.up()
    taken: list[float] = []
    real = world.agent._routing._dispatch

    def slow(message: Any) -> None:
        world.clock.now_s += 0.005
        taken.append(world.clock.now_s)
        real(message)

    world.agent._routing._dispatch = slow  # type: ignore[method-assign]
    for _ in range(100):
        world.station.deliver(world.station.topics.audio("a" * 64, 0), b"x")
    world.agent.step(0.0002)
    assert len(taken) == 4


def test_figures_that_a_full_disk_did_not_take_are_told_when_it_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0, seconds=(2.0,)))
    world.run(8.0)
    with full_disk(), monkeypatch.context() as patched:
        patched.setattr("smartradio.node.clips.write_whole", no_space)
        world.run(6.0)
    assert world.sound.opened_input[-1][1] == "close"
    world.run(10.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]
    assert world.station.report("a1", Step.MEASURED).facts["clip"]


def test_a_delivery_and_a_missed_airing_that_a_full_disk_did_not_take_are_told_when_it_does(world: World) -> None:
    world.up()
    station = world.station
    station.gives_audio = False
    missed = station.airing("missed", in_s=20.0)
    whole = station.airing("a1", in_s=60.0)
    station.plan(whole, missed.model_copy(update={"expires_at": missed.starts_at}))
    world.run(2.0)
    with full_disk():
        for segment in whole.segments:
            station.deliver(station.topics.audio(segment.sha256, 0), station.objects[segment.sha256])
        world.run(1.0)
    world.run(3.0)
    assert station.told("a1") == ["delivered"]
    world.run(14.0)
    with full_disk():
        world.run(4.0)
    world.run(3.0)
    assert station.told("missed")[-1].startswith("skipped")


def test_an_airing_that_a_full_disk_keeps_from_starting_leaves_no_thread_and_no_open_microphone(world: World) -> None:
    def feeds() -> int:
        return sum(thread.name == "feed" and thread.is_alive() for thread in threading.enumerate())

    before = feeds()
    world.up()
    world.station.plan(world.station.airing("a1", in_s=6.0, seconds=(8.0,) * 6))
    world.run(3.0)
    with full_disk():
        world.run(20.0, step_s=1.0)
        assert world.sound.opened_input[-1][1] == "close"
        assert feeds() - before <= 2
    world.run(5.0)
    assert world.station.told("a1") == ["delivered", "started"]


def test_a_decoder_that_dies_makes_an_interrupted_airing_and_never_a_whole_one(world: World) -> None:
    calls: list[int] = []

    def decode(data: bytes) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return decode_opus(data)

    world.up()
    world.agent._broadcast._piece._decode = decode
    world.station.plan(world.station.airing("a1", in_s=5.0, seconds=(2.0, 2.0, 2.0)))
    world.run(12.0)
    assert world.station.told("a1")[:3] == ["delivered", "started", "interrupted altered_recording"]


def test_a_recording_shorter_than_the_plan_says_was_not_played_whole(world: World) -> None:
    world.up()
    airing = world.station.airing("a1", in_s=5.0, seconds=(2.0,))
    longer = airing.segments[0].model_copy(update={"duration_s": 2.06})
    world.station.plan(airing.model_copy(update={"segments": (longer,)}))
    world.run(12.0)
    assert world.station.report("a1", Step.FINISHED).facts["whole"] is False


def unwanted(world: World, is_unwanted: Callable[[Report], bool]) -> None:
    """Let the station take no report of a kind, as if it found it malformed."""
    real = world.station.on_publish

    def picky(topic: str, payload: bytes) -> None:
        if topic.endswith("/report") and is_unwanted(unseal(Report, topic, payload, world.station.node_key)):
            return
        real(topic, payload)

    world.link.on_publish = picky


def test_reports_that_the_station_will_not_take_do_not_shut_out_later_ones(world: World) -> None:
    world.up()
    unwanted(world, lambda report: report.facts.get("bad") is True)
    for _ in range(30):
        world.agent._parts.reports.add(Step.REFUSED, None, reason=Reason.MALFORMED, facts={"bad": True})
    for number in range(30):
        world.agent._parts.reports.add(Step.REFUSED, None, reason=Reason.MALFORMED, facts={"good": number})
    world.run(120.0, step_s=0.1)
    told = [report.facts["good"] for report in world.station.reports if "good" in report.facts]
    assert told == list(range(30))
    # What it will not take is kept, and sent again ever more seldom.
    assert len(world.agent._parts.journal.waiting(100)) == 30
    sent = sum(topic.endswith("/report") for topic, _, _ in world.link.published)
    assert sent < 30 * 10


def test_while_the_station_is_away_few_reports_are_sent_into_the_void(world: World) -> None:
    world.up()
    world.station.acknowledges = False
    for number in range(500):
        world.agent._parts.reports.add(Step.REFUSED, None, reason=Reason.MALFORMED, facts={"n": number})
    world.run(600.0, step_s=0.25)
    sent = sum(topic.endswith("/report") for topic, _, _ in world.link.published)
    assert 40 <= sent <= 20 * 16


def test_an_emergency_that_played_twice_is_measured_twice_and_both_clips_arrive(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("flood", in_s=6.0, priority=100))
    world.run(9.0)
    world.sound.frozen = True
    world.run(3.0)
    world.sound.frozen = False
    world.run(15.0)
    clips = [report.facts["clip"]["sha256"] for report in world.station.reports if report.step is Step.MEASURED]
    assert len(set(clips)) == 2
    assert not world.agent._parts.journal.clips()
    assert not list((world.folder / "clips").iterdir())


def test_of_two_clips_of_one_airing_the_second_waits_for_the_first_and_is_not_shut_out_by_it(world: World) -> None:
    world.up()
    parts = world.agent._parts
    first, second = b"1" * 70_000, b"2" * 70_000
    sent: list[bytes] = []
    world.link.on_publish = lambda topic, payload: sent.append(payload[:1]) if "/clip/" in topic else None
    for clip in (first, second):
        make = parts.reports.make(Step.MEASURED, "flood")
        parts.clips.add(clip, "flood", world.clock.true_utc(), make)
        parts.journal.acknowledged([queued.report for queued in parts.journal.waiting(10)])
        world.clock.now_s += 0.01
    world.run(5.0)
    assert sent == [b"1"] * 3
    world.run(10.0)
    assert sent == [b"1"] * 3 + [b"2"] * 3
    world.run(30.0)
    assert set(sent[6:9]) == {b"1"}


def test_an_unsigned_state_under_our_name_does_not_move_us_off_the_link(world: World) -> None:
    world.station.acknowledges = False
    world.up()
    topic = world.station.topics.node(NODE, "state")
    junk = json.dumps({"v": 1, "sig": "AAAA", "body": {"boot": "0", "status": "online"}}).encode()
    world.station.deliver(topic, junk)
    world.run(1.0)
    assert not world.link.stopped


def test_a_chime_counts_in_the_reference_and_not_among_the_segments() -> None:
    spoken = [voice(2.0, seed=3), voice(2.0, seed=4)]
    chime = voice(1.0, seed=5)

    def at_48(pcm: Any) -> Any:
        return pcm.repeat(OUTPUT_RATE // 16_000)

    pieces = [
        Piece(lambda: at_48(chime), 1.0, 0.0, SegmentKind.CHIME),
        *(Piece(lambda pcm=pcm: at_48(pcm), 2.0) for pcm in spoken),  # type: ignore[misc]
    ]
    heard = np.concatenate([chime, *spoken])
    found = measure(heard, 0.0, pieces, bitrate=None)
    assert found.facts["coverage"] > 0.9
    assert len(found.facts["coverage_by_segment"]) == 2


def test_a_full_disk_does_not_slow_the_loop_down_for_what_was_learnt_of_the_time(world: World) -> None:
    world.up()
    world.run(20.0)
    raised: list[JournalError] = []
    tick = world.agent._broadcast.tick

    def watched(now_s: float) -> float:
        try:
            return tick(now_s)
        except JournalError as error:
            raised.append(error)
            raise

    world.agent._broadcast.tick = watched  # type: ignore[method-assign]
    with full_disk():
        world.run(90.0)
    assert raised == []
