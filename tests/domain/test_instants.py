"""The instants of a programme: seasons, holidays, lunar dates, exceptions, and nothing lost at a seam."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.day_rules import LAST_DAY, Holidays, Leap, LunarRule, Season
from smartradio.domain.days import DayCalendar, LunarDay
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Programme, instants, left_out
from smartradio.domain.recurrence import wall_times
from smartradio.station.days import vietnam_days
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MORNING = Programme("sang", "Sáng", "Chào.", ("thon-1",), datetime(2026, 11, 23, 5, 30, tzinfo=HANOI), "FREQ=DAILY")
VIETNAM = vietnam_days()


def aired(programme: Programme, first: date, last: date, days: DayCalendar | None = None) -> list[str]:
    """The local days and hours of a programme from one local day to another, both included."""
    start = datetime.combine(first, time(), HANOI)
    end = datetime.combine(last, time(), HANOI) + timedelta(days=1)
    return [at.astimezone(HANOI).strftime("%d/%m %H:%M") for at in instants(programme, start, end, days or PlainDays())]


def test_a_programme_keeps_to_its_validity_on_both_ends() -> None:
    winter = replace(MORNING, valid_from=date(2026, 11, 25), valid_until=date(2026, 11, 27))
    found = aired(winter, date(2026, 11, 1), date(2026, 12, 31))
    assert found == ["25/11 05:30", "26/11 05:30", "27/11 05:30"]


def test_days_are_left_out_and_days_are_added() -> None:
    weekly = replace(
        MORNING,
        recurrence="FREQ=WEEKLY;BYDAY=MO",
        except_on=(date(2026, 11, 30),),
        also_on=(date(2026, 12, 2), date(2026, 12, 7)),
    )
    assert aired(weekly, date(2026, 11, 1), date(2026, 12, 8)) == ["23/11 05:30", "02/12 05:30", "07/12 05:30"]


def test_a_day_that_is_ruled_and_added_is_aired_once_also_where_the_first_instant_has_fractions_of_a_second() -> None:
    soon = replace(MORNING, first_at=MORNING.first_at.replace(microsecond=250_000), also_on=(date(2026, 11, 24),))
    assert aired(soon, date(2026, 11, 24), date(2026, 11, 24)) == ["24/11 05:30"]


def test_a_day_taken_out_of_a_counted_rule_is_not_made_up_for() -> None:
    thrice = replace(MORNING, recurrence="FREQ=DAILY;COUNT=3", except_on=(date(2026, 11, 24),))
    assert aired(thrice, date(2026, 11, 1), date(2026, 12, 31)) == ["23/11 05:30", "25/11 05:30"]


def test_summer_hours_hold_on_their_first_and_last_day() -> None:
    all_year = replace(MORNING, seasons=(Season((4, 16), (10, 15), time(5, 0)),))
    assert aired(all_year, date(2027, 4, 15), date(2027, 4, 16)) == ["15/04 05:30", "16/04 05:00"]
    assert aired(all_year, date(2027, 10, 15), date(2027, 10, 16)) == ["15/10 05:00", "16/10 05:30"]


def test_winter_hours_run_over_new_year() -> None:
    all_year = replace(MORNING, seasons=(Season((10, 16), (4, 15), time(6, 0)),))
    assert aired(all_year, date(2026, 12, 31), date(2027, 1, 1)) == ["31/12 06:00", "01/01 06:00"]
    assert aired(all_year, date(2027, 4, 15), date(2027, 4, 16)) == ["15/04 06:00", "16/04 05:30"]


def test_a_season_moves_an_added_day_and_a_later_hour_is_not_lost_at_the_edge_of_what_is_asked() -> None:
    later = replace(MORNING, seasons=(Season((11, 1), (12, 31), time(23, 50)),), recurrence="FREQ=WEEKLY;BYDAY=MO")
    later = replace(later, also_on=(date(2026, 11, 25),))
    start = datetime(2026, 11, 23, 22, 0, tzinfo=HANOI)
    found = list(instants(later, start, start + timedelta(days=7), PlainDays()))
    assert [at.astimezone(HANOI).strftime("%d %H:%M") for at in found] == ["23 23:50", "25 23:50"]


@pytest.mark.parametrize(
    ("holidays", "days"),
    [
        (Holidays.AS_USUAL, ["29/04", "30/04", "01/05", "02/05"]),
        (Holidays.SKIP, ["29/04", "02/05"]),
        (Holidays.ONLY, ["30/04", "01/05"]),
    ],
)
def test_a_programme_is_aired_left_out_or_only_aired_on_holidays(holidays: Holidays, days: list[str]) -> None:
    found = aired(replace(MORNING, holidays=holidays), date(2027, 4, 29), date(2027, 5, 2), VIETNAM)
    assert [each[:5] for each in found] == days


def test_a_day_added_by_name_is_aired_though_it_is_a_holiday() -> None:
    named = replace(MORNING, holidays=Holidays.SKIP, also_on=(date(2027, 5, 1),))
    assert aired(named, date(2027, 4, 30), date(2027, 5, 1), VIETNAM) == ["01/05 05:30"]


def test_the_first_and_the_fifteenth_of_every_lunar_month() -> None:
    moons = replace(MORNING, recurrence=None, lunar=LunarRule((1, 15)))
    found = aired(moons, date(2027, 1, 1), date(2027, 3, 10), VIETNAM)
    # Tết of the year Đinh Mùi is 6 February 2027.
    assert found == ["08/01 05:30", "22/01 05:30", "06/02 05:30", "20/02 05:30", "08/03 05:30"]


def test_the_anniversary_of_the_hung_kings_comes_once_a_year_and_not_in_a_leap_month() -> None:
    kings = replace(MORNING, recurrence=None, lunar=LunarRule((10,), (3,), Leap.SKIP))
    # 2031 has a leap third month.
    assert aired(kings, date(2027, 1, 1), date(2027, 12, 31), VIETNAM) == ["16/04 05:30"]
    assert aired(kings, date(2031, 1, 1), date(2031, 12, 31), VIETNAM) == ["01/04 05:30"]
    both = replace(kings, lunar=LunarRule((10,), (3,), Leap.ALSO))
    assert aired(both, date(2031, 1, 1), date(2031, 12, 31), VIETNAM) == ["01/04 05:30", "30/04 05:30"]
    leap = replace(kings, lunar=LunarRule((10,), (3,), Leap.ONLY))
    assert aired(leap, date(2027, 1, 1), date(2031, 12, 31), VIETNAM) == ["30/04 05:30"]


def test_the_last_day_of_a_lunar_month_is_its_29th_or_30th() -> None:
    last, thirtieth = LunarRule((LAST_DAY,)), LunarRule((30,))
    short, long = LunarDay(2027, 1, 29, month_days=29), LunarDay(2027, 1, 29, month_days=30)
    assert last.matches(short)
    assert not last.matches(long)
    assert last.matches(replace(long, day=30))
    assert thirtieth.matches(replace(long, day=30))
    assert not thirtieth.matches(short)


def test_a_lunar_day_before_the_first_airing_does_not_come() -> None:
    moons = replace(MORNING, recurrence=None, lunar=LunarRule((1,)))
    days = PlainDays({MORNING.first_at.date(): LunarDay(2026, 10, 15)})
    assert aired(moons, date(2026, 11, 20), date(2026, 11, 24), days) == ["24/11 05:30"]


def test_a_rule_and_lunar_days_together_are_refused() -> None:
    both = replace(MORNING, lunar=LunarRule((1,)))
    with pytest.raises(BadInputError, match=r"programme sang: .* do not go together"):
        aired(both, date(2026, 11, 20), date(2026, 11, 24))


def test_what_a_holiday_or_an_exception_leaves_out_is_told_with_the_reason() -> None:
    quiet = replace(MORNING, holidays=Holidays.SKIP, except_on=(date(2027, 4, 29),), also_on=(date(2027, 5, 1),))
    start = datetime(2027, 4, 28, tzinfo=HANOI)
    found = list(left_out(quiet, start, start + timedelta(days=5), VIETNAM))
    assert [(each.at.astimezone(HANOI).strftime("%d/%m %H:%M"), each.holiday) for each in found] == [
        ("29/04 05:30", None),
        ("30/04 05:30", "Ngày Chiến thắng"),
    ]
    assert list(left_out(MORNING, start, start + timedelta(days=5), VIETNAM)) == []


def test_a_programme_for_holidays_leaves_out_no_working_day_but_those_taken_out_by_name() -> None:
    duty = replace(MORNING, holidays=Holidays.ONLY, except_on=(date(2027, 5, 1),))
    start = datetime(2027, 4, 29, tzinfo=HANOI)
    found = list(left_out(duty, start, start + timedelta(days=5), VIETNAM))
    assert [(each.at.astimezone(HANOI).day, each.holiday) for each in found] == [(1, None)]


def test_a_programme_of_years_ago_costs_no_more_than_a_new_one() -> None:
    old = [
        replace(MORNING, first_at=datetime(1990, 1, 1, 5, 30, tzinfo=HANOI), recurrence=rule)
        for rule in ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU") * 100
    ]
    began = clock.process_time()
    found = sum(len(aired(programme, date(2026, 11, 23), date(2026, 11, 29))) for programme in old)
    assert found == 700 + 300 + 100 * len(aired(old[2], date(2026, 11, 23), date(2026, 11, 29)))
    assert clock.process_time() - began < 2


rules = st.tuples(
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,TH,SU", "FREQ=MONTHLY;BYMONTHDAY=1,15,31"]),
    st.sampled_from(["", ";INTERVAL=2", ";INTERVAL=3", ";COUNT=40", ";UNTIL=20270610T235959"]),
    st.sampled_from(["", ";WKST=SU"]),
).map("".join)
dates = st.dates(date(2026, 11, 1), date(2028, 3, 1))


@given(rule=rules, first=dates, asked=dates)
@settings(max_examples=150, deadline=None)
def test_a_rule_gives_the_same_days_wherever_one_begins_to_look(rule: str, first: date, asked: date) -> None:
    first_at = datetime.combine(first, time(5, 30))
    end = asked + timedelta(days=60)
    walked = [wall for wall in wall_times(rule, first_at, first, end) if wall.date() >= asked]
    assert list(wall_times(rule, first_at, asked, end)) == walked


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    lunar = draw(st.none() | st.builds(LunarRule, st.sampled_from([(1, 15), (LAST_DAY,), (10, 30)])))
    begin = draw(st.none() | dates)
    return replace(
        MORNING,
        first_at=datetime.combine(draw(dates), draw(st.times()).replace(microsecond=0), HANOI),
        recurrence=None if lunar else draw(st.none() | rules),
        lunar=lunar,
        valid_from=begin,
        valid_until=draw(st.none() | st.just((begin or date(2027, 1, 1)) + timedelta(days=100))),
        except_on=tuple(draw(st.lists(dates, max_size=5))),
        also_on=tuple(draw(st.lists(dates, max_size=5))),
        seasons=tuple(
            draw(
                st.lists(
                    st.sampled_from(
                        [Season((4, 16), (10, 15), time(0, 0)), Season((11, 1), (2, 29), time(23, 59, 59))]
                    ),
                    max_size=2,
                    unique=True,
                )
            )
        ),
        holidays=draw(st.sampled_from(Holidays)),
    )


@given(
    programme=programmes(),
    start=st.builds(datetime.combine, dates, st.times(), st.just(UTC)),
    before=st.integers(0, 60 * 24 * 60),
    after=st.integers(0, 60 * 24 * 60),
)
@settings(max_examples=150, deadline=None)
def test_instants_are_repeatable_in_order_and_cutting_a_span_in_two_changes_nothing(
    programme: Programme, start: datetime, before: int, after: int
) -> None:
    middle = start + timedelta(minutes=before)
    end = middle + timedelta(minutes=after)
    whole = list(instants(programme, start, end, VIETNAM))
    assert whole == list(instants(programme, start, end, VIETNAM))
    assert whole == [*instants(programme, start, middle, VIETNAM), *instants(programme, middle, end, VIETNAM)]
    assert all(one < next_one for one, next_one in pairwise(whole))
    assert all(start <= at < end and at.tzinfo is UTC for at in whole)
    local = [at.astimezone(HANOI).date() for at in whole]
    assert not set(local) & set(programme.except_on)
