"""Water over a limit at night, on a phone: the ring on any page, the draft, its figures, PIN, out, telephones told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alert import Origin
from tests.browser.living import Living, living_commune
from tests.browser.test_accessibility import AXE, faults
from tests.browser.test_alerts import kept, types_the_pin_and_sends
from tests.browser.test_emergency import officer_at, sets_a_pin

pytestmark = pytest.mark.contract

RULE = {"name": "bd2", "template": "lu-bao-dong-2", "level_m": 4.0, "zones": ["thon-3", "thon-10"]}
GAUGE = {
    "name": "ben-de",
    "title": "trạm Bến Đế",
    "river": "sông Vạc",
    "password": "n-gauge-password-1",
    "rules": [RULE],
}


@pytest.fixture(scope="module")
def living(tmp_path_factory: Any) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("xa"), alerts={"gauges": [GAUGE]}) as commune:
        yield commune


def water_rises(living: Living, *levels_m: float) -> None:
    """What the gauge tells, two seconds apart, the last one now."""
    for number, level in enumerate(levels_m):
        at = living.clock() - timedelta(seconds=2 * (len(levels_m) - 1 - number))
        payload = json.dumps({"at": at.isoformat(), "level_m": level}).encode()
        living.loop.call_soon_threadsafe(living.station.desks.gauges.take, "ben-de", payload)


def nobody_is_kept_out(page: Any) -> None:
    """By day and by night."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if AXE.is_file():
            assert faults(page) == [], (page.url, theme)
    page.emulate_media(color_scheme="light")


def test_from_the_ring_to_the_horns_and_the_telephones(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/nguon-tin")
    page.get_by_text("trạm Bến Đế").first.wait_for()
    nobody_is_kept_out(page)
    page.goto(f"{living.address}/airings")
    assert "chờ" not in page.locator("a.emergency").inner_text()

    water_rises(living, 3.9, 4.1, 4.15)
    # It rings on whatever page they are, and nothing is loaded anew.
    page.locator("a.emergency", has_text="1 chờ").click()
    page.wait_for_url("**/khan")
    nobody_is_kept_out(page)
    screen.shoot(pictures / "phone-khan-cho.png")
    page.locator(".now.draft a").click()
    page.wait_for_url("**/khan/soan?nhap=*")

    page.locator(".figures", has_text="4,15 m").wait_for()
    assert "bốn phẩy mười lăm mét" in page.locator(".figures").inner_text()
    assert page.locator("[name=zones]:checked").evaluate_all("each => each.map(one => one.value)") == [
        "thon-3",
        "thon-10",
    ]
    assert page.locator("[data-count]").inner_text() == "2/10 thôn"
    nobody_is_kept_out(page)
    screen.shoot(pictures / "phone-khan-muc-nuoc.png")
    types_the_pin_and_sends(page)
    out = kept(living, page)
    assert (out.is_out, out.alert.origin, out.alert.zones) == (True, Origin.GAUGE, ("thon-3", "thon-10"))
    assert "4,15" in out.alert.text
    assert len(living.station.desks.alerts.airings_of(out.id)) == 1

    # What is told beside the horns stands there as it happens.
    shelf = living.station.store.beside.fan_out
    shelf.settle([(out, {"to-truong": ["0912345678", "0987654321"]})])
    living.station.desks.news.publish(f"alert/{out.id}")
    page.get_by_text("Ngoài loa: đã báo 0/2").wait_for()
    first, second = shelf.of_alert(out.id)
    shelf.sent(first.number, "ok")
    shelf.not_sent(second.number, "no such number", None)
    living.station.desks.news.publish(f"alert/{out.id}")
    page.get_by_text("Ngoài loa: đã báo 1/2").click()
    page.get_by_text("1 không báo được").wait_for()
    nobody_is_kept_out(page)
    screen.shoot(pictures / "phone-khan-ngoai-loa.png")

    page.get_by_role("link", name="Báo cáo sau khi phát").click()
    page.get_by_role("heading", name="Ngoài loa").wait_for()
    assert "đã báo 1/2 · 1 không báo được" in page.locator("main").inner_text()
    nobody_is_kept_out(page)
    page.emulate_media(media="print")
    assert page.get_by_text("đã báo 1/2").is_visible()
    assert screen.complaints == []
    screen.context.close()
