"""Rules of a water gauge: told once for each crossing, calm again only well below, deaf to a single wrong reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.gauge import GaugeRule, Reading, RuleKind, crossings, rise_m_h

NIGHT = datetime(2026, 10, 11, 18, 0, tzinfo=UTC)
ONE = GaugeRule("bd1", RuleKind.LEVEL, over=3.5, back=3.3)
TWO = GaugeRule("bd2", RuleKind.LEVEL, over=4.5, back=4.3)
FAST = GaugeRule("nhanh", RuleKind.RISE, over=0.5, back=0.2)


def every_5_min(*levels_m: float) -> list[Reading]:
    return [Reading(NIGHT + timedelta(minutes=5 * number), level) for number, level in enumerate(levels_m)]


def told(rules: Sequence[GaugeRule], readings: Sequence[Reading]) -> list[tuple[str, float]]:
    """Hand readings over one by one and return what was told, with the level at which it was."""
    standing: dict[str, bool] = {}
    found = []
    for number in range(1, len(readings) + 1):
        standing, crossing = crossings(rules, standing, readings[:number])
        if crossing is not None:
            found.append((crossing.rule.name, crossing.reading.level_m))
    return found


def test_a_level_is_told_once_however_long_it_stands() -> None:
    assert told([ONE], every_5_min(3.0, 3.6, 3.7, 3.8, 4.0, 4.2)) == [("bd1", 3.7)]


def test_one_wrong_reading_is_no_flood() -> None:
    assert told([ONE], every_5_min(3.0, 9.9, 3.0, 3.1, 9.9, 3.1)) == []


def test_waves_about_the_limit_are_one_crossing() -> None:
    assert told([ONE], every_5_min(3.6, 3.6, 3.4, 3.4, 3.6, 3.6, 3.45, 3.31, 3.5, 3.5)) == [("bd1", 3.6)]


def test_well_below_and_up_again_is_another_crossing() -> None:
    assert told([ONE], every_5_min(3.6, 3.6, 3.2, 3.2, 3.6, 3.7)) == [("bd1", 3.6), ("bd1", 3.7)]


def test_of_limits_taken_at_once_the_highest_is_told() -> None:
    assert told([ONE, TWO], every_5_min(3.0, 4.6, 4.7)) == [("bd2", 4.7)]


def test_limits_taken_one_after_another_are_each_told() -> None:
    assert told([ONE, TWO], every_5_min(3.6, 3.6, 4.6, 4.6)) == [("bd1", 3.6), ("bd2", 4.6)]


def test_a_water_that_is_over_at_the_first_readings_is_told() -> None:
    assert told([ONE], every_5_min(5.0, 5.0)) == [("bd1", 5.0)]


def test_a_fast_rise_is_told_before_any_level() -> None:
    climbing = every_5_min(*(2.0 + 0.08 * number for number in range(12)))
    assert [name for name, _ in told([ONE, FAST], climbing)] == ["nhanh"]


def test_a_slow_rise_is_not_told_as_a_fast_one() -> None:
    assert told([FAST], every_5_min(*(2.0 + 0.02 * number for number in range(24)))) == []


def test_a_spike_makes_no_rise() -> None:
    levels = [2.0] * 12
    levels[6] = 7.0
    assert told([FAST], every_5_min(*levels, *[2.0] * 12)) == []


def test_the_rise_is_not_known_from_readings_of_a_few_minutes() -> None:
    assert rise_m_h(every_5_min(2.0, 2.5, 3.0), timedelta(hours=1)) is None
    assert rise_m_h([], timedelta(hours=1)) is None


@pytest.mark.parametrize("seconds", [10, 60, 300, 600])
def test_the_rise_is_the_same_whatever_the_gauges_rhythm(seconds: int) -> None:
    readings = [
        Reading(NIGHT + timedelta(seconds=at), 2.0 + 0.6 * at / 3_600) for at in range(0, 3_600 + seconds, seconds)
    ]
    assert rise_m_h(readings, timedelta(hours=1)) == pytest.approx(0.6, abs=1e-6)


def test_readings_before_the_window_do_not_count() -> None:
    past = [Reading(NIGHT - timedelta(hours=5) + timedelta(minutes=5 * n), 9.0) for n in range(12)]
    assert rise_m_h([*past, *every_5_min(*[2.0] * 13)], timedelta(hours=1)) == pytest.approx(0.0)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_between_two_tellings_of_a_level_the_water_was_below_it(levels_m: list[float]) -> None:
    times = [at for name, at in _tellings(levels_m) if name == "bd1"]
    for before, after in pairwise(times):
        assert min(levels_m[before : after + 1]) < ONE.back


def _tellings(levels_m: list[float]) -> list[tuple[str, int]]:
    readings, found = every_5_min(*levels_m), []
    standing: dict[str, bool] = {}
    for number in range(1, len(readings) + 1):
        standing, crossing = crossings([ONE], standing, readings[:number])
        if crossing is not None:
            found.append((crossing.rule.name, number - 1))
    return found
