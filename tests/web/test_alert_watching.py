"""The board of one airing of an emergency: counts, hamlets to be rung, taken back, and the way to its alert."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.airing import AiringState
from smartradio.domain.alert import AlertStatus
from smartradio.station.alerts.kept import airing_id
from tests.web.alert_book_desk import kept
from tests.web.alert_desk import NOW, board, node


@pytest.fixture
def alerts(desk: Any) -> Any:
    return desk.desks.alert


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
            (
                {"nodes": [node(1, verdict="aired"), node(2, verdict="silent")]},
                "Nghe được ở 1/2 cụm loa. Gọi ngay cho 1 thôn.",
            ),
            ({"withdrawn_by": "Đỗ Văn Khang"}, "Đỗ Văn Khang đã thu hồi tin này."),
        ],
    )
    def test_its_first_line_says_what_matters_now(
        self, khang: Any, alerts: Any, changes: dict[str, Any], first: str
    ) -> None:
        alerts.boards["kc-1"] = board(**changes)
        assert f"<h1>{first}" in khang.get("/khan/kc-1").text
        assert f"<h1>{first}" in khang.get("/khan/kc-1/bang").text

    def test_all_its_nodes_are_read_once_for_a_page(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        page = khang.get("/khan/kc-1").text
        assert alerts.asked_boards == ["kc-1"]
        # What follows is the same part as the page has, so that nothing is drawn anew when it begins to be followed.
        assert khang.get("/khan/kc-1/bang").text in page
        assert page.count('id="bang"') == 1

    def test_where_it_was_sent_once_more_by_itself_is_a_tap_away(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(once_more=("kc-2",))
        page = khang.get("/khan/kc-1").text
        assert 'href="/khan/kc-2"' in page
        assert "Đã tự phát lại ở nơi chưa nghe được" in page

    def test_one_whose_place_was_taken_leads_to_the_newer_one(self, khang: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board(withdrawn_by="Đỗ Văn Khang", replaced_by="lu-2")
        page = khang.get("/khan/kc-1").text
        assert "<h1>Đã có tin mới thay tin này." in page
        assert 'href="/khan/tin/lu-2"' in page
        assert "thu hồi tin này" not in page

    def test_everybody_looks_at_it_and_only_the_officer_may_do_something(self, stranger: Any, alerts: Any) -> None:
        alerts.boards["kc-1"] = board()
        stranger.log_in("tho")
        page = stranger.get("/khan/kc-1")
        assert page.status_code == 200
        assert "<form" not in page.text
        assert stranger.get("/khan").status_code == 403

    def test_it_leads_to_the_alert_of_which_it_is_one_airing(self, khang: Any, desk: Any, alerts: Any) -> None:
        of = kept(status=AlertStatus.EXERCISE)
        airing = airing_id(of.id, Occasion.FIRST, "")
        desk.desks.alerts.book[of.id] = of
        alerts.boards[airing] = board(airing)
        page = khang.get(f"/khan/{airing}").text
        assert 'href="/khan/tin/lu-1"' in page
        assert 'body class="exercise"' in page

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
