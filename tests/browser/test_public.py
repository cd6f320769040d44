"""A villager's journey on a phone, without scripts and without an account; and what the technician sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.screen import DESK, PHONE, Screen
from tests.web.citizens_desk import FakeCitizensDesk


@pytest.fixture
def citizens(desk: Any) -> FakeCitizensDesk:
    desk.desks.citizens = FakeCitizensDesk()
    return desk.desks.citizens  # type: ignore[no-any-return]


@pytest.fixture
def phone(browser: Any, console: str) -> Iterator[Screen]:
    """A villager's phone with scripts turned off."""
    screen = Screen(browser, console, PHONE, scripts=False)
    yield screen
    screen.context.close()


def test_a_villager_reads_a_bulletin_and_says_that_it_was_not_heard(
    citizens: FakeCitizensDesk, phone: Screen, pictures: Path
) -> None:
    page = phone.page
    page.goto(f"{phone.console}/cong-khai")
    assert page.get_by_role("status").inner_text().startswith("Đang phát: Lịch tiêm chủng")
    assert phone.fits()
    phone.shoot(pictures / "cong-khai-phone.png")
    page.get_by_label("Thôn của bạn").select_option("Thôn 3")
    page.get_by_role("button", name="Xem").click()
    page.get_by_role("link", name="Lịch tiêm chủng").first.click()
    assert "Mời bà con đưa trẻ đến." in page.inner_text("main")
    page.locator("main").get_by_role("link", name="Tôi không nghe rõ").click()
    if page.get_by_label("Thôn của bạn").count():
        page.get_by_label("Thôn của bạn").select_option("Thôn 3")
        page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Nghe như thế nào?").fill("Loa rè, <b>nghe câu được câu mất</b>")
    phone.shoot(pictures / "khong-nghe-ro-phone.png")
    page.get_by_role("button", name="Gửi").click()
    page.wait_for_url("**/cong-khai/cam-on**")
    assert "Thôn 3" in page.inner_text("main")
    assert phone.fits()
    (told,) = citizens.told
    assert (told.zone, told.airing, told.note) == ("thon-3", "lp-1", "Loa rè, <b>nghe câu được câu mất</b>")
    assert phone.context.cookies() == []
    assert phone.complaints == []


def test_the_name_of_the_commune_is_whole_on_a_small_phone(
    citizens: FakeCitizensDesk, browser: Any, console: str
) -> None:
    small = Screen(browser, console, {"width": 320, "height": 568})
    small.page.goto(f"{small.console}/cong-khai")
    name = small.page.locator(".brand span")
    assert name.inner_text() == "Đài truyền thanh xã Yên Hòa"
    assert name.evaluate("element => element.scrollHeight <= element.clientHeight")
    assert small.fits()
    small.context.close()


def test_the_technician_finds_it_and_says_what_was_done(
    citizens: FakeCitizensDesk, browser: Any, console: str, commune: Any, pictures: Path
) -> None:
    desk = Screen(browser, console, DESK)
    page = desk.page
    page.goto(f"{console}/cong-khai")
    desk.shoot(pictures / "cong-khai.png")
    page.goto(f"{console}/cong-khai/khong-nghe-ro?thon=thon-1&tin=lp-1")
    page.get_by_role("button", name="Gửi").click()
    page.wait_for_url("**/cam-on**")
    desk.log_in(commune.PASSWORD, "tho")
    page.goto(f"{console}/phan-anh")
    desk.shoot(pictures / "phan-anh.png")
    page.get_by_label("Đã thấy gì, đã làm gì?").fill("Đã thay dây loa")
    page.get_by_role("button", name="Đã xử lý").click()
    page.get_by_text("Không có phản ánh nào đang chờ.").wait_for()
    assert citizens.told[0].answer == "Đã thay dây loa"
    assert desk.complaints == []
    desk.context.close()
