from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.programme import Origin
from tests.web.items import FIELDS, HANOI, written


def test_an_item_is_handed_in_with_its_time_and_recurrence(lan: Any, desk: Any) -> None:
    lan.get("/soan")
    answer = lan.post("/soan", **FIELDS, at="2026-11-25T05:30", repeat="FREQ=DAILY", hand_in="1")
    (item,) = desk.approval_desk.held.values()
    assert answer.headers["location"] == f"/duyet/{item.name}"
    assert item.state is ItemState.SUBMITTED
    programme = item.programme
    assert programme.first_at == datetime(2026, 11, 25, 5, 30, tzinfo=HANOI)
    assert (programme.recurrence, programme.zones) == ("FREQ=DAILY", ("thon-1", "thon-3"))
    assert not item.at_once
    assert {by.account for _, _, by in desk.approval_desk.done} == {"lan"}


def test_without_a_time_it_goes_out_when_it_is_approved(lan: Any, desk: Any) -> None:
    lan.get("/soan")
    lan.post("/soan", **FIELDS)
    (item,) = desk.approval_desk.held.values()
    assert (item.state, item.at_once) == (ItemState.DRAFT, True)


def test_the_form_for_other_bulletins_hands_in_as_well(lan: Any, desk: Any) -> None:
    assert 'formaction="/soan"' in lan.get("/air").text
    lan.post("/soan", **FIELDS, hand_in="1", once="abc")
    (item,) = desk.approval_desk.held.values()
    assert item.state is ItemState.SUBMITTED
    assert desk.aired == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"title": " "}, "This is empty"),
        ({"zones": []}, "at least one zone"),
        ({"at": "25/11/2026 5:30"}, "no date and time"),
        ({"at": "2026-02-31T05:30"}, "no date and time"),
        ({"repeat": "FREQ=DAILY"}, "first airing"),
        ({"at": "2026-11-25T05:30", "repeat": "FREQ=SECONDLY"}, "first airing"),
    ],
)
def test_bad_input_is_told_and_nothing_is_kept(lan: Any, desk: Any, changes: dict[str, Any], line: str) -> None:
    lan.get("/language/en")
    lan.get("/soan")
    answer = lan.post("/soan", **(FIELDS | changes))
    assert answer.status_code == 422
    assert line in answer.text
    assert "Mất nước từ 8 giờ." in answer.text
    assert desk.approval_desk.held == {}


def test_what_cannot_be_read_is_told_before_anything_is_kept(lan: Any, desk: Any) -> None:
    desk.refuses = BadInputError("the text: there is nothing in it to read aloud")
    lan.get("/soan")
    answer = lan.post("/soan", **FIELDS, hand_in="1")
    assert answer.status_code == 422
    assert desk.approval_desk.held == {}


def test_a_voice_that_fails_leaves_a_draft_and_says_so(lan: Any, desk: Any) -> None:
    desk.approval_desk.refuses = SmartradioError("no voice speaks")
    lan.get("/soan")
    answer = lan.post("/soan", **FIELDS, hand_in="1")
    (item,) = desk.approval_desk.held.values()
    assert item.state is ItemState.DRAFT
    assert "Đã lưu bản nháp" in lan.get(answer.headers["location"]).text


def test_a_form_sent_twice_writes_one_item(lan: Any, desk: Any) -> None:
    lan.get("/soan")
    first, second = lan.post_twice_at_once("/soan", **FIELDS, once="k1")
    assert first.headers["location"] == second.headers["location"]
    assert len(desk.approval_desk.held) == 1


def test_a_change_keeps_what_the_form_does_not_know(lan: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.AIRED, written(recurrence="FREQ=MONTHLY;BYMONTHDAY=1", voice="vi+f3"))
    page = lan.get("/soan/mat-nuoc").text
    assert 'value="2026-11-23T05:30"' in page
    assert "Theo lịch riêng" in page
    again = {"at": "2026-11-23T05:30", "repeat": "as_before", "voice": "vi+f3"}
    assert lan.post("/soan/mat-nuoc", **FIELDS, **again, seen=3).status_code == 303
    item = desk.approval_desk.held["mat-nuoc"]
    assert (item.state, item.version) == (ItemState.DRAFT, 4)
    assert (item.programme.voice, item.programme.recurrence) == ("vi+f3", "FREQ=MONTHLY;BYMONTHDAY=1")


def test_the_second_of_two_editors_keeps_what_they_typed_on_the_page(lan: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.DRAFT, version=9)
    lan.get("/soan/mat-nuoc")
    answer = lan.post("/soan/mat-nuoc", **(FIELDS | {"text": "Lời của tôi."}), seen=3)
    assert answer.status_code == 422
    assert "Lời của tôi." in answer.text
    assert "Lê Thị Lan đã sửa lúc" in answer.text


def test_what_stands_in_a_file_is_changed_there(lan: Any, desk: Any) -> None:
    desk.approval_desk.put(ItemState.SUBMITTED, origin=Origin.FILE)
    assert 'href="/soan/mat-nuoc"' not in lan.get("/duyet/mat-nuoc").text
    assert lan.get("/soan/mat-nuoc").status_code == 404
