"""The week's calendar: what stands at which hour, what is left out and why, and a form that changes a programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.day_rules import Holidays, LunarRule, Season
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Zone
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme, Turn
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day_desk import ProgrammeView
from smartradio.web import week
from smartradio.web.programme_form import ProgrammeForm, filled, form_of
from smartradio.web.rendering import fill, reader
from tests.web.day_desk import ZONES, a_week, at, item_of, programme

VI = reader("vi")
A_WEEK = "/lich/tuan/2026-11-16"


@pytest.fixture
def daily(desk: Any) -> Programme:
    """Lan's daily bulletin, which stands in the plan."""
    return shown(desk, programme())


def shown(desk: Any, wanted: Programme, origin: Origin = Origin.CONSOLE, file: Path | None = None) -> Programme:
    item = item_of(wanted, origin=origin)
    desk.desks.day.programmes[wanted.name] = ProgrammeView(item, (at("05:00", date(2026, 11, 23)),), file)
    desk.approval_desk.held[wanted.name] = item
    return wanted


def fields(form: ProgrammeForm, **changes: Any) -> dict[str, Any]:
    """What a browser sends of a form."""
    sent: dict[str, Any] = {
        name: getattr(form, name)
        for name in (
            "first_day", "clock", "repeat", "days", "lunar", "valid_from", "valid_until", "except_on", "also_on",
            "holidays", "zones", "voice", "order", "slot", "priority",
        )
    }  # fmt: skip
    for number, (first, last, clock) in enumerate(form.seasons):
        sent |= {f"season_from_{number}": first, f"season_to_{number}": last, f"season_at_{number}": clock}
    return {**sent, "seen": "3", "once": "a", **{k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}}


class TestCalendar:
    def test_a_programme_stands_at_its_hour_and_leads_to_its_page(self, lan: Any) -> None:
        page = lan.get("/lich?tu=2026-11-22").text
        assert 'href="/lich/tin"' in page
        assert "05:10" in page
        assert "16/11 – 22/11/2026" in page

    def test_what_was_aired_shows_its_verdict_and_leads_to_the_airing(self, lan: Any) -> None:
        page = lan.get("/lich").text
        assert 'href="/airings/lp-0"' in page
        assert "Không nghe thấy" in page

    def test_one_silent_hamlet_does_not_make_a_bulletin_unheard(self, lan: Any) -> None:
        entry = lan.get("/lich").text.partition('href="/airings/lp-0"')[2].partition("</a>")[0]
        assert "nghe được 2/3" in entry

    def test_what_a_holiday_takes_out_stays_with_its_reason(self, lan: Any) -> None:
        assert "ngày nghỉ Ngày Nhà giáo Việt Nam" in lan.get("/lich").text

    def test_what_waits_for_approval_is_told_so(self, lan: Any) -> None:
        page = lan.get("/lich").text
        assert "Chờ duyệt" in page
        assert "“Thông báo thu gom rác”: chưa ai duyệt nên không phát" in page

    def test_weeks_are_a_click_apart(self, lan: Any) -> None:
        page = lan.get("/lich").text
        assert 'href="/lich?tu=2026-11-09"' in page
        assert 'href="/lich?tu=2026-11-23"' in page

    @pytest.mark.parametrize("day", ["x", "2026-13-01", "<b>", "0001-01-01"])
    def test_a_week_that_is_none_gets_a_line_and_this_one(self, lan: Any, day: str) -> None:
        answer = lan.get(f"/lich?tu={day}")
        assert answer.status_code == 422
        assert 'href="/lich/tin"' in answer.text

    def test_the_days_are_told_anew_when_somebody_decides_on_an_item(self, lan: Any) -> None:
        page = lan.get("/lich?tu=2026-11-22").text
        assert 'data-live="/lich/tuan/2026-11-16"' in page
        assert 'href="/lich/tin"' in lan.get("/lich/tuan/2026-11-16").text
        assert lan.get("/lich/tuan/2026-11-17").status_code == 404
        assert lan.get("/lich/tuan/x").status_code == 404


