"""Verdicts that wait for a person: one after the other, the worst first, answered in the operator's name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Step
from smartradio.station.clip_desk import NOTHING_KEPT
from smartradio.web.settling import place


def test_the_worst_verdict_comes_first_with_its_clip_and_words(lan: Any) -> None:
    page = lan.get("/settle").text
    assert "<h1>2 kết luận đang chờ, nặng nhất trước</h1>" in page
    assert "<h2>Cụm loa chợ Yên Hòa</h2>" in page
    assert "Kết luận thứ 1 trong 2 đang chờ" in page
    assert "/airings/lp-1/clips/thon-2.opus" in page
    assert "Không có bằng chứng lời nói" in page
    assert 'rel="next"' in page and "/settle/lp-1/thon-1" in page


def test_an_answer_leads_to_the_next_and_says_what_was_done(lan: Any, desk: Any) -> None:
    lan.get("/settle")
    then = lan.post("/settle/lp-1/thon-2/confirm").headers["location"]
    assert then == "/settle/lp-1/thon-1?done=confirm&airing=lp-1&node=thon-2"
    assert (desk.view.nodes[1].settled, desk.view.nodes[1].settled_by) == ("confirmed", "Lê Thị Lan")
    page = lan.get(then).text
    assert "Đã xác nhận kết luận trước." in page
    assert '<a href="/airings/lp-1?cum=thon-2#thon-2">Xem lại</a>' in page
    assert "Kết luận thứ 1 trong 1 đang chờ" in page


def test_after_the_last_nothing_waits(lan: Any) -> None:
    lan.get("/settle")
    lan.post("/settle/lp-1/thon-2/dispute", note="Tôi đứng ở chợ, nghe rõ.")
    then = lan.post("/settle/lp-1/thon-1/confirm").headers["location"]
    assert then.startswith("/settle?done=confirm")
    page = lan.get(then).text
    assert "Không còn kết luận nào chờ chốt" in page
    assert "Đã xác nhận kết luận trước." in page


def test_a_dispute_without_a_note_keeps_the_page_and_says_why(lan: Any, desk: Any) -> None:
    lan.get("/settle")
    answer = lan.post("/settle/lp-1/thon-2/dispute", note="  ")
    assert answer.status_code == 422
    assert "Chỗ này còn trống, hãy nhập nội dung." in answer.text
    assert re.search(r'data-act="dispute" open', answer.text)
    assert desk.view.nodes[1].settled is None


@pytest.mark.parametrize("base", ["/settle/lp-1/thon-2", "/airings/lp-1/nodes/thon-2"])
def test_a_replay_is_asked_for_that_node_alone_in_the_operator_s_name(lan: Any, desk: Any, base: str) -> None:
    lan.get("/settle")
    assert lan.post(f"{base}/replay").status_code == 303
    assert desk.replayed == [("lp-1", "thon-2", "Lê Thị Lan")]
    page = lan.get("/airings/lp-1").text
    assert "Lê Thị Lan đã cho phát lại tại đây" in page
    assert 'href="/airings/lp-lai-1"' in page
    assert "Người trực cho phát lại tại cụm loa này" in page
    assert "thon-2" not in [item.node for item in desk.waiting()]


@pytest.mark.parametrize("base", ["/settle/lp-1/thon-2", "/airings/lp-1/nodes/thon-2"])
def test_a_replay_that_the_station_refuses_says_why(lan: Any, desk: Any, base: str) -> None:
    desk.refuses = BadInputError("it is being aired again there right now")
    lan.get("/settle")
    answer = lan.post(f"{base}/replay")
    assert answer.status_code == 422
    assert "Chưa làm được: cụm loa đang phát lại bản tin này rồi" in answer.text
    assert re.search(r'data-act="replay" open', answer.text)
    assert desk.replayed == []


def test_the_page_of_a_replay_leads_to_the_first_airing(lan: Any, desk: Any) -> None:
    assert "lượt phát lại tại một cụm loa" not in lan.get("/airings/lp-1").text
    chain = tuple(
        replace(e, evidence=replace(e.evidence, facts={**e.evidence.facts, "again_of": "lp-0"}))
        if e.evidence.step is Step.APPROVED
        else e
        for e in desk.view.chain
    )
    desk.view = replace(desk.view, chain=chain)
    page = lan.get("/airings/lp-1").text
    assert "Đây là lượt phát lại tại một cụm loa." in page
    assert '<a href="/airings/lp-0">' in page


def test_a_technician_looks_and_answers_nothing(stranger: Any, desk: Any) -> None:
    stranger.log_in("tho")
    page = stranger.get("/settle").text
    assert "Cụm loa chợ Yên Hòa" in page
    assert "<textarea" not in page
    for act in ("confirm", "replay"):
        assert stranger.post(f"/settle/lp-1/thon-2/{act}").status_code == 403
    assert (desk.replayed, desk.view.nodes[1].settled) == ([], None)


def test_a_form_from_elsewhere_settles_nothing(lan: Any, desk: Any) -> None:
    lan.get("/settle")
    assert lan.post("/settle/lp-1/thon-2/replay", token="forged").status_code == 403
    assert desk.replayed == []


def test_who_is_not_logged_in_is_asked_to(stranger: Any) -> None:
    assert stranger.get("/settle").headers["location"] == "/login?next=/settle"
    assert stranger.get("/settle/lp-1/thon-1").status_code == 303


@pytest.mark.parametrize("path", ["/settle/khong-co/thon-1", "/settle/lp-1/thon-9"])
def test_an_unknown_verdict_is_one_clear_page(lan: Any, path: str) -> None:
    assert lan.get(path).status_code == 404


def test_an_answer_nobody_knows_is_refused(lan: Any) -> None:
    lan.get("/settle")
    assert lan.post("/settle/lp-1/thon-2/delete").status_code == 422


def test_what_the_address_says_was_done_is_not_believed_blindly(lan: Any) -> None:
    assert 'class="done"' not in lan.get("/settle?done=erased&airing=lp-1&node=thon-2").text
    page = lan.get("/settle?done=confirm&airing=%22%3E%3Cscript%3E&node=x").text
    assert "<script>" not in page


def test_one_that_was_settled_meanwhile_shows_who_did_it_and_the_way_on(lan: Any) -> None:
    lan.get("/settle")
    lan.post("/settle/lp-1/thon-2/confirm")
    page = lan.get("/settle/lp-1/thon-2").text
    assert "Người trực đã xác nhận: Lê Thị Lan" in page
    assert "Kết luận này không còn chờ; còn 1 đang chờ" in page
    assert 'href="/settle/lp-1/thon-1"' in page


@pytest.mark.parametrize("page", ["/settle/lp-1/thon-1", "/airings/lp-1"])
def test_a_recording_that_says_otherwise_after_all_is_not_hidden_by_a_confirmation(
    lan: Any, desk: Any, page: str
) -> None:
    lan.post("/settle/lp-1/thon-1/confirm")
    assert "cho kết quả khác" not in lan.get(page).text
    last = desk.view.chain[-1]
    steps = ((Step.HEARD, {"verdict": "aired"}), (Step.CONFIRMED, {}), (Step.HEARD, {"verdict": "silent"}))
    later = tuple(
        replace(last, number=last.number + n, evidence=replace(last.evidence, node="thon-1", step=step, facts=facts))
        for n, (step, facts) in enumerate(steps, start=1)
    )
    desk.view = replace(desk.view, chain=(*desk.view.chain, *later))
    assert "gửi về sau lại cho kết quả khác: Không nghe thấy. Hãy nghe lại." in lan.get(page).text


def test_the_row_goes_round(desk: Any) -> None:
    row = desk.waiting()
    assert [item.node for item in row] == ["thon-2", "thon-1"]
    last = place(row, "lp-1", "thon-1")
    assert (last.number, last.next, last.previous) == (2, row[0], row[0])
    assert place(row[:1], "lp-1", "thon-2").next is None
    assert place([], "lp-1", "thon-2").next is None


@pytest.mark.parametrize("base", ["/settle/lp-1/thon-2", "/airings/lp-1/nodes/thon-2"])
def test_a_recording_that_a_node_still_keeps_can_be_asked_for(lan: Any, desk: Any, base: str) -> None:
    assert "Xin bản ghi từ micro" not in lan.get("/settle").text
    desk.view = replace(desk.view, nodes=(desk.view.nodes[0], replace(desk.view.nodes[1], clip=None)))
    assert "Xin bản ghi từ micro" in lan.get("/settle").text
    assert lan.post(f"{base}/clip").status_code == 303
    assert desk.asked == [("lp-1", "thon-2", "Lê Thị Lan")]
    assert "thon-2" in [item.node for item in desk.waiting()]


def test_a_node_that_keeps_nothing_is_said_so(lan: Any, desk: Any) -> None:
    desk.view = replace(desk.view, nodes=(replace(desk.view.nodes[1], clip=None),))
    desk.refuses = BadInputError(NOTHING_KEPT)
    lan.get("/settle")
    answer = lan.post("/settle/lp-1/thon-2/clip")
    assert answer.status_code == 422
    assert "Chưa làm được: cụm loa không giữ bản ghi của lượt phát này" in answer.text


@pytest.mark.parametrize("base", ["/settle/lp-1/thon-2", "/airings/lp-1/nodes/thon-2"])
@pytest.mark.parametrize("act", ["confirm", "dispute"])
def test_a_verdict_that_changed_on_the_way_is_shown_again_before_it_is_settled(
    lan: Any, desk: Any, base: str, act: str
) -> None:
    before = replace(desk.view.nodes[1], mark="cu")
    desk.view = replace(desk.view, nodes=(desk.view.nodes[0], before))
    assert lan.get("/settle").text.count('name="seen" value="cu"') == 2
    desk.view = replace(desk.view, nodes=(desk.view.nodes[0], replace(before, mark="moi")))
    answer = lan.post(f"{base}/{act}", seen="cu", note="Tôi nghe rõ.")
    assert answer.status_code == 422
    assert "kết luận vừa thay đổi" in answer.text
    assert 'name="seen" value="moi"' in answer.text
    assert desk.view.nodes[1].settled is None
    assert lan.post(f"{base}/{act}", seen="moi", note="Tôi nghe rõ.").status_code == 303
    assert desk.view.nodes[1].settled is not None


def test_a_file_in_place_of_a_note_is_no_note(lan: Any, desk: Any) -> None:
    lan.get("/settle")
    assert lan.post_file("/settle/lp-1/thon-2/dispute", "note", b"<b>x</b>").status_code == 422
    assert desk.view.nodes[1].settled is None
