"""The same form twice is one; a form that was gone back to and changed is another."""

from __future__ import annotations

from typing import Any

import pytest

WORDS = ("Cắt nước lúc 8 giờ.", "Cắt nước lúc 9 giờ.")


def test_a_text_changed_on_the_way_back_is_aired_as_well(lan: Any, desk: Any) -> None:
    for text in WORDS:
        lan.get("/air")
        assert lan.post("/air", title="Tin", text=text, zones=["thon-1"], once="k1").status_code == 303
    assert tuple(each["text"] for each in desk.aired) == WORDS


def test_a_bulletin_changed_on_the_way_back_is_kept_as_well(lan: Any, desk: Any) -> None:
    fields = {"where": "all", "when": "now", "priority": "programme", "once": "k1"}
    for title in WORDS:
        lan.get("/soan")
        assert lan.post("/soan", title=title, text="Mời bà con trữ nước.", **fields).status_code == 303
    assert sorted(item.programme.title for item in desk.approval_desk.held.values()) == sorted(WORDS)


@pytest.mark.parametrize("path", ["/air", "/soan"])
def test_the_same_form_from_a_page_loaded_anew_counts_once(lan: Any, desk: Any, path: str) -> None:
    fields: dict[str, Any] = {"title": "Tin", "text": WORDS[0], "once": "k1", "saved": "0"}
    fields |= {"zones": ["thon-1"]} if path == "/air" else {"where": "all", "when": "now", "priority": "programme"}
    places = []
    for saved in ("0", "1"):
        lan.get(path)
        places.append(lan.post(path, **(fields | {"saved": saved})).headers["location"])
    assert places[0] == places[1]
    assert len(desk.aired) + len(desk.approval_desk.held) == 1
