"""One's own account: PIN, password, logins."""

from __future__ import annotations

from typing import Any

import pytest

from smartradio.station.accounts import session_mark
from tests.web.own_account import PASSWORD


@pytest.fixture
def own(desk: Any) -> Any:
    return desk.desks.own


@pytest.fixture
def khang(stranger: Any) -> Any:
    stranger.log_in("khang")
    stranger.get("/toi")
    return stranger


def test_the_officer_sets_a_pin_with_the_password(khang: Any, own: Any) -> None:
    own.pins.clear()
    assert "Bạn chưa có mã PIN" in khang.get("/toi").text
    answer = khang.post("/toi/pin", pin="29 07 19", again_pin="290719", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/toi?xong=pin")
    assert own.pins == {"khang": "290719"}
    assert "Đã đặt mã PIN" in khang.get("/toi?xong=pin").text


@pytest.mark.parametrize(
    ("changes", "status", "line"),
    [
        ({"again_pin": "290718"}, 422, "Hai lần nhập PIN không giống nhau."),
        ({"pin": "123456", "again_pin": "123456"}, 422, "Mã PIN này dễ đoán."),
        ({"pin": "1234", "again_pin": "1234"}, 422, "Mã PIN gồm 6 đến 12 chữ số."),
        ({"password": "sai"}, 401, "Mật khẩu không đúng."),
    ],
)
def test_a_pin_that_is_not_taken_is_told_in_one_line(
    khang: Any, own: Any, changes: dict[str, str], status: int, line: str
) -> None:
    form = {"pin": "290719", "again_pin": "290719", "password": PASSWORD}
    page = khang.post("/toi/pin", **(form | changes))
    assert page.status_code == status
    assert line in page.text
    assert own.pins == {"khang": "290718"}


def test_who_sends_no_emergencies_has_no_pin(stranger: Any) -> None:
    stranger.log_in("lan")
    page = stranger.get("/toi")
    assert "/toi/pin" not in page.text
    assert stranger.post("/toi/pin", pin="290719", again_pin="290719", password=PASSWORD).status_code == 403


def test_everybody_changes_their_own_password(stranger: Any, own: Any) -> None:
    stranger.log_in("lan")
    stranger.get("/toi")
    new = "mưa-rơi-trên-mái-tôn"
    answer = stranger.post("/toi/mat-khau", password=PASSWORD, new_password=new, again_password=new)
    assert answer.status_code == 303
    assert own.passwords == {"lan": new}


def test_new_passwords_that_differ_or_are_weak_are_told(stranger: Any, own: Any) -> None:
    stranger.log_in("lan")
    stranger.get("/toi")
    differ = stranger.post(
        "/toi/mat-khau", password=PASSWORD, new_password="mot-hai-ba-bon", again_password="mot-hai-ba"
    )
    assert "không giống nhau" in differ.text
    weak = stranger.post("/toi/mat-khau", password=PASSWORD, new_password="ngan", again_password="ngan")
    assert weak.status_code == 422
    assert "dễ đoán" in weak.text
    own.locked_s = 12.0
    locked = stranger.post(
        "/toi/mat-khau", password=PASSWORD, new_password="mot-hai-ba-bon", again_password="mot-hai-ba-bon"
    )
    assert locked.status_code == 429
    assert own.passwords == {}


def test_a_login_on_a_lost_phone_is_ended(khang: Any, own: Any) -> None:
    page = khang.get("/toi").text
    assert "Android" in page
    khang.post("/toi/phien", mark="ab12cd34ab12cd34")
    assert own.ended == [("khang", "ab12cd34ab12cd34")]


def test_the_login_that_looks_cannot_be_ended_from_itself(khang: Any, own: Any) -> None:
    (session,) = own.standing
    token = khang.cookies["smartradio_session"]
    own.standing[0] = type(session)(session_mark(token), session.begun_at, session.expires_at, session.device)
    page = khang.get("/toi").text
    assert "máy này" in page
    assert "/toi/phien" not in page
