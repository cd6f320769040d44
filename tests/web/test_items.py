from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import SmartradioError
from smartradio.domain.relay import Relay
from smartradio.station.handed_in_before import Earlier
from smartradio.station.items import ItemRefusedError
from tests.web.alert_desk import recording
from tests.web.items import FIELDS, HANOI, NOW, written

PASSWORD = "gà-gáy-sáng-sớm-bờ-ao"


@pytest.fixture
def binh(stranger: Any) -> Iterator[Any]:
    """The commune's approver, logged in."""
    stranger.log_in("binh")
    stranger.get("/airings")
    return stranger


def test_the_queue_shows_what_waits_before_all_else(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.AIRED, written("da-phat", title="Tiêm chủng"))
    desk.approval_desk.put(ItemState.SUBMITTED)
    page = binh.get("/duyet").text
    assert page.index("Báo mất nước") < page.index("Tiêm chủng")
    assert "Chờ duyệt" in page
    assert "05:30" in page
    assert "Hằng ngày" in page


def test_an_approver_is_told_before_the_text_is_heard_where_the_reading_is_not_certain(
    binh: Any, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = desk.approval_desk.put(ItemState.SUBMITTED)
    desk.approval_desk.held["mat-nuoc"] = replace(item, recording_id="a" * 64)
    told = "Máy chưa chắc cách đọc ở 5 chỗ: hãy nghe từng câu trước đã."
    assert told not in binh.get("/duyet/mat-nuoc").text
    (submitted,) = desk.approval_desk.history("mat-nuoc")
    unsure = replace(submitted, evidence=replace(submitted.evidence, facts={"by": "Lê Thị Lan", "open_items": 5}))
    monkeypatch.setattr(desk.approval_desk, "history", lambda name: (unsure,))
    page = binh.get("/duyet/mat-nuoc").text
    assert page.index(told) < page.index("Duyệt bằng tên tôi")


def test_what_was_aired_leads_to_what_was_heard(lan: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.AIRED)
    assert 'href="/tin?tim=B%C3%A1o%20m%E1%BA%A5t%20n%C6%B0%E1%BB%9Bc"' in lan.get("/duyet/mat-nuoc").text
    desk.approval_desk.put(ItemState.SUBMITTED)
    assert "/tin?tim=" not in lan.get("/duyet/mat-nuoc").text


def test_what_waits_is_never_crowded_out(binh: Any, desk: Any) -> None:
    for number in range(300):
        desk.approval_desk.put(ItemState.AIRED, written(f"da-phat-{number}"))
    desk.approval_desk.put(ItemState.SUBMITTED)
    page = binh.get("/duyet").text
    assert page.count('href="/duyet/da-phat') == 30
    assert 'href="/duyet/mat-nuoc"' in page


def test_an_empty_queue_says_so(binh: Any) -> None:
    assert "Không có bản tin nào chờ duyệt." in binh.get("/duyet").text


def test_an_approver_reads_and_hears_it_and_approves_it_with_the_password(binh: Any, desk: Any) -> None:
    item = desk.approval_desk.put(ItemState.SUBMITTED)
    page = binh.get("/duyet/mat-nuoc").text
    assert "Bà con trữ nước." in page
    assert f"/recordings/{item.recording_id}.opus" in page
    assert "Lê Thị Lan" in page
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/duyet?vua=approve&tin=mat-nuoc")
    after = binh.get("/duyet?vua=approve&tin=mat-nuoc").text
    assert "Đã duyệt bằng tên bạn: Báo mất nước" in after
    assert "Không có bản tin nào chờ duyệt." in after
    ((name, act, by),) = desk.approval_desk.done
    assert (name, act, by.title, by.account) == ("mat-nuoc", "approve", "Phạm Văn Bình", "binh")
    # A fingerprint of the session, nothing that opens it.
    assert re.fullmatch(r"[0-9a-f]{16}", by.session)
    assert by.session not in binh.cookies["smartradio_session"]


def test_the_next_one_comes_by_itself(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    desk.approval_desk.put(ItemState.SUBMITTED, written("hop-thon", title="Họp thôn"))
    assert "2 tin chờ duyệt" in binh.get("/duyet").text
    assert '<span class="count">2</span>' in binh.get("/duyet/so").text
    binh.get("/duyet/mat-nuoc")
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    assert answer.headers["location"] == "/duyet/hop-thon?vua=approve&tin=mat-nuoc"
    page = binh.get(answer.headers["location"]).text
    assert "Đã duyệt bằng tên bạn: Báo mất nước" in page
    answer = binh.post("/duyet/hop-thon/return", seen=3, note="Ghi rõ mấy giờ")
    assert answer.headers["location"] == "/duyet?vua=return&tin=hop-thon"
    assert "Đã trả lại: Họp thôn" in binh.get(answer.headers["location"]).text
    assert binh.get("/duyet/so").text == ""


def test_what_is_new_since_it_was_handed_in_before_is_marked(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    desk.approval_desk.before["mat-nuoc"] = Earlier(
        "Báo cắt nước", "Mất nước từ 7 giờ.\nBà con trữ nước.", NOW - timedelta(hours=1), "Lê Thị Lan", ("thon-1",)
    )
    page = binh.get("/duyet/mat-nuoc").text
    assert "Mất nước từ <del>7</del><ins>8</ins> giờ." in page
    assert "<del>Báo cắt nước</del>" in page
    assert "<del>Thôn 1</del>" in page
    assert "Chỗ khác với lần trình trước được đánh dấu." in page


def test_the_same_words_again_are_said_to_be_the_same(binh: Any, desk: Any) -> None:
    item = desk.approval_desk.put(ItemState.SUBMITTED)
    programme = item.programme
    desk.approval_desk.before["mat-nuoc"] = Earlier(
        programme.title, programme.text, NOW, "Lê Thị Lan", programme.zones, programme.first_at, programme.recurrence
    )
    page = binh.get("/duyet/mat-nuoc").text
    assert "Lời giống hệt lần trình trước." in page
    assert "<ins>" not in page
    assert "<del>" not in page


def test_each_sentence_can_be_heard_alone(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    desk.approval_desk.sounds["d" * 64] = recording()
    page = binh.get("/duyet/mat-nuoc").text
    assert re.findall(r'href="/recordings/d{64}/(\d+)\.opus"', page) == ["1", "2"]
    assert binh.get(f"/recordings/{'d' * 64}/1.opus").headers["content-type"].startswith("audio/ogg")
    for wrong in ("3", "-1", "x", "9" * 12):
        assert binh.get(f"/recordings/{'d' * 64}/{wrong}.opus").status_code == 404


def test_an_approver_sees_when_and_whose_stream_their_name_stands_for(binh: Any, desk: Any) -> None:
    relay = Relay("https://vov.example/1", 30)
    desk.approval_desk.put(ItemState.SUBMITTED, written(relay=relay, recurrence=None))
    desk.approval_desk.times = tuple(datetime(2026, 12, day, 5, 30, tzinfo=HANOI) for day in (9, 24))
    page = binh.get("/duyet/mat-nuoc").text
    assert "Các lần phát sắp tới" in page
    assert "24/12/2026" in page
    assert "Tiếp âm https://vov.example/1 trong 30 phút" in page


@pytest.mark.parametrize("password", ["", "sai-mat-khau"])
def test_a_wrong_password_approves_nothing(binh: Any, desk: Any, password: str) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    binh.get("/duyet/mat-nuoc")
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=password)
    assert answer.status_code == 401
    assert desk.approval_desk.done == []


def test_many_wrong_passwords_close_the_door_for_a_while(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    for _ in range(3):
        binh.get("/duyet/mat-nuoc")
        binh.post("/duyet/mat-nuoc/approve", seen=3, password="sai-mat-khau")
    assert binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD).status_code == 429
    assert desk.approval_desk.done == []


def test_a_crowd_at_the_door_is_said(binh: Any, desk: Any, door: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    binh.get("/duyet/mat-nuoc")
    door.crowded = True
    assert binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD).status_code == 503


def test_an_impatient_thumb_approves_once_and_is_told_nothing_else(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    binh.get("/duyet/mat-nuoc")
    answers = binh.post_twice_at_once("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    answers.append(binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert [act for _, act, _ in desk.approval_desk.done] == ["approve"]


@pytest.mark.parametrize("decision", ["approve", "return"])
def test_an_operator_neither_approves_nor_sends_back(lan: Any, desk: Any, decision: str) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    page = lan.get("/duyet/mat-nuoc").text
    assert f"/duyet/mat-nuoc/{decision}" not in page
    assert lan.post(f"/duyet/mat-nuoc/{decision}", seen=3, password=PASSWORD, note="Sai giờ").status_code == 403
    assert desk.approval_desk.done == []


def test_a_technician_only_looks(stranger: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    stranger.log_in("tho")
    page = stranger.get("/duyet/mat-nuoc").text
    assert 'method="post" action="/duyet' not in page
    assert stranger.post("/duyet/mat-nuoc/withdraw", seen=3, note="Nhầm").status_code == 403
    assert stranger.get("/soan").status_code == 403
    assert stranger.post("/soan", **FIELDS).status_code == 403


def test_nobody_sees_the_queue_without_an_account(stranger: Any) -> None:
    for path in ("/duyet", "/duyet/mat-nuoc", "/soan"):
        assert stranger.get(path).headers["location"].startswith("/login")


def test_sending_back_takes_a_note(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    binh.get("/duyet/mat-nuoc")
    assert binh.post("/duyet/mat-nuoc/return", seen=3, note=" ").status_code == 422
    assert binh.post("/duyet/mat-nuoc/return", seen=3, note="Ghi rõ đến mấy giờ").status_code == 303
    page = binh.get("/duyet/mat-nuoc").text
    assert "Trả lại để sửa" in page
    assert "Ghi rõ đến mấy giờ" in page


@pytest.mark.parametrize("who", ["lan", "binh"])
def test_operator_and_approver_take_an_item_back(stranger: Any, desk: Any, who: str) -> None:
    desk.approval_desk.put(ItemState.SCHEDULED)
    stranger.log_in(who)
    stranger.get("/duyet/mat-nuoc")
    assert stranger.post("/duyet/mat-nuoc/withdraw", seen=3, note="Đã có nước").status_code == 303
    assert desk.approval_desk.held["mat-nuoc"].state is ItemState.WITHDRAWN


def test_who_comes_second_is_told_who_changed_it_when(binh: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED, version=4)
    binh.get("/duyet/mat-nuoc")
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    assert answer.status_code == 422
    assert "Lê Thị Lan đã sửa lúc 04:57:00" in answer.text


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (ItemRefusedError("mat-nuoc", "its time has passed; give it another"), "đã quá giờ phát"),
        (
            ItemRefusedError("mat-nuoc", "{act} may not be done to it: it is {state}", act="approve", state="returned"),
            "đang ở bước “Trả lại để sửa”",
        ),
        (
            ItemRefusedError("mat-nuoc", "{wrong}; send it back and hand it in again", wrong="its text was altered"),
            "không còn đúng như lúc trình duyệt",
        ),
    ],
)
def test_what_the_station_refuses_is_told_in_the_visitors_words(
    binh: Any, desk: Any, refusal: SmartradioError, said: str
) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    desk.approval_desk.refuses = refusal
    binh.get("/duyet/mat-nuoc")
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    assert answer.status_code == 422
    assert said in answer.text


def test_four_eyes_are_told_in_the_visitors_words(binh: Any, desk: Any) -> None:
    from smartradio.domain.approval import Person

    desk.approval_desk.four_eyes = True
    desk.approval_desk.put(ItemState.SUBMITTED, submitted_by=Person("Phạm Văn Bình", "binh"))
    binh.get("/duyet/mat-nuoc")
    answer = binh.post("/duyet/mat-nuoc/approve", seen=3, password=PASSWORD)
    assert answer.status_code == 422
    assert "Phạm Văn Bình là người trình; người khác phải duyệt." in answer.text


@pytest.mark.parametrize("seen", ["", "x", "-1", "²"])
def test_a_form_without_a_version_does_nothing(binh: Any, desk: Any, seen: str) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED)
    binh.get("/duyet/mat-nuoc")
    assert binh.post("/duyet/mat-nuoc/approve", seen=seen, password=PASSWORD).status_code == 422
    assert desk.approval_desk.done == []


def test_an_item_that_is_not_there_is_said_so(lan: Any) -> None:
    assert lan.get("/duyet/khong-co").status_code == 404
    assert lan.get("/soan/khong-co").status_code == 404
