"""“Tôi không nghe rõ”: told without an account, once, by people; and seen to by the technician."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from smartradio.web.allowance import Allowance, household
from smartradio.web.not_heard import MOST
from tests.web.citizens_desk import FakeCitizensDesk

FORM = "/cong-khai/khong-nghe-ro"


@pytest.fixture
def citizens(desk: Any) -> FakeCitizensDesk:
    desk.desks.citizens = FakeCitizensDesk()
    return desk.desks.citizens  # type: ignore[no-any-return]


def test_somebody_tells_it_in_two_steps_without_an_account(citizens: FakeCitizensDesk, stranger: Any) -> None:
    first = stranger.get(f"{FORM}?tin=lp-1").text
    assert 'name="thon"' in first and 'value="lp-1"' in first
    second = stranger.get(f"{FORM}?thon=thon-3&tin=lp-1").text
    assert '<option value="lp-1" selected>' in second
    sent = stranger.post(FORM, thon="thon-3", tin="lp-1", note="Loa rè <b>từ hôm qua</b>")
    assert (sent.status_code, sent.headers["location"]) == (303, "/cong-khai/cam-on?thon=thon-3")
    assert "Thôn 3" in stranger.get(sent.headers["location"]).text
    (told,) = citizens.told
    assert (told.zone, told.airing, told.note) == ("thon-3", "lp-1", "Loa rè <b>từ hôm qua</b>")


def test_an_impatient_thumb_counts_once(citizens: FakeCitizensDesk, stranger: Any) -> None:
    answers = stranger.post_twice_at_once(FORM, thon="thon-3", tin="lp-1", note="")
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(citizens.told) == 1


def test_one_household_tells_so_much_and_no_more(citizens: FakeCitizensDesk, stranger: Any) -> None:
    for number in range(MOST):
        citizens.airings[0] = replace(citizens.airings[0], id=f"lp-{number}")
        assert stranger.post(FORM, thon="thon-1", tin=f"lp-{number}", note="").status_code == 303
    refused = stranger.post(FORM, thon="thon-2", tin="", note="vẫn không nghe gì")
    assert refused.status_code == 429
    assert "vẫn không nghe gì" in refused.text
    assert refused.headers["retry-after"] == "3600"
    assert len(citizens.told) == MOST


def test_a_hamlet_that_told_it_often_is_thanked_no_more(citizens: FakeCitizensDesk, stranger: Any) -> None:
    citizens.enough = "thon-1"
    assert stranger.post(FORM, thon="thon-1", tin="", note="").status_code == 429


def test_a_program_that_fills_in_every_field_changes_nothing(citizens: FakeCitizensDesk, stranger: Any) -> None:
    assert stranger.post(FORM, thon="thon-1", tin="lp-1", note="mua hàng", website="http://x").status_code == 303
    assert citizens.told == []


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"thon": "", "note": "rè"}, "Hãy chọn thôn của bạn."),
        ({"thon": "thon-99", "note": "rè"}, "không còn"),
        ({"thon": "thon-1", "note": "r" * 501}, "tối đa 500 ký tự"),
        ({"thon": "thon-1", "tin": "'; DROP TABLE airings; --", "note": "rè"}, "không có lần phát này"),
    ],
)
def test_what_cannot_stand_is_told_and_nothing_typed_is_lost(
    citizens: FakeCitizensDesk, stranger: Any, fields: dict[str, str], line: str
) -> None:
    refused = stranger.post(FORM, **fields)
    assert refused.status_code == 422
    assert line in refused.text
    assert f">{fields['note']}</textarea>" in refused.text
    assert citizens.told == []


def test_nobody_tells_of_another_hamlet_s_airing_by_its_name(citizens: FakeCitizensDesk, stranger: Any) -> None:
    citizens.airings[0] = replace(citizens.airings[0], zones=("thon-2",))
    refused = stranger.post(FORM, thon="thon-3", tin=citizens.airings[0].id, note="rè")
    assert refused.status_code == 422
    assert "không phát cho thôn của bạn" in refused.text
    assert ">rè</textarea>" in refused.text
    assert citizens.told == []


def test_another_site_cannot_make_its_visitors_complain(citizens: FakeCitizensDesk, stranger: Any) -> None:
    client, runner = stranger._client, stranger._runner
    sent = runner.run(client.post(FORM, data={"thon": "thon-1"}, headers={"sec-fetch-site": "cross-site"}))
    assert sent.status_code == 403
    assert citizens.told == []


def test_the_technician_sees_to_it_in_his_name(citizens: FakeCitizensDesk, stranger: Any) -> None:
    stranger.post(FORM, thon="thon-3", tin="lp-1", note="Loa <i>rè</i>")
    stranger.log_in("tho")
    page = stranger.get("/phan-anh")
    assert "Loa &lt;i&gt;rè&lt;/i&gt;" in page.text
    assert stranger.post("/phan-anh/1", note="").status_code == 422
    assert stranger.post("/phan-anh/1", note="Đã thay dây loa").status_code == 303
    assert "Trần Thợ" in stranger.get("/phan-anh").text
    twice = stranger.post("/phan-anh/1", note="Tôi cũng xem")
    assert twice.status_code == 422
    assert (citizens.told[0].seen_by, citizens.told[0].answer) == ("Trần Thợ", "Đã thay dây loa")


def asker(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


def test_a_household_is_an_address_or_an_ipv6_network() -> None:
    assert household(asker("203.0.113.9")) == "203.0.113.9"
    assert household(asker("::ffff:203.0.113.9")) == "203.0.113.9"
    assert household(asker("2001:db8:1:2:aaaa::1")) == household(asker("2001:db8:1:2:bbbb::2"))
    assert household(asker("2001:db8:1:2::1")) != household(asker("2001:db8:1:3::1"))


def test_what_was_said_is_forgotten_in_time_and_in_number() -> None:
    now = [datetime(2026, 11, 22, tzinfo=UTC)]
    allowance = Allowance(2, timedelta(hours=1), clock=lambda: now[0], senders=3)
    for sender in ("a", "a", "b", "c"):
        allowance.take(sender, "x")
    assert not allowance.has_left("a")
    allowance.take("d", "x")
    assert allowance.has_left("a")  # the oldest of four senders is no longer held
    assert allowance.said_before("d", "x")
    now[0] += timedelta(hours=2)
    assert not allowance.said_before("d", "x")
