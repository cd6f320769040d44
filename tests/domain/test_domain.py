from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.airing import AiringState, after
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import CHAIN, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority, preempts
from smartradio.domain.programme import Programme, instants
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("arriving", list(Priority))
@pytest.mark.parametrize("playing", list(Priority))
def test_only_a_higher_priority_interrupts(arriving: Priority, playing: Priority) -> None:
    assert preempts(arriving, playing) == (arriving.value > playing.value)


def test_the_priority_table_is_the_one_the_commune_was_told() -> None:
    assert [(p.name, p.value) for p in Priority] == [
        ("EMERGENCY", 100),
        ("LIVE", 80),
        ("ABOVE", 60),
        ("PROGRAMME", 50),
        ("RELAY", 30),
        ("FALLBACK", 10),
    ]


def test_a_daily_programme_keeps_its_hour_on_the_wall_clock() -> None:
    programme = Programme(
        "sang", "Sáng", "Xin chào.", ("thon-1",), datetime(2026, 11, 1, 5, tzinfo=HANOI), "FREQ=DAILY"
    )
    start = datetime(2026, 11, 22, tzinfo=UTC)
    times = list(instants(programme, start, start + timedelta(days=3), PlainDays()))
    assert [t.astimezone(HANOI).hour for t in times] == [5, 5, 5]
    assert all(t.tzinfo is UTC for t in times)


@given(st.integers(0, 365 * 24 * 60), st.integers(1, 72))
def test_splitting_a_period_neither_loses_nor_doubles_an_airing(minute: int, hours: int) -> None:
    programme = Programme("p", "P", "x", ("a",), datetime(2026, 1, 1, 5, 30, tzinfo=HANOI), "FREQ=DAILY;BYDAY=MO,WE,FR")
    middle = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    start, end = middle - timedelta(hours=hours), middle + timedelta(hours=hours)
    whole = list(instants(programme, start, end, PlainDays()))
    assert whole == [
        *instants(programme, start, middle, PlainDays()),
        *instants(programme, middle, end, PlainDays()),
    ]
    assert all(a < b for a, b in pairwise(whole))


@pytest.mark.parametrize("rule", ["FREQ=SOMETIMES", "FREQ=DAILY;INTERVAL=0", "INTERVAL=00;FREQ=DAILY", ""])
def test_a_recurrence_that_is_no_rule_is_named(rule: str) -> None:
    programme = Programme("p", "P", "x", ("a",), datetime(2026, 1, 1, tzinfo=HANOI), rule)
    with pytest.raises(BadInputError, match=f"programme p: .*{rule}"):
        list(instants(programme, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), PlainDays()))


def test_a_recording_counts_pauses_between_its_segments_only() -> None:
    sentence = Segment("a" * 64, 10, 2.0, 0.5, SegmentKind.SENTENCE)
    recording = Recording("r", "b", "vi", (sentence, sentence))
    assert recording.spans() == ((0.0, 2.0), (2.5, 4.5))
    assert recording.duration_s == 4.5


def test_a_chime_is_no_part_of_what_is_told() -> None:
    chime = Segment("c" * 64, 10, 1.0, 0.5, SegmentKind.CHIME)
    sentence = Segment("a" * 64, 10, 2.0, 0.5, SegmentKind.SENTENCE)
    assert Recording("r", "b", "vi", (chime, sentence)).told_spans() == ((1.5, 3.5),)


def test_the_chain_moves_a_node_from_plan_to_settled() -> None:
    state = AiringState.PLANNED
    for step in CHAIN[2:]:
        state = after(state, step)
    assert state is AiringState.SETTLED


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_a_settled_airing_is_moved_by_nothing_but_another_settlement(steps: list[Step]) -> None:
    state = AiringState.SETTLED
    for step in steps:
        state = after(state, step)
    assert state is AiringState.SETTLED


def test_a_late_delivery_receipt_does_not_undo_the_start() -> None:
    assert after(AiringState.STARTED, Step.DELIVERED) is AiringState.STARTED


@pytest.mark.parametrize("name", ["", "Thôn 1", "a/b", "+", "#", "-a", "a" * 49, "a b", "a\n"])
def test_a_name_that_would_break_a_topic_is_refused(name: str) -> None:
    with pytest.raises(BadInputError):
        Zone(name, "x")
    with pytest.raises(BadInputError):
        Node(name, "z", "x", "0" * 64)


def test_a_node_without_a_real_key_is_refused() -> None:
    with pytest.raises(BadInputError, match="64 hex"):
        Node("thon-1", "thon-1", "Thôn 1", "xyz")
