"""An alert's page says how far it came beside the horns, in numbers and not in telephone numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smartradio.station.alerts.channels.link import ALERT_TOPIC
from smartradio.station.alerts.channels.port import ChannelEvent
from smartradio.station.store.fan_out import ChannelCount
from tests.web.alert_book_desk import kept, report

SENT = ChannelCount("to-truong", ChannelEvent.SENT, told=38, waiting=1, given_up=2, fault="the gateway says <no>")
OVER = ChannelCount("to-truong", ChannelEvent.CANCELLED, told=38, waiting=0, given_up=0, fault="")


def page_with(desk: Any, khang: Any, *beside: ChannelCount) -> str:
    alerts = desk.desks.alerts
    alerts.book["lu-1"] = kept("lu-1")
    alerts.report = lambda _name: replace(report(kept("lu-1")), beside=beside)
    return str(khang.get("/khan/tin/lu-1").text)


def test_each_way_says_how_many_were_told_and_why_others_were_not(desk: Any, khang: Any) -> None:
    page = page_with(desk, khang, SENT, OVER)
    assert "Ngoài loa" in page
    assert "đã báo 38/41 · 2 không báo được" in page
    assert "the gateway says &lt;no&gt;" in page
    assert "to-truong · tin hủy" in page
    assert "đã báo 38/38" in page


def test_who_was_not_told_because_it_was_over_first_is_counted_so(desk: Any, khang: Any) -> None:
    page = page_with(desk, khang, replace(SENT, waiting=0, dropped=60))
    assert "đã báo 38/100 · 2 không báo được · 60 thôi báo, vì tin đã hủy hoặc đã thay" in page


def test_the_sum_stands_where_it_is_seen_without_a_tap(desk: Any, khang: Any) -> None:
    assert "<summary>Ngoài loa: đã báo 76/79</summary>" in page_with(desk, khang, SENT, OVER)


def test_what_is_told_beside_the_horns_is_followed_on_the_page(app: Any, desk: Any, khang: Any) -> None:
    page_with(desk, khang, SENT)
    found = app.state.console.parts.find("/khan/tin/lu-1/bang")
    # The topic under which the outbox publishes each telephone that was told.
    assert f"{ALERT_TOPIC}/lu-1" in found.part.topics(found.names)
    assert f"{ALERT_TOPIC}/lu-2" not in found.part.topics(found.names)


def test_the_printed_report_has_them_without_a_tap(desk: Any, khang: Any) -> None:
    page_with(desk, khang, SENT, OVER)
    sheet = khang.get("/khan/tin/lu-1/bao-cao").text
    assert "<h2>Ngoài loa</h2>" in sheet
    assert "đã báo 38/41 · 2 không báo được" in sheet
    assert "<details" not in sheet


def test_without_any_way_nothing_is_said_of_it(desk: Any, khang: Any) -> None:
    assert "Ngoài loa" not in page_with(desk, khang)
