"""The day's time line: hours with something in them are wide, idle ones narrow, hamlets that stand alike together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.places import Zone
from smartradio.station.day import Day, Standing, span_of
from smartradio.web.timeline import Axis, Timeline, timeline
from tests.web.day_desk import TODAY, ZONES, FakeDayDesk, a_morning, aired, at

HAMLETS = [Zone(name, f"Thôn {name[5:]}") for name in ZONES]
NOW = at("05:02")


def drawn(*airings: object, now: object = NOW, zones: list[Zone] | None = None) -> Timeline:
    day = replace(FakeDayDesk().day(TODAY), airings=airings)  # type: ignore[arg-type]
    line = timeline(day, HAMLETS if zones is None else zones, now)  # type: ignore[arg-type]
    assert line is not None
    return line


def test_a_silent_morning_takes_less_room_than_a_relay_of_half_an_hour() -> None:
    line = drawn(*a_morning())
    longest = max(line.gaps, key=lambda gap: gap.ends - gap.begins)
    assert longest.ends - longest.begins > timedelta(hours=10)
    assert longest.width < line.rows[0].bars[2].width


def test_ten_seconds_have_room_for_a_sign() -> None:
    bars = drawn(*a_morning()).rows[0].bars
    assert all(bar.is_signed for bar in bars)


def test_bars_lie_in_the_order_of_their_start_and_inside_the_day() -> None:
    for row in drawn(*a_morning()).rows:
        lefts = [bar.left for bar in row.bars]
        assert lefts == sorted(lefts)
        assert all(bar.left >= 0 and bar.left + bar.width <= 100.01 for bar in row.bars)


def test_each_hamlet_has_its_own_row_with_what_was_heard_there() -> None:
    line = drawn(*a_morning())
    assert [row.title for row in line.rows] == ["Thôn 1", "Thôn 2", "Thôn 3"]
    assert [row.bars[0].standing for row in line.rows] == [Standing.AIRED, Standing.SILENT, Standing.AIRED]


def test_hamlet_two_stands_before_hamlet_ten() -> None:
    zones = [Zone("thon-1", "Thôn 10"), Zone("thon-2", "Thôn 2"), Zone("thon-3", "Thôn Đoài")]
    assert [row.title for row in drawn(*a_morning(), zones=zones).rows] == ["Thôn 2", "Thôn 10", "Thôn Đoài"]


def test_a_hamlet_that_is_gone_keeps_what_was_aired_there() -> None:
    assert "thon-3" in [row.title for row in drawn(*a_morning(), zones=HAMLETS[:2]).rows]


def test_of_a_hundred_hamlets_those_that_stand_alike_share_a_row_and_the_odd_one_comes_first() -> None:
    zones = [Zone(f"thon-{n}", f"Thôn {n}") for n in range(1, 101)]
    everywhere = {zone.name: Standing.AIRED for zone in zones} | {"thon-42": Standing.SILENT}
    line = drawn(replace(aired("lp", "Tin", "05:00", 5), zones=everywhere), zones=zones)
    assert [(row.title, len(row.zones)) for row in line.rows] == [("Thôn 42", 1), ("Thôn 1, Thôn 2, Thôn 3 +96", 99)]
    assert line.others == 0


def test_the_line_of_now_stands_in_today_alone() -> None:
    assert drawn(*a_morning()).now == pytest.approx(drawn(*a_morning()).rows[0].bars[1].left, abs=3)
    assert drawn(*a_morning(), now=at("05:02") + timedelta(days=1)).now is None


def test_now_has_its_place_also_long_after_the_last_bulletin() -> None:
    late = drawn(*a_morning()[:2], now=at("15:20"))
    assert late.now is not None
    assert late.now == pytest.approx(late.gaps[-1].left + late.gaps[-1].width)
    assert late.now > max(bar.left + bar.width for row in late.rows for bar in row.bars)


def test_quiet_hours_are_marked_where_something_lies_in_them() -> None:
    (left, width) = drawn(*a_morning()).quiet[-1]
    assert left + width == pytest.approx(100)


def test_a_day_without_airings_has_no_line() -> None:
    begins, ends = span_of(TODAY)
    assert timeline(Day(TODAY, begins, ends, ()), HAMLETS, NOW) is None


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 120)), min_size=1, max_size=30))
def test_the_axis_never_runs_backwards(spans: list[tuple[int, int]]) -> None:
    begins = at("00:00")
    minutes = timedelta(minutes=1)
    axis = Axis([(begins + a * minutes, begins + (a + length) * minutes) for a, length in spans])
    places = [axis(begins + minute * minutes) for minute in range(0, 1600, 7)]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(places))
    assert places[0] >= 0
    assert places[-1] == pytest.approx(100)


def test_few_hours_have_room_for_words_above_them() -> None:
    ticks = drawn(*a_morning()).ticks
    assert all(later[0] - earlier[0] >= 5 for earlier, later in pairwise(ticks))
