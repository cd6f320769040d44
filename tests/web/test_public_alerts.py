"""The alerts that hold, for everybody: read on a phone, followed by other systems, kept by caches, tied to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from smartradio.alerting.cap.feeds import read_feed
from smartradio.domain.alert import Alert, AlertState, AlertStatus, RiskLevel
from smartradio.station.alerts.kept import KeptAlert
from tests.web.citizens_desk import FakeCitizensDesk
from tests.web.public_alerts_desk import FakePublicAlerts

ATOM = "{http://www.w3.org/2005/Atom}"
AT = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
FLOOD = KeptAlert(
    alert=Alert(
        id="lu-1",
        title="Lũ trên sông <Vạc>",
        text="Lũ trên báo động ba.\nBà con ven sông sơ tán ngay.",
        zones=("thon-1", "thon-3"),
        issued_at=AT,
        issuer="Đài Khí tượng Thủy văn tỉnh",
        risk_level=RiskLevel.ORANGE,
        expires_at=AT + timedelta(hours=6),
    ),
    state=AlertState.OUT,
    version=1,
    drafted_by="chị Thu",
    drafted_at=AT,
    sent_at=AT,
)
DRILL = replace(FLOOD, alert=replace(FLOOD.alert, id="tap-1", title="Sơ tán", status=AlertStatus.EXERCISE))
OVER = replace(FLOOD, state=AlertState.CANCELLED, ended_at=AT + timedelta(minutes=40))


@pytest.fixture
def alerts(desk: Any) -> FakePublicAlerts:
    desk.desks.citizens = FakeCitizensDesk()
    desk.desks.public_alerts = FakePublicAlerts(held=[FLOOD])
    return desk.desks.public_alerts  # type: ignore[no-any-return]


def test_everybody_reads_what_holds_where_and_until_when(alerts: FakePublicAlerts, stranger: Any) -> None:
    page = stranger.get("/cong-khai/canh-bao")
    assert page.status_code == 200
    assert "Lũ trên sông &lt;Vạc&gt;" in page.text
    assert "Bà con ven sông sơ tán ngay." in page.text
    assert "Thôn 1, Thôn 3" in page.text
    assert "Rủi ro thiên tai cấp 3 (da cam)" in page.text
    assert "Có hiệu lực đến 09:30" in page.text
    assert "Ban hành lúc 03:30" in page.text
    assert "Đài Khí tượng Thủy văn tỉnh" in page.text
    assert "diễn tập" not in page.text


def test_an_exercise_says_that_it_is_one_and_stands_on_no_front_page(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.held = [DRILL]
    page = stranger.get("/cong-khai/canh-bao").text
    assert page.index("Đây là diễn tập.") < page.index("Sơ tán")
    assert "Đang có hiệu lực" not in stranger.get("/cong-khai").text


def test_the_front_page_names_what_holds_first_of_all(alerts: FakePublicAlerts, stranger: Any) -> None:
    page = stranger.get("/cong-khai").text
    assert page.index("Đang có hiệu lực") < page.index("Đang phát")
    assert "/cong-khai/canh-bao#lu-1" in page
    assert "Đang có hiệu lực" not in stranger.get("/cong-khai?thon=thon-2").text


def test_without_an_alert_the_page_says_so(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.held = []
    assert "Hiện không có cảnh báo nào." in stranger.get("/cong-khai/canh-bao").text


def test_a_hamlet_sees_what_is_for_it(alerts: FakePublicAlerts, stranger: Any) -> None:
    assert "Hiện không có cảnh báo nào." in stranger.get("/cong-khai/canh-bao?thon=thon-2").text
    assert "sông &lt;Vạc&gt;" in stranger.get("/cong-khai/canh-bao?thon=thon-3").text
    assert stranger.get("/cong-khai/canh-bao?thon=thon-9").status_code == 404


def test_what_was_cancelled_is_told_for_a_day(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.held, alerts.over = [], [OVER]
    page = stranger.get("/cong-khai/canh-bao").text
    assert page.index("Đã hủy trong 24 giờ qua") < page.index("Lũ trên sông")
    assert "04:10" in page


def test_other_systems_follow_a_feed_that_leads_to_the_messages(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.over = [replace(OVER, alert=replace(FLOOD.alert, id="cu"))]
    answer = stranger.get("/cong-khai/canh-bao.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    entries = read_feed(answer.content).entries
    assert [entry.link.partition("/cong-khai")[2] for entry in entries] == [
        "/canh-bao/lu-1.xml",
        "/canh-bao/cu-huy.xml",
    ]
    titles = [each.text for each in ET.fromstring(answer.content).iter(f"{ATOM}title")]
    assert titles[1:] == ["Lũ trên sông <Vạc>", "Đã hủy: Lũ trên sông <Vạc>"]
    assert not read_feed(stranger.get("/cong-khai/canh-bao.atom?thon=thon-2").content).entries


def test_a_message_is_given_as_it_is(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.messages = {"lu-1": b"<alert/>"}
    answer = stranger.get("/cong-khai/canh-bao/lu-1.xml")
    assert (answer.content, answer.headers["content-type"]) == (b"<alert/>", "application/cap+xml")
    assert stranger.get("/cong-khai/canh-bao/lu-2.xml").status_code == 404


def test_none_of_it_sets_a_cookie_and_all_of_it_may_be_kept(alerts: FakePublicAlerts, stranger: Any) -> None:
    alerts.messages = {"lu-1": b"<alert/>"}
    for path in ("/cong-khai/canh-bao", "/cong-khai/canh-bao.atom", "/cong-khai/canh-bao/lu-1.xml"):
        page = stranger.get(path)
        assert "set-cookie" not in page.headers, path
        assert page.headers["cache-control"] == "public, max-age=60"
        held = stranger.get(path, if_none_match=page.headers["etag"])
        assert (held.status_code, held.content) == (304, b""), path


def test_a_commune_that_keeps_its_page_closed_publishes_nothing(
    alerts: FakePublicAlerts, desk: Any, stranger: Any
) -> None:
    alerts.messages = {"lu-1": b"<alert/>"}
    desk.desks.citizens.is_open = False
    for path in ("", ".atom", "/lu-1.xml"):
        assert stranger.get(f"/cong-khai/canh-bao{path}").status_code == 404


def test_in_english_for_who_reads_no_vietnamese(alerts: FakePublicAlerts, stranger: Any) -> None:
    page = stranger.get("/cong-khai/canh-bao?lang=en").text
    assert "Until 09:30" in page
    assert '<p class="text" lang="vi">' in page
