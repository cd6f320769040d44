"""The page of faults: what is wrong, what to do, who looks after it, who was told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.web.alarms_desk import SILENT, UNHEARD


@pytest.fixture
def technician(stranger: Any) -> Any:
    assert stranger.log_in("tho").status_code == 303
    return stranger


def plain(text: str) -> str:
    """A page as it is read: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class TestThePage:
    def test_its_first_words_say_how_much_is_wrong(self, technician: Any) -> None:
        shown = plain(technician.get("/su-co").text)
        assert "3 sự cố · 1 việc gấp · 3 việc chưa ai xem" in shown
        assert shown.index("3 sự cố ·") < shown.index("Tôi đã xem tất cả")
        assert technician.get("/su-co").text.count("<h1>") == 1

    def test_the_gravest_comes_first_and_what_is_alike_is_one_card(self, technician: Any) -> None:
        shown = plain(technician.get("/su-co").text)
        emergency = shown.index("Tin khẩn cấp “Lũ về &lt;nhanh&gt;” không nghe được ở Cụm loa thôn 3")
        silent = shown.index("2 cụm loa mất liên lạc → Xem điện")
        assert emergency < silent
        assert "Báo cho bà con nơi đó bằng cách khác ngay" in shown

    def test_what_a_bulletin_is_called_stays_text(self, technician: Any) -> None:
        assert "<nhanh>" not in technician.get("/su-co").text
        assert "<nhanh>" not in technician.get("/su-co/4").text

    def test_a_commune_without_power_is_one_card_and_not_a_thousand_rows(self, technician: Any, desk: Any) -> None:
        fallen = {n: replace(SILENT, id=n, subject=f"cum-{n}", facts={"title": f"Cụm {n}"}) for n in range(10, 1_010)}
        desk.desks.alarms.alarms.update(fallen)
        page = technician.get("/su-co/viec").text
        assert "1002 cụm loa mất liên lạc" in plain(page)
        assert page.count("<li>") < 70
        assert "và 942 nữa" in plain(page)

    def test_what_is_wrong_is_read_once_for_the_page(self, technician: Any, desk: Any) -> None:
        desk.desks.alarms.times_read = 0
        page = technician.get("/su-co").text
        assert desk.desks.alarms.times_read == 1
        assert technician.get("/su-co/viec").text in page

    def test_a_calm_day_says_so(self, technician: Any, desk: Any) -> None:
        desk.desks.alarms.alarms.clear()
        shown = plain(technician.get("/su-co").text)
        assert "Không có gì hỏng." in shown
        assert "Từ trước đến nay chưa có sự cố nào." in shown

    def test_while_something_is_wrong_nobody_reads_that_nothing_ever_was(self, technician: Any, desk: Any) -> None:
        alarms = desk.desks.alarms.alarms
        desk.desks.alarms.alarms = {number: alarm for number, alarm in alarms.items() if not alarm.ended_at}
        shown = plain(technician.get("/su-co").text)
        assert "Từ trước đến nay chưa có sự cố nào." not in shown
        assert "Chưa có sự cố nào đã qua" in shown

    def test_what_is_over_stays_to_be_read(self, technician: Any) -> None:
        shown = plain(technician.get("/su-co").text)
        assert "Cụm loa thôn 1 thiếu điện" in shown[shown.index("Đã qua") :]

    def test_that_nobody_can_be_rung_is_said_on_top(self, technician: Any, desk: Any) -> None:
        desk.desks.alarms.fault = "example.vn answers 500"
        assert "Chưa báo được cho Anh Tư, kỹ thuật từ 12:00: example.vn answers 500" in plain(
            technician.get("/su-co").text
        )
        desk.desks.alarms.rung.clear()
        desk.desks.alarms.fault = None
        assert "Chưa báo cho ai" in plain(technician.get("/su-co").text)

    def test_the_count_stands_beside_the_word_in_the_navigation(self, technician: Any, desk: Any) -> None:
        assert technician.get("/su-co/so").text == '<span class="count">3</span>'
        desk.desks.alarms.alarms.clear()
        assert technician.get("/su-co/so").text == ""


class TestOneFault:
    def test_it_says_since_when_and_who_was_told(self, technician: Any) -> None:
        shown = plain(technician.get(f"/su-co/{UNHEARD.id}").text)
        assert "Từ lúc 11:48" in shown
        assert "Anh Tư, kỹ thuật đã báo lúc 12:00" in shown
        assert "Kết quả: không nghe thấy cụm loa phát tại micro của cụm loa." in shown

    def test_whoever_has_seen_it_stands_beside_it(self, technician: Any) -> None:
        technician.get(f"/su-co/{SILENT.id}")
        answer = technician.post(f"/su-co/{SILENT.id}/thay")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/su-co/{SILENT.id}")
        assert "Trần Thợ đang lo" in plain(technician.get("/su-co").text)

    def test_what_lasts_cannot_be_talked_away(self, technician: Any) -> None:
        technician.get(f"/su-co/{SILENT.id}")
        answer = technician.post(f"/su-co/{SILENT.id}/xong")
        assert answer.status_code == 422
        assert "tự hết khi không còn nguyên nhân" in plain(answer.text)

    def test_what_happened_is_ended_by_who_looked_into_it(self, technician: Any, desk: Any) -> None:
        technician.get(f"/su-co/{UNHEARD.id}")
        assert technician.post(f"/su-co/{UNHEARD.id}/xong").status_code == 303
        assert desk.desks.alarms.alarms[UNHEARD.id].ended_by == "Trần Thợ"
        assert "Trần Thợ xử lý xong" in plain(technician.get("/su-co").text)

    @pytest.mark.parametrize("path", ["/su-co/99", "/su-co/x", "/su-co/dau/99", "/su-co/dau/x"])
    def test_one_that_is_not_there_is_said_plainly(self, technician: Any, path: str) -> None:
        assert technician.get(path).status_code == 404

    def test_its_mark_changes_with_what_its_page_shows(self, technician: Any) -> None:
        before = technician.get(f"/su-co/dau/{SILENT.id}").text
        technician.get(f"/su-co/{SILENT.id}")
        technician.post(f"/su-co/{SILENT.id}/thay")
        assert technician.get(f"/su-co/dau/{SILENT.id}").text != before


class TestAllAtOnce:
    def test_only_what_stood_on_the_page_is_seen(self, technician: Any, desk: Any) -> None:
        technician.get("/su-co")
        answer = technician.post("/su-co/thay", newest=str(SILENT.id))
        assert answer.status_code == 303
        assert desk.desks.alarms.alarms[SILENT.id].seen_by == "Trần Thợ"
        assert desk.desks.alarms.alarms[UNHEARD.id].seen_by is None

    @pytest.mark.parametrize("newest", ["", "x", "9" * 40, "-1"])
    def test_a_number_that_is_none_changes_nothing(self, technician: Any, desk: Any, newest: str) -> None:
        technician.get("/su-co")
        assert technician.post("/su-co/thay", newest=newest).status_code == 303
        assert desk.desks.alarms.count().unseen == 3


def test_whoever_only_looks_sees_faults_and_no_button(stranger: Any) -> None:
    stranger.log_in("soat")
    page = stranger.get(f"/su-co/{UNHEARD.id}").text
    assert "/thay" not in page
    assert stranger.post(f"/su-co/{UNHEARD.id}/thay").status_code == 403
