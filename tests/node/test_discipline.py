"""The line through many exchanges of time: right where the network is bad, followed where a clock is set."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.node.discipline import Discipline, Line

STATION_S = 1_795_000_000.0


def exchanges(
    seed: int, ppm: float, *, every_s: float = 20.0, for_s: float = 1_200.0, least_s: float = 0.02, most_s: float = 0.2
) -> Iterator[tuple[float, float, float]]:
    """Yield bursts of five exchanges over a line that delays each way by its own time; both clocks begin at zero."""
    chance = random.Random(seed)
    at_s = 0.0
    while at_s <= for_s:
        for step in range(5):
            asked_s = at_s + 0.15 * step
            there_s, back_s = chance.uniform(least_s, most_s), chance.uniform(least_s, most_s)
            yield asked_s, asked_s + there_s + back_s, station_s(asked_s + there_s, ppm)
        at_s += every_s


def station_s(monotonic_s: float, ppm: float) -> float:
    return STATION_S + monotonic_s * (1.0 + ppm * 1e-6)


def fed(taken: Iterator[tuple[float, float, float]]) -> Discipline:
    discipline = Discipline()
    for each in taken:
        discipline.take(*each)
    return discipline


def error_s(line: Line | None, ppm: float, ahead_s: float = 0.0) -> float:
    assert line is not None
    at_s = line.at_s + ahead_s
    return line.utc_s(at_s) - station_s(at_s, ppm)


@pytest.mark.parametrize("ppm", [-50.0, 0.0, 50.0])
def test_twenty_minutes_behind_a_jittering_line_tell_time_to_milliseconds(ppm: float) -> None:
    errors_s = sorted(abs(error_s(fed(exchanges(seed, ppm)).line, ppm)) for seed in range(20))
    assert errors_s[-2] < 0.005
    # Of the quickest exchange alone: half of 0.04 s and more.
    assert errors_s[10] < 0.002


def test_the_speed_of_the_crystal_is_learnt_and_carries_the_time_where_nobody_answers() -> None:
    line = fed(exchanges(1, 50.0, for_s=3_600.0)).line
    assert line is not None
    assert line.rate == pytest.approx(50e-6, abs=4e-6)
    assert abs(error_s(line, 50.0, ahead_s=600.0)) < 0.006


def test_a_few_seconds_say_nothing_of_the_speed() -> None:
    known = Discipline(30e-6)
    for each in exchanges(2, 30.0, for_s=10.0, every_s=5.0):
        line = known.take(*each)
    assert line.rate == pytest.approx(30e-6, abs=1e-6)


@pytest.mark.parametrize("step_s", [-3_600.0, -0.5, 0.7, 86_400.0])
def test_a_station_whose_clock_was_set_is_followed_at_once(step_s: float) -> None:
    discipline = fed(exchanges(3, 0.0, for_s=200.0))
    line = discipline.take(300.0, 300.1, station_s(300.05, 0.0) + step_s)
    assert abs(error_s(line, 0.0) - step_s) < 0.06


@pytest.mark.parametrize("least_s", [0.001, 0.02])
def test_a_station_whose_clock_was_turned_slowly_is_known_again_within_the_hour(least_s: float) -> None:
    turned_s, by_s = (600.0, 900.0), 0.15

    def true_s(at_s: float) -> float:
        share = min(max(at_s - turned_s[0], 0.0) / (turned_s[1] - turned_s[0]), 1.0)
        return station_s(at_s, 0.0) + by_s * share

    ways = exchanges(4, 0.0, least_s=least_s, most_s=10 * least_s, for_s=5_400.0)
    taken = ((a, r, s - station_s(a, 0.0) + true_s(a)) for a, r, s in ways)
    line = fed(taken).line
    assert line is not None
    assert abs(line.utc_s(line.at_s) - true_s(line.at_s)) < 0.006
    assert abs(line.rate) < 8e-6


def test_a_station_whose_clock_was_set_by_little_is_known_again_within_half_an_hour() -> None:
    set_s = 900.0
    taken = ((a, r, s - 0.03 * (a > set_s)) for a, r, s in exchanges(5, 20.0, for_s=set_s + 1_800.0))
    assert abs(error_s(fed(taken).line, 20.0) + 0.03) < 0.01


def test_a_good_minute_before_a_bad_hour_makes_nobody_sure() -> None:
    discipline = fed(exchanges(6, 50.0, least_s=0.001, most_s=0.003, for_s=20.0, every_s=5.0))
    for asked_s, received_s, at_s in exchanges(7, 50.0, least_s=0.1, most_s=0.6, for_s=600.0):
        later = 30.0, 30.0, 30.0 * (1.0 + 50e-6)
        line = discipline.take(asked_s + later[0], received_s + later[1], at_s + later[2])
        assert abs(error_s(line, 50.0)) <= line.error_s + 0.001
        assert discipline.speed == 0.0 or abs(discipline.speed - 50e-6) < 5e-6


def test_two_minutes_behind_a_bad_line_do_not_spoil_a_week_without_it() -> None:
    rates = [line.rate for seed in range(25) if (line := fed(exchanges(seed, 0.0, every_s=10.0, for_s=120.0)).line)]
    assert max(map(abs, rates)) < 55e-6


def test_answers_that_become_slow_spoil_nothing_and_what_is_told_stays_true() -> None:
    chance = random.Random(8)
    discipline = fed(exchanges(8, 30.0, for_s=1_200.0))
    for at_s in range(1_300, 4_300, 60):
        there_s, back_s = chance.uniform(0.02, 0.1), chance.uniform(1.5, 4.0)
        line = discipline.take(at_s, at_s + there_s + back_s, station_s(at_s + there_s, 30.0))
        assert abs(error_s(line, 30.0)) < 0.012
        assert abs(error_s(line, 30.0)) <= line.error_s


def test_a_station_set_while_answers_are_slow_is_followed() -> None:
    discipline = fed(exchanges(9, 0.0, for_s=600.0))
    line = discipline.take(2_000.0, 2_003.0, station_s(2_000.1, 0.0) - 60.0)
    assert abs(error_s(line, 0.0) + 60.0) < 1.5


def test_a_line_from_before_that_was_good_gives_way_as_it_ages() -> None:
    before = Line(at_s=0.0, offset_s=STATION_S + 0.004, rate=0.0, error_s=0.005, spread_s=0.005, rate_error=2e-6)
    discipline = Discipline(0.0, before)
    assert error_s(discipline.take(10.0, 10.1, station_s(10.1, 0.0)), 0.0) == pytest.approx(0.004, abs=1e-5)
    assert error_s(discipline.take(7_200.0, 7_200.1, station_s(7_200.05, 0.0)), 0.0) == pytest.approx(0.0, abs=1e-5)


def test_a_time_that_is_carried_on_goes_on_by_the_speed_learnt_meanwhile() -> None:
    discipline = Discipline(
        0.0, Line(at_s=0.0, offset_s=STATION_S, rate=0.0, error_s=0.001, spread_s=0.001, rate_error=30e-6)
    )
    for each in exchanges(10, 25.0, every_s=10.0, for_s=600.0):
        line = discipline.take(*each)
    # No answer of this line tells the time to better than its quickest way.
    assert line.error_s < 0.02
    assert line.rate == pytest.approx(25e-6, abs=8e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0)), min_size=1, max_size=30), st.floats(-50.0, 50.0))
def test_answers_may_overtake_one_another(ways: list[tuple[float, float]], ppm: float) -> None:
    sent = [(0.15 * number, there_s, back_s) for number, (there_s, back_s) in enumerate(ways)]
    discipline = Discipline()
    for asked_s, there_s, back_s in sorted(sent, key=sum):
        line = discipline.take(asked_s, asked_s + there_s + back_s, station_s(asked_s + there_s, ppm))
        assert abs(error_s(line, ppm)) <= line.error_s + 0.001


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 60.0)), min_size=1, max_size=30),
    st.floats(-50.0, 50.0),
)
def test_whatever_the_network_does_the_true_time_lies_within_what_is_told(
    ways: list[tuple[float, float, float]], ppm: float
) -> None:
    discipline, at_s = Discipline(), 0.0
    for there_s, back_s, pause_s in ways:
        line = discipline.take(at_s, at_s + there_s + back_s, station_s(at_s + there_s, ppm))
        at_s += there_s + back_s + pause_s
        assert abs(error_s(line, ppm)) <= line.error_s + 0.001
