"""Two persons for one alert, on two phones: handed in, seen at once from any page, read, heard, let out; or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alert import AlertState
from smartradio.station.accounts import Role
from tests.browser.living import Living, living_commune
from tests.browser.living_place import PASSWORD
from tests.browser.screen import PHONE, Screen
from tests.browser.test_accessibility import AXE, faults
from tests.browser.test_alerts import ALERT, fills_in_the_flood, kept
from tests.browser.test_emergency import PIN, officer_at, sets_a_pin

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def living(tmp_path_factory: Any) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("xa"), alerts={"second_person": True}) as commune:
        commune.station.accounts.create("thu", "Phạm Thị Thu", Role.OFFICER, PASSWORD)
        yield commune


def second_at(browser: Any, living: Living, theme: str = "light") -> Screen:
    screen = Screen(browser, living.address, PHONE, theme=theme)
    screen.log_in(PASSWORD, "thu")
    sets_a_pin(screen)
    return screen


def hands_in(page: Any, address: str, level: str) -> None:
    page.goto(f"{address}/khan/soan?mau=lu-khan-cap")
    fills_in_the_flood(page, level)
    page.get_by_text("Bỏ chọn hết").click()
    page.get_by_label("Thôn 1", exact=True).first.check()
    page.get_by_label("Thôn 3", exact=True).check()
    types_the_pin(page)
    page.get_by_role("button", name="GIAO NGƯỜI THỨ HAI").click()
    page.wait_for_url(ALERT)
    page.get_by_role("heading", name="Đỗ Khang đã giao; chờ người thứ hai cho phát.").wait_for()


def types_the_pin(page: Any) -> None:
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text("PIN đúng").wait_for()


def test_the_second_person_sees_it_at_once_reads_hears_and_lets_it_out(
    browser: Any, living: Living, pictures: Path
) -> None:
    first, second = officer_at(browser, living), second_at(browser, living)
    sets_a_pin(first)
    # Wherever they are: nothing is loaded anew.
    second.page.goto(f"{living.address}/airings")
    hands_in(first.page, living.address, "4,52")
    waits = kept(living, first.page)
    assert (waits.state, waits.alert.zones) == (AlertState.DRAFT, ("thon-1", "thon-3"))
    page = second.page
    page.locator("a.emergency", has_text="1 chờ").click()
    page.get_by_role("link", name="Chờ người thứ hai").click()
    page.wait_for_url(ALERT)

    # As written and as spoken, figures, hamlets; then what is heard.
    assert "4,52 m" in page.locator("#loi-tin .words").inner_text()
    assert "Thôn 1, Thôn 3" in page.locator("#loi-tin").inner_text()
    assert "bốn phẩy năm mươi hai mét" in page.locator(".figures").inner_text()
    assert "bốn phẩy năm mươi hai mét" in page.locator(".spoken").inner_text()
    sound = page.locator("audio").first
    sound.evaluate("async (each) => { each.muted = true; await each.play(); }")
    assert sound.evaluate("each => each.duration") > 10
    sound.evaluate("each => each.pause()")
    assert second.fits()
    if AXE.is_file():
        assert faults(page) == []
    second.shoot(pictures / "phone-khan-nguoi-thu-hai.png")

    # The PIN is checked before the click: the click itself hashes nothing, and carries none.
    page.get_by_label("Mã PIN của bạn").press_sequentially("111222")
    page.locator("[data-told].error", has_text="PIN").wait_for()
    types_the_pin(page)
    assert kept(living, page).state is AlertState.DRAFT
    with page.expect_request("**/cho-phat") as sending:
        page.get_by_role("button", name="PHÁT NGAY").dblclick()
    assert PIN not in (sending.value.post_data or "")
    page.get_by_role("heading", name="Lệnh đã gửi").wait_for()
    out = kept(living, page)
    assert out.sent_by is not None
    assert out.released_by is not None
    assert (out.is_out, out.sent_by.account, out.released_by.account) == (True, "khang", "thu")
    assert len(living.station.desks.alerts.airings_of(out.id)) == 1
    # And the first one's page says so, untouched.
    first.page.get_by_role("heading", name="Lệnh đã gửi").wait_for()
    first.page.get_by_text("Phạm Thị Thu cho phát").wait_for()
    first.page.get_by_role("link", name="Báo cáo sau khi phát").wait_for()
    assert [line for line in second.complaints if "401" not in line] == []
    first.context.close()
    second.context.close()


def test_what_was_changed_since_it_was_read_does_not_go_out(browser: Any, living: Living) -> None:
    first, second = officer_at(browser, living), second_at(browser, living, "dark")
    hands_in(first.page, living.address, "4,7")
    waits = kept(living, first.page)
    page = second.page
    page.goto(f"{living.address}/khan/tin/{waits.id}")
    types_the_pin(page)
    # The line to their phone is gone while the first hands in other hamlets.
    page.route("**/su-kien*", lambda route: route.abort())
    page.reload()
    types_the_pin(page)
    first.page.goto(f"{living.address}/khan/soan?nhap={waits.id}")
    first.page.get_by_label("Thôn 9").check()
    types_the_pin(first.page)
    first.page.get_by_role("button", name="GIAO NGƯỜI THỨ HAI").click()
    first.page.wait_for_url(ALERT)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.get_by_text("Hãy xem lại").wait_for()
    now = living.station.desks.alerts.alert(waits.id)
    assert now is not None
    assert (now.state, now.alert.zones) == (AlertState.DRAFT, ("thon-1", "thon-3", "thon-9"))
    # What they are shown with it are the new hamlets, and those they may let out.
    page.get_by_text("Thôn 1, Thôn 3, Thôn 9").wait_for()
    if AXE.is_file():
        assert faults(page) == []
    types_the_pin(page)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.wait_for_url(ALERT)
    page.get_by_role("heading", name="Lệnh đã gửi").wait_for()
    first.context.close()
    second.context.close()


def test_a_change_while_they_read_takes_the_place_of_what_they_read_and_the_pin_is_typed_anew(
    browser: Any, living: Living
) -> None:
    first, second = officer_at(browser, living), second_at(browser, living)
    hands_in(first.page, living.address, "4,8")
    waits = kept(living, first.page)
    page = second.page
    page.goto(f"{living.address}/khan/tin/{waits.id}")
    types_the_pin(page)
    first.page.goto(f"{living.address}/khan/soan?nhap={waits.id}")
    first.page.get_by_label("Thôn 9").check()
    types_the_pin(first.page)
    first.page.get_by_role("button", name="GIAO NGƯỜI THỨ HAI").click()
    page.get_by_text("Thôn 1, Thôn 3, Thôn 9").wait_for()
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.locator("[data-told].error").wait_for()
    assert kept(living, page).state is AlertState.DRAFT
    types_the_pin(page)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.get_by_role("heading", name="Lệnh đã gửi").wait_for()
    first.context.close()
    second.context.close()
