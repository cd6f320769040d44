from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from smartradio.domain.errors import BadInputError
from tests.web.items import NOW


def test_it_takes_a_reason_and_the_name_of_who_asks(lan: Any, desk: Any) -> None:
    lan.get("/airings/lp-1")
    assert lan.post("/airings/lp-1/withdraw", note="Sai ngày").status_code == 303
    ((airing, why, by),) = desk.approval_desk.withdrawn
    assert (airing, why, by.account) == ("lp-1", "Sai ngày", "lan")


def test_it_is_offered_only_while_something_is_still_to_come(lan: Any, desk: Any) -> None:
    assert 'action="/airings/lp-1/withdraw"' not in lan.get("/airings/lp-1").text
    later = replace(desk.view.airing, expires_at=NOW + timedelta(minutes=1))
    desk.view = replace(desk.view, airing=later)
    assert 'action="/airings/lp-1/withdraw"' in lan.get("/airings/lp-1").text


def test_it_is_offered_while_what_began_late_may_still_sound(lan: Any, desk: Any) -> None:
    duration_s = desk.view.recording.duration_s
    airing = replace(desk.view.airing, expires_at=NOW - timedelta(seconds=duration_s - 5))
    desk.view = replace(desk.view, airing=airing)
    assert 'action="/airings/lp-1/withdraw"' in lan.get("/airings/lp-1").text


def test_without_a_reason_nothing_happens(lan: Any, desk: Any) -> None:
    lan.get("/airings/lp-1")
    assert lan.post("/airings/lp-1/withdraw", note=" ").status_code == 422
    assert desk.approval_desk.withdrawn == []


def test_what_the_station_refuses_is_told(lan: Any, desk: Any) -> None:
    desk.approval_desk.refuses = BadInputError("it was withdrawn before")
    lan.get("/airings/lp-1")
    answer = lan.post("/airings/lp-1/withdraw", note="Nhầm")
    assert answer.status_code == 422
    assert "đã được thu hồi trước đó" in answer.text
