from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import pstdev

import pytest

from smartradio.listening.robust import spread, theil_sen
from smartradio.listening.trends import trends_of
from smartradio.listening.usual import PastAiring, usual_of

MONDAY = datetime(2026, 11, 2, 22, 0, tzinfo=UTC)
USUAL = {"level_db": -24.0, "background_db": -52.0, "snr_db": 18.0, "tilt_db": -2.0, "delay_ms": 11.0, "gain_db": -6.0}


def days(*changes, seed=0):
    """A node's airings, one a day, as steady as weather allows, each with its changes against the usual."""
    chance = random.Random(seed)
    past = []
    for day, change in enumerate(changes):
        figures = {name: value + chance.gauss(0.0, 0.4) + change.get(name, 0.0) for name, value in USUAL.items()}
        past.append(PastAiring(MONDAY + timedelta(days=day), **figures))
    return past


def codes(past):
    return [trend.code for trend in trends_of(past)]


@pytest.mark.parametrize("seed", range(20))
def test_a_horn_as_steady_as_weather_allows_has_no_trend(seed):
    assert codes(days(*[{}] * 40, seed=seed)) == []


@pytest.mark.parametrize(
    ("code", "change", "usual", "unit"),
    [
        ("weaker", {"gain_db": -6.0}, -6.0, "dB"),
        ("muffled", {"tilt_db": -8.0}, -2.0, "dB"),
        ("later", {"delay_ms": 40.0}, 11.0, "ms"),
        ("noisier", {"snr_db": -9.0}, 18.0, "dB"),
    ],
)
def test_a_horn_unlike_its_own_past_is_flagged_with_what_it_was_and_is(code, change, usual, unit):
    past = days(*[{}] * 20, *[change] * 5)
    (trend,) = trends_of(past)
    assert (trend.code, trend.unit, trend.since) == (code, unit, past[20].at)
    assert trend.usual == pytest.approx(usual, abs=0.5)
    assert trend.value == pytest.approx(usual + next(iter(change.values())), abs=0.8)


def test_a_horn_that_grows_weaker_day_by_day_is_flagged_long_before_it_is_taken_for_another():
    past = days(*({"gain_db": -0.25 * max(day - 15, 0)} for day in range(40)))
    first = next(count for count in range(len(past)) if codes(past[:count]))
    assert codes(past[:first]) == ["weaker"]
    lost_db = 0.25 * (first - 15)
    assert lost_db < 6.0
    usual = usual_of(past[:first])
    assert USUAL["gain_db"] - lost_db > usual.faintest_db


@pytest.mark.parametrize("seed", range(10))
def test_a_horn_that_was_failing_from_its_first_day_does_not_hide_in_its_own_slope(seed):
    past = days(*({"gain_db": -0.25 * day} for day in range(30)), seed=seed)
    assert codes(past) == ["weaker"]


def test_a_horn_that_grows_louder_clearer_or_earlier_needs_no_technician():
    better = {"gain_db": 6.0, "tilt_db": 6.0, "delay_ms": -30.0, "snr_db": 10.0}
    assert codes(days(*[{}] * 20, *[better] * 5)) == []


def test_two_bad_evenings_are_weather():
    assert codes(days(*[{}] * 20, {"gain_db": -12.0}, {}, {"gain_db": -12.0}, {}, {})) == []


def test_a_node_that_was_always_changeable_is_not_flagged_for_being_so():
    past = days(*({"gain_db": -8.0 * (day % 2)} for day in range(40)))
    assert codes(past) == []


def test_a_horn_that_was_mended_is_no_longer_flagged():
    past = days(*[{}] * 15, *[{"gain_db": -6.0}] * 5)
    assert codes(past) == ["weaker"]
    assert codes([*past, *days(*[{}] * 5, seed=9)]) == []


def test_too_few_airings_say_nothing():
    past = days(*[{}] * 9, *[{"gain_db": -20.0}] * 5)
    assert codes(past) == []
    assert codes([PastAiring(one.at) for one in past] * 3) == []


def test_what_is_usual_needs_five_airings_and_narrows_the_window_to_the_own_horn():
    assert usual_of(days(*[{}] * 4)) is None
    usual = usual_of(days(*[{}] * 4, {"gain_db": -30.0, "delay_ms": 60.0}))
    assert usual.airings == 5
    earliest_s, latest_s = usual.window_s
    assert -0.001 < earliest_s < 0.011 - 0.009
    assert 0.011 + 0.03 < latest_s < 0.05
    # A neighbour's horn at 100 m is 14 dB below the own.
    assert USUAL["gain_db"] - 14.0 < usual.faintest_db < USUAL["gain_db"] - 9.0


def test_a_node_whose_airings_never_sound_alike_keeps_a_wide_window():
    usual = usual_of(days(*({"delay_ms": 12.0 * day, "gain_db": -2.0 * day} for day in range(9))))
    assert usual.window_s[1] - usual.window_s[0] > 0.2
    assert usual.faintest_db < usual.gain_db - 15.0


def test_the_spread_is_the_standard_deviation_of_what_is_normal_and_blind_to_what_is_wild():
    chance = random.Random(5)
    values = [chance.gauss(3.0, 2.0) for _ in range(2_000)]
    assert spread(values) == pytest.approx(pstdev(values), rel=0.06)
    assert spread([*values, *[1e6] * 50]) < 2.3


def test_the_slope_is_that_of_most_points():
    places = [float(at) for at in range(20)]
    values = [0.5 * at for at in places]
    values[3], values[17] = 900.0, -900.0
    assert theil_sen(places, values) == pytest.approx(0.5)
    assert theil_sen([1.0, 1.0], [2.0, 5.0]) == 0.0
