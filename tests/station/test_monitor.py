from __future__ import annotations

import asyncio
from typing import Any

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.station.inbox import LARGEST_BYTES
from smartradio.station.store import StoreError
from smartradio.wire.messages import Want, WantedObject, seal, write_plain
from smartradio.wire.topics import Topics
from tests.station.commune import (
    NODE_KEYS,
    NOON,
    TOPICS,
    report,
    run,
    sealed_report,
    until,
)
from tests.station.monitored import Listening, awake


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


@pytest.mark.parametrize(
    ("step", "reason"), [(Step.STARTED, None), (Step.INTERRUPTED, Reason.STOPPED), (Step.MEASURED, None)]
)
def test_a_press_of_the_button_at_a_pole_is_on_record_though_no_airing_was_planned(
    listening: Listening, step: Step, reason: Reason | None
) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_report(report("thon-1", step, None, reason=reason, facts={"button": "p1"})))
            await until(lambda: len(listening.acks().reports) == 1)
        assert listening.hearer.reports == []
        (told,) = [entry.evidence for entry in listening.store.chain("")]
        assert (told.airing, told.node, told.step, told.source, told.reason) == (
            "",
            "thon-1",
            step,
            "node:thon-1",
            reason,
        )

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


def test_a_node_s_wishes_are_handed_on_and_another_s_are_not(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            want = Want(node="thon-1", objects=(WantedObject(sha256="a" * 64),))
            listening.say(TOPICS.node("thon-1", "want"), write_plain(want))
            listening.say(TOPICS.node("thon-2", "want"), write_plain(want))
            await until(listening.refusals)
        assert listening.wishes == [want]

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
