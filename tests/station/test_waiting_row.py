"""Verdicts that wait: read again when something was logged or a minute has gone, and not for every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.waiting_row import WaitingRow
from tests.station.commune import NOON, Clock
from tests.station.test_store import AIRING, BULLETIN, RECORDING, SPOKEN


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON + timedelta(minutes=5))


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    opened.put_zone(Zone("thon-1", "Thôn 1"))
    for number in (1, 2):
        opened.put_node(Node(f"loa-{number}", "thon-1", f"Cụm loa {number}", f"{number:064x}"))
    opened.put_bulletin(BULLETIN, SPOKEN)
    opened.put_recording(RECORDING, {}, NOON)
    opened.plan_airing(AIRING, [Evidence("a1", "", Step.PLANNED, NOON, "station")])
    yield opened
    opened.close()


def judge(store: Store, node: str, verdict: VerdictCode) -> None:
    store.judge(Evidence("a1", node, Step.HEARD, NOON, "station"), NodeJudgement(verdict, coverage=0.5))


def test_a_new_verdict_and_a_persons_answer_are_seen_at_once(store: Store, clock: Clock) -> None:
    row = WaitingRow(store, clock, days=30)
    assert (row.worst(), row.count()) == ([], 0)
    judge(store, "loa-1", VerdictCode.AIRED)
    judge(store, "loa-2", VerdictCode.SILENT)
    assert [waiting.node for waiting in row.worst()] == ["loa-2", "loa-1"]
    assert row.count() == 2
    store.settle(Evidence("a1", "loa-2", Step.CONFIRMED, NOON, "operator:Lan", None, {"by": "Lan"}))
    assert ([waiting.node for waiting in row.worst()], row.count()) == (["loa-1"], 1)


def test_a_replay_answers_for_a_verdict_of_its_node_alone(store: Store, clock: Clock) -> None:
    judge(store, "loa-1", VerdictCode.SILENT)
    judge(store, "loa-2", VerdictCode.SILENT)
    for _ in range(2):
        store.record([Evidence("a1", "loa-1", Step.REPLAY_ASKED, NOON, "operator:Lan", None, {"by": "Lan"})])
    row = WaitingRow(store, clock, days=30)
    assert ([waiting.node for waiting in row.worst()], row.count()) == (["loa-2"], 1)


def test_what_grows_too_old_leaves_the_row_within_a_minute(store: Store, clock: Clock) -> None:
    judge(store, "loa-1", VerdictCode.SILENT)
    row = WaitingRow(store, clock, days=1)
    clock.now = NOON + timedelta(days=1) - timedelta(seconds=30)
    assert row.count() == len(row.worst()) == 1
    clock.pass_s(61)
    assert row.count() == len(row.worst()) == 0
