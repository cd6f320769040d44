"""A CAP file at the officer's page: told in words, refused with one line, kept as a draft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import Point
from smartradio.domain.alert import AlertState, Origin
from smartradio.station.alerts.places import Places
from tests.web.alert_desk import NOW, ZONES

MESSAGE = (Path(__file__).parents[1] / "alerting" / "cap" / "issuers" / "hydromet-vn.xml").read_text(encoding="utf-8")
MESSAGE = MESSAGE.replace("<cap:", "<").replace("</cap:", "</").replace("xmlns:cap", "xmlns")


def today(message: str) -> str:
    """The message as if it had been sent an hour ago and held for a day."""
    sent = NOW.isoformat().replace("T22:02", "T21:02")
    message = re.sub(r"<sent>[^<]+", f"<sent>{sent}", message)
    message = re.sub(r"<(effective|onset)>[^<]+</\1>", "", message)
    return re.sub(r"<expires>[^<]+", "<expires>2026-11-22T22:00:00+00:00", message)


def test_it_is_told_in_words_and_nothing_is_kept_yet(khang: Any, alerts: Any) -> None:
    page = khang.post_file("/khan/cap", "cap", today(MESSAGE).encode())
    assert page.status_code == 200
    headline = re.search(r"<headline>([^<]+)", MESSAGE)
    assert headline is not None
    assert headline[1].strip() in page.text
    assert "Tiếp: kiểm tra rồi phát" in page.text
    assert alerts.book == {}


def test_it_becomes_a_draft_that_opens_at_once_and_the_same_message_is_one(khang: Any, alerts: Any) -> None:
    for _ in range(2):
        page = khang.post("/khan/cap", pasted=today(MESSAGE))
        data = re.search(r'name="data" value="([^"]+)"', page.text)
        assert data is not None
        answer = khang.post("/khan/cap", data=data[1], do="giu")
    ((name, kept),) = alerts.book.items()
    assert answer.headers["location"] == f"/khan/soan?nhap={name}"
    assert (kept.state, kept.alert.origin, kept.drafted_by) == (AlertState.DRAFT, Origin.CAP, "Đỗ Khang")
    assert kept.alert.issuer in khang.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("pasted", "line"),
    [
        ("", "Xin chọn tệp, hoặc dán nội dung vào."),
        ("không phải XML", "dòng 1"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', "DTD"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_what_was_pasted_stays(khang: Any, pasted: str, line: str) -> None:
    page = khang.post("/khan/cap", pasted=pasted)
    assert page.status_code == 422
    told = re.search(r'<p id="loi-cap" class="error" role="alert">([^<]+(?:&lt;[^<]+)*)</p>', page.text)
    assert told is not None
    assert line in told[1]
    if "XML" in pasted:
        assert f"{pasted}</textarea>" in page.text


@pytest.mark.parametrize("held", ["=", "٣"])
def test_a_form_that_no_page_of_ours_filled_in_is_asked_for_a_message(khang: Any, held: str) -> None:
    page = khang.post("/khan/cap", data=held, do="giu")
    assert page.status_code == 422
    assert "Xin chọn tệp, hoặc dán nội dung vào." in page.text


def test_what_the_standard_refuses_is_told_and_makes_no_draft(khang: Any, alerts: Any) -> None:
    future = re.sub(r"<sent>[^<]+", "<sent>2027-01-01T00:00:00+07:00", today(MESSAGE))
    page = khang.post("/khan/cap", pasted=future)
    assert page.status_code == 422
    assert "Không phát nguyên văn được" in page.text
    assert 'value="giu"' not in page.text
    assert alerts.book == {}


def test_a_cancel_is_no_alert_and_says_so(khang: Any, alerts: Any) -> None:
    cancel = today(MESSAGE).replace("<msgType>Alert", "<msgType>Cancel")
    cancel = cancel.replace("</scope>", "</scope><references>a@b,c,2026-11-21T10:00:00+07:00</references>")
    page = khang.post("/khan/cap", pasted=cancel, do="giu")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert alerts.book == {}


def test_it_goes_to_the_hamlets_that_its_polygon_touches(khang: Any, alerts: Any) -> None:
    half_in = (Point(20.19, 105.99), Point(20.19, 106.05), Point(20.25, 106.05), Point(20.25, 105.99))
    alerts.where = Places(
        [ZonePlace("thon-1", "Thôn 1", polygons=((half_in,),)), ZonePlace("thon-2", "Thôn 2", (Point(21.0, 105.0),))],
        (),
    )
    page = khang.post("/khan/cap", pasted=today(MESSAGE))
    data = re.search(r'name="data" value="([^"]+)"', page.text)
    assert data is not None
    khang.post("/khan/cap", data=data[1], do="giu")
    (kept,) = alerts.book.values()
    assert kept.alert.zones == ("thon-1",)


def test_what_reaches_no_hamlet_is_said(khang: Any, alerts: Any) -> None:
    alerts.where = Places([ZonePlace("thon-1", "Thôn 1", (Point(21.0, 105.0),))], ("xã Yên Hòa",))
    page = khang.post("/khan/cap", pasted=today(MESSAGE))
    assert "“Vùng trũng ven sông Cái” không chạm tới thôn nào" in page.text
    assert "cũng không chạm tới thôn nào của xã. Xin chọn thôn ở trang sau." in page.text


def test_the_communes_own_name_means_all_of_it(khang: Any, alerts: Any) -> None:
    alerts.where = Places([ZonePlace(*zone) for zone in ZONES.items()], ("xã Yên Hòa",))
    named = re.sub(r"<polygon>[^<]+</polygon>", "", today(MESSAGE)).replace("Vùng trũng ven sông Cái", "Xã Yên Hòa")
    page = khang.post("/khan/cap", pasted=named)
    data = re.search(r'name="data" value="([^"]+)"', page.text)
    assert data is not None
    khang.post("/khan/cap", data=data[1], do="giu")
    (kept,) = alerts.book.values()
    assert kept.alert.zones == tuple(ZONES)
