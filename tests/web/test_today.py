"""The broadcaster's morning: what needs somebody first, then what sounds, what comes, what was heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from smartradio.domain.alert import AlertStatus
from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError
from smartradio.station.day import Standing
from smartradio.station.day_desk import Needs
from smartradio.station.store.places import FormerPlace
from tests.web.alert_book_desk import kept
from tests.web.day_desk import aired, at, item_of, programme


def test_the_console_opens_with_today(lan: Any) -> None:
    page = lan.get("/").text
    assert "<h1>Hôm nay" in page
    assert "Chủ nhật, 22/11/2026" in page


def test_what_needs_somebody_comes_before_all_else(lan: Any) -> None:
    page = lan.get("/").text
    for words, href in (
        ("cụm loa đang mất liên lạc", "/nodes"),
        ("chưa ai xem", "/settle"),
        ("bản tin đang chờ duyệt", "/duyet"),
    ):
        assert f'href="{href}"' in page
        assert page.index(words) < page.index("Đang phát")


def test_where_nothing_waits_the_page_says_so(lan: Any, desk: Any) -> None:
    desk.desks.day.need = Needs({}, 0, 0)
    assert "Mọi việc đều ổn" in lan.get("/").text


def test_alerts_in_force_stand_above_all_and_nothing_is_called_well_meanwhile(lan: Any, desk: Any) -> None:
    desk.desks.day.need = Needs({}, 0, 0)
    desk.desks.alerts.book["lu-1"] = kept()
    desk.desks.alerts.book["tap-1"] = kept("tap-1", status=AlertStatus.EXERCISE)
    page = lan.get("/").text
    assert '<a href="/khan/tin/lu-1"><strong>Đang có hiệu lực: Tin lũ khẩn cấp</strong>' in page
    assert "<strong>DIỄN TẬP · Đang có hiệu lực: Tin lũ khẩn cấp</strong>" in page
    assert page.index("Đang có hiệu lực") < page.index("Đang phát")
    assert "Mọi việc đều ổn" not in page


def test_a_station_without_nodes_does_not_say_that_all_is_well(lan: Any, desk: Any) -> None:
    desk.desks.day.need = Needs({}, 0, 0, no_nodes=True)
    page = lan.get("/").text
    assert "Chưa có cụm loa nào: chưa nơi nào nghe được." in page
    assert "Mọi việc đều ổn" not in page


def test_what_sounds_says_how_many_nodes_have_told_so(lan: Any) -> None:
    page = lan.get("/").text
    now = page[page.index("Đang phát") : page.index("Sắp phát")]
    assert "Lịch tiêm chủng mở rộng tháng 11" in now
    assert "2/3 cụm loa đã báo bắt đầu" in now
    assert 'href="/airings/lp-1"' in now


def test_what_was_not_heard_names_the_hamlet(lan: Any) -> None:
    page = lan.get("/").text
    past = page[page.index("Đã qua") :]
    assert "Không nghe thấy: Thôn 2" in past.replace("không nghe thấy", "Không nghe thấy")
    assert "nghe được 2/3" in past


def test_what_a_rule_keeps_off_the_air_stands_there_with_its_reason(lan: Any) -> None:
    page = lan.get("/").text
    assert "không phát: giờ yên tĩnh" in page


def test_what_was_heard_before_it_was_taken_back_is_not_called_not_aired(lan: Any, desk: Any) -> None:
    heard = aired("lp-0", "Diễn tập sơ tán", "04:40", 1, Standing.AIRED, Standing.AIRED, Standing.AIRED)
    desk.desks.day.airings = (replace(heard, reason="withdrawn"),)
    page = lan.get("/").text
    assert "nghe được 3/3 · bản tin đã được rút lại" in page
    assert "không phát" not in page


def test_what_came_back_is_told_to_whoever_wrote_it_alone(stranger: Any, desk: Any) -> None:
    back = item_of(programme("tra-lai", title="Họp thôn"), ItemState.RETURNED)
    desk.desks.day.returned.append(back)
    stranger.log_in("lan")
    page = stranger.get("/").text
    assert "Được trả lại cho bạn" in page
    assert 'href="/soan/tra-lai"' in page
    stranger.post("/logout")
    stranger.log_in("binh")
    assert "Được trả lại" not in stranger.get("/").text


def test_schedule_files_that_were_not_taken_are_told_above_the_day(lan: Any, desk: Any) -> None:
    assert "Chưa nạp được lịch phát" not in lan.get("/").text
    desk.schedule_fault = BadInputError("lich.yaml, line 3: unknown key 'tittle'")
    page = lan.get("/").text
    assert "Chưa nạp được lịch phát" in page
    assert "lich.yaml, line 3" in page


def test_who_may_not_write_is_offered_no_form(stranger: Any) -> None:
    stranger.log_in("soat")
    assert 'href="/soan"' not in stranger.get("/").text


def test_a_day_without_anything_says_what_to_do(lan: Any) -> None:
    page = lan.get("/airings?ngay=2026-11-25").text
    assert "Thứ Tư, 25/11/2026" in page.replace("Thứ tư", "Thứ Tư")
    assert "Ngày này không có lượt phát nào." in page


def test_any_day_is_one_click_from_its_neighbours(lan: Any) -> None:
    page = lan.get("/airings?ngay=2026-11-22").text
    assert 'href="/airings?ngay=2026-11-21"' in page
    assert 'href="/airings?ngay=2026-11-23"' in page
    assert page.count('href="/airings/lp-2"') >= 2


@pytest.mark.parametrize("typed", ["gestern", "2026-02-30", "2026-11-22'--", "9999-12-31", "<script>"])
def test_what_is_no_day_gets_a_line_and_today(lan: Any, typed: str) -> None:
    answer = lan.get(f"/airings?ngay={typed}")
    assert answer.status_code == 422
    assert "Ngày này không có" in answer.text
    assert "22/11/2026" in answer.text
    assert "<script>" not in answer.text


def test_the_live_part_of_a_day_that_is_none_is_not_there(lan: Any) -> None:
    assert lan.get("/airings/ngay/hom-qua").status_code == 404
    assert "Lịch tiêm chủng" in lan.get("/airings/ngay/2026-11-22").text


def test_a_day_that_is_over_tells_hamlets_by_the_names_they_had_then(lan: Any, desk: Any) -> None:
    day = date(2026, 11, 20)
    desk.desks.day.airings = (
        replace(aired("cu", "Tin cũ", "05:00", 5), starts_at=at("05:00", day), ends_at=at("05:05", day),
                zones={"thon-1": Standing.AIRED, "thon-5": Standing.SILENT}, nodes=2, judged=2, heard=1),
    )  # fmt: skip
    desk.desks.registry.former.append(FormerPlace("zone", "thon-1", "Thôn Đoài", None, at("12:00", date(2026, 11, 21))))
    page = lan.get("/airings?ngay=2026-11-20").text
    assert "Thôn Đoài" in page
    assert "Không nghe thấy: Thôn 5" in page
    assert "Thôn Đoài" not in lan.get("/airings").text
