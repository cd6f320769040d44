"""The Vietnamese lunar calendar against dates that are known."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from smartradio.domain.days import LunarDay
from smartradio.domain.errors import BadInputError
from smartradio.station import lunar
from smartradio.station.lunar import lunar_day

# The days on which the lunar years 2020 to 2050 began in Vietnam.
TET = (
    "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 "
    "2030-02-02 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 "
    "2040-02-12 2041-02-01 2042-01-22 2043-02-10 2044-01-30 2045-02-17 2046-02-06 2047-01-26 2048-02-14 2049-02-02 "
    "2050-01-23"
)
LEAP_MONTHS = {
    2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11, 2036: 6, 2039: 5, 2042: 2, 2044: 7, 2047: 5, 2050: 3,
}  # fmt: skip


@pytest.mark.parametrize("day", TET.split())
def test_tet_is_on_the_day_it_is_in_vietnam(day: str) -> None:
    tet = date.fromisoformat(day)
    found = lunar_day(tet)
    assert (found.year, found.month, found.day, found.leap) == (tet.year, 1, 1, False)
    before = lunar_day(tet - timedelta(days=1))
    assert (before.year, before.month, before.day) == (tet.year - 1, 12, before.month_days)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        # Where midnight at UTC+7 and midnight at UTC+8 lie on two sides of a new moon or of a solstice.
        ("1968-01-29", "China: 30 January"),
        ("1985-01-21", "China: 20 February, a month later"),
        ("2007-02-17", "China: 18 February"),
        ("2030-02-02", "China: 3 February"),
        ("2053-02-18", "China: 19 February"),
    ],
)
def test_where_vietnam_and_china_part_the_day_of_vietnam_holds(day: str, why: str) -> None:
    found = lunar_day(date.fromisoformat(day))
    assert (found.month, found.day) == (1, 1), why


def test_the_leap_months_from_2020_to_2050_are_those_of_the_calendar() -> None:
    found: dict[int, set[int]] = {}
    day = date(2020, 1, 25)
    while day < date(2051, 2, 1):
        month = lunar_day(day)
        if month.leap:
            found.setdefault(month.year, set()).add(month.month)
        day += timedelta(days=month.month_days - month.day + 1)
    assert found == {year: {month} for year, month in LEAP_MONTHS.items()}


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2025-07-25", LunarDay(2025, 6, 1, leap=True, month_days=29)),
        ("2025-04-07", LunarDay(2025, 3, 10, month_days=30)),
        ("2026-04-26", LunarDay(2026, 3, 10, month_days=30)),
        ("2026-09-25", LunarDay(2026, 8, 15, month_days=29)),
        ("2033-12-22", LunarDay(2033, 11, 1, leap=True, month_days=29)),
    ],
)
def test_days_that_people_know_by_heart(day: str, known: LunarDay) -> None:
    assert lunar_day(date.fromisoformat(day)) == known


def test_every_day_of_two_centuries_follows_the_day_before() -> None:
    day, before = date(1901, 1, 1), lunar_day(date(1900, 12, 31))
    while day.year < 2101:
        found = lunar_day(day)
        if found.day == 1:
            assert before.day == before.month_days
            follows = (before.month % 12 + 1, False) if not found.leap else (before.month, True)
            assert (found.month, found.leap) == follows
        else:
            assert found == LunarDay(before.year, before.month, before.day + 1, before.leap, before.month_days)
        assert found.month_days in (29, 30)
        day, before = day + timedelta(days=1), found


def test_a_year_that_nobody_asked_for_before_takes_milliseconds() -> None:
    lunar._months_to_solstice.cache_clear()
    began = time.process_time()
    for year in range(2060, 2070):
        lunar_day(date(year, 6, 1))
    assert (time.process_time() - began) / 10 < 0.1


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2200, 1, 1)])
def test_a_day_beyond_what_is_known_is_refused(day: date) -> None:
    with pytest.raises(BadInputError, match="known from 1900-01-01 to 2199-12-31"):
        lunar_day(day)


def test_the_ends_of_what_is_known_have_a_lunar_date() -> None:
    assert lunar_day(date(1900, 1, 1)).month == 12
    assert lunar_day(date(2199, 12, 31)).year == 2199
