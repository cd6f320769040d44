"""The chain is laid out as it was logged: no step is ever filled in from another."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.evidence import CHAIN, Evidence, Reason, Step
from smartradio.station.views import LoggedEvidence
from smartradio.web.formats import Reader
from smartradio.web.story import Mark, ended, judged_later, lanes, read_lines

AT = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)


def log(*steps: Step | tuple[Step, Reason]) -> tuple[LoggedEvidence, ...]:
    entries = []
    for number, item in enumerate(steps, start=1):
        step, reason = item if isinstance(item, tuple) else (item, None)
        node = "" if step in (Step.RENDERED, Step.APPROVED, Step.PLANNED) else "thon-1"
        at = AT + timedelta(seconds=number)
        entries.append(LoggedEvidence(number, at, Evidence("lp-1", node, step, at, "station", reason), "0" * 64))
    return tuple(entries)


def marks(commune: Any, *steps: Any) -> str:
    """The lane of thon-1: D for done, ! for broken, . for open."""
    view = commune.airing_view()
    lane = lanes(replace(view, nodes=view.nodes[:1], chain=log(*steps)))[0]
    return "".join({Mark.DONE: "D", Mark.BROKEN: "!", Mark.OPEN: "."}[stop.mark] for stop in lane.stops)


R, A, D, S, F, H, C = CHAIN


@pytest.mark.parametrize(
    ("steps", "lane"),
    [
        ((), "......."),
        ((R, A, Step.PLANNED), "DD....."),
        ((R, A, D, S, F, H, C), "DDDDDDD"),
        ((R, A, H), "DD...D."),  # a verdict does not prove that anything was delivered
        ((R, A, F), "DD..D.."),
        ((R, A, (Step.REFUSED, Reason.ALTERED_RECORDING)), "DD!...."),
        ((R, A, D, (Step.SKIPPED, Reason.TOO_LATE)), "DDD!..."),
        ((R, A, D, S, (Step.INTERRUPTED, Reason.NODE_RESTARTED)), "DDDD!.."),
        ((R, A, (Step.UNREACHED, Reason.NO_REPORT)), "DD!...."),
        ((R, A, (Step.REFUSED, Reason.REPLAYED), D, S, F, H), "DDDDDD."),
        ((R, A, D, S, F, H, Step.DISPUTED), "DDDDDD!"),
        ((R, A, D, S, F, H, C, Step.DISPUTED), "DDDDDD!"),
        ((R, A, D, S, F, H, Step.DISPUTED, C), "DDDDDDD"),
    ],
)
def test_the_lane_of_a_node(commune: Any, steps: Any, lane: str) -> None:
    assert marks(commune, *steps) == lane


@given(steps=st.lists(st.sampled_from(list(Step)), max_size=12))
def test_a_step_is_shown_as_done_only_if_its_own_entry_is_logged(steps: list[Step]) -> None:
    shown = marks(sys.modules["commune"], *steps)
    for step, mark in zip(CHAIN, shown, strict=True):
        if mark == "D":
            assert step in steps
        elif step is not Step.CONFIRMED:
            assert step not in steps


def test_a_refusal_that_was_overcome_still_stands_under_the_lane(commune: Any) -> None:
    view = commune.airing_view()
    chain = log(R, A, (Step.REFUSED, Reason.REPLAYED), D, S, F, H)
    all_lanes = lanes(replace(view, nodes=view.nodes[:1], chain=chain))
    assert [entry.evidence.reason for entry in all_lanes[0].breaks] == [Reason.REPLAYED]
    assert ended(all_lanes)["thon-1"].number == 3


def test_another_nodes_evidence_is_not_borrowed(commune: Any) -> None:
    view = commune.airing_view()
    third = lanes(view)[2]
    assert [stop.mark for stop in third.stops] == [Mark.DONE, Mark.DONE, Mark.BROKEN, *[Mark.OPEN] * 4]


def test_the_reading_marks_what_a_rule_read_and_what_is_open(commune: Any) -> None:
    first, second = read_lines(commune.spoken())
    assert "".join(fragment.text for fragment in first.written) == commune.LINES[0][0]
    assert [(f.text, f.rule) for f in first.rules] == [
        ("7h30", "time-minutes"),
        ("23/11/2026", "date-full"),
        ("UBND", "acronym"),
        ("6-59", "range"),
    ]
    assert [f.text for f in second.written if f.open_item] == ["PKĐK"]


def test_words_read_as_they_are_written_get_no_mark() -> None:
    piece = {"start": 0, "end": 7, "written": "Họp dân", "spoken": "họp dân", "rule": "as-written"}
    line = read_lines([{"written": "Họp dân.", "spoken": "họp dân.", "pieces": [piece], "open_items": []}])[0]
    assert [(f.text, f.rule) for f in line.written] == [("Họp dân.", None)]


_span = st.fixed_dictionaries(
    {"start": st.integers(-3, 15), "end": st.integers(-3, 15), "rule": st.sampled_from(["unit", "as-written"])}
)


@given(st.text(max_size=12), st.lists(_span, max_size=5), st.lists(_span, max_size=3))
def test_no_piece_however_odd_loses_a_character_of_what_was_written(written: str, pieces: Any, items: Any) -> None:
    line = {"written": written, "spoken": "x", "pieces": [{**p, "spoken": "y"} for p in pieces], "open_items": items}
    assert "".join(f.text for f in read_lines([line])[0].written) == written


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [(-23.44, 1, "−23,4", "−23.4"), (1234.5, 1, "1.234,5", "1,234.5"), (-0.04, 1, "0,0", "0.0"), (None, 1, "—", "—")],
)
def test_figures_are_written_as_each_language_does(value: float | None, digits: int, vi: str, en: str) -> None:
    assert (Reader("vi").number(value, digits), Reader("en").number(value, digits)) == (vi, en)


@given(st.floats(-1e14, 1e14) | st.sampled_from([inf, -inf, nan]), st.integers(0, 3))
def test_a_figure_is_rounded_half_to_even(value: float, digits: int) -> None:
    form = "#,##0." + "0" * digits if digits else "#,##0"
    assert Reader("vi").number(value, digits).lstrip("−") == format_decimal(abs(value), format=form, locale="vi")


@given(st.floats(1e15, 1e300), st.integers(0, 3))
def test_a_figure_that_cannot_be_true_is_shown_all_the_same(value: float, digits: int) -> None:
    assert float(Reader("vi").number(value, digits)) == pytest.approx(value, rel=0.01)
    assert Reader("vi").number(-value, digits).startswith("−")


def test_times_are_the_communes_wall_clock() -> None:
    own = Reader("vi")
    at = AT - timedelta(milliseconds=1.2)
    assert own.clock(at, parts=4) == "04:59:59.998"
    assert own.clock(at, parts=3) == "05:00:00"
    assert own.clock(AT) == "05:00"
    assert own.clock(None) == "—"
    assert own.day(AT) == "Chủ nhật, 22/11/2026"
    assert (own.length(12.0), own.length(65.2)) == ("12 giây", "1 phút 05 giây")


def test_facts_are_read_with_their_unit_and_long_lists_left_out() -> None:
    facts = {
        "offset_ms": 0.42,
        "coverage": 0.973,
        "level_db": -23.4,
        "whole": True,
        "planned_at": "2026-11-21T22:00:00+00:00",
        "verdict": "silent",
        "size_bytes": 105000,
        "coverage_by_segment": [1.0, 0.9],
        "clip": {"sha256": "0"},
        "later": None,
        "unheard_of": "x" * 200,
    }
    assert Reader("vi").facts(facts) == [
        ("lệch giờ hẹn", "+0,42\u00a0ms"),
        ("độ phủ", "97\u00a0%"),
        ("mức âm", "−23,4\u00a0dB"),
        ("trọn vẹn", "có"),
        ("giờ hẹn", "05:00:00.000"),
        ("kết luận", "Không nghe thấy"),
        ("dung lượng", "105.000\u00a0B"),
        ("unheard_of", "x" * 119 + "…"),
    ]


def test_the_log_says_why_a_recording_was_asked_for_and_what_was_doubtful() -> None:
    facts = {"why": "doubtful", "doubts": ["gap", "odd_delay"], "order": "a1"}
    assert Reader("vi").facts(facts) == [
        ("lý do", "số đo còn điểm ngờ"),
        ("điểm còn ngờ", f"có đoạn ngắt, {Reader('vi').code('reason', 'odd_delay')}"),
    ]
    assert Reader("vi").facts({"why": "alert", "doubts": []}) == [("lý do", "tin khẩn")]


def heard(number: int, step: Step, verdict: str | None = None) -> LoggedEvidence:
    facts = {} if verdict is None else {"verdict": verdict}
    return LoggedEvidence(number, AT, Evidence("lp-1", "thon-1", step, AT, "station", None, facts), "0" * 64)


@pytest.mark.parametrize(
    ("chain", "later"),
    [
        ([(Step.HEARD, "aired"), (Step.CONFIRMED, None)], {}),
        ([(Step.HEARD, "unclear"), (Step.HEARD, "aired"), (Step.CONFIRMED, None)], {}),
        ([(Step.HEARD, "aired"), (Step.CONFIRMED, None), (Step.HEARD, "silent")], {"thon-1": "silent"}),
        ([(Step.HEARD, "aired"), (Step.DISPUTED, None), (Step.HEARD, "aired")], {}),
        # Settled once more by who had heard of it: the figures are still those of the first verdict.
        (
            [(Step.UNREACHED, "unreached"), (Step.CONFIRMED, None), (Step.HEARD, "aired"), (Step.DISPUTED, None)],
            {"thon-1": "aired"},
        ),
    ],
)
def test_what_was_heard_after_somebody_settled_it_is_told_when_it_says_otherwise(
    chain: list[tuple[Step, str | None]], later: dict[str, str]
) -> None:
    logged = [heard(number, *entry) for number, entry in enumerate(chain, start=1)]
    assert judged_later(logged) == later
