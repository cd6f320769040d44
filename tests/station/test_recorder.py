"""Who listens to the log: told of everything that changed, however much comes at once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import Store
from tests.station.commune import NOON, run

BURST = 5_000


@pytest.fixture
def recorder(store: Store) -> Iterator[EvidenceRecorder]:
    made = EvidenceRecorder(store)
    yield made
    made.close()


def said(step: Step, node: str = "thon-1", at_s: float = 0.0, reason: Reason | None = None) -> Evidence:
    return Evidence("a1", node, step, NOON + timedelta(seconds=at_s), "station", reason)


async def read(listening: AsyncIterator[Evidence]) -> list[Evidence]:
    return [entry async for entry in listening]


async def all_told(listening: AsyncIterator[Evidence], recorder: EvidenceRecorder) -> list[Evidence]:
    recorder.close()
    return await read(listening)


def test_a_burst_of_verdicts_reaches_whoever_reads_none_of_them_meanwhile(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        listening = recorder.listen((Step.HEARD,))
        nodes = [f"cum-{number}" for number in range(BURST)]
        await recorder.record([said(Step.HEARD, node) for node in nodes])
        assert [entry.node for entry in await all_told(listening, recorder)] == nodes

    run(work)


def test_the_same_said_again_waits_once_as_it_was_said_last(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        listening = recorder.listen()
        for at_s in range(3):
            await recorder.record([said(Step.STARTED, at_s=at_s), said(Step.HEARD, at_s=at_s)])
        await recorder.record([said(Step.HEARD, "thon-2")])
        await recorder.record([said(Step.REFUSED, reason=Reason.REPLAYED), said(Step.REFUSED, reason=Reason.EXPIRED)])
        told = await all_told(listening, recorder)
        assert [(entry.step, entry.node) for entry in told] == [
            (Step.STARTED, "thon-1"), (Step.HEARD, "thon-1"), (Step.HEARD, "thon-2"),
            (Step.REFUSED, "thon-1"), (Step.REFUSED, "thon-1"),
        ]  # fmt: skip
        assert told[1] == replace(said(Step.HEARD), at=NOON + timedelta(seconds=2))

    run(work)


def test_what_was_read_and_is_said_again_is_told_again(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        listening = recorder.listen()
        for _ in range(2):
            await recorder.record([said(Step.HEARD)])
            assert (await anext(listening)).step is Step.HEARD

    run(work)


def test_whoever_wants_some_steps_is_told_of_no_other(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        listening = recorder.listen((Step.HEARD, Step.UNREACHED))
        await recorder.record([said(step) for step in (Step.DELIVERED, Step.STARTED, Step.UNREACHED, Step.FINISHED)])
        assert [entry.step for entry in await all_told(listening, recorder)] == [Step.UNREACHED]

    run(work)


def test_a_listener_that_waits_is_woken_and_comes_to_its_end(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        reading = asyncio.create_task(read(recorder.listen()))
        await asyncio.sleep(0)
        await recorder.record([said(Step.HEARD)])
        recorder.close()
        assert len(await reading) == 1

    run(work)


def test_a_listener_that_was_let_go_costs_nothing(recorder: EvidenceRecorder) -> None:
    async def work() -> None:
        listening = recorder.listen()
        assert len(recorder._listeners) == 1
        del listening
        gc.collect()
        assert len(recorder._listeners) == 0

    run(work)
