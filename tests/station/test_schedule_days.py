"""The keys of a schedule file that tell on which days and at what hour a programme is aired; days off in a file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.day_rules import LAST_DAY, Holidays, Leap, LunarRule, Season
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Programme, Turn, instants
from smartradio.station.days import vietnam_days
from smartradio.station.holidays import load_holidays
from smartradio.station.schedule_files import load_schedule
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
GOOD = """\
programmes:
  - name: sang
    title: Buổi sáng
    text: Chào bà con.
    zones: [thon-1]
    at: 2026-11-23 05:30
"""
DAILY = GOOD + "    recurrence: FREQ=DAILY\n"
EXAMPLE = Path(__file__).parents[2] / "schedules" / "ngay-nghi" / "vi-du.yaml"


def read(folder: Path, content: str, days: PlainDays | None = None) -> Programme:
    path = folder / "lich.yaml"
    path.write_text(content, encoding="utf-8")
    (programme,) = load_schedule(path, now=NOW, days=days)
    return programme


def test_all_that_is_told_of_days_reads_as_written(tmp_path: Path) -> None:
    programme = read(
        tmp_path,
        DAILY
        + """\
    valid_from: 2026-12-01
    valid_until: 2027-11-30
    except_on: [2027-02-08..2027-02-10, 2027-02-06]
    also_on: 2026-12-24
    seasons:
      - {from: 16/4, until: 15/10, at: 5:00}
      - from: 1/11
        until: 29/2
        at: "05:45"
    holidays: skip
    slot_until: 06:30
    order: opening
