"""The pages: what they show, what forms do, what bad input gets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.listening.trends import Trend
from smartradio.speech.spoken.read_back import Difference, ReadBackError
from smartradio.speech.spoken.text import clean_text
from smartradio.station.at_once import AirtimeError, QuietHoursError
from smartradio.station.scripts import MisreadError
from smartradio.station.views import LoggedEvidence
from tests.web.upkeep_desk import standing

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_an_airing_shows_each_nodes_figures_and_verdict(lan: Any) -> None:
    page = lan.get("/airings/lp-1").text
    for figure in ("97\u00a0%", "−23,4\u00a0dBFS", "21,7\u00a0dB", "+0,40\u00a0ms", "−1,2\u00a0ms"):
        assert figure in page
    assert "nghe được tại micro của cụm loa" in page
    assert "không nghe thấy tiếng loa của chính cụm này" in page
    assert "chưa có bộ nhận dạng" in page


def test_what_was_not_measured_stays_a_dash(lan: Any) -> None:
    article = lan.get("/airings/lp-1").text.split('id="thon-3"')[1].split("</article>")[0]
    assert article.count("<dd>—</dd>") == 5
    assert "chưa có bộ nhận dạng" not in article
    assert "Xác nhận kết luận này" not in article


def test_a_refusal_stands_in_the_chain_with_its_reason(lan: Any) -> None:
    page = lan.get("/airings/lp-1").text
    assert page.count("bản ghi đã bị thay đổi, không đúng bản đã duyệt") == 3  # the node's card, its lane, the log
    assert "Cụm loa từ chối" in page


def test_the_writing_stands_beside_the_reading_with_rules_and_open_items(lan: Any) -> None:
    page = lan.get("/airings/lp-1").text
    assert "<mark>23/11/2026</mark>" in page
    assert "hai mươi ba tháng mười một" in page
    assert "ngày tháng năm</span> <b>23/11/2026</b>" in page
    assert '<mark class="open">PKĐK</mark>' in page
    assert "Chữ viết tắt chưa có trong bảng → phòng khám đa khoa?" in page


def test_players_and_pictures_are_there_for_the_recording_and_each_clip(lan: Any) -> None:
    page = lan.get("/airings/lp-1").text
    assert re.findall(r'<audio [^>]*src="([^"]+)"', page) == [
        "/recordings/" + "d" * 64 + ".opus",
        "/airings/lp-1/clips/thon-1.opus",
        "/airings/lp-1/clips/thon-2.opus",
    ]
    assert page.count("/picture.svg") == 3


def test_confirming_settles_the_verdict_in_the_operators_name(lan: Any) -> None:
    lan.get("/airings/lp-1")
    answer = lan.post("/airings/lp-1/nodes/thon-1/confirm")
    assert answer.headers["location"] == "/airings/lp-1?cum=thon-1#thon-1"
    assert "Người trực đã xác nhận: Lê Thị Lan" in lan.get("/airings/lp-1").text


def test_disputing_takes_a_note(lan: Any) -> None:
    lan.get("/airings/lp-1")
    answer = lan.post("/airings/lp-1/nodes/thon-2/dispute", note="  Tôi đứng ở chợ, nghe rõ.  ")
    assert answer.status_code == 303
    page = lan.get("/airings/lp-1").text
    assert "Người trực không đồng ý với kết luận: Lê Thị Lan — “Tôi đứng ở chợ, nghe rõ.”" in page


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("   ", "Chỗ này còn trống, hãy nhập nội dung."),
        ("nghe rõ " * 100, "Nội dung quá dài: 799 ký tự, tối đa 500."),
        ("\x00\x00", "Có ký tự không đọc được"),
    ],
)
def test_a_dispute_without_a_usable_note_says_why_and_keeps_it(lan: Any, desk: Any, note: str, line: str) -> None:
    lan.get("/airings/lp-1")
    answer = lan.post("/airings/lp-1/nodes/thon-2/dispute", note=note)
    assert answer.status_code == 422
    assert line in answer.text
    assert note.strip().replace("\x00", "\x00") in answer.text
    assert desk.view.nodes[1].settled is None


@pytest.mark.parametrize("action", ["confirm", "dispute"])
def test_where_there_is_no_verdict_there_is_nothing_to_settle(lan: Any, action: str) -> None:
    lan.get("/airings/lp-1")
    answer = lan.post(f"/airings/lp-1/nodes/thon-3/{action}", note="nghe rõ")
    assert answer.status_code == 422
    assert lan.post(f"/airings/khong-co/nodes/thon-1/{action}", note="nghe rõ").status_code == 404


def test_another_text_is_aired_in_the_operators_name(lan: Any, desk: Any) -> None:
    lan.get("/air")
    answer = lan.post(
        "/air", title=" Báo  cắt điện ", text="Cắt điện lúc 8h.\r\nXin cảm ơn.", zones=["thon-1", "thon-3"]
    )
    assert answer.headers["location"] == "/airings/lp-2"
    assert desk.aired == [
        {
            "title": "Báo cắt điện",
            "text": "Cắt điện lúc 8h.\nXin cảm ơn.",
            "by": "Lê Thị Lan",
            "zones": ["thon-1", "thon-3"],
            "times": 1,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"title": ""}, "Chỗ này còn trống, hãy nhập nội dung."),
        ({"text": " \n "}, "Chỗ này còn trống, hãy nhập nội dung."),
        ({"text": "nước lên " * 2_223}, "Nội dung quá dài: 20.006 ký tự, tối đa 20.000."),
        ({"text": "nước lên " * 11_112}, "Nội dung quá dài: 100.007 ký tự, tối đa 20.000."),
        ({"title": "a" * 121}, "Nội dung quá dài: 121 ký tự, tối đa 120."),
        ({"text": "🙂 … !!!"}, "Không có gì để đọc, hãy viết bằng chữ hoặc số."),
        ({"text": "Họp dân\x00 lúc 8h"}, "Có ký tự không đọc được"),
        ({"zones": []}, "Hãy chọn ít nhất một khu vực."),
        ({"zones": ["thon-9"]}, "Khu vực này không còn, hãy chọn lại."),
    ],
)
def test_bad_input_gets_one_clear_line_and_what_was_typed_stays(
    lan: Any, desk: Any, fields: dict[str, Any], line: str
) -> None:
    typed = {"title": "Báo cắt điện", "text": "Cắt điện lúc 8h sáng mai.", "zones": ["thon-2"], **fields}
    lan.get("/air")
    answer = lan.post("/air", **typed)
    assert answer.status_code == 422
    assert answer.text.count('class="error"') == 1
    assert line in answer.text
    assert typed["title"] in answer.text
    assert typed["text"].strip() in answer.text
    assert ('value="thon-2" checked' in answer.text) == (typed["zones"] == ["thon-2"])
    assert desk.aired == []


def test_bytes_that_are_not_utf8_are_refused(lan: Any, desk: Any) -> None:
    lan.get("/air")
    body = b"csrf=" + lan.token.encode() + b"&title=Tin&text=B%e1o+%ff%fe&zones=thon-1"
    answer = lan.post_bytes("/air", body)
    assert answer.status_code == 422
    assert "Có ký tự không đọc được, hãy dán lại nội dung bằng phông Unicode." in answer.text
    assert desk.aired == []


def test_what_the_station_refuses_is_said_and_what_was_typed_stays(lan: Any, desk: Any) -> None:
    desk.refuses = BadInputError("line 1: nothing to read")
    lan.get("/air")
    answer = lan.post("/air", title="Tin", text="Nội dung đã gõ", zones=["thon-1"], once="k")
    assert answer.status_code == 422
    assert "Đài không nhận nội dung này: line 1: nothing to read" in answer.text
    assert "Nội dung đã gõ" in answer.text
    desk.refuses = None
    again = lan.post("/air", title="Tin", text="Nội dung đã sửa", zones=["thon-1"], once="k")
    assert again.status_code == 303


def test_a_voice_that_fails_is_said_and_what_was_typed_stays(lan: Any, desk: Any) -> None:
    desk.refuses = SmartradioError("the voice vi does not answer; run smartradio doctor")
    lan.get("/air")
    answer = lan.post("/air", title="Tin", text="Nội dung đã gõ", zones=["thon-1"])
    assert answer.status_code == 503
    assert "Đài chưa phát được: the voice vi does not answer; run smartradio doctor" in answer.text
    assert "Nội dung đã gõ" in answer.text


def test_a_form_sent_twice_by_a_weak_link_is_aired_once(lan: Any, desk: Any) -> None:
    desk.takes_s = 0.05
    lan.get("/air")
    answers = lan.post_twice_at_once("/air", title="Tin", text="Nội dung", zones=["thon-1"], once="k1")
    later = lan.post("/air", title="Tin", text="Nội dung", zones=["thon-1"], once="k1")
    assert [answer.headers["location"] for answer in (*answers, later)] == ["/airings/lp-2"] * 3
    assert len(desk.aired) == 1


def test_a_flood_of_bytes_is_cut_off(lan: Any, desk: Any) -> None:
    lan.get("/air")
    answer = lan.post_bytes("/air", b"csrf=x&text=" + b"a" * (3 * 1024 * 1024))
    assert answer.status_code == 413
    assert "Nội dung quá lớn" in answer.text
    assert desk.aired == []


def test_hostile_text_is_shown_and_never_run(lan: Any, desk: Any) -> None:
    view = desk.view
    bulletin = replace(view.bulletin, title=HOSTILE)
    node = replace(
        view.nodes[0], title=HOSTILE, transcript=HOSTILE, recogniser=HOSTILE, note=HOSTILE, settled="disputed"
    )
    line = {
        "written": HOSTILE,
        "spoken": HOSTILE,
        "pieces": [{"start": 0, "end": 8, "written": HOSTILE[:8], "spoken": HOSTILE, "rule": HOSTILE}],
        "open_items": [{"start": 9, "end": 14, "written": HOSTILE[9:14], "problem": HOSTILE, "suggestion": HOSTILE}],
    }
    evil = Evidence(
        "lp-1", "thon-1", Step.REFUSED, view.airing.starts_at, HOSTILE, HOSTILE, {"note": HOSTILE, HOSTILE: HOSTILE}
    )
    entry = LoggedEvidence(99, view.airing.starts_at, evil, "0" * 64)
    desk.view = replace(
        view, bulletin=bulletin, nodes=(node, *view.nodes[1:]), spoken=(line,), chain=(*view.chain, entry)
    )
    desk.refuses = BadInputError(HOSTILE)
    pages = [lan.get("/airings"), lan.get("/airings/lp-1"), lan.get("/air")]
    pages.append(lan.post("/air", title=HOSTILE, text=HOSTILE, zones=["thon-1"]))
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[1].text


def test_an_airing_that_is_not_there_is_said_so(lan: Any) -> None:
    answer = lan.get("/airings/khong-co")
    assert answer.status_code == 404
    assert "Không có lượt phát này" in answer.text


def test_a_page_that_is_not_there_is_said_so(lan: Any) -> None:
    answer = lan.get("/khong-co")
    assert answer.status_code == 404
    assert "Không có trang này" in answer.text


def test_nodes_show_their_state_and_what_was_refused(lan: Any) -> None:
    page = lan.get("/nodes").text
    assert "mất liên lạc" in page
    assert "chưa lên mạng" in page
    assert "bản cũ bị gửi lại" in page


def test_a_page_with_forms_knows_by_its_mark_when_to_look_again(lan: Any, desk: Any, commune: Any) -> None:
    def mark() -> str:
        return re.findall(r'data-look-again="(\w+)"', lan.get("/airings/lp-1").text)[0]

    before = mark()
    assert mark() == before
    playing = replace(desk.view.nodes[0], verdict=None, state=commune.AiringState.STARTED)
    desk.view = replace(desk.view, nodes=(playing,))
    assert mark() != before


def test_a_confirmed_part_of_the_page_gets_a_new_version(lan: Any) -> None:
    def version() -> str:
        return re.findall(r'id="thon-1" data-part data-version="(\w+)"', lan.get("/airings/lp-1").text)[0]

    before = version()
    assert version() == before
    lan.post("/airings/lp-1/nodes/thon-1/confirm")
    assert version() != before


def test_the_api_gives_the_same_airing_as_plain_json(lan: Any) -> None:
    board = lan.get("/api/airings").json()["airings"]
    assert [view["airing"]["id"] for view in board] == ["lp-1"]
    view = lan.get("/api/airings/lp-1").json()
    assert view["airing"]["starts_at"] == "2026-11-21T22:00:00+00:00"
    assert [node["verdict"] for node in view["nodes"]] == ["aired", "silent", None]
    assert view["chain"][5]["evidence"]["reason"] == "altered_recording"
    assert lan.get("/api/airings/khong-co").status_code == 404
    assert lan.get("/api/airings?newest=0").status_code == 422


def test_uncertain_places_are_shown_before_airing_and_nothing_is_aired(lan: Any, desk: Any) -> None:
    lan.get("/air")
    fields = {"title": "Tiêm chủng", "text": "Gặp BS. Lan (PKĐK).", "zones": ["thon-1"]}
    looked = lan.post("/air", **fields, look="1")
    assert looked.status_code == 200
    assert "Chỗ chưa chắc cách đọc" in looked.text
    assert "dòng 2" in looked.text and "PKĐK</b>: Chữ viết tắt chưa có trong bảng → phòng khám đa khoa?" in looked.text
    assert "Gặp BS. Lan (PKĐK)." in looked.text
    assert desk.aired == []
    assert lan.post("/air", **fields).status_code == 303
    assert len(desk.aired) == 1


def test_a_text_read_with_certainty_is_said_so_and_one_that_cannot_be_read_too(lan: Any, desk: Any) -> None:
    lan.get("/air")
    fields = {"title": "Tiêm chủng", "text": "Tiêm chủng lúc 7h30.", "zones": ["thon-1"], "look": "1"}
    assert "Không có chỗ nào." in lan.post("/air", **fields).text
    difference = Difference(1, 15, 16, "7", "7", "chín giờ")
    desk.refuses = MisreadError("bulletin 'Tiêm chủng'", ReadBackError([difference]))
    refused = lan.post("/air", **fields)
    assert refused.status_code == 422
    assert "Dòng 1: “7” sẽ bị đọc thành “chín giờ”" in refused.text and "Tiêm chủng lúc 7h30." in refused.text
    with pytest.raises(BadInputError) as old:
        clean_text("Uû ban nh©n d©n x· th«ng b¸o lÞch")
    desk.refuses = old.value
    assert "bảng mã cũ (TCVN3, VNI)" in lan.post("/air", **fields).text


def test_what_the_commune_s_rules_do_not_let_sound_is_said_with_its_zone_and_hours(lan: Any, desk: Any) -> None:
    lan.get("/air")
    fields = {"title": "Họp thôn", "text": "Mời bà con ra họp.", "zones": ["thon-1"]}
    desk.refuses = QuietHoursError("thon-1", time(21), time(5))
    refused = lan.post("/air", **fields)
    assert refused.status_code == 422
    assert "Đang là giờ yên tĩnh tại thon-1, từ 21:00 đến 05:00: chỉ phát tin khẩn." in refused.text
    desk.refuses = AirtimeError("thon-1", 1_700.0, 1_800.0, 200.0)
    assert "thon-1 đã dùng hết thời lượng phát của ngày: 28,3 trên 30,0 phút." in lan.post("/air", **fields).text


def test_an_airing_with_uncertain_places_says_so_at_its_head(lan: Any, desk: Any) -> None:
    page = lan.get("/airings/lp-1").text
    assert '<a href="#reading">Chỗ chưa chắc cách đọc: 1</a>' in page
    desk.view = replace(desk.view, spoken=desk.view.spoken[:1])
    assert "#reading" not in lan.get("/airings/lp-1").text


def test_a_part_brought_in_stands_between_the_lines_with_its_language(lan: Any, desk: Any) -> None:
    sound = {"written": "", "spoken": "", "pieces": [], "open_items": [], "language": "hmn", "sound": "5" * 64}
    first, second = desk.view.spoken
    desk.view = replace(desk.view, spoken=(first, sound, second))
    page = lan.get("/airings/lp-1").text
    assert page.index("UBND") < page.index("Bản thu mang vào, thứ tiếng: Hmông") < page.index("PKĐK")


def test_a_voice_that_stood_in_is_shown_beside_the_one_that_was_wanted(lan: Any, desk: Any) -> None:
    assert "đọc thay" not in lan.get("/airings/lp-1").text
    first, *others = desk.view.chain
    told = replace(first.evidence, facts={**first.evidence.facts, "voice_wanted": "piper:vais1000"})
    desk.view = replace(desk.view, chain=(replace(first, evidence=told), *others))
    page = lan.get("/airings/lp-1").text
    assert "đọc thay piper:vais1000, giọng này không đọc được" in page
    assert "giọng đọc đã chọn piper:vais1000" in page


def test_a_voice_is_called_by_its_name_and_not_by_its_code(lan: Any, desk: Any) -> None:
    desk.view = replace(desk.view, recording=replace(desk.view.recording, voice="vi-vn-x-south"))
    page = lan.get("/airings/lp-1").text
    assert "<dd>Giọng cơ bản miền Nam" in page


def test_a_recording_without_a_machine_s_voice_says_so(lan: Any, desk: Any) -> None:
    desk.view = replace(desk.view, recording=replace(desk.view.recording, voice=""))
    assert "không có giọng máy, bản thu mang vào" in lan.get("/airings/lp-1").text


def test_the_form_airs_no_emergency_whatever_is_sent(lan: Any, desk: Any) -> None:
    lan.get("/air")
    fields = {"title": "Lũ", "text": "Nước lên.", "zones": ["thon-1"], "priority": "100", "override_open_items": "1"}
    assert lan.post("/air", **fields).status_code == 303
    assert set(desk.aired[0]) == {"title", "text", "by", "zones", "times"}


def test_a_text_is_read_twice_where_that_was_ticked(lan: Any, desk: Any) -> None:
    lan.get("/air")
    fields = {"title": "Cắt điện", "text": "Mai cắt điện.", "zones": ["thon-1"]}
    assert lan.post("/air", **fields, once="k1").status_code == 303
    looked = lan.post("/air", **fields, twice="1", look="1").text
    assert re.search(r'name="twice" value="1" checked> Đọc hai lần liền', looked)
    assert lan.post("/air", **fields, twice="1", once="k2").status_code == 303
    assert [aired["times"] for aired in desk.aired] == [1, 2]


def test_a_node_that_moves_away_from_its_own_past_is_flagged_with_its_figures(lan: Any, desk: Any) -> None:
    desk.desks.upkeep.nodes = [standing("thon-1", "Cụm loa chợ")]
    assert "Loa yếu dần" not in lan.get("/nodes/thon-1").text
    since = desk.view.airing.starts_at
    moved = (Trend("weaker", -31.4, -26.2, "dB", since), Trend("later", 71.0, 38.0, "ms", since))
    desk.desks.upkeep.nodes = [standing("thon-1", "Cụm loa chợ", trends=moved)]
    page = lan.get("/nodes/thon-1").text
    assert "Loa yếu dần</strong>: nay −31,4\u00a0dB, trước đây −26,2\u00a0dB; từ Chủ nhật, 22/11/2026" in page
    assert "Phát trễ dần</strong>: nay 71,0\u00a0ms, trước đây 38,0\u00a0ms" in page
    assert "Loa yếu dần" in lan.get("/nodes").text
