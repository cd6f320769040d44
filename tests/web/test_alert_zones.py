"""Zones that went while a form was open, or since a draft was made: told, and nothing goes to fewer without a word."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from smartradio.domain.alert import AlertState
from tests.web.alert_book_desk import kept
from tests.web.alert_desk import FLOOD, NOW, PIN

GONE = "Đài không còn: thon-9. Xin chọn lại nơi phát."


def chosen(page: str) -> list[str]:
    return re.findall(r'name="zones" value="([^"]+)" checked', page)


def sent(visitor: Any, zones: list[str]) -> Any:
    form = {"text": FLOOD, "zones": zones, "once": "lan-1", "pin": PIN, "do": "phat", "repeat_min": "0", "lasts_h": "6"}
    return visitor.post("/khan", **form)


def test_a_zone_that_went_while_the_form_was_open_is_told_and_nothing_is_sent(khang: Any, alerts: Any) -> None:
    answer = sent(khang, ["thon-1", "thon-9"])
    assert answer.status_code == 422
    assert GONE in answer.text
    assert chosen(answer.text) == ["thon-1"]
    assert not alerts.book
    assert sent(khang, ["thon-1"]).status_code == 303


def test_a_draft_says_which_of_its_zones_is_no_longer_there(khang: Any, alerts: Any) -> None:
    alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT, zones=("thon-2", "thon-9"))
    page = khang.get("/khan/soan?nhap=cho-1").text
    assert GONE in page
    assert chosen(page) == ["thon-2"]


def test_an_update_says_which_of_the_zones_is_no_longer_there(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept(zones=("thon-2", "thon-9"))
    page = khang.get("/khan/soan?thay=lu-1").text
    assert GONE in page
    assert chosen(page) == ["thon-2"]


def test_an_update_is_in_force_for_as_long_as_what_it_takes_the_place_of(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept(expires_at=NOW + timedelta(hours=6))
    assert '<option value="6" selected>' in khang.get("/khan/soan?thay=lu-1").text
