from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.evidence import Evidence, Step
from smartradio.station.clip_intake import Announced, ClipIntake
from smartradio.wire.chunks import CHUNK_BYTES, sha256_hex, split
from tests.station.commune import (
    NOON,
    TOPICS,
    airing_of,
    planned_in,
    report,
    run,
    sealed_report,
    until,
)
from tests.station.monitored import CLIP, Listening, awake


def measured(airing: str, data: bytes = CLIP, **changes: Any) -> Any:
    clip = {"sha256": sha256_hex(data), "size_bytes": len(data), "starts_s": -2.0}
    return report("thon-1", Step.MEASURED, airing, facts={"coverage": 0.9, "clip": clip}, **changes)


HUGE = {"sha256": "a" * 64, "size_bytes": 2**40, "starts_s": -2.0}


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
            listening.chunks(CLIP[: CHUNK_BYTES + 10], only=(1,))
            await asyncio.sleep(0.2)
            assert listening.acks().clips == []
            listening.chunks()
            await until(lambda: listening.acks().clips)
        assert len(listening.store.clips_to_judge()) == 1

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
