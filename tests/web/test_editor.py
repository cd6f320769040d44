from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.bulletin import Part
from smartradio.domain.day_rules import LunarRule
from smartradio.domain.errors import SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.store.drafts import DraftSound
from smartradio.station.writing_desk import Slot
from tests.web.items import written

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CHIME = "c" * 64
SOUND = "a" * 64
WORDS: dict[str, object] = {"title": "Báo mất nước", "where": "all", "when": "now"}


def parts(*kinds: tuple[str, str, str]) -> dict[str, list[str]]:
    """The fields of a form's parts: kind, text, sound."""
    names = ("kind", "text", "sound")
    fields = {name: [part[number] for part in kinds] for number, name in enumerate(names)}
    return fields | {"language": ["vi"] * len(kinds)}


ONE = parts(("text", "Mất nước từ 8 giờ.", ""))


@pytest.fixture
def writing(desk: Any) -> Any:
    return desk.desks.writing


def saved_now(lan: Any, writing: Any) -> Any:
    """Keep a draft as the page's script does, and return it."""
    lan.get("/soan")
    answer = lan.post("/soan/nhap", draft="0123456789abcdef", saved="0", **WORDS, **ONE)
    assert answer.status_code == 200, answer.text
    (draft,) = writing.kept.values()
    return draft


def test_voices_are_chosen_by_their_names(lan: Any) -> None:
    page = lan.get("/soan").text
    assert '<option value="vi">Giọng cơ bản miền Bắc</option>' in page
    assert '<option value="vi+f3">vi+f3</option>' in page


