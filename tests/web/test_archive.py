"""All that was written, found again by its words, opened, and copied in two clicks."""

from __future__ import annotations

from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError
from smartradio.station.archive import Key, Kind
from smartradio.web.marking import excerpt, plain


def marked(text: str, words: str) -> list[str]:
    return [each.text for each in excerpt(text, words) if each.is_found]


def test_what_was_written_stands_with_its_state_and_what_was_heard(lan: Any) -> None:
    page = lan.get("/tin").text
    assert "Lịch tiêm chủng mở rộng tháng 11" in page
    assert 'href="/duyet/tin"' in page
    assert "nghe được 2/3" in page
    assert "Lần tới: 05:00, Thứ hai, 23/11/2026".casefold() in page.casefold()


def test_its_first_line_says_how_much_waits_for_approval(lan: Any, desk: Any) -> None:
    assert "<h1>Tất cả bản tin</h1>" in lan.get("/tin").text
    desk.approval_desk.put(ItemState.SUBMITTED)
    assert "<h1>Bản tin: 1 chờ duyệt</h1>" in lan.get("/tin").text


def test_what_was_aired_at_once_opens_as_it_was_aired(lan: Any) -> None:
    assert 'href="/airings/lp-9"' in lan.get("/tin").text


def test_words_that_are_looked_for_are_marked_with_their_accents(lan: Any, desk: Any) -> None:
    page = lan.get("/tin?tim=tiêm chủng").text
    assert desk.desks.day.asked == ["tiêm chủng"]
    assert "Tìm thấy: 1" in page
    assert "<mark>tiêm</mark> <mark>chủng</mark>" in page


def test_where_nothing_is_found_the_page_says_what_to_try(lan: Any) -> None:
    page = lan.get("/tin?tim=khong-co-dau").text
    assert "Hãy thử ít từ hơn" in page


def test_an_empty_archive_leads_to_the_first_bulletin(lan: Any, desk: Any) -> None:
    desk.desks.day.kept = []
    assert "Soạn bản tin đầu tiên" in lan.get("/tin").text


def test_a_copy_is_a_click_and_leads_into_the_editor(lan: Any, desk: Any) -> None:
    lan.get("/tin")
    answer = lan.post("/tin/chep", khoa="bulletin:bt-lu", once="a")
    assert (answer.status_code, answer.headers["location"]) == (303, "/soan/tin-chep-1")
    ((key, by),) = desk.desks.day.copied
    assert (key, by.title, by.account) == (Key(Kind.BULLETIN, "bt-lu"), "Lê Thị Lan", "lan")


def test_a_double_click_makes_one_copy(lan: Any, desk: Any) -> None:
    lan.get("/tin")
    answers = lan.post_twice_at_once("/tin/chep", khoa="programme:tin", once="a")
    assert {answer.headers["location"] for answer in answers} == {"/soan/tin-chep-1"}
    assert len(desk.desks.day.copied) == 1


def test_what_is_gone_cannot_be_copied_and_the_page_says_so(lan: Any, desk: Any) -> None:
    desk.desks.day.refuses = BadInputError("tin: there is no such item")
    lan.get("/tin")
    answer = lan.post("/tin/chep", khoa="programme:tin", once="a")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Lịch tiêm chủng" in answer.text


@pytest.mark.parametrize("key", ["", "programme:", "sound:tin", "tin", "x" * 5_000])
def test_a_key_that_is_none_copies_nothing(lan: Any, desk: Any, key: str) -> None:
    lan.get("/tin")
    assert lan.post("/tin/chep", khoa=key, once="a").status_code == 422
    assert desk.desks.day.copied == []


def test_who_may_not_write_copies_nothing(stranger: Any, desk: Any) -> None:
    stranger.log_in("soat")
    assert "Chép thành" not in stranger.get("/tin").text
    assert stranger.post("/tin/chep", khoa="programme:tin", once="a").status_code == 403
    assert desk.desks.day.copied == []


@pytest.mark.parametrize(
    "query", ["trang=-1", "trang=x", "trang=999999", "truoc=gestern", "truoc=2026-11-22", "tim=%00"]
)
def test_an_address_somebody_typed_wrong_shows_a_page_all_the_same(lan: Any, query: str) -> None:
    assert lan.get(f"/tin?{query}").status_code == 200


def test_html_in_a_search_stays_words(lan: Any) -> None:
    page = lan.get("/tin?tim=<script>alert(1)</script>").text
    assert "<script>alert" not in page
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_marks_follow_the_words_and_not_their_accents() -> None:
    assert marked("Tin lũ khẩn cấp: nước dâng", "lu khan cap") == ["lũ", "khẩn", "cấp"]
    assert marked("Đê sông Vạc", "de") == ["Đê"]
    assert plain("ĐƯỜNG Ngập") == "duong ngap"


def test_an_excerpt_begins_where_the_word_stands() -> None:
    text = "Xin chào bà con. " * 40 + "Nước dâng nhanh. " + "Xin cảm ơn. " * 40
    shown = "".join(each.text for each in excerpt(text, "dang nhanh"))
    assert shown.startswith("… ")
    assert "Nước dâng nhanh." in shown
    assert len(shown) < 250
