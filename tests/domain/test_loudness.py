"""How loud a zone may be: its volume by the hour, and the limit at the nearest house."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.loudness import QUIETEST_DB, Loudness, VolumeStep

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
EVENING = (VolumeStep(time(5), 0.0), VolumeStep(time(19), -12.0), VolumeStep(time(20, 30), -18.0))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=HANOI)


def gain(loudness: Loudness, start: datetime, minutes: float = 5) -> float:
    return loudness.gain_db(start, start + timedelta(minutes=minutes), HANOI)


def test_a_zone_without_steps_and_without_a_measurement_sounds_as_its_nodes_are_set() -> None:
    assert gain(Loudness(), at(23)) == 0.0


@pytest.mark.parametrize(
    ("hour", "minute", "gain_db"), [(5, 0, 0.0), (18, 50, 0.0), (19, 0, -12.0), (20, 30, -18.0), (4, 0, -18.0)]
)
def test_the_volume_follows_the_clock_and_the_last_step_lasts_over_midnight(
    hour: int, minute: int, gain_db: float
) -> None:
    assert gain(Loudness(EVENING), at(hour, minute)) == gain_db


def test_what_begins_before_a_quieter_hour_and_lasts_into_it_is_quieter_from_its_beginning() -> None:
    assert gain(Loudness(EVENING), at(18, 58)) == -12.0
    assert gain(Loudness(EVENING), at(20, 28)) == -18.0
    # The minute at which it is over is no longer one of its own.
    assert gain(Loudness(EVENING), at(18, 55)) == 0.0


@pytest.mark.parametrize(
    ("hour", "dba", "gain_db"), [(12, 70.0, 0.0), (12, 76.5, -6.5), (22, 70.0, -15.0), (3, 60.0, -5.0)]
)
def test_a_measured_zone_is_held_to_its_limit_by_day_and_by_night(hour: int, dba: float, gain_db: float) -> None:
    assert gain(Loudness(dba_at_0_db=dba), at(hour)) == gain_db


def test_the_limit_holds_where_the_volume_by_the_hour_alone_would_be_louder() -> None:
    assert gain(Loudness(EVENING, dba_at_0_db=90.0), at(12)) == -20.0
    assert gain(Loudness(EVENING, dba_at_0_db=80.0), at(19, 30)) == -12.0


def test_no_limit_raises_the_volume_and_none_goes_below_what_can_travel() -> None:
    assert gain(Loudness(dba_at_0_db=40.0), at(12)) == 0.0
    assert gain(Loudness(dba_at_0_db=140.0, night_dba=30.0), at(23)) == QUIETEST_DB


@given(
    st.integers(0, 365 * 24 * 60),
    st.integers(1, 40 * 60),
    st.lists(st.tuples(st.times(), st.integers(-60, 0)), max_size=4, unique_by=lambda step: step[0]),
    st.one_of(st.none(), st.integers(40, 120)),
)
def test_at_no_moment_is_a_zone_louder_than_its_hour_allows(
    since_new_year_min: int, minutes: int, steps: list[tuple[time, int]], dba: int | None
) -> None:
    loudness = Loudness(tuple(VolumeStep(wall, db) for wall, db in steps), dba)
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=since_new_year_min)
    whole = loudness.gain_db(begin, begin + timedelta(minutes=minutes), HANOI)
    for share in range(5):
        moment = begin + timedelta(minutes=minutes) * share / 5
        assert whole <= loudness.gain_db(moment, moment + timedelta(microseconds=1), HANOI)
