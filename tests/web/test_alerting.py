"""The emergency officer's page: with and without scripts, nothing typed is lost, nothing is sent twice."""

from __future__ import annotations

import re
from typing import Any

import pytest

from smartradio.domain.alert import AlertState, AlertStatus
from tests.web.alert_book_desk import WORDS, NoVoiceError, kept
from tests.web.alert_desk import FLOOD, PIN

ALL = ["thon-1", "thon-2", "thon-3"]


def sent(visitor: Any, **changes: Any) -> Any:
    form = {"text": FLOOD, "zones": ALL, "once": "lan-1", "pin": PIN, "do": "phat", "repeat_min": "0", "lasts_h": "6"}
    return visitor.post("/khan", **(form | changes))


class TestThePage:
    def test_all_is_on_it_and_every_zone_is_chosen(self, khang: Any) -> None:
        page = khang.get("/khan/soan")
        assert page.status_code == 200
        assert len(re.findall(r'name="zones" value="[^"]+" checked', page.text)) == 3
        assert 'inputmode="numeric"' in page.text
        assert "PHÁT NGAY" in page.text
        assert "style.css" not in page.text

    def test_page_script_and_looks_are_less_than_fifty_kilobytes_uncompressed(self, khang: Any) -> None:
        for path in ("/khan", "/khan/soan?mau=lu-khan-cap"):
            page = khang.get(path).text
            assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
            assert any("khan.js" in path for path in assets)
            whole = len(page.encode()) + sum(len(khang.get(path).content) for path in assets)
            assert whole < 50_000, path

    def test_what_was_used_before_can_be_taken_again(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        assert '/khan/soan?loi=lu-1"' in khang.get("/khan/soan").text
        assert f"{WORDS}</textarea>" in khang.get("/khan/soan?loi=lu-1").text
        assert khang.get("/khan/soan?loi=khong-co").status_code == 404

    def test_what_holds_and_what_waits_are_the_first_things_said(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, status=AlertStatus.EXERCISE)
        page = khang.get("/khan").text
        assert "Đang có hiệu lực: Tin lũ khẩn cấp" in page
        assert 'href="/khan/soan?nhap=cho-1"' in page
        assert "DIỄN TẬP</b> Chờ phát: tin của Đài khí tượng thủy văn tỉnh: Tin lũ khẩn cấp" in page
        assert page.index("Chờ phát") < page.index("Phát tin gì?")

    def test_own_words_and_every_template_are_one_tap_away(self, khang: Any) -> None:
        page = khang.get("/khan").text
        rows = re.findall(r'<li[^>]*><a href="/khan/soan(?:\?mau=([^"]+))?"', page)
        assert rows[0] == ""
        assert {"lu-khan-cap", "so-tan-ngay", "chay", "het-bao-dong"} <= set(rows)
        assert khang.get("/khan/soan?mau=khong-co").status_code == 404

    def test_broken_templates_of_the_communes_own_are_told_and_ours_are_there(self, khang: Any, alerts: Any) -> None:
        alerts.template_fault = "lu.yaml, line 3: no headline\ndap.yaml: the file is empty"
        page = khang.get("/khan").text
        assert "chưa dùng được: lu.yaml, line 3: no headline</p>" in page
        assert "chưa dùng được: dap.yaml: the file is empty</p>" in page
        assert "mau=lu-khan-cap" in page

    def test_who_has_no_pin_is_asked_for_the_password(self, khang: Any, desk: Any) -> None:
        desk.desks.own.pins.clear()
        page = khang.get("/khan/soan").text
        assert "Mật khẩu của bạn" in page
        assert 'Bạn chưa đặt mã PIN. <a href="/toi">Đặt mã PIN 6 số' in page

    @pytest.mark.parametrize(("typed", "line"), [("", "Hãy nhập mật khẩu của bạn"), ("sai", "Mật khẩu không đúng.")])
    def test_nothing_asks_for_a_pin_of_somebody_who_has_none(
        self, khang: Any, desk: Any, typed: str, line: str
    ) -> None:
        desk.desks.own.pins.clear()
        told = re.findall(r'class="error" role="alert">([^<]+)<', sent(khang, pin=typed).text)
        assert [each for each in told if each.startswith(line)]
        khang.get("/khan/soan")
        refused = khang.post("/khan/ma", text=FLOOD, pin="sai").json()["error"]
        assert not [each for each in (*told, refused) if each.startswith(("Nhập lại mã PIN", "Mã PIN"))]


class TestSendingWithoutScripts:
    def test_reading_back_sends_nothing_and_keeps_what_was_typed(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, do="doc", zones=["thon-2"], pin="")
        assert page.status_code == 200
        assert "mời bà con thôn hai sơ tán ngay lên trường học" in page.text
        assert 'src="/recordings/' in page.text
        assert re.findall(r'name="zones" value="([^"]+)" checked', page.text) == ["thon-2"]
        assert alerts.sent == []

    def test_pin_and_send_go_in_one_step_and_lead_to_the_board(self, khang: Any, alerts: Any) -> None:
        answer = sent(khang)
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/cb-lan-1")
        ((wanted, by),) = alerts.sent
        assert (wanted.alert.text, wanted.alert.zones, by.title, by.account) == (FLOOD, tuple(ALL), "Đỗ Khang", "khang")

    def test_it_is_not_made_audible_before_it_goes_out(self, khang: Any, alerts: Any) -> None:
        assert sent(khang).status_code == 303
        assert sent(khang, once="lan-2", text="Đến PXKQ ngay.", taken_on="x").status_code == 422
        assert [made.text for made in alerts.prepared] == ["Đến PXKQ ngay."], "read back only where it was refused"

    def test_where_no_voice_speaks_yet_it_is_out_and_its_page_says_so(self, khang: Any, alerts: Any) -> None:
        alerts.silent = True
        assert sent(khang).headers["location"] == "/khan/tin/cb-lan-1"
        assert "Chưa lên loa: đài đang đọc tin" in khang.get("/khan/tin/cb-lan-1").text

    def test_the_same_form_twice_sends_one_alert(self, khang: Any, alerts: Any) -> None:
        first, second = sent(khang), sent(khang)
        assert first.headers["location"] == second.headers["location"]
        assert len(alerts.sent) == 1

    @pytest.mark.parametrize(
        ("changes", "status", "line"),
        [
            ({"text": "  "}, 422, "Chưa có lời để phát."),
            ({"text": "a" * 4_001}, 422, "Lời quá dài: 4.001 ký tự, nhiều nhất 4.000 ký tự."),
            ({"zones": []}, 422, "Chọn ít nhất một thôn."),
            ({"zones": ["thon-9"]}, 422, "Chọn ít nhất một thôn."),
            ({"pin": "000001"}, 401, "Mã PIN hoặc mật khẩu không đúng."),
            ({"pin": ""}, 422, "Nhập lại mã PIN"),
            ({"text": "Đến PXKQ ngay."}, 422, "Có chỗ có thể đọc sai."),
        ],
    )
    def test_what_is_refused_is_told_in_one_line_and_nothing_typed_is_lost(
        self, khang: Any, alerts: Any, changes: dict[str, Any], status: int, line: str
    ) -> None:
        page = sent(khang, **changes)
        assert page.status_code == status
        assert page.text.count('role="alert"') == 1
        assert line in page.text
        assert f"{changes.get('text', FLOOD).strip()}</textarea>" in page.text
        assert 'name="once" value="lan-1"' in page.text
        assert PIN not in page.text
        assert alerts.sent == []

    def test_uncertain_places_are_shown_with_a_tick_and_sent_once_they_are_taken_on(
        self, khang: Any, alerts: Any
    ) -> None:
        page = sent(khang, text="Đến PXKQ ngay.").text
        assert "<b>PXKQ</b>: Chữ viết tắt lạ, đang đánh vần" in page
        assert 'name="taken_on"' in page
        tick = re.search(r'name="taken_on" value="([^"]+)"', page)
        assert tick is not None
        changed = sent(khang, text="Không đến PXKQ nữa.", taken_on=tick[1])
        assert changed.status_code == 422, "they ticked other words"
        assert " checked" not in changed.text.partition('name="taken_on"')[2][:120]
        assert sent(khang, text="Đến PXKQ ngay.", taken_on=tick[1]).status_code == 303
        assert [each[0].alert.text for each in alerts.sent] == ["Đến PXKQ ngay."]
        assert alerts.sent[0][0].taken_on

    def test_after_many_wrong_pins_it_says_how_long_to_wait(self, khang: Any, alerts: Any) -> None:
        alerts.locked_s = 7.2
        page = sent(khang)
        assert page.status_code == 429
        assert "Đợi 8 giây" in page.text

    def test_a_station_without_a_voice_says_so_and_keeps_the_words(self, khang: Any, alerts: Any) -> None:
        alerts.refuses = NoVoiceError("no voice speaks")
        page = sent(khang)
        assert page.status_code == 503
        assert "Máy đọc của đài đang hỏng" in page.text
        assert FLOOD in page.text

    def test_markup_in_the_words_stays_words(self, khang: Any) -> None:
        page = sent(khang, text="<script>alert('x')</script> nước lên", do="doc").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


class TestSendingWithAScript:
    def test_words_are_made_ready_while_the_officer_chooses(self, khang: Any) -> None:
        piece = khang.post("/khan/chuan-bi", text=FLOOD)
        assert piece.status_code == 200
        assert "<html" not in piece.text
        assert f'src="/recordings/{"d" * 64}.opus"' in piece.text
        wrong = khang.post("/khan/chuan-bi", text=" ")
        assert wrong.status_code == 422
        assert "Chưa có lời để phát." in wrong.text

    def test_the_pin_is_checked_before_the_click_and_the_click_takes_its_word(self, khang: Any, alerts: Any) -> None:
        grant = khang.post("/khan/ma", text=FLOOD, pin="29 07 18").json()["grant"]
        answer = khang.post_as_script("/khan", text=FLOOD, zones=ALL, once="lan-1", grant=grant, do="phat")
        assert (answer.status_code, answer.json()["to"]) == (200, "/khan/tin/cb-lan-1")
        assert alerts.sent[0][0].pin == ""

    def test_a_wrong_pin_and_a_used_leave_are_told_as_json(self, khang: Any) -> None:
        wrong = khang.post("/khan/ma", text=FLOOD, pin="000001")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "Mã PIN hoặc mật khẩu không đúng.")
        old = khang.post_as_script("/khan", text=FLOOD, zones=ALL, once="lan-1", grant="cu", do="phat")
        assert old.status_code == 422
        assert old.json()["field"] == "pin"

    def test_no_pin_is_asked_for_words_that_are_none(self, khang: Any) -> None:
        wrong = khang.post("/khan/ma", text="", pin=PIN)
        assert (wrong.status_code, wrong.json()["field"]) == (422, "text")