""",
    )
    assert (programme.valid_from, programme.valid_until) == (date(2026, 12, 1), date(2027, 11, 30))
    assert programme.except_on == (date(2027, 2, 6), date(2027, 2, 8), date(2027, 2, 9), date(2027, 2, 10))
    assert programme.also_on == (date(2026, 12, 24),)
    assert programme.seasons == (Season((4, 16), (10, 15), time(5)), Season((11, 1), (2, 29), time(5, 45)))
    assert programme.holidays is Holidays.SKIP
    assert programme.slot == timedelta(hours=1)
    assert programme.order is Turn.OPENING


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("{days: [1, 15]}", LunarRule((1, 15), (), Leap.ALSO)),
        ("{days: 10, months: 3}", LunarRule((10,), (3,), Leap.SKIP)),
        ("{days: [last], months: [12]}", LunarRule((LAST_DAY,), (12,), Leap.SKIP)),
        ("{days: [15], months: [7], leap: also}", LunarRule((15,), (7,), Leap.ALSO)),
    ],
)
def test_lunar_days_read_as_written_and_named_months_come_once_a_year(
    tmp_path: Path, written: str, rule: LunarRule
) -> None:
    assert read(tmp_path, GOOD + f"    lunar: {written}\n").lunar == rule


def test_a_programme_without_any_of_it_is_aired_as_ever(tmp_path: Path) -> None:
    programme = read(tmp_path, DAILY)
    assert (programme.slot, programme.order, programme.holidays) == (None, Turn.BULLETIN, Holidays.AS_USUAL)
    assert (programme.lunar, programme.seasons, programme.except_on, programme.also_on) == (None, (), (), ())


@pytest.mark.parametrize(
    ("added", "line", "words"),
    [
        ("valid_form: 2026-12-01", 8, "unknown key 'valid_form'; did you mean 'valid_from'?"),
        ("season: []", 8, "did you mean 'seasons'?"),
        ("valid_from: 2027-02-31", 8, "2027-02-31 does not exist"),
        ("valid_until: 6/2/2027", 8, "write it as 2027-02-06"),
        ("valid_from: 2027-02-02\n    valid_until: 2027-02-01", 9, "lies before valid_from"),
        ("except_on:\n      - 2026-12-01\n      - 2026-12-32", 10, "2026-12-32 does not exist"),
        ("except_on: [2026-12-01, 2026-12-01]", 8, "stands twice"),
        ("except_on: [2026-12-05..2026-12-01]", 8, "ends before it begins"),
        ("except_on: [2026-12-05..2028-12-01]", 8, "longer than 366 days"),
        ("except_on: []", 8, "the list is empty"),
        ("except_on: [[2026-12-01]]", 8, "write plain values"),
        ("except_on: [2026-12-01]\n    also_on: [2026-12-01]", 9, "is also in except_on"),
        ("valid_until: 2026-12-01\n    also_on: [2026-12-02]", 9, "outside valid_from and valid_until"),
        ("also_on: [2026-11-01]", 8, "before the programme's first day"),
        ("seasons: summer", 8, "write a list of seasons"),
        ("seasons: [{from: 31/2, until: 1/5, at: 5:00}]", 8, "31/2 does not exist: there is no day 31 in a month 2"),
        ("seasons: [{from: 16-4, until: 1/5, at: 5:00}]", 8, "write day and month as 16/4"),
        ("seasons: [{from: 1/4, until: 1/5, at: 25:00}]", 8, "not a time of day; write it as 05:30"),
        ("seasons:\n      - {from: 1/4, until: 1/5, at: 5:00}\n      - {from: 1/5, until: 2/5, at: 5:15}", 10, "01/05"),
        ("seasons: [{from: 1/4, untill: 1/5, at: 5:00}]", 8, "did you mean 'until'?"),
        ("holidays: skp", 8, "did you mean 'skip'?"),
        ("holidays: never", 8, "choose one of as_usual, skip, only"),
        ("order: first", 8, "choose one of opening, bulletin, relay, closing"),
        ("order: closng", 8, "did you mean 'closing'?"),
        ("slot_until: 05:00", 8, "the slot ends at 05:00, before it starts at 05:30"),
        ("slot_until: 05:30", 8, "before it starts"),
        ("slot_until: half past six", 8, "not a time of day"),
        ("lunar: {days: [1]}", 8, "not by both"),
        ("valid_until: 2026-11-22", 7, "never comes true"),
        ("except_on: [2026-11-23..2026-11-30]\n    valid_until: 2026-11-30", 7, "never comes true"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_right(tmp_path: Path, added: str, line: int, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, DAILY + f"    {added}\n")
    assert f"lich.yaml, line {line}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("lunar", "words"),
    [
        ("{days: [31]}", "'31' is no day of a lunar month; write 1 to 30, or last"),
        ("{days: [0]}", "no day of a lunar month"),
        ("{days: [1], months: [13]}", "'13' is no lunar month"),
        ("{days: [1, 1]}", "stands twice"),
        ("{months: [1]}", "days: is missing"),
        ("{day: [1]}", "did you mean 'days'?"),
        ("{days: [1], leap: aslo}", "did you mean 'also'?"),
        ("1/15", "must be written as 'key: value' lines"),
        # A leap month is never the first in the years that programmes are planned for.
        ("{days: [1], months: [1], leap: only}", "never comes true"),
    ],
)
def test_lunar_days_that_do_not_exist_are_refused(tmp_path: Path, lunar: str, words: str) -> None:
    with pytest.raises(BadInputError, match="line 7: ") as caught:
        read(tmp_path, GOOD + f"    lunar: {lunar}\n")
    assert words in str(caught.value)


@pytest.mark.parametrize("key", ["valid_until: 2026-12-01", "holidays: skip", "also_on: [2026-12-01]"])
def test_what_changes_a_recurrence_wants_one(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadInputError, match=r"line 7: .* wants a programme that recurs"):
        read(tmp_path, GOOD + f"    {key}\n")


def test_a_programme_for_holidays_only_is_refused_where_no_day_of_it_is_one(tmp_path: Path) -> None:
    only = GOOD + "    recurrence: FREQ=DAILY;UNTIL=20261130\n    holidays: only\n"
    with pytest.raises(BadInputError, match="recurrence and holidays together"):
        read(tmp_path, only, PlainDays())
    assert read(tmp_path, only, PlainDays(holidays={date(2026, 11, 24): "Ngày hội"})).name == "sang"


def test_a_slot_of_a_trial_that_begins_in_seconds_is_refused(tmp_path: Path) -> None:
    trial = GOOD.replace("at: 2026-11-23 05:30", "in_seconds: 5") + "    slot_until: 06:30\n"
    with pytest.raises(BadInputError, match="line 7: slot_until: wants 'at'"):
        read(tmp_path, trial)


class TestHolidays:
    @pytest.mark.parametrize(
        ("day", "name"),
        [
            ("2027-01-01", "Tết Dương lịch"),
            ("2027-02-05", "Tết Nguyên đán"),
            ("2027-02-06", "Tết Nguyên đán"),
            ("2027-02-08", "Tết Nguyên đán"),
            ("2027-04-16", "Giỗ Tổ Hùng Vương"),
            ("2027-04-30", "Ngày Chiến thắng"),
            ("2027-05-01", "Ngày Quốc tế Lao động"),
            ("2027-09-02", "Quốc khánh"),
        ],
    )
    def test_what_the_labour_code_frees_every_year_is_known(self, day: str, name: str) -> None:
        assert vietnam_days().day(date.fromisoformat(day)).holiday == name

    def test_the_other_days_of_a_year_are_working_days(self) -> None:
        days = vietnam_days()
        free = [day for n in range(365) if days.day(day := date(2027, 1, 1) + timedelta(days=n)).holiday]
        assert len(free) == 9

    def test_a_commune_adds_its_own_days_and_takes_others_back(self) -> None:
        days = vietnam_days(EXAMPLE)
        assert days.day(date(2027, 2, 4)).holiday == "Nghỉ Tết Đinh Mùi"
        assert days.day(date(2027, 7, 1)).holiday == "Ngày thành lập xã"
        assert days.day(date(2027, 3, 19)).holiday == "Hội làng Yên Hòa"
        assert days.day(date(2027, 4, 30)).holiday == "Ngày Chiến thắng"

    def test_a_holiday_that_is_worked_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "nghi.yaml"
        path.write_text("working_days: [2027-04-30]\n", encoding="utf-8")
        days = vietnam_days(path)
        assert (days.day(date(2027, 4, 30)).holiday, days.day(date(2028, 4, 30)).holiday) == (None, "Ngày Chiến thắng")

    @pytest.mark.parametrize(
        ("content", "line", "words"),
        [
            ("holiday: []", 1, "did you mean 'holidays'?"),
            ("holidays: []", 1, "at least one holiday"),
            ("holidays:\n  - on: 2027-01-02", 2, "name: is missing"),
            ("holidays:\n  - name: Hội", 2, "give one of 'on'"),
            ("holidays:\n  - name: Hội\n    on: 2027-01-02\n    every_year: 2/1", 4, "give one of 'on'"),
            ("holidays:\n  - name: Hội\n    every_year: 31/2", 3, "31/2 does not exist"),
            ("holidays:\n  - name: Hội\n    every_yaer: 1/2", 3, "did you mean 'every_year'?"),
            ("holidays:\n  - name: Hội\n    on: [2027-01-02, tomorrow]", 3, "write it as 2027-02-06"),
            ("{}", 1, "write the days off as a list"),
            ("- 1", 1, "'key: value' lines"),
        ],
    )
    def test_a_mistake_in_the_file_is_named_with_its_line(
        self, tmp_path: Path, content: str, line: int, words: str
    ) -> None:
        path = tmp_path / "nghi.yaml"
        path.write_text(content + "\n", encoding="utf-8")
        with pytest.raises(BadInputError) as caught:
            load_holidays(path)
        assert f"nghi.yaml, line {line}: " in str(caught.value)
        assert words in str(caught.value)


class TestTheExampleCommune:
    days = vietnam_days(EXAMPLE)
    programmes = load_schedule(EXAMPLE.parents[1] / "vi-du.yaml", now=NOW, days=days)

    def aired_on(self, day: str) -> set[str]:
        """Programmes and their local hours on one day."""
        start = datetime.combine(date.fromisoformat(day), time(), HANOI)
        return {
            f"{at.astimezone(HANOI):%H:%M} {programme.name}"
            for programme in self.programmes
            for at in instants(programme, start, start + timedelta(days=1), self.days)
        }

    def test_ten_hamlets_hear_a_morning_and_an_evening_on_a_plain_day(self) -> None:
        assert len({zone for programme in self.programmes for zone in programme.zones}) == 10
        assert self.aired_on("2026-11-25") == {
            "05:30 mo-dau-sang",
            "05:30 tiep-cong-dan",
            "05:30 ket-thuc-sang",
            "17:00 mo-dau-chieu",
            "17:00 an-toan-dien",
            "17:45 ket-thuc-chieu",
        }

    def test_tet_is_greeted_on_its_first_morning_and_the_office_stays_silent(self) -> None:
        assert "17:00 tat-nien" in self.aired_on("2027-02-05")
        tet = self.aired_on("2027-02-06")
        assert {"07:00 chuc-tet", "05:30 truc-ngay-le", "05:30 ram-mong-mot"} <= tet
        assert "05:30 tiep-cong-dan" not in self.aired_on("2027-02-08")
        assert "05:30 tiep-cong-dan" in self.aired_on("2027-02-11")

    def test_the_anniversary_of_the_hung_kings_falls_on_the_first_day_of_summer_hours(self) -> None:
        day = self.aired_on("2027-04-16")
        assert {"05:00 mo-dau-sang", "05:00 truc-ngay-le", "17:00 gio-to"} <= day
        assert "05:30 mo-dau-sang" in self.aired_on("2027-04-15")

    def test_the_water_for_the_fields_is_told_in_its_two_turns_only(self) -> None:
        told = [day for day in range(1, 32) if "17:15 lay-nuoc-do-ai" in self.aired_on(f"2027-01-{day:02}")]
        assert told == [*range(4, 13), *range(17, 26)]

    def test_no_programme_of_it_is_silent_for_a_year(self) -> None:
        start = datetime(2026, 11, 22, tzinfo=HANOI)
        end = start + timedelta(days=366)
        assert [each.name for each in self.programmes if not any(instants(each, start, end, self.days))] == []
