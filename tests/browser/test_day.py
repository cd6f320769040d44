"""A broadcaster's morning in a real browser, at a real station: today, an old bulletin copied, a programme moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from tests.browser.living import Living, living_commune
from tests.browser.living_place import PASSWORD
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as commune:
        yield commune


@pytest.fixture
def at_desk(browser: Any, living: Living) -> Iterator[Screen]:
    screen = Screen(browser, living.address, DESK)
    screen.log_in(PASSWORD)
    yield screen
    screen.context.close()


def test_the_morning_begins_with_what_needs_somebody_and_what_sounds(at_desk: Screen, pictures: Path) -> None:
    page = at_desk.page
    page.goto(at_desk.console)
    assert page.locator(".need").first.is_visible()
    assert page.locator(".lane-of-day").count() == 10
    sounding = page.locator(".airings-now .airing").first
    assert "đã báo bắt đầu" in sounding.inner_text()
    at_desk.shoot(pictures / "day-today.png")
    sounding.click()
    page.wait_for_url(re.compile("/airings/[0-9a-f]+$"))
    assert at_desk.complaints == []


def test_today_changes_by_itself_when_something_is_aired(at_desk: Screen, living: Living) -> None:
    page = at_desk.page
    page.goto(at_desk.console)
    page.locator("#day").wait_for()
    aired = living.station.air_now(
        title="Mời họp thôn 5", text="Mời bà con thôn 5 họp lúc 19h30.", by="Lê Thị Lan", zones=["thon-5"], lead_s=600
    )
    living.call(aired)
    page.locator("#day strong", has_text="Mời họp thôn 5").wait_for()
    assert at_desk.complaints == []


def test_an_old_bulletin_is_a_draft_again_after_two_clicks(at_desk: Screen, living: Living, pictures: Path) -> None:
    page = at_desk.page
    page.goto(f"{at_desk.console}/tin")
    page.get_by_label("Từ cần tìm").fill("tiem chung")
    page.keyboard.press("Enter")
    page.locator("mark").first.wait_for()
    at_desk.shoot(pictures / "day-search.png")
    page.get_by_role("button", name=re.compile("Chép thành bản tin mới")).first.click()
    page.wait_for_url("**/soan/tin-*")
    name = page.url.rsplit("/", 1)[1].partition("?")[0]
    item = living.station.approval_desk.item(name)
    assert item is not None
    assert (item.state, item.changed_by) == (ItemState.DRAFT, "Lê Thị Lan")
    assert "tiêm" in item.programme.text


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_week_fits_the_screen(browser: Any, living: Living, size: dict[str, int], pictures: Path) -> None:
    screen = Screen(browser, living.address, size)
    screen.log_in(PASSWORD)
    for path in ("/", "/lich", "/tin", "/airings"):
        screen.page.goto(living.address + path)
        assert screen.fits(), path
    screen.page.goto(f"{living.address}/lich")
    screen.shoot(pictures / f"day-week-{size['width']}.png")
    screen.context.close()


def test_a_programme_is_moved_on_the_phone_without_scripts(browser: Any, living: Living, pictures: Path) -> None:
    drafts = [item for item in living.station.approval_desk.items() if item.state is ItemState.SUBMITTED]
    name = drafts[0].name
    screen = Screen(browser, living.address, PHONE, scripts=False)
    screen.log_in(PASSWORD)
    page = screen.page
    page.goto(f"{living.address}/lich/{name}")
    page.get_by_label("Ngày đầu tiên").fill("2026-12-01")
    page.get_by_label("Giờ phát").fill("06:15")
    page.get_by_label("Lặp lại").select_option("daily")
    page.get_by_role("button", name="Xem thử").click()
    assert "Nếu duyệt như thế này thì sẽ phát" in page.locator(".trial").inner_text()
    assert "06:15" in page.locator(".trial").inner_text()
    page.get_by_role("button", name="Lưu bản nháp").click()
    page.get_by_text("Đã lưu nháp.").wait_for()
    screen.shoot(pictures / "day-programme-phone.png")
    changed = living.station.approval_desk.item(name)
    assert changed is not None
    assert (changed.programme.recurrence, f"{changed.programme.first_at:%H:%M}") == ("FREQ=DAILY", "06:15")
    screen.context.close()