class TestDrawing:
    @pytest.fixture
    def drawn(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        languages: list[str] = []

        def counted(template: str, language: str, *, context: Mapping[str, Any]) -> str:
            languages.append(language)
            return fill(template, language, context=context)

        monkeypatch.setattr(week, "fill", counted)
        return languages

    def test_a_week_of_which_nothing_changed_is_drawn_once(self, lan: Any, drawn: list[str]) -> None:
        assert lan.get(A_WEEK).text == lan.get(A_WEEK).text
        assert drawn == ["vi"]

    def test_what_has_begun_since_is_drawn(self, lan: Any, desk: Any, drawn: list[str]) -> None:
        before = lan.get(A_WEEK).text
        desk.desks.day.a_week = a_week(at("05:20"))
        after = lan.get(A_WEEK).text
        assert (before.count("05:10"), after.count("05:10")) == (1, 0)
        assert drawn == ["vi", "vi"]

    def test_another_name_of_a_hamlet_is_drawn(self, lan: Any, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "Thôn Thượng" not in lan.get(A_WEEK).text
        monkeypatch.setattr(desk, "zones", lambda: [Zone(zone, "Thôn Thượng") for zone in ZONES])
        assert "Thôn Thượng" in lan.get(A_WEEK).text

    def test_each_reads_it_in_their_language(self, lan: Any, drawn: list[str]) -> None:
        lan.get(A_WEEK)
        lan.get("/language/en")
        assert "Chờ duyệt" not in lan.get(A_WEEK).text
        assert drawn == ["vi", "en"]

    def test_no_more_weeks_are_held_than_people_look_at(self, lan: Any, drawn: list[str]) -> None:
        mondays = [date(2026, 11, 16) + timedelta(weeks=number) for number in range(9)]
        for monday in (*mondays, mondays[-1], mondays[0]):
            lan.get(f"/lich/tuan/{monday}")
        assert len(drawn) == 10, "the first had to go"


class TestProgramme:
    def test_its_form_shows_it_as_it_stands(self, lan: Any, daily: Programme) -> None:
        page = lan.get(f"/lich/{daily.name}").text
        assert 'value="2026-11-01"' in page
        assert 'value="05:00"' in page
        assert '<option value="daily" selected>' in page
        assert "Sửa xong phải duyệt lại" not in page  # nobody stands for it yet

    def test_who_changes_what_somebody_answers_for_is_warned(self, lan: Any, desk: Any, daily: Programme) -> None:
        view = desk.desks.day.programmes["tin"]
        approved = replace(view.item, approved_by=view.item.submitted_by)
        desk.desks.day.programmes["tin"] = replace(view, item=approved)
        assert "Sửa xong phải duyệt lại" in lan.get("/lich/tin").text

    def test_a_change_is_kept_as_a_draft(self, lan: Any, desk: Any, daily: Programme) -> None:
        lan.get("/lich/tin")
        answer = lan.post("/lich/tin", **fields(form_of(daily), clock="06:15", keep="1"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/lich/tin?da-luu=1")
        changed = desk.approval_desk.held["tin"]
        assert changed.programme.first_at == datetime(2026, 11, 1, 6, 15, tzinfo=WALL_CLOCK)
        assert changed.state is ItemState.DRAFT

    def test_it_is_handed_in_with_the_same_click(self, lan: Any, desk: Any, daily: Programme) -> None:
        lan.get("/lich/tin")
        answer = lan.post("/lich/tin", **fields(form_of(daily), clock="06:15", hand_in="1"))
        assert answer.headers["location"] == "/duyet/tin"
        assert desk.approval_desk.held["tin"].state is ItemState.SUBMITTED

    def test_a_trial_says_when_it_would_be_aired_and_keeps_nothing(self, lan: Any, desk: Any, daily: Programme) -> None:
        lan.get("/lich/tin")
        answer = lan.post("/lich/tin", **fields(form_of(daily), clock="06:15", look="1"))
        assert answer.status_code == 200
        assert "Nếu duyệt như thế này thì sẽ phát" in answer.text
        assert 'value="06:15"' in answer.text
        assert desk.approval_desk.held["tin"].programme == daily

    def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
        self, lan: Any, desk: Any, daily: Programme
    ) -> None:
        lan.get("/lich/tin")
        answer = lan.post("/lich/tin", **fields(form_of(daily), except_on="31/02/2027", clock="06:15", voice=""))
        assert answer.status_code == 422
        assert "“31/02/2027” không phải là ngày" in answer.text
        assert 'value="06:15"' in answer.text
        assert 'value="31/02/2027"' in answer.text
        assert desk.approval_desk.held["tin"].programme == daily

    def test_who_was_overtaken_is_told_and_keeps_what_they_typed(self, lan: Any, desk: Any, daily: Programme) -> None:
        lan.get("/lich/tin")
        answer = lan.post("/lich/tin", **fields(form_of(daily), clock="06:15", seen="2", keep="1"))
        assert answer.status_code == 422
        assert "Lê Thị Lan đã" in answer.text
        assert 'value="06:15"' in answer.text
        # Having seen that, they may insist.
        assert 'name="seen" value="3"' in answer.text

    def test_what_a_file_holds_is_shown_with_the_files_name_and_has_no_form(self, lan: Any, desk: Any) -> None:
        shown(desk, programme("vov"), Origin.FILE, Path("/srv/lich/tiep-am.yaml"))
        page = lan.get("/lich/vov").text
        assert "tiep-am.yaml" in page
        assert "/srv/lich" not in page
        assert 'name="clock"' not in page
        assert lan.post("/lich/vov", **fields(form_of(programme("vov")))).status_code == 404

    def test_one_that_is_not_there_is_told_plainly(self, lan: Any) -> None:
        assert lan.get("/lich/khong-co").status_code == 404

    def test_who_only_looks_sees_no_form(self, stranger: Any, desk: Any, daily: Programme) -> None:
        stranger.log_in("soat")
        assert 'name="clock"' not in stranger.get("/lich/tin").text
        assert stranger.post("/lich/tin", **fields(form_of(daily))).status_code == 403


EVERYTHING = programme(
    recurrence="FREQ=WEEKLY;BYDAY=MO,FR", valid_from=date(2026, 11, 1), valid_until=date(2027, 3, 1),
    except_on=(date(2026, 12, 31),), also_on=(date(2027, 2, 5),), seasons=(Season((5, 1), (9, 30), time(4, 45)),),
    holidays=Holidays.SKIP, slot=timedelta(minutes=15), order=Turn.CLOSING, voice="vi+f3", priority=Priority.ABOVE,
)  # fmt: skip


def written(before: Programme, **changes: Any) -> tuple[Programme, ProgrammeForm]:
    form = replace(form_of(before), **changes)
    return filled(before, form, VI, zones=ZONES, voices=("", "vi+f3"))


@pytest.mark.parametrize(
    "before",
    [
        programme(),
        EVERYTHING,
        programme(recurrence=None),
        programme(recurrence=None, lunar=LunarRule((1, 15))),
        programme(recurrence="FREQ=MONTHLY;BYMONTHDAY=1"),
        programme(recurrence="FREQ=MONTHLY;BYDAY=1MO"),
        programme(recurrence=None, lunar=LunarRule((-1,), (12,))),
    ],
    ids=["daily", "everything", "once", "moon", "monthly", "first-monday", "last-lunar-day"],
)
def test_a_form_nobody_touched_changes_nothing(before: Programme) -> None:
    after, form = written(before)
    assert form.errors == {}
    assert after == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"clock": "25:00"}, "clock"),
        ({"first_day": ""}, "first_day"),
        ({"first_day": "2026-02-30"}, "first_day"),
        ({"repeat": "yearly"}, "repeat"),
        ({"repeat": "weekly", "days": ()}, "repeat"),
        ({"repeat": "lunar", "lunar": "31"}, "repeat"),
        ({"repeat": "lunar", "lunar": "rằm"}, "repeat"),
        ({"valid_from": "2026-12-01", "valid_until": "2026-11-01"}, "valid_until"),
        ({"except_on": "Tết"}, "except_on"),
        ({"also_on": ", ".join(f"{day}/12/2026" for day in range(1, 32)) * 3}, "also_on"),
        ({"seasons": (("01/05", "", "05:00"), ("", "", ""))}, "seasons"),
        ({"seasons": (("31/02", "01/03", "05:00"), ("", "", ""))}, "seasons"),
        ({"zones": ()}, "zones"),
        ({"zones": ("thon-99",)}, "zones"),
        ({"voice": "'; DROP TABLE"}, "voice"),
        ({"order": "99"}, "order"),
        ({"slot": "0"}, "slot"),
        ({"slot": "9" * 400}, "slot"),
        ({"priority": "100"}, "priority"),
        ({"holidays": ""}, "holidays"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_at_its_field(changes: dict[str, Any], told: str) -> None:
    before = programme()
    after, form = written(before, **changes)
    assert list(form.errors) == [told]
    assert after == before


def test_what_recurs_weekly_names_its_days_in_their_order() -> None:
    after, _ = written(programme(), repeat="weekly", days=("FR", "MO"))
    assert after.recurrence == "FREQ=WEEKLY;BYDAY=MO,FR"


def test_the_moon_takes_the_place_of_a_rule() -> None:
    after, _ = written(programme(), repeat="lunar", lunar="15; 1, 15")
    assert (after.recurrence, after.lunar) == (None, LunarRule((1, 15)))


def test_days_may_be_written_as_people_write_them() -> None:
    after, form = written(programme(), except_on="1/1/2027; 31-12-2026 02.09.2027")
    assert form.errors == {}
    assert after.except_on == (date(2026, 12, 31), date(2027, 1, 1), date(2027, 9, 2))


def test_a_rule_the_station_refuses_is_told_above_the_form(lan: Any, desk: Any, daily: Programme) -> None:
    desk.desks.day.refuses = BadInputError("programme tin: a lunar recurrence and an RFC 5545 rule do not go together")
    lan.get("/lich/tin")
    answer = lan.post("/lich/tin", **fields(form_of(daily), look="1"))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
