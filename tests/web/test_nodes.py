"""The technician's pages: the list, one node, what is asked of it, the map."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.station.commune_map import read_map
from smartradio.station.node_records import NodeSetting
from smartradio.station.upkeep_refusals import EmergencyDueError, PlayingNowError
from tests.web.upkeep_desk import NOW, FakeUpkeepDesk, standing

HOSTILE = "<script>alert(1)</script>'; DROP TABLE nodes;--"
BORDER = [[105.97, 20.09], [106.0, 20.09], [106.0, 20.12], [105.97, 20.12], [105.97, 20.09]]
MAP = json.dumps(
    {"type": "Feature", "properties": {"name": "Thôn 1"}, "geometry": {"type": "Polygon", "coordinates": [BORDER]}}
).encode()


@pytest.fixture
def upkeep(desk: Any) -> FakeUpkeepDesk:
    found: FakeUpkeepDesk = desk.desks.upkeep
    return found


@pytest.fixture
def tho(stranger: Any) -> Any:
    """The technician, logged in."""
    stranger.log_in("tho")
    stranger.get("/nodes")
    return stranger


def named(page: str) -> list[str]:
    return re.findall(r'class="node-row [^"]*" href="/nodes/([^"]+)"', page)


class TestList:
    def test_the_first_line_says_how_many_nodes_are_silent(self, tho: Any) -> None:
        assert '<h1 id="headline"' in tho.get("/nodes").text
        assert "2 cụm loa đang im tiếng" in tho.get("/nodes").text

    def test_where_nothing_is_wrong_the_first_line_says_so(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ")]
        assert "Cả 1 cụm loa đều tốt" in tho.get("/nodes").text

    def test_without_nodes_the_page_says_what_to_do_next(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = []
        page = tho.get("/nodes").text
        assert "Chưa có cụm loa nào" in page
        assert "tệp cài đặt của đài" in page

    def test_hamlets_stand_in_the_order_people_count_in(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [
            replace(standing(f"cum-{n}", f"Cụm loa thôn {n}", zone=f"thon-{n}"), zone_title=f"Thôn {n}")
            for n in (10, 2, 1)
        ]
        page = tho.get("/nodes?xep=name").text
        assert re.findall(r'<option value="(thon-\d+)"', page) == ["thon-1", "thon-2", "thon-10"]
        assert named(page) == ["cum-1", "cum-2", "cum-10"]

    def test_what_is_wrong_comes_first(self, tho: Any) -> None:
        order = named(tho.get("/nodes").text)
        assert order == ["thon-3", "thon-2", "thon-4", "thon-5", "thon-6", "thon-1"]

    def test_each_fault_stands_in_words(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ", foreign_key=True)]
        page = tho.get("/nodes").text
        assert "cụm loa nói bằng khóa lạ" in page
        assert "Gửi lại" not in page

    @pytest.mark.parametrize("words", ["de song vac", "Đê Sông", "THON-3", "sông vạc"])
    def test_a_node_is_found_as_people_type_in_a_hurry(self, tho: Any, words: str) -> None:
        assert named(tho.get(f"/nodes?tim={words}").text) == ["thon-3"]

    def test_nodes_are_found_by_state_and_hamlet(self, tho: Any) -> None:
        assert named(tho.get("/nodes?tinh-trang=faulty").text) == ["thon-2", "thon-4"]
        assert named(tho.get("/nodes?thon=thon-5").text) == ["thon-5"]

    def test_nodes_are_sorted_by_the_data_they_cost(self, tho: Any) -> None:
        assert named(tho.get("/nodes?xep=data").text)[:3] == ["thon-1", "thon-2", "thon-3"]

    def test_where_nothing_is_found_the_way_back_is_shown(self, tho: Any) -> None:
        page = tho.get("/nodes?tim=khong-co").text
        assert "Không có cụm loa nào như vậy" in page
        assert 'href="/nodes">Xem tất cả cụm loa' in page

    @pytest.mark.parametrize("query", ["trang=0", "trang=x", "tinh-trang=%3Cb%3E", "xep=%27", f"tim={'x' * 5000}"])
    def test_an_address_that_makes_no_sense_shows_the_list(self, tho: Any, query: str) -> None:
        assert tho.get(f"/nodes?{query}").status_code == 200

    def test_a_thousand_nodes_come_in_pages(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing(f"n{number:04}", f"Cụm loa {number}", zone="thon-1") for number in range(1_000)]
        first, last = tho.get("/nodes").text, tho.get("/nodes?trang=10").text
        assert (len(named(first)), len(named(last))) == (100, 100)
        assert not set(named(first)) & set(named(last))

    def test_all_nodes_are_read_once_for_a_page_and_its_mark(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.read.clear()
        page = tho.get("/nodes").text
        assert upkeep.read == ["all"]
        assert tho.get("/dau/nodes").text in page

    def test_what_others_wrote_stands_there_as_text(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", HOSTILE)]
        for path in ("/nodes", "/nodes/thon-1", "/ban-do", f"/nodes?tim={HOSTILE}"):
            assert "<script>alert" not in tho.get(path).text

    def test_the_mark_changes_with_what_the_list_shows_and_with_nothing_else(
        self, tho: Any, upkeep: FakeUpkeepDesk
    ) -> None:
        before = tho.get("/dau/nodes").text
        view = replace(upkeep.nodes[0].view, last_seen=NOW)
        upkeep.nodes[0] = replace(upkeep.nodes[0], view=view)
        assert tho.get("/dau/nodes").text == before
        upkeep.nodes[0] = standing("thon-1", "Cụm loa nhà văn hóa thôn 1", online=False)
        assert tho.get("/dau/nodes").text != before


class TestNode:
    def test_a_node_that_is_away_tells_since_when_and_what_to_do(self, tho: Any) -> None:
        page = tho.get("/nodes/thon-3").text
        assert "đã 5 giờ" in page
        assert "xem cụm loa có điện không" in page

    def test_a_cloned_node_is_told_plainly(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ", problems=("name_taken",))]
        page = tho.get("/nodes/thon-1").text
        assert "có cụm loa khác chạy cùng tên" in page
        assert "đặt tên riêng cho từng cụm" in page

    def test_it_is_read_once_for_a_page_and_its_parts(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.read.clear()
        page = tho.get("/nodes/thon-1").text
        assert upkeep.read == ["one", "past"]
        for part in ("tinh-trang", "luot-phat"):
            assert tho.get(f"/nodes/thon-1/{part}").text in page

    def test_the_charts_are_drawn_without_any_script(self, tho: Any) -> None:
        page = tho.get("/nodes/thon-1").text
        assert page.count('class="chart-line"') == 6
        assert page.count('class="chart-bars"') == 2
        assert "<style" not in page
        assert "style=" not in page

    def test_a_year_is_drawn_in_days(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        hours = [replace(upkeep.rows[0], at=NOW - timedelta(hours=number)) for number in range(24 * 90, 0, -1)]
        upkeep.rows = hours
        page = tho.get("/nodes/thon-1?khoang=nam").text
        bars = re.search(r'class="chart-bars" d="([^"]+)"', page)
        assert bars is not None
        assert 85 < bars[1].count("z") < 95

    def test_a_node_of_which_nothing_is_known_yet_has_no_made_up_charts(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.rows = []
        page = tho.get("/nodes/thon-6").text
        assert "chart-line" not in page
        assert "Năm phút sau khi cụm loa lên mạng" in page

    def test_what_the_machine_tells_of_itself_stands_there(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        health = {
            "net_kind": "modem",
            "signal_percent": 67.0,
            "signal_kind": "lte",
            "data_month_mb": 410.4,
            "data_budget_mb": 500.0,
            "data_near_budget": True,
            "disk_kind": "emmc",
            "disk_worn_percent": 30.0,
            "disk_written_mb": 41_200.0,
            "input_cua-tu": "open",
            "input_alarm": True,
            "input_alarms": "cua-tu",
        }
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ", health=health, problems=("input_alarm", "data_near_budget"))]
        page = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", tho.get("/nodes/thon-1").text))
        told = (
            "Đường truyền sóng di động lte 67 %",
            "410 MB trên 500 MB",
            "đã hao mòn đến 30 %; đã ghi 41 GB",
            "cua-tu hở",
        )
        for line in (*told, "một công tắc trong tủ báo có sự cố", "đã dùng từ 80 % dung lượng dữ liệu của tháng"):
            assert line.replace(" ", "") in page

    def test_whatever_the_machine_tells_the_page_opens(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        names = ("net_kind", "signal_dbm", "signal_percent", "signal_kind", "data_month_mb", "data_budget_mb")
        names += ("disk_kind", "disk_worn_percent", "disk_written_mb", "input_cua-tu", "input_alarms", "clock_source")
        for value in (HOSTILE, True, None, -1e300, 1e300):
            upkeep.nodes = [standing("thon-1", "Cụm loa chợ", health=dict.fromkeys(names, value))]
            page = tho.get("/nodes/thon-1")
            assert page.status_code == 200
            assert HOSTILE not in page.text

    def test_scripts_get_the_same_figures_as_columns(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        columns = tho.get("/nodes/thon-1/so-lieu.json").json()
        assert len(columns["at"]) == len(columns["temperature_c"]) == len(upkeep.rows)
        assert columns["undervoltage"][96] == 40.0

    def test_there_is_no_page_of_a_node_that_there_is_not(self, tho: Any) -> None:
        assert tho.get("/nodes/khong-co").status_code == 404
        assert tho.get("/nodes/khong-co/so-lieu.json").status_code == 404
        assert tho.get("/nodes/khong-co/tinh-trang").status_code == 404

    def test_the_last_airings_stand_there_with_their_verdicts(self, tho: Any) -> None:
        page = tho.get("/nodes/thon-1").text
        assert page.count("Lịch tiêm chủng mở rộng tháng 11") >= 6
        assert 'src="/airings/lp-1/clips/thon-1.opus"' in page

    def test_who_only_looks_sees_no_form(self, stranger: Any) -> None:
        stranger.log_in("soat")
        page = stranger.get("/nodes/thon-1").text
        assert 'action="/nodes/' not in page
        assert "Nhiệt độ" in page


class TestTone:
    def test_a_tone_is_asked_and_what_was_heard_is_told(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/nodes/thon-1")
        answer = tho.post("/nodes/thon-1/am-thu")
        assert (answer.status_code, answer.headers["location"]) == (303, "/nodes/thon-1#tone")
        assert "đang chờ cụm loa trả lời" in tho.get("/nodes/thon-1").text
        upkeep.answer(answer="measured", facts={"own_heard": True, "coverage": 0.97, "level_db": -23.4}, clip="a" * 64)
        page = tho.get("/nodes/thon-1").text
        assert "nghe được tại micro của cụm loa" in page
        assert "nghe được 97\u00a0% tiếng thử" in page
        assert "/nodes/thon-1/am-thu/order-1.opus" in page

    @pytest.mark.parametrize(
        ("snr_db", "line"),
        [(7.8, "to hơn tiếng xung quanh 7,8\u00a0dB"), (-7.8, "nhỏ hơn tiếng xung quanh 7,8\u00a0dB")],
    )
    def test_how_a_tone_stood_against_its_surroundings_is_told_without_a_minus(
        self, tho: Any, upkeep: FakeUpkeepDesk, snr_db: float, line: str
    ) -> None:
        tho.get("/nodes/thon-1")
        tho.post("/nodes/thon-1/am-thu")
        upkeep.answer(answer="measured", facts={"own_heard": True, "coverage": 0.97, "snr_db": snr_db})
        assert line in tho.get("/nodes/thon-1").text

    @pytest.mark.parametrize(
        ("answer", "line"),
        [
            ({"answer": "restarted"}, "cụm loa đã nhận lệnh và khởi động lại"),
            ({"answer": "measured", "facts": {"own_heard": False, "coverage": 0.1}}, "micro không nghe thấy tiếng thử"),
            ({"answer": "measured", "facts": {"own_heard": True, "coverage": 0.2}}, "micro không nghe thấy tiếng thử"),
            ({"answer": "measured", "facts": {"match_error": "too short"}}, "đã phát, không đo được"),
            ({"answer": "skipped", "reason": "busy"}, "cụm loa không phát được tiếng thử"),
            ({"expires_at": NOW}, "cụm loa không trả lời"),
        ],
    )
    def test_a_tone_that_was_not_heard_is_called_so(
        self, tho: Any, upkeep: FakeUpkeepDesk, answer: dict[str, Any], line: str
    ) -> None:
        tho.get("/nodes/thon-1")
        tho.post("/nodes/thon-1/am-thu")
        upkeep.answer(**answer)
        assert line in tho.get("/nodes/thon-1/da-hoi").text

    def test_the_recording_of_a_tone_is_played_in_somebodys_name(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        assert tho.get("/nodes/thon-1/am-thu/order-1.opus").status_code == 404
        upkeep.clip = b"OggS-what-was-heard"
        assert tho.get("/nodes/thon-1/am-thu/order-1.opus").content == upkeep.clip
        assert upkeep.asked[-1][:3] == ("listened", "thon-1", "order-1")

    def test_a_refusal_is_one_line_on_the_page(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/nodes/thon-3")
        upkeep.refuses = BadInputError("This node is off line: nothing can be asked of it now.")
        answer = tho.post("/nodes/thon-3/am-thu")
        assert answer.status_code == 422
        assert "cụm loa đang mất liên lạc, chưa yêu cầu được gì" in answer.text


class TestSettings:
    @pytest.mark.parametrize(("typed", "volume_db"), [("-6", -6.0), ("−4,5", -4.5), (" -0.5 ", -0.5)])
    def test_a_volume_is_set_as_people_write_figures(
        self, tho: Any, upkeep: FakeUpkeepDesk, typed: str, volume_db: float
    ) -> None:
        tho.get("/nodes/thon-1")
        assert tho.post("/nodes/thon-1/am-luong", volume_db=typed).status_code == 303
        assert upkeep.asked == [("volume", "thon-1", volume_db, upkeep.asked[0][3])]

    @pytest.mark.parametrize("typed", ["6", "to lên", "", "nan", "-1e999", HOSTILE])
    def test_a_volume_that_cannot_be_comes_back_with_what_was_typed(
        self, tho: Any, upkeep: FakeUpkeepDesk, typed: str
    ) -> None:
        tho.get("/nodes/thon-1")
        answer = tho.post("/nodes/thon-1/am-luong", volume_db=typed)
        assert answer.status_code == 422
        assert "từ −40 đến 0 dB" in answer.text
        assert "<script>alert" not in answer.text
        if typed != HOSTILE:
            assert f'value="{typed}"' in answer.text
        assert upkeep.asked == []

    def test_a_place_is_kept_and_shown_on_the_map(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/nodes/thon-4")
        assert tho.post("/nodes/thon-4/vi-tri", lat="20,11", lon="105.99").status_code == 303
        assert 'href="/nodes/thon-4" class="map-node' in tho.get("/ban-do").text
        wrong = tho.post("/nodes/thon-4/vi-tri", lat="200", lon="105.99")
        assert wrong.status_code == 422
        assert 'value="200"' in wrong.text

    def test_a_restart_says_what_it_cuts(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/nodes/thon-1")
        upkeep.refuses = PlayingNowError()
        assert "Cụm loa đang phát" in tho.post("/nodes/thon-1/khoi-dong-lai").text
        upkeep.refuses = EmergencyDueError()
        assert "tin khẩn cấp" in tho.post("/nodes/thon-1/khoi-dong-lai", even_while_playing="1").text
        upkeep.refuses = None
        assert tho.post("/nodes/thon-1/khoi-dong-lai", even_while_playing="1").status_code == 303
        assert [each[:3] for each in upkeep.asked] == [
            ("restart", "thon-1", False),
            ("restart", "thon-1", True),
            ("restart", "thon-1", True),
        ]

    def test_a_recording_that_stayed_at_the_node_is_asked_for(self, tho: Any, desk: Any) -> None:
        assert "Xin bản thu" in tho.get("/nodes/thon-1").text
        assert tho.post("/nodes/thon-1/ban-thu", airing="lp-1").status_code == 303
        assert desk.asked[-1][:2] == ("lp-1", "thon-1")

    @pytest.mark.parametrize("path", ["am-thu", "am-luong", "khoi-dong-lai", "vi-tri", "ban-thu"])
    def test_a_form_of_a_strange_page_does_nothing(self, tho: Any, upkeep: FakeUpkeepDesk, path: str) -> None:
        assert tho.post(f"/nodes/thon-1/{path}", token="strange", volume_db="-3").status_code == 403
        assert (upkeep.asked, upkeep.kept_orders) == ([], [])


class TestMap:
    def test_the_map_is_drawn_without_any_script(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.map = read_map(MAP)
        page = tho.get("/ban-do").text
        assert 'class="map-area"' in page
        assert ">Thôn 1</text>" in page
        assert page.count('class="map-node') == 3
        assert "Cụm loa đê sông Vạc: mất liên lạc" in page
        assert "3 cụm loa chưa có vị trí" in page

    def test_nodes_alone_make_a_map(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ", setting=NodeSetting(0.0, 20.1, 106.0))]
        page = tho.get("/ban-do").text
        assert page.count('class="map-node') == 1
        assert "nan" not in page.lower().split("<svg", 1)[1].split("</svg>")[0]

    def test_a_node_is_put_on_the_map(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/ban-do")
        assert tho.post("/ban-do/vi-tri", node="thon-4", lat="20.1", lon="105.99").status_code == 303
        assert upkeep.asked[0][:4] == ("place", "thon-4", 20.1, 105.99)
        wrong = tho.post("/ban-do/vi-tri", node="thon-4", lat="ở chợ", lon="105.99")
        assert wrong.status_code == 422
        assert "vĩ độ từ −90 đến 90" in wrong.text
        assert 'value="ở chợ"' in wrong.text

    def test_an_empty_map_says_what_to_do_next(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        upkeep.nodes = [standing("thon-1", "Cụm loa chợ")]
        assert "Chưa có bản đồ" in tho.get("/ban-do").text

    def test_a_map_is_uploaded_and_handed_to_scripts(self, tho: Any, upkeep: FakeUpkeepDesk) -> None:
        tho.get("/ban-do")
        assert tho.post_file("/ban-do", "map", MAP).status_code == 303
        assert upkeep.asked == [("map", 1, upkeep.asked[0][2])]
        assert tho.get("/ban-do/duong-net.json").json()["features"][0]["properties"] == {"name": "Thôn 1"}
        rows = tho.get("/ban-do/cum-loa.json").json()
        assert [(row["name"], row["condition"]) for row in rows][:2] == [("thon-1", "fine"), ("thon-2", "faulty")]

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"MZ\x90\x00", "không phải GeoJSON"),
            (b"", "Hãy chọn tệp bản đồ"),
            (b'{"type":"Point","coordinates":[590000,2220000]}', "hệ WGS 84"),
        ],
    )
    def test_a_file_that_is_no_map_is_told_and_the_old_one_stays(
        self, tho: Any, upkeep: FakeUpkeepDesk, content: bytes, line: str
    ) -> None:
        upkeep.map = before = read_map(MAP)
        tho.get("/ban-do")
        answer = tho.post_file("/ban-do", "map", content)
        assert answer.status_code == 422
        assert line in answer.text
        assert upkeep.map is before
