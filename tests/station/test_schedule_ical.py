"""A schedule in another calendar: the same instants, read back by the rules of RFC 5545."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.day_rules import Holidays, LunarRule, Season
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, instants
from smartradio.station.days import vietnam_days
from smartradio.station.plan_lengths import scheduled
from smartradio.station.schedule_files import LOCAL, load_schedule
from smartradio.station.schedule_ical import WRITTEN_OUT, calendar_text
from tests.station.calendar_file import Event, read_calendar
from tests.station.programmes import programmes

EXAMPLE = Path(__file__).parents[2] / "schedules" / "vi-du.yaml"
DAYS = vietnam_days()
AT = datetime(2026, 11, 23, 5, 30, tzinfo=LOCAL)
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
DAILY = Programme("sang", "Buổi sáng", "Chào bà con.", ("thon-1",), AT, "FREQ=DAILY", approved_by="Lan")


def written(*each: Programme, start: datetime = AT) -> dict[str, Event]:
    data, _ = calendar_text(
        scheduled(each), station="yen-hoa", titles={"thon-1": "Thôn 1"}, start=start, now=NOW, days=DAYS
    )
    return {uid.partition("@")[0]: event for uid, event in read_calendar(data).items()}


def planned(programme: Programme, start: datetime, end: datetime) -> list[datetime]:
    """The programme's own instants, to the second as calendars have them."""
    return [at.replace(microsecond=0) for at in instants(programme, start, end, DAYS)]


@settings(max_examples=150, deadline=None)
@given(programme=programmes(DAYS), days_before=st.integers(0, 3))
def test_the_instants_of_a_year_are_those_of_the_schedule(programme: Programme, days_before: int) -> None:
    start = datetime.combine(programme.first_at.date() - timedelta(days=days_before), time(), LOCAL)
    end = start + WRITTEN_OUT
    wanted = planned(programme, start, end)
    events = written(programme, start=start)
    assert bool(events) or not wanted
    for event in events.values():
        assert event.instants(start, end) == wanted


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, "FREQ=DAILY"),
        ({"recurrence": "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU"),
        ({"recurrence": "FREQ=DAILY;UNTIL=20261231T235959"}, "FREQ=DAILY;UNTIL=20261231T165959Z"),
        ({"valid_until": date(2027, 1, 31)}, "FREQ=DAILY;UNTIL=20270131T165959Z"),
        ({"valid_from": date(2027, 1, 5), "except_on": (date(2027, 1, 7),)}, "FREQ=DAILY"),
        (
            {"recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=4", "also_on": (date(2026, 11, 26),)},
            "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
        ),
    ],
)
def test_a_plain_rule_stays_a_rule_for_all_years(changed: dict[str, Any], rule: str) -> None:
    programme = replace(DAILY, **changed)
    event = written(programme)["sang"]
    assert event.told["RRULE"][1] == rule
    for year in (2026, 2027, 2036):
        start = datetime(year, 1, 1, tzinfo=LOCAL)
        end = start + timedelta(days=400)
        assert event.instants(start, end) == planned(programme, start, end)


@pytest.mark.parametrize(
    "changed",
    [
        {"seasons": (Season((4, 16), (10, 15), time(5, 0)),)},
        {"holidays": Holidays.SKIP},
        {"recurrence": None, "lunar": LunarRule((1, 15))},
        {"recurrence": "FREQ=DAILY;COUNT=90", "valid_from": date(2026, 12, 1)},
    ],
)
def test_what_has_no_rule_is_written_out_for_a_year(changed: dict[str, Any]) -> None:
    programme = replace(DAILY, **changed)
    event = written(programme)["sang"]
    assert "RRULE" not in event.told
    assert event.instants(AT, AT + 2 * WRITTEN_OUT) == planned(programme, AT, AT + WRITTEN_OUT)


def test_a_bulletin_aired_once_is_there_whenever_it_was() -> None:
    once = replace(DAILY, recurrence=None, first_at=AT - timedelta(days=900))
    assert written(once)["sang"].instants(AT - timedelta(days=1000), AT) == [once.first_at]


def test_what_never_comes_any_more_is_told() -> None:
    over = replace(DAILY, holidays=Holidays.SKIP, valid_until=date(2026, 11, 30))
    start = AT + timedelta(days=30)
    data, silent = calendar_text(scheduled([over]), station="x", titles={}, start=start, now=NOW, days=DAYS)
    assert read_calendar(data) == {}
    assert silent == (over,)


def test_an_event_says_what_where_and_who_answers() -> None:
    words = "Từ 7h30; mang sổ, thẻ.\nĐịa chỉ: C:\\xã " + "dài " * 60 + "hết"
    hearing = replace(DAILY, title="Tiêm chủng, đợt 1", text=words, topic="y tế", priority=Priority.EMERGENCY)
    event = written(hearing)["sang"]
    assert event.told["UID"][1] == "sang@yen-hoa.smartradio"
    assert event.told["DTSTAMP"][1] == "20261122T010000Z"
    assert event.text("SUMMARY") == "Tiêm chủng, đợt 1"
    assert event.text("DESCRIPTION") == words
    assert event.text("LOCATION") == "Thôn 1"
    assert event.text("CATEGORIES") == "y tế"
    assert (event.told["PRIORITY"][1], event.told["STATUS"][1]) == ("1", "CONFIRMED")
    assert event.length == timedelta(seconds=round(scheduled([hearing])[0].sounding.duration_s))
    assert written(replace(DAILY, approved_by=None))["sang"].told["STATUS"][1] == "TENTATIVE"


def test_another_writing_keeps_the_identities() -> None:
    example = load_schedule(EXAMPLE, days=DAYS)
    first, second = written(*example), written(*reversed(example), start=AT + timedelta(days=40))
    assert first.keys() >= second.keys() >= {"mo-dau-sang", "chuc-tet"}


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=300))
def test_any_writing_gives_lines_that_can_be_read_back(text: str) -> None:
    event = written(replace(DAILY, text=text.encode("utf-8", "replace").decode()))["sang"]
    kept = event.text("DESCRIPTION")
    assert [letter for letter in kept if letter.isalnum()] == [letter for letter in text if letter.isalnum()]
