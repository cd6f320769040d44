"""The technician at the page of faults and at the registry: on a phone, live, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from smartradio.domain.alarm import Alarm
from tests.browser.screen import DESK, PHONE, Screen
from tests.browser.test_accessibility import AXE
from tests.browser.test_accessibility import faults as kept_out
from tests.web.alarms_desk import SILENT, SILENT_TOO

SHOWN = {"su-co": "/su-co", "su-co-mot": "/su-co/4", "dia-ban": "/dia-ban", "dia-ban-cum": "/dia-ban/cum/thon-1"}

pytestmark = pytest.mark.contract


@pytest.fixture
def screens(browser: Any, console: str, commune: ModuleType) -> Iterator[Any]:
    """Make windows with the technician logged in; none may complain."""
    made: list[Screen] = []

    def screen(size: dict[str, int], **how: Any) -> Screen:
        made.append(Screen(browser, console, size, **how))
        made[-1].log_in(commune.PASSWORD, "tho")
        return made[-1]

    yield screen
    for each in made:
        # A form that was refused is told by its status; Chromium notes that, and nothing else may be noted.
        assert [line for line in each.complaints if "422" not in line] == []
        each.context.close()


def test_what_is_wrong_is_seen_live_and_taken_on(screens: Any, desk: Any, pictures: Path) -> None:
    screen = screens(PHONE)
    page = screen.page
    page.goto(f"{screen.console}/su-co")
    assert "3 sự cố" in page.locator("#faults h1").inner_text()
    assert screen.fits()
    screen.shoot(pictures / "su-co-dien-thoai.png")
    third = replace(SILENT, id=9, subject="thon-4", facts={"node": "thon-4", "title": "Cụm loa thôn 4"})
    desk.desks.alarms.alarms[9] = third
    desk.desks.news.publish("alarms")
    page.get_by_text("3 cụm loa mất liên lạc").wait_for()
    page.get_by_role("link", name="Cụm loa thôn 4").click()
    page.get_by_role("button", name="Tôi đã xem và đang lo việc này").click()
    page.get_by_text("Trần Thợ").first.wait_for()
    assert screen.fits()
    screen.shoot(pictures / "su-co-mot-dien-thoai.png")
    seen: Alarm = desk.desks.alarms.alarms[9]
    assert seen.seen_by == "Trần Thợ"


def test_without_scripts_every_form_of_faults_and_places_works(screens: Any, desk: Any) -> None:
    screen = screens(PHONE, scripts=False)
    page = screen.page
    page.goto(f"{screen.console}/su-co")
    page.get_by_role("button", name="Tôi đã xem tất cả").click()
    assert desk.desks.alarms.alarms[SILENT_TOO.id].seen_by == "Trần Thợ"
    page.get_by_role("link", name="Cụm loa thôn 3").first.click()
    page.get_by_role("button", name="Đã xử lý xong").click()
    page.wait_for_url("**/su-co")
    assert "2 sự cố" in page.locator("#faults h1").inner_text()
    page.goto(f"{screen.console}/dia-ban/thon/thon-3")
    page.get_by_label("Tên").fill("")
    page.get_by_label("Tên").fill("Thôn 2")
    page.get_by_role("button", name="Đặt tên này").click()
    assert "mọi người sẽ nhầm" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Tên").input_value() == "Thôn 2"
    page.get_by_label("Tên").fill("Thôn Đông")
    page.get_by_role("button", name="Đặt tên này").click()
    page.get_by_role("heading", name="Thôn Đông").wait_for()
    page.get_by_label("Nhập vào").select_option(label="Thôn 1")
    page.get_by_label("Tôi chắc chắn muốn nhập Thôn Đông").check()
    page.get_by_role("button", name="Sáp nhập").click()
    page.wait_for_url("**/dia-ban")
    assert page.get_by_text("Thôn Đông nhập vào Thôn 1").is_visible()
    assert page.get_by_text("Có thay đổi đang chờ").is_visible()
    assert screen.fits()


def test_the_pages_of_faults_and_places_on_a_desk_by_day_and_by_night(screens: Any, pictures: Path) -> None:
    for theme in ("light", "dark"):
        screen = screens(DESK, theme=theme)
        for name, path in (
            ("su-co", "/su-co"),
            ("su-co-mot", "/su-co/4"),
            ("dia-ban", "/dia-ban"),
            ("cum", "/dia-ban/cum/thon-1"),
        ):
            screen.page.goto(screen.console + path)
            assert screen.fits()
            assert not AXE.is_file() or kept_out(screen.page) == []
            screen.shoot(pictures / f"{name}-{theme}.png")
