"""The report of a month is that of the store, whatever is kept of it; and a day is read again when it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import VerdictCode
from smartradio.station.outcome_days import OutcomeDays
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.summaries import Outcome
from tests.station.test_store import AIRING, BULLETIN, RECORDING, SPOKEN

MIDNIGHT = datetime(2026, 10, 31, 17, tzinfo=UTC)  # 1 November in the commune
END = MIDNIGHT + timedelta(days=30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=lambda: END)
    for number in (1, 2):
        opened.put_zone(Zone(f"thon-{number}", f"Thôn {number}"))
        opened.put_node(Node(f"loa-{number}", f"thon-{number}", f"Cụm loa {number}", f"{number:064x}"))
    opened.put_bulletin(BULLETIN, SPOKEN)
    opened.put_recording(RECORDING, {}, MIDNIGHT)
    for day in range(30):
        plan(opened, f"a{day}", MIDNIGHT + timedelta(days=day, hours=day % 24))
    yield opened
    opened.close()


def plan(store: Store, name: str, at: datetime) -> None:
    airing = replace(AIRING, id=name, starts_at=at, expires_at=at + timedelta(minutes=1))
    store.plan_airing(airing, [Evidence(name, "", Step.PLANNED, MIDNIGHT, "station")])


def judge(store: Store, name: str, verdict: VerdictCode) -> None:
    store.judge(Evidence(name, "loa-1", Step.HEARD, END, "station"), NodeJudgement(verdict))


@given(st.integers(-30, 1_500), st.integers(0, 1_500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_period_is_what_the_store_says(store: Store, start_h: int, length_h: int) -> None:
    start = MIDNIGHT + timedelta(hours=start_h)
    days = OutcomeDays(store)
    for _ in range(2):
        assert days.outcomes(start, start + timedelta(hours=length_h)) == store.outcomes(
            start, start + timedelta(hours=length_h)
        )


def test_a_verdict_an_answer_a_new_airing_and_one_taken_back_are_seen_at_once(store: Store) -> None:
    days = OutcomeDays(store)
    assert len(days.outcomes(MIDNIGHT, END)) == 30
    judge(store, "a7", VerdictCode.AIRED)
    assert days.outcomes(MIDNIGHT, END)[7].results[("thon-1", Outcome.AIRED)] == 1
    disputed = Evidence("a7", "loa-1", Step.DISPUTED, END, "operator:Lan", None, {"by": "Lan", "note": "rè"})
    store.settle(disputed)
    assert days.outcomes(MIDNIGHT, END)[7].disputed == {"thon-1": 1}
    plan(store, "again", MIDNIGHT + timedelta(days=3, hours=23))
    assert len(days.outcomes(MIDNIGHT, END)) == 31
    gone = Evidence("a9", "", Step.SKIPPED, END, "operator:Lan", Reason.WITHDRAWN, {"by": "Lan"})
    store.withdraw_airing("a9", [gone], by="Lan")
    assert days.outcomes(MIDNIGHT, END) == store.outcomes(MIDNIGHT, END)


def test_a_log_that_was_empty_is_followed_from_its_first_entry(tmp_path: Path) -> None:
    store = Store.open(tmp_path, clock=lambda: END)
    try:
        days = OutcomeDays(store)
        assert days.outcomes(MIDNIGHT, END) == []
        store.put_bulletin(BULLETIN, SPOKEN)
        store.put_recording(RECORDING, {}, MIDNIGHT)
        plan(store, "a1", MIDNIGHT)
        assert [each.airing for each in days.outcomes(MIDNIGHT, END)] == ["a1"]
    finally:
        store.close()


def test_a_node_that_moved_counts_where_it_stands_today(store: Store) -> None:
    days = OutcomeDays(store)
    judge(store, "a7", VerdictCode.AIRED)
    assert days.outcomes(MIDNIGHT, END)[7].results[("thon-1", Outcome.AIRED)] == 1
    store.put_node(Node("loa-1", "thon-2", "Cụm loa 1", f"{1:064x}"))
    assert days.outcomes(MIDNIGHT, END)[7].results[("thon-2", Outcome.AIRED)] == 1


def test_days_that_nothing_was_told_of_are_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    days = OutcomeDays(store)
    days.outcomes(MIDNIGHT, END)
    read: list[datetime] = []
    before = store.outcomes

    def counted(start: datetime, end: datetime) -> object:
        read.append(start)
        return before(start, end)

    monkeypatch.setattr(store, "outcomes", counted)
    days.outcomes(MIDNIGHT, END)
    assert read == []
    judge(store, "a7", VerdictCode.SILENT)
    days.outcomes(MIDNIGHT, END)
    assert read == [MIDNIGHT + timedelta(days=7)]
