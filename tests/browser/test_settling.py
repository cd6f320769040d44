"""Settling verdicts in a real browser: with the keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract

FATES = ("silent", "other", "partly_aired", "unclear", "aired")
WAITING = 20


@pytest.fixture
def busy_desk(desk: Any, commune: Any) -> Any:
    """A morning on which twenty verdicts wait, at one node each."""
    whole = commune.airing_view()
    heard = replace(whole.nodes[0], reasons=("stopped_early",), transcript="từ bảy giờ hai mươi phút", recogniser="máy")

    def view(number: int) -> Any:
        airing = replace(
            whole.airing, id=f"lp-{number}", starts_at=commune.STARTS - timedelta(minutes=number), nodes=("thon-1",)
        )
        node = replace(heard, verdict=FATES[number % len(FATES)])
        return replace(whole, airing=airing, nodes=(node,), chain=())

    desk.view, *desk.others = [view(number) for number in range(1, WAITING + 1)]
    return desk


@pytest.fixture
def screen(browser: Any, console: str, commune: Any, busy_desk: Any) -> Iterator[Screen]:
    opened = Screen(browser, console, DESK)
    opened.log_in(commune.PASSWORD)
    yield opened
    opened.context.close()


class Keys:
    """A keyboard that counts what is pressed."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)
        self.pressed += 1

    def answer(self, *keys: str) -> None:
        """Press and wait for the page that follows."""
        before = self._page.url
        for key in keys:
            self.press(key)
        # The keys work as soon as the page is parsed; its picture may still be on the way.
        self._page.wait_for_url(lambda url: url != before, wait_until="domcontentloaded")


def test_twenty_verdicts_are_settled_with_the_keyboard_alone(screen: Screen, busy_desk: Any, pictures: Path) -> None:
    page, keys = screen.page, Keys(screen.page)
    page.goto(f"{screen.console}/settle")
    screen.shoot(pictures / "settle-desk.png")
    for number in range(WAITING):
        assert f"Kết luận thứ 1 trong {WAITING - number} đang chờ" in page.locator("#settling").inner_text()
        if number == 3:
            keys.answer("d", *"nghe ro", "Enter")
        elif number == 7:
            keys.answer("r", "Enter")
        else:
            keys.answer("c")
    assert "Không còn kết luận nào chờ chốt" in page.inner_text("main")
    assert keys.pressed == 18 + 2 + len("nghe ro") + 2
    views = [busy_desk.view, *busy_desk.others]
    settled = [view.nodes[0].settled for view in views]
    assert (settled.count("confirmed"), settled.count("disputed"), settled.count(None)) == (18, 1, 1)
    assert [view.nodes[0].note for view in views if view.nodes[0].settled == "disputed"] == ["nghe ro"]
    assert len(busy_desk.replayed) == 1
    assert screen.complaints == []


def test_keys_play_the_clip_walk_the_row_and_send_nothing_by_mistake(screen: Screen, busy_desk: Any) -> None:
    page, keys = screen.page, Keys(screen.page)
    page.goto(f"{screen.console}/settle")
    keys.press(" ")
    page.wait_for_function("() => !document.querySelector('#settling audio').paused")
    page.wait_for_function("() => !document.querySelector('.playhead').hidden")
    keys.press(" ")
    page.wait_for_function("() => document.querySelector('#settling audio').paused")
    first = page.url
    keys.answer("n")
    assert "Kết luận thứ 2 trong 20" in page.locator("#settling").inner_text()
    keys.answer("p")
    assert "Kết luận thứ 1 trong 20" in page.locator("#settling").inner_text()
    keys.press("r")
    keys.press("Escape")
    keys.press("d")
    for letter in "cnrp":
        keys.press(letter)
    assert page.locator("textarea").input_value() == "cnrp"
    keys.press("Escape")
    page.keyboard.press("Control+c")
    page.get_by_label("Dùng các phím này").uncheck()
    page.locator("h1").click()
    keys.press("c")
    page.wait_for_timeout(300)
    assert first.endswith("/settle")
    assert len(busy_desk.waiting()) == WAITING
    assert busy_desk.replayed == []
    assert screen.complaints == []


def test_a_click_on_a_word_plays_from_there(screen: Screen) -> None:
    page = screen.page
    page.goto(f"{screen.console}/settle")
    page.locator(".run-doubtful .lead").first.click()
    page.wait_for_function("() => document.querySelector('#settling audio').currentTime >= 6")


def test_without_scripts_the_same_is_done_by_forms(browser: Any, console: str, commune: Any, busy_desk: Any) -> None:
    screen = Screen(browser, console, PHONE, scripts=False)
    screen.log_in(commune.PASSWORD)
    page = screen.page
    page.get_by_role("link", name="Chờ chốt", exact=True).click()
    page.get_by_role("button", name="Xác nhận kết luận này").click()
    page.get_by_text("Đã xác nhận kết luận trước.").wait_for()
    page.get_by_text("Tôi không đồng ý").click()
    page.get_by_role("textbox").fill("Tôi đứng ở chợ, nghe rõ.")
    page.get_by_role("button", name="Gửi ý kiến không đồng ý").click()
    page.get_by_text("Đã ghi ý kiến không đồng ý").wait_for()
    page.locator("summary", has_text="Phát lại tại cụm loa này").click()
    page.get_by_role("button", name="Đồng ý phát lại").click()
    page.get_by_text("Đã cho phát lại tại cụm loa trước.").wait_for()
    assert len(busy_desk.waiting()) == WAITING - 3
    assert len(busy_desk.replayed) == 1
    screen.context.close()


def test_the_settling_page_fits_a_phone(
    browser: Any, console: str, commune: Any, busy_desk: Any, pictures: Path
) -> None:
    screen = Screen(browser, console, PHONE)
    screen.log_in(commune.PASSWORD)
    screen.page.goto(f"{console}/settle")
    screen.shoot(pictures / "settle-phone.png")
    assert screen.fits()
    assert screen.complaints == []
    screen.context.close()
