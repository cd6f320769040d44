"""An alert's page: seconds since the click, sent again, cancelled, let out by a second person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.station.alert_board import Fate
from tests.web.alert_book_desk import KHANG, kept, report
from tests.web.alert_desk import NOW, PIN

THU = Person("Phạm Thị Thu", "thu", "phien-9")


class TestWhatItShows:
    def test_seconds_since_the_click_node_by_node_and_who_is_to_be_rung(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        page = khang.get("/khan/tin/lu-1").text
        rows = re.findall(r'<tr class="fate-(\w+)">.*?<td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td>', page)
        assert rows == [("unreachable", "—", "—", "—"), ("silent", "0,4", "0,6", "—"), ("heard", "0,4", "0,6", "21")]
        lost = page[page.index("Gọi ngay") : page.index("tung-cum")]
        assert re.findall(r"<strong>([^<]+)</strong>", lost) == ["Thôn 2", "Thôn 3"]

    def test_before_a_microphone_has_told_nothing_is_called_not_heard(
        self, khang: Any, alerts: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alerts.book["lu-1"] = kept(zones=("thon-1", "thon-2"))
        whole = report(alerts.book["lu-1"])
        played = tuple(replace(node, fate=Fate.SOUNDED, started_s=0.6, heard_s=None) for node in whole.nodes[:2])
        monkeypatch.setattr(alerts, "report", lambda name: replace(whole, clicked_at=NOW, nodes=played))
        page = khang.get("/khan/tin/lu-1").text
        assert "Đã phát ở 2/2 cụm loa; chờ micro báo nghe được." in page
        assert "Gọi ngay" not in page

    def test_a_hamlet_without_a_horn_is_rung_first_and_stands_in_the_report(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept(zones=("thon-1", "thon-2", "thon-3", "thon-12", "thon-4"))
        page = khang.get("/khan/tin/lu-1").text
        lost = page[page.index("Gọi ngay") : page.index("tung-cum")]
        assert re.findall(r"<strong>([^<]+)</strong>", lost) == ["thon-4", "thon-12", "Thôn 2", "Thôn 3"]
        assert lost.count("không có cụm loa") == 2
        assert "Không có cụm loa: thon-4, thon-12." in khang.get("/khan/tin/lu-1/bao-cao").text

    def test_when_it_is_said_again_and_until_when_it_holds(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        page = khang.get("/khan/tin/lu-1").text
        assert "Nhắc lại lúc 07:01" in page
        assert "Có hiệu lực đến 17:02" in page
        alerts.book["lu-1"] = kept(repeat_every=None)
        assert "Không tự nhắc lại." in khang.get("/khan/tin/lu-1").text

    def test_a_time_in_its_words_that_has_passed_is_told_while_it_holds(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"], alerts.times_passed = kept(), ("18 giờ", "15h30")
        told = "Giờ nêu trong tin đã qua (18 giờ, 15h30): hãy cập nhật."
        assert told in khang.get("/khan/tin/lu-1").text
        alerts.book["lu-1"] = kept(expires_at=NOW - timedelta(minutes=1))
        page = khang.get("/khan/tin/lu-1").text
        assert told not in page
        assert "Nhắc lại lúc" not in page

    def test_each_of_its_airings_leads_to_its_own_board(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        assert 'href="/khan/lu-1-1"' in khang.get("/khan/tin/lu-1").text

    def test_an_exercise_is_marked_wherever_it_stands(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept(status=AlertStatus.EXERCISE)
        page = khang.get("/khan/tin/lu-1").text
        assert 'body class="exercise"' in page
        assert '<b class="mark">DIỄN TẬP</b>' in page

    def test_its_part_is_the_same_as_the_page_has(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        assert khang.get("/khan/tin/lu-1/bang").text in khang.get("/khan/tin/lu-1").text

    def test_everybody_looks_and_only_the_officer_may_do_something(self, stranger: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        stranger.log_in("tho")
        page = stranger.get("/khan/tin/lu-1")
        assert page.status_code == 200
        assert "<form" not in page.text

    def test_one_that_is_not_there_is_told(self, khang: Any) -> None:
        assert khang.get("/khan/tin/khong-co").status_code == 404
        assert khang.get("/khan/tin/khong-co/bang").status_code == 404
        khang.get("/khan/soan")
        assert khang.post("/khan/tin/khong-co/lai").status_code == 404


class TestSentAgain:
    def test_one_button_sends_it_to_those_that_have_not_heard_it(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        assert "Phát lại tới 2 cụm chưa nghe" in khang.get("/khan/tin/lu-1").text
        answer = khang.post("/khan/tin/lu-1/lai")
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/lu-1")
        ((alert, nodes, by),) = alerts.again
        assert (alert, set(nodes), by.account) == ("lu-1", {"thon-2", "thon-3"}, "khang")

    def test_of_one_that_is_over_nothing_is_sent_and_that_is_told(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept(state=AlertState.CANCELLED)
        assert "Phát lại tới" not in khang.get("/khan/tin/lu-1").text
        answer = khang.post("/khan/tin/lu-1/lai")
        assert answer.status_code == 422
        assert alerts.again == []


class TestCancelled:
    @pytest.mark.parametrize(("aloud", "said"), [("1", ["lu-1"]), ("", [])])
    def test_at_once_and_aloud_where_that_is_wanted(self, khang: Any, alerts: Any, aloud: str, said: list[str]) -> None:
        alerts.book["lu-1"] = kept()
        khang.get("/khan/tin/lu-1")
        assert khang.post("/khan/tin/lu-1/huy", note="Nước đã rút", aloud=aloud).status_code == 303
        ended = alerts.book["lu-1"]
        assert (ended.state, ended.why, alerts.aloud) == (AlertState.CANCELLED, "Nước đã rút", said)
        page = khang.get("/khan/tin/lu-1").text
        assert "đã hủy lúc 05:02:00" in page
        assert "Hủy tin này" not in page

    def test_without_a_reason_it_stands_and_what_was_chosen_stays(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        khang.get("/khan/tin/lu-1")
        page = khang.post("/khan/tin/lu-1/huy", note=" ")
        assert page.status_code == 422
        assert "Xin ghi lý do" in page.text
        assert 'name="aloud" value="1">' in page.text
        assert alerts.book["lu-1"].is_out


class TestTwoPersons:
    def test_nothing_on_the_first_ones_page_says_that_it_is_aired(self, khang: Any, alerts: Any) -> None:
        alerts.two_must_answer = True
        page = khang.get("/khan/soan").text
        assert "PIN đúng. Bấm nút để giao." in page
        assert "Bấm nút đỏ để phát" not in page

    def test_the_first_hands_in_and_is_told_to_ring_somebody(self, khang: Any, alerts: Any) -> None:
        alerts.two_must_answer = True
        assert "GIAO NGƯỜI THỨ HAI" in khang.get("/khan/soan").text
        answer = khang.post(
            "/khan", text="Nước lên.", zones=["thon-1"], once="x", pin=PIN, do="phat", issued="2026-11-22T05:00"
        )
        page = khang.get(answer.headers["location"]).text
        assert "chờ người thứ hai cho phát" in page
        assert "hãy gọi điện cho họ" in page
        assert "cho-phat" not in page

    def test_the_second_reads_hears_and_lets_it_out_with_a_pin_of_their_own(self, khang: Any, alerts: Any) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU)
        page = khang.get("/khan/tin/cho-1").text
        assert 'class="figures"' in page
        assert 'src="/recordings/' in page
        refused = khang.post("/khan/tin/cho-1/cho-phat", pin="000001", seen="1")
        assert refused.status_code == 401
        assert "Mã PIN hoặc mật khẩu không đúng." in refused.text
        assert khang.post("/khan/tin/cho-1/cho-phat", pin=PIN, seen="1").status_code == 303
        assert alerts.book["cho-1"].released_by.account == "khang"

    @pytest.mark.parametrize("seen", ["", "1", "x"])
    def test_nothing_goes_out_that_was_changed_since_the_page_was_read(
        self, khang: Any, alerts: Any, seen: str
    ) -> None:
        alerts.book["cho-1"] = replace(kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU), version=2)
        answer = khang.post("/khan/tin/cho-1/cho-phat", pin=PIN, seen=seen)
        assert answer.status_code == 422
        assert "Hãy xem lại" in answer.text
        assert alerts.book["cho-1"].state is AlertState.DRAFT
        assert 'name="seen" value="2"' in answer.text

    def test_the_pin_is_checked_before_the_click_and_the_click_takes_its_word(self, khang: Any, alerts: Any) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU)
        page = khang.get("/khan/tin/cho-1").text
        assert 'data-check="/khan/tin/cho-1/ma"' in page
        wrong = khang.post("/khan/tin/cho-1/ma", pin="000001", seen="1")
        assert (wrong.status_code, wrong.json()["field"]) == (401, "pin")
        grant = khang.post("/khan/tin/cho-1/ma", pin="29 07 18", seen="1").json()["grant"]
        assert alerts.book["cho-1"].state is AlertState.DRAFT
        answer = khang.post_as_script("/khan/tin/cho-1/cho-phat", grant=grant, seen="1")
        assert (answer.status_code, answer.json()) == (200, {"to": "/khan/tin/cho-1"})
        assert alerts.book["cho-1"].released_by.account == "khang"

    @pytest.mark.parametrize("seen", ["", "1", "x"])
    def test_no_pin_is_taken_for_words_that_were_changed_since(self, khang: Any, alerts: Any, seen: str) -> None:
        alerts.book["cho-1"] = replace(kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU), version=2)
        khang.get("/khan/tin/cho-1")
        answer = khang.post("/khan/tin/cho-1/ma", pin=PIN, seen=seen)
        assert (answer.status_code, answer.json()["field"]) == (422, "form")
        assert alerts.grants == {}
        assert khang.post("/khan/tin/khong-co/ma", pin=PIN, seen="1").status_code == 422

    def test_what_was_changed_after_the_pin_is_told_to_a_script_in_one_line(self, khang: Any, alerts: Any) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU)
        khang.get("/khan/tin/cho-1")
        grant = khang.post("/khan/tin/cho-1/ma", pin=PIN, seen="1").json()["grant"]
        alerts.book["cho-1"] = replace(alerts.book["cho-1"], version=2)
        answer = khang.post_as_script("/khan/tin/cho-1/cho-phat", grant=grant, seen="1")
        assert (answer.status_code, answer.json()["field"]) == (422, "form")
        assert "Hãy xem lại" in answer.json()["error"]
        assert alerts.book["cho-1"].state is AlertState.DRAFT

    def test_the_words_as_written_how_often_and_until_when_stand_before_the_pin(self, khang: Any, alerts: Any) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU)
        page = khang.get("/khan/tin/cho-1").text
        before = page[: page.index('id="pin"')]
        assert "Mực nước 4,5 m. Mời bà con thôn 2 sơ tán ngay lên trường học." in before
        assert "Thôn 1, Thôn 2, Thôn 3" in before
        assert "Nhắc lại mỗi 2 giờ." in before
        assert "Có hiệu lực đến 17:02" in before

    def test_where_no_voice_speaks_it_is_out_all_the_same_and_the_page_says_what_it_waits_for(
        self, khang: Any, alerts: Any
    ) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=THU)
        khang.get("/khan/tin/cho-1")
        alerts.silent = True
        answer = khang.post("/khan/tin/cho-1/cho-phat", pin=PIN, seen="1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/cho-1")
        assert "Chưa lên loa: đài đang đọc tin" in khang.get("/khan/tin/cho-1").text

    def test_the_first_cannot_be_the_second(self, khang: Any, alerts: Any) -> None:
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, handed_in_by=KHANG)
        khang.get("/khan/tin/cho-1")
        page = khang.post("/khan/tin/cho-1/cho-phat", pin=PIN, seen="1")
        assert page.status_code == 422
        assert alerts.book["cho-1"].state is AlertState.DRAFT

    def test_what_waits_is_one_tap_away_on_every_page(self, khang: Any, alerts: Any) -> None:
        assert "count-waits" in khang.get("/toi").text
        assert "1 chờ" not in khang.get("/toi").text
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, drafted_at=NOW - timedelta(minutes=3))
        assert "1 chờ" in khang.get("/toi").text