class TestHandingIn:
    """Without scripts nobody has seen how the words are read before the button is pressed."""

    DOUBTFUL = parts(("text", "Mời bà con.", ""), ("text", "Tăng 20.11 phần trăm.", ""))

    def test_uncertain_places_are_told_once_with_all_that_was_typed(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        typed = {**WORDS, **self.DOUBTFUL, "twice": "1", "hand_in": "1"}
        answer = lan.post("/soan", **typed)
        assert answer.status_code == 422
        assert desk.approval_desk.held == {}
        told = answer.text[answer.text.index('id="uncertain"') :]
        assert "Chưa trình duyệt" in told
        assert '<b lang="vi">20.11</b>' in told
        assert "tăng hai mươi" in told[: told.index("</ul>")]
        assert 'value="Báo mất nước"' in answer.text
        assert 'name="twice" value="1" checked' in answer.text

        (shown,) = re.findall(r'name="words_read" value="(\w+)"', answer.text)
        assert lan.post("/soan", **typed, words_read=shown).status_code == 303
        (item,) = desk.approval_desk.held.values()
        assert item.state is ItemState.SUBMITTED
        assert item.programme.times == 2

    def test_other_words_than_those_that_were_shown_are_told_of_again(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        page = lan.post("/soan/sua", **WORDS, **self.DOUBTFUL, do="read").text
        (shown,) = re.findall(r'name="words_read" value="(\w+)"', page)
        others = parts(("text", "Tăng 30.12 phần trăm.", ""))
        assert lan.post("/soan", **WORDS, **others, hand_in="1", words_read=shown).status_code == 422
        assert lan.post("/soan", **WORDS, **self.DOUBTFUL, hand_in="1", words_read=shown).status_code == 303

    def test_a_draft_is_kept_as_it_is(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        assert lan.post("/soan", **WORDS, **self.DOUBTFUL).status_code == 303

    def test_an_item_that_is_changed_is_looked_at_too(self, lan: Any, desk: Any) -> None:
        desk.approval_desk.put(ItemState.DRAFT, written())
        lan.get("/soan/mat-nuoc")
        fields = {**WORDS, **self.DOUBTFUL, "seen": "1", "hand_in": "1"}
        answer = lan.post("/soan/mat-nuoc", **fields)
        assert answer.status_code == 422
        assert 'id="uncertain"' in answer.text
        assert desk.approval_desk.held["mat-nuoc"].state is ItemState.DRAFT


class TestReading:
    def test_each_sentence_is_shown_as_it_will_be_said_and_can_be_heard(self, lan: Any) -> None:
        lan.get("/soan")
        page = lan.post("/soan/doc", **WORDS, **parts(("text", "UBND xã họp lúc 7h30.\nMời bà con.", ""))).text
        said = "ủy ban nhân dân xã họp lúc bảy giờ ba mươi phút."
        assert said in page
        assert f"/soan/nghe.opus?cau={quote_plus('mời bà con.')}" in html.unescape(page)
        assert "Chỗ nào cũng đọc chắc chắn." in page
        assert "<html" not in page

    def test_a_place_that_is_not_certain_is_named_with_what_to_do(self, lan: Any) -> None:
        lan.get("/soan")
        page = lan.post("/soan/doc", **WORDS, **parts(("text", "Họp tại XYZQ, rồi XYZQ nữa.", ""))).text
        assert "Cần xem lại: 2 chỗ" in page
        assert re.findall(r'data-written="(\w+)" data-nth="(\d)"', page) == [("XYZQ", "0"), ("XYZQ", "1")]

    def test_html_in_every_field_is_only_words(self, lan: Any) -> None:
        lan.get("/soan")
        bad = "<script>alert(1)</script>'\";DROP TABLE items;--"
        fields = {"title": bad, "where": bad, "when": bad, "at": bad, "repeat": bad, "until": bad, "voice": bad,
                  "priority": bad, "draft": bad, "saved": bad, "seen": bad, "item": bad, "zones": [bad]}  # fmt: skip
        for path in ("/soan/sua", "/soan/doc", "/soan"):
            page = lan.post(path, **fields, **parts(("text", bad, ""), (bad, bad, bad)), do=bad)
            assert page.status_code in (200, 422)
            assert "<script>alert" not in page.text

    def test_a_sentence_is_heard_in_the_voice_that_was_chosen(self, lan: Any, writing: Any) -> None:
        answer = lan.get("/soan/nghe.opus?cau=xin+ch%C3%A0o.&giong=vi%2Bf3&nhip=130")
        assert answer.content == writing.spoken
        assert answer.headers["content-type"] == "audio/ogg"
        assert writing.said == [("xin chào.", "vi+f3", 130)]

    def test_a_voice_that_does_not_speak_is_told(self, lan: Any, writing: Any) -> None:
        writing.refuses = SmartradioError("the voice is busy with other bulletins; try again in a moment")
        answer = lan.get("/soan/nghe.opus?cau=xin")
        assert answer.status_code == 503
        assert "giọng đọc đang bận" in answer.text

    def test_how_long_it_will_sound_is_told(self, lan: Any) -> None:
        lan.get("/soan")
        assert "khoảng 6 s" in lan.post("/soan/doc", **WORDS, **ONE).text.replace("giây", "s")


class TestParts:
    def test_parts_are_added_moved_and_taken_out_without_scripts(self, lan: Any) -> None:
        lan.get("/soan")
        both = parts(("text", "Một.", ""), ("text", "Hai.", ""))

        def kinds(page: str) -> list[str]:
            return re.findall(r'name="kind" value="(\w+)"', page)

        def texts(page: str) -> list[str]:
            return re.findall(r"<textarea[^>]*>\n([^<]*)</textarea>", page)

        assert kinds(lan.post("/soan/sua", **WORDS, **both, do="chime").text) == ["text", "text", "chime"]
        assert texts(lan.post("/soan/sua", **WORDS, **both, do="down-0").text) == ["Hai.", "Một."]
        assert texts(lan.post("/soan/sua", **WORDS, **both, do="up-1").text) == ["Hai.", "Một."]
        assert texts(lan.post("/soan/sua", **WORDS, **both, do="remove-0").text) == ["Hai."]
        assert texts(lan.post("/soan/sua", **WORDS, **ONE, do="remove-0").text) == [""]
        assert texts(lan.post("/soan/sua", **WORDS, **both, do="remove-9").text) == ["Một.", "Hai."]

    def test_a_suggestion_is_taken_where_it_was_made(self, lan: Any, writing: Any) -> None:
        lan.get("/soan")
        fields = parts(("text", "Tăng 20.11   rồi 20.11 lần.", ""))
        page = lan.post("/soan/doc", **WORDS, **fields).text
        assert "nếu là số thập phân" in page
        assert 'data-nth="1"' in page
        changed = lan.post("/soan/sua", **WORDS, **fields, do="fix-0-1-1-0").text
        assert "Tăng 20.11   rồi 20,11 lần." in changed

    def test_texts_sounds_and_chimes_are_kept_in_their_order(self, lan: Any, desk: Any, writing: Any) -> None:
        writing.held[SOUND] = (DraftSound(SOUND, "chào.mp3", 4.0), b"fLaC")
        lan.get("/soan")
        fields = parts(("sound", "", SOUND), ("chime", "", ""), ("text", "Mời bà con.", ""), ("text", "  ", ""))
        assert lan.post("/soan", **WORDS, **fields, hand_in="1").status_code == 303
        (item,) = desk.approval_desk.held.values()
        assert item.state is ItemState.SUBMITTED
        assert item.programme.parts == (Part("vi", "", SOUND), Part("vi", "", CHIME), Part("vi", "Mời bà con."))
        assert item.programme.text == "Mời bà con."
        shown = lan.get(f"/duyet/{item.name}").text
        assert "<b>chào.mp3</b>, 4 giây" in shown
        assert ">Tiếng chuông</p>" in shown
        again = lan.get(f"/soan/{item.name}").text
        assert re.findall(r'name="kind" value="(\w+)"', again) == ["sound", "chime", "text"]
        assert "chào.mp3" in again

    def test_a_refused_form_comes_back_with_its_sounds(self, lan: Any, desk: Any, writing: Any) -> None:
        writing.held[SOUND] = (
            DraftSound(SOUND, "chào.mp3", 4.0, ("chào.mp3: 1.0 % of it is cut off at full scale; it may rattle",)),
            b"",
        )
        lan.get("/soan")
        answer = lan.post("/soan", **(WORDS | {"title": ""}), **parts(("sound", "", SOUND), ("text", "Mời.", "")))
        assert answer.status_code == 422
        assert f'value="{SOUND}"' in answer.text
        assert "chào.mp3: 1.0 % bị vỡ tiếng" in answer.text
        assert desk.approval_desk.held == {}


class TestTerms:
    def fill(self, lan: Any, desk: Any, **terms: object) -> Any:
        lan.get("/soan")
        answer = lan.post("/soan", **(WORDS | terms), **ONE)
        assert answer.status_code == 303, re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
        return next(iter(desk.approval_desk.held.values()))

    def test_the_whole_commune_is_every_zone(self, lan: Any, desk: Any) -> None:
        item = self.fill(lan, desk, zones=["thon-1"])
        assert item.programme.zones == ("thon-1", "thon-2", "thon-3")
        assert item.at_once

    def test_full_moon_and_the_first_day_follow_the_moon(self, lan: Any, desk: Any) -> None:
        at = {"when": "at", "at": "2026-11-25T05:30"}
        item = self.fill(lan, desk, repeat="lunar:1,15", until="2027-03-01", **at)
        assert (item.programme.lunar, item.programme.recurrence) == (LunarRule((1, 15)), None)
        assert str(item.programme.valid_until) == "2027-03-01"
        again = lan.get(f"/soan/{item.name}").text
        assert '<option value="lunar:1,15" selected>Mùng một và ngày rằm' in again
        assert 'value="2027-03-01"' in again

    def test_a_bulletin_takes_its_turn_in_a_planned_programme(self, lan: Any, desk: Any, writing: Any) -> None:
        at = datetime(2026, 11, 23, 17, tzinfo=HANOI)
        writing.planned = (Slot(at, "Bản tin chiều"),)
        assert "Bản tin chiều" in lan.get("/soan").text
        item = self.fill(lan, desk, when="slot", slot="2026-11-23T17:00")
        assert item.programme.first_at == at
        assert not item.at_once

    def test_voice_kind_and_repetition_are_kept(self, lan: Any, desk: Any) -> None:
        item = self.fill(lan, desk, voice="vi+f3", rate="130", priority="above", twice="1")
        assert item.programme.rate_wpm == 130
        assert '<option value="130" selected>' in lan.get(f"/soan/{item.name}").text
        assert (item.programme.voice, item.programme.priority, item.programme.times) == ("vi+f3", Priority.ABOVE, 2)

    @pytest.mark.parametrize(
        ("terms", "line"),
        [
            ({"when": "at", "at": "2026-13-40T99:99"}, "ngày"),
            ({"when": "at", "at": ""}, "ngày"),
            ({"when": "now", "at": "2026-11-25T05:30"}, "Bạn ghi giờ nhưng lại chọn phát ngay"),
            ({"when": "now", "repeat": "FREQ=DAILY"}, "lặp lại"),
            ({"when": "at", "at": "2026-11-25T05:30", "repeat": "FREQ=SECONDLY"}, "lặp lại"),
            ({"when": "at", "at": "2026-11-25T05:30", "until": "2026-12-01"}, "Chỉ bản tin lặp lại mới có ngày cuối."),
            (
                {"when": "at", "at": "2026-11-25T05:30", "repeat": "FREQ=DAILY", "until": "2026-11-01"},
                "Ngày cuối đứng trước lần phát đầu.",
            ),
            ({"where": "some", "zones": []}, "ít nhất một"),
            ({"priority": "emergency"}, "Xin chọn lại."),
            ({"rate": "9000"}, "Xin chọn lại."),
            ({"rate": "-1"}, "Xin chọn lại."),
            ({"sound_file": "chào.mp3"}, "Bạn đã chọn tệp chào.mp3 nhưng chưa đưa vào"),
        ],
    )
    def test_what_does_not_fit_is_told_beside_what_was_typed(
        self, lan: Any, desk: Any, terms: dict[str, object], line: str
    ) -> None:
        lan.get("/soan")
        answer = lan.post("/soan", **(WORDS | terms), **ONE)
        assert answer.status_code == 422
        assert line in answer.text
        assert "Mất nước từ 8 giờ." in answer.text
        assert desk.approval_desk.held == {}


class TestDrafts:
    def test_what_is_typed_is_kept_and_found_again(self, lan: Any, writing: Any) -> None:
        draft = saved_now(lan, writing)
        assert 'href="/soan/nhap/0123456789abcdef"' in lan.get("/soan").text
        page = lan.get(f"/soan/nhap/{draft.id}").text
        assert "Mất nước từ 8 giờ." in page
        assert "Đã lấy lại những gì bạn gõ" in page

    def test_nothing_typed_is_no_draft(self, lan: Any, writing: Any) -> None:
        lan.get("/soan")
        assert lan.post("/soan/nhap", draft="ab", saved="0", title="", **parts(("text", "", ""))).status_code == 200
        assert writing.kept == {}

    def test_a_book_pasted_by_mistake_is_no_draft(self, lan: Any, writing: Any) -> None:
        lan.get("/soan")
        book = {"draft": "ab", "saved": "0", **WORDS, **parts(("text", "dài " * 60_000, ""))}
        answer = lan.post("/soan/nhap", **book)
        assert answer.status_code == 422
        assert "chỉ đọc được tối đa 20.000" in answer.json()["fault"]
        assert lan.post("/soan/sua", **book, do="text").status_code == 200
        assert writing.kept == {}

    def test_a_second_window_is_told_and_may_keep_its_own(self, lan: Any, writing: Any) -> None:
        draft = saved_now(lan, writing)
        mine = {"draft": draft.id, "saved": "0", **WORDS, **parts(("text", "Lời khác.", ""))}
        answer = lan.post("/soan/nhap", **mine)
        assert answer.status_code == 409
        assert "cửa sổ khác" in answer.json()["changed"]
        page = lan.post("/soan/sua", **mine, do="read").text
        assert "Lời khác." in page
        assert 'value="fork"' in page
        lan.post("/soan/sua", **mine, do="fork")
        assert sorted(kept.content["parts"][0]["text"] for kept in writing.kept.values()) == [
            "Lời khác.", "Mất nước từ 8 giờ.",
        ]  # fmt: skip

    def test_what_was_handed_in_is_no_draft_any_more(self, lan: Any, writing: Any) -> None:
        draft = saved_now(lan, writing)
        lan.post("/soan", draft=draft.id, saved="1", **WORDS, **ONE, hand_in="1")
        assert writing.kept == {}
        assert lan.get(f"/soan/nhap/{draft.id}").status_code == 404

    def test_a_draft_is_thrown_away(self, lan: Any, writing: Any) -> None:
        draft = saved_now(lan, writing)
        assert lan.post(f"/soan/nhap/{draft.id}/bo").headers["location"] == "/soan"
        assert writing.kept == {}

    def test_nobody_sees_what_another_types(self, stranger: Any, writing: Any) -> None:
        stranger.log_in("lan")
        draft = saved_now(stranger, writing)
        stranger.cookies.clear()
        stranger.log_in("binh")
        assert stranger.get(f"/soan/nhap/{draft.id}").status_code == 404
        assert draft.id not in stranger.get("/soan").text

    def test_an_item_half_changed_is_restored_and_says_who_was_faster(self, lan: Any, desk: Any, writing: Any) -> None:
        desk.approval_desk.put(ItemState.DRAFT)
        lan.get("/soan/mat-nuoc")
        fields = {"item": "mat-nuoc", "draft": "aa", "saved": "0", "seen": "3", **WORDS, **ONE}
        assert lan.post("/soan/nhap", **fields).status_code == 200
        assert "Đã lấy lại" in lan.get("/soan/mat-nuoc").text
        desk.approval_desk.put(ItemState.DRAFT, written(), version=4, changed_by="Bình")
        page = lan.get("/soan/mat-nuoc").text
        assert "Bình đã sửa bản này" in page
        assert "Mất nước từ 8 giờ." in page
        answer = lan.post("/soan/mat-nuoc", **fields)
        assert answer.status_code == 422
        assert "Mất nước từ 8 giờ." in answer.text
