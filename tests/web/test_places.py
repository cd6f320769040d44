"""The pages of places: hamlets and nodes renamed, moved, merged, replaced."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.registry_desk import KEYS


@pytest.fixture
def technician(stranger: Any) -> Any:
    assert stranger.log_in("tho").status_code == 303
    return stranger


def plain(text: str) -> str:
    """A page as it is read: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def place(desk: Any, what: str, name: str) -> Any:
    return next(each for each in desk.desks.registry.places if (each.what, each.name) == (what, name))


class TestTheList:
    def test_its_first_words_count_and_each_hamlet_has_its_nodes(self, technician: Any) -> None:
        shown = plain(technician.get("/dia-ban").text)
        assert "3 thôn, 3 cụm loa" in shown
        assert "Thôn 5 nhập vào Thôn 2" in shown

    def test_the_registry_is_read_once_for_it(self, technician: Any, desk: Any) -> None:
        before = desk.desks.registry.times_read
        technician.get("/dia-ban")
        assert desk.desks.registry.times_read == before + 1

    def test_what_waits_for_the_next_start_is_said(self, technician: Any, desk: Any) -> None:
        assert "đang chờ" not in plain(technician.get("/dia-ban").text)
        desk.desks.registry.waiting = True
        assert "Có thay đổi đang chờ" in plain(technician.get("/dia-ban").text)


class TestAName:
    def test_is_given_and_who_gave_it_is_known(self, technician: Any, desk: Any) -> None:
        technician.get("/dia-ban/thon/thon-1")
        answer = technician.post("/dia-ban/thon/thon-1/ten", title="  Thôn   Thượng ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/dia-ban/thon/thon-1")
        assert place(desk, "zone", "thon-1").title == "Thôn Thượng"
        assert desk.desks.registry.done_by == ["Trần Thợ"]

    @pytest.mark.parametrize(
        ("title", "said"),
        [("   ", "Mời ghi tên dài từ 1 đến 100"), ("x" * 101, "Mời ghi tên dài"), ("Thôn 2", "mọi người sẽ nhầm")],
    )
    def test_that_is_no_good_comes_back_with_what_was_typed(
        self, technician: Any, desk: Any, title: str, said: str
    ) -> None:
        technician.get("/dia-ban/thon/thon-1")
        answer = technician.post("/dia-ban/thon/thon-1/ten", title=title)
        assert answer.status_code == 422
        assert said in plain(answer.text)
        assert f'value="{title}"' in answer.text
        assert place(desk, "zone", "thon-1").title == "Thôn 1"

    def test_stays_text_whatever_is_typed(self, technician: Any) -> None:
        technician.get("/dia-ban/thon/thon-1")
        technician.post("/dia-ban/thon/thon-1/ten", title="<script>x</script>'; DROP TABLE zones")
        for path in ("/dia-ban", "/dia-ban/thon/thon-1"):
            assert "<script>x" not in technician.get(path).text

    def test_of_before_is_told(self, technician: Any) -> None:
        assert "Thôn 5, đến 05/01/2026" in plain(technician.get("/dia-ban/thon/thon-2").text)


class TestANode:
    def test_moves_to_another_hamlet(self, technician: Any, desk: Any) -> None:
        technician.get("/dia-ban/cum/thon-1")
        assert technician.post("/dia-ban/cum/thon-1/chuyen", zone="thon-2").status_code == 303
        assert place(desk, "node", "thon-1").zone == "thon-2"

    def test_does_not_move_to_one_that_is_gone(self, technician: Any) -> None:
        technician.get("/dia-ban/cum/thon-1")
        answer = technician.post("/dia-ban/cum/thon-1/chuyen", zone="thon-5")
        assert (answer.status_code, "Mời chọn một nơi khác" in plain(answer.text)) == (422, True)

    def test_gets_another_device_by_its_key(self, technician: Any, desk: Any) -> None:
        technician.get("/dia-ban/cum/thon-1")
        assert technician.post("/dia-ban/cum/thon-1/thiet-bi", key="ab" * 32).status_code == 303
        assert place(desk, "node", "thon-1").public_key == "ab" * 32

    @pytest.mark.parametrize(("key", "said"), [("ab" * 31, "Khóa gồm 64 ký tự"), (KEYS["thon-2"], "Cụm loa khác đã")])
    def test_a_key_that_is_none_or_anothers_is_refused(self, technician: Any, key: str, said: str) -> None:
        technician.get("/dia-ban/cum/thon-1")
        answer = technician.post("/dia-ban/cum/thon-1/thiet-bi", key=key)
        assert answer.status_code == 422
        assert said in plain(answer.text)
        assert f'value="{key}"' in answer.text


class TestAMerger:
    def test_needs_the_box_to_be_ticked(self, technician: Any, desk: Any) -> None:
        technician.get("/dia-ban/thon/thon-3")
        answer = technician.post("/dia-ban/thon/thon-3/gop", into="thon-2")
        assert answer.status_code == 422
        assert "Mời đánh dấu vào ô" in plain(answer.text)
        assert '<option value="thon-2" selected>' in answer.text
        assert technician.post("/dia-ban/thon/thon-3/gop", into="thon-2", sure="1").status_code == 303
        assert place(desk, "zone", "thon-3").merged_into == "thon-2"
        assert technician.get("/dia-ban/thon/thon-3").status_code == 404

    def test_into_what_is_not_there_is_refused(self, technician: Any) -> None:
        technician.get("/dia-ban/cum/thon-3")
        assert technician.post("/dia-ban/cum/thon-3/gop", into="thon-9", sure="1").status_code == 422


@pytest.mark.parametrize("path", ["/dia-ban/thon/thon-9", "/dia-ban/xa/thon-1", "/dia-ban/cum/thon-5"])
def test_a_place_that_is_not_there_is_said_plainly(technician: Any, path: str) -> None:
    assert technician.get(path).status_code == 404


def test_a_hamlet_has_no_device(technician: Any) -> None:
    technician.get("/dia-ban/thon/thon-1")
    assert technician.post("/dia-ban/thon/thon-1/thiet-bi", key="ab" * 32).status_code == 404
