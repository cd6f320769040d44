"""Where warnings come from, on one page: what answers, what is silent, what came of each message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smartradio.domain.gauge import Reading
from smartradio.station.alerts.feeds import FeedState
from smartradio.station.alerts.gauges import GaugeState
from smartradio.station.store.cap_messages import KeptMessage, Outcome
from tests.web.public_alerts_desk import FakeSource

AT = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
DRAFTED = KeptMessage("kttv@example.vn,lu-1,2026-11-21", "kttv", "", None, (), AT, Outcome.DRAFT, None, "a1")
REFUSED = KeptMessage("kttv@example.vn,lu-2,2026-11-21", "kttv", "", None, (), AT, Outcome.REFUSED, "<no info>")
FEED = FeedState("kttv", "Đài tỉnh", "https://kttv.example.vn", AT, None, (DRAFTED, REFUSED))
GAUGE = GaugeState("ben-de", "trạm Bến Đế", Reading(AT, 4.15), 0.32, ("bd2",), False, "")


@pytest.fixture
def sources(desk: Any) -> tuple[FakeSource[FeedState], FakeSource[GaugeState]]:
    desk.desks.feeds, desk.desks.gauges = FakeSource([FEED]), FakeSource([GAUGE])
    return desk.desks.feeds, desk.desks.gauges


def test_it_has_the_ways_to_all_other_pages(lan: Any) -> None:
    page = lan.get("/nguon-tin").text
    assert 'class="with-ways"' in page
    assert 'href="/su-co"' in page


def test_what_answers_is_shown_with_its_level_and_its_messages(sources: Any, lan: Any) -> None:
    page = lan.get("/nguon-tin").text
    assert "Nước vượt ngưỡng ở 1 trạm đo" in page
    assert "4,15 m" in page.replace("\u00a0", " ")
    assert "+0,32 m trong một giờ" in page
    assert "Vượt ngưỡng: bd2" in page
    assert '<a href="/khan/tin/a1">tin chờ người trực</a>' in page
    assert "không nhận: tin sai quy cách" in page
    assert "&lt;no info&gt;" in page


def test_where_all_is_calm_the_page_says_so(sources: Any, lan: Any) -> None:
    sources[1].held = []
    assert "Mọi nguồn tin đều hoạt động" in lan.get("/nguon-tin").text


def test_what_is_silent_is_told_first(sources: Any, lan: Any) -> None:
    feeds, gauges = sources
    feeds.held = [FeedState("kttv", "Đài tỉnh", "https://kttv.example.vn", None, "it answers <500>", ())]
    gauges.held = [GaugeState("ben-de", "trạm Bến Đế", None, None, (), True, "level_m is missing")]
    page = lan.get("/nguon-tin").text
    assert "2 nguồn tin không có tín hiệu" in page
    assert "it answers &lt;500&gt;" in page
    assert "Chưa có số đo nào." in page
    assert "level_m is missing" in page


def test_a_commune_without_any_is_told_so(lan: Any) -> None:
    assert "chưa có nguồn tin cảnh báo hay trạm đo nước nào" in lan.get("/nguon-tin").text


def test_it_is_reached_from_the_page_of_faults(lan: Any) -> None:
    assert 'href="/nguon-tin"' in lan.get("/su-co").text


def test_strangers_log_in_first(stranger: Any) -> None:
    assert stranger.get("/nguon-tin").status_code == 303
