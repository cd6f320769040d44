"""The emergency officer's page: with and without scripts, nothing typed is lost, nothing is sent twice."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from smartradio.domain.airing import AiringState
from smartradio.domain.errors import SmartradioError
from smartradio.station.alert_board import RecentAlert
from tests.web.alert_desk import FLOOD, NOW, PIN, board, node

ALL = ["thon-1", "thon-2", "thon-3"]


class NoVoiceError(SmartradioError):
    """As the studio says it when every voice is down."""


@pytest.fixture
def alerts(desk: Any) -> Any:
    return desk.desks.alert


@pytest.fixture
def khang(stranger: Any) -> Any:
    """The emergency officer, logged in, before the page."""
    stranger.log_in("khang")
    stranger.get("/khan")
    return stranger


def sent(visitor: Any, **changes: Any) -> Any:
    form = {"text": FLOOD, "zones": ALL, "once": "lan-1", "pin": PIN, "do": "phat"}
    return visitor.post("/khan", **(form | changes))


class TestThePage:
    def test_all_is_on_it_and_every_zone_is_chosen(self, khang: Any) -> None:
        page = khang.get("/khan")
        assert page.status_code == 200
        assert len(re.findall(r'name="zones" value="[^"]+" checked', page.text)) == 3
        assert 'inputmode="numeric"' in page.text
        assert "PHÁT NGAY" in page.text
        assert "style.css" not in page.text

    def test_page_script_and_looks_are_less_than_fifty_kilobytes_uncompressed(self, khang: Any) -> None:
        page = khang.get("/khan").text
        assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert any("khan.js" in path for path in assets)
        whole = len(page.encode()) + sum(len(khang.get(path).content) for path in assets)
        assert whole < 50_000

    def test_what_was_used_before_can_be_taken_again(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        alerts.alerts = [RecentAlert("kc-1", "Nước sông lên nhanh.", FLOOD, NOW - timedelta(days=3), False)]
        assert '/khan?mau=kc-1"' in khang.get("/khan").text
        assert f"{FLOOD}</textarea>" in khang.get("/khan?mau=kc-1").text
        assert khang.get("/khan?mau=khong-co").status_code == 200

    def test_an_alert_under_way_is_the_first_thing_said(self, khang: Any, alerts: Any) -> None:
        nodes = [node(1, state=AiringState.STARTED, started_at=NOW)]
        alerts.boards["kc-1"] = board(nodes=nodes, ends_at=NOW + timedelta(seconds=20))
        alerts.alerts = [RecentAlert("kc-1", "Nước sông lên nhanh.", FLOOD, NOW, False)]
        assert "Đang phát: Nước sông lên nhanh." in khang.get("/khan").text

    def test_who_has_no_pin_is_asked_for_the_password(self, khang: Any, desk: Any) -> None:
        desk.desks.own.pins.clear()
        page = khang.get("/khan").text
        assert "Mật khẩu của bạn" in page
        assert 'href="/toi"' in page


class TestSendingWithoutScripts:
    def test_reading_back_sends_nothing_and_keeps_what_was_typed(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, do="doc", zones=["thon-2"], pin="")
        assert page.status_code == 200
        assert FLOOD.lower() in page.text
        assert 'src="/recordings/' in page.text
        assert re.findall(r'name="zones" value="([^"]+)" checked', page.text) == ["thon-2"]
        assert alerts.sent == []

    def test_pin_and_send_go_in_one_step_and_lead_to_the_board(self, khang: Any, alerts: Any) -> None:
        answer = sent(khang)
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/kc-lan-1")
        ((wanted, by),) = alerts.sent
        assert (wanted.text, wanted.zones, by.title, by.account) == (FLOOD, tuple(ALL), "Đỗ Khang", "khang")

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
        assert "<b>PXKQ</b>: Chữ viết tắt chưa có trong bảng" in page
        assert 'name="taken_on"' in page
        tick = re.search(r'name="taken_on" value="([^"]+)"', page)
        assert tick is not None
        changed = sent(khang, text="Không đến PXKQ nữa.", taken_on=tick[1])
        assert changed.status_code == 422, "they ticked other words"
        assert " checked" not in changed.text.partition('name="taken_on"')[2][:120]
        assert sent(khang, text="Đến PXKQ ngay.", taken_on=tick[1]).status_code == 303
        assert [each[0].text for each in alerts.sent] == ["Đến PXKQ ngay."]
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
        assert (answer.status_code, answer.json()) == (200, {"to": "/khan/kc-lan-1"})
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


class TestTheBoard:
    def test_it_counts_and_names_the_hamlets_to_be_rung(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        page = khang.get("/khan/kc-1").text
        counts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page))
        assert counts == {
            "Cụm loa": "3", "Đã nhận": "2", "Đã phát": "2", "Nghe được": "1", "Im lặng": "1", "Không tới": "1",
        }  # fmt: skip
        lost = page[page.index("Gọi ngay") : page.index('class="hamlets"')]
        assert re.findall(r"<strong>([^<]+)</strong>", lost) == ["Thôn 2", "Thôn 3"]
        assert "nghe được tại micro của cụm loa" in page

    @pytest.mark.parametrize(
        ("changes", "first"),
        [
            ({"nodes": [node(1)]}, "Lệnh đã gửi; đang chờ cụm loa trả lời."),
            ({"nodes": [node(1, delivered_at=NOW), node(2)]}, "1/2 cụm loa đã nhận tin."),
            ({"nodes": [node(1, state=AiringState.STARTED, started_at=NOW)]}, "Đang phát ở 1/1 cụm loa."),
            ({"nodes": [node(1, state=AiringState.FINISHED, started_at=NOW)]}, "Đã phát ở 1/1 cụm loa"),
            ({"nodes": [node(1, verdict="aired")]}, "Xong: nghe được ở cả 1 cụm loa."),
            ({"nodes": [node(1, verdict="aired"), node(2, verdict="silent")]}, "Xong: nghe được ở 1/2 cụm loa."),
            ({"withdrawn_by": "Đỗ Văn Khang"}, "Đỗ Văn Khang đã thu hồi tin này."),
        ],
    )
    def test_its_first_line_says_what_matters_now(
        self, khang: Any, alerts: Any, changes: dict[str, Any], first: str
    ) -> None:
        alerts.boards["kc-1"] = board(**changes)
        assert f"<h1>{first}" in khang.get("/khan/kc-1").text
        assert f"<h1>{first}" in khang.get("/khan/kc-1/bang").text

    def test_where_it_was_sent_once_more_by_itself_is_a_tap_away(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(once_more=("kc-2",))
        page = khang.get("/khan/kc-1").text
        assert 'href="/khan/kc-2"' in page
        assert "Đã tự phát lại ở nơi chưa nghe được" in page

    def test_everybody_looks_at_it_and_only_the_officer_sends_again(self, stranger: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        stranger.log_in("tho")
        page = stranger.get("/khan/kc-1")
        assert page.status_code == 200
        assert "<form" not in page.text
        assert stranger.get("/khan").status_code == 403

    def test_an_alert_that_is_none_is_told_so(self, khang: Any) -> None:
        assert khang.get("/khan/khong-co").status_code == 404
        assert khang.get("/khan/khong-co/bang").status_code == 404

    def test_it_is_taken_back_in_the_officers_name(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(ends_at=NOW + timedelta(seconds=20))
        khang.get("/khan/kc-1")
        answer = khang.post("/khan/kc-1/thu-hoi", note="Phát nhầm thôn")
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/kc-1")
        ((airing, why, by),) = alerts.cancelled
        assert (airing, why, by.account) == ("kc-1", "Phát nhầm thôn", "khang")

    def test_taking_back_needs_a_reason_and_what_was_typed_stays(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(ends_at=NOW + timedelta(seconds=20))
        khang.get("/khan/kc-1")
        page = khang.post("/khan/kc-1/thu-hoi", note="x" * 600)
        assert page.status_code == 422
        assert "x" * 600 in page.text
        assert alerts.cancelled == []

    def test_it_is_said_again_with_when_it_was_first_said(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        assert "Nhắc lại tin khẩn cấp phát lúc 5 giờ 01" in khang.get("/khan/kc-1").text
        answer = khang.post("/khan/kc-1/lai", once="lan-2", pin=PIN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/kc-lan-2")
        ((wanted, _),) = alerts.sent
        assert wanted.text.startswith("Nhắc lại tin khẩn cấp phát lúc 5 giờ 01")
        assert wanted.zones == tuple(ALL)

    def test_a_wrong_pin_says_it_again_to_nobody(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        khang.get("/khan/kc-1")
        page = khang.post("/khan/kc-1/lai", once="lan-2", pin="000001")
        assert page.status_code == 401
        assert "Mã PIN hoặc mật khẩu không đúng." in page.text
        assert alerts.sent == []

    def test_what_was_taken_back_is_not_said_again(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(withdrawn_by="Đỗ Văn Khang")
        page = khang.get("/khan/kc-1").text
        assert "PHÁT NHẮC LẠI" not in page
        answer = khang.post("/khan/kc-1/lai", once="lan-2", pin=PIN)
        assert answer.status_code == 422
        assert alerts.sent == []
