"""From writing to approval in a real browser, on a phone whose scripts are off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from tests.browser.screen import PHONE, Screen

pytestmark = pytest.mark.contract


def test_an_operator_hands_in_and_an_approver_approves_without_scripts(
    browser: Any, console: str, commune: Any, desk: Any, pictures: Path
) -> None:
    writer = Screen(browser, console, PHONE, scripts=False)
    writer.log_in(commune.PASSWORD)
    writer.page.goto(f"{console}/soan")
    writer.page.get_by_label("Tiêu đề").fill("Báo mất nước")
    writer.page.get_by_label("Nội dung").fill("Mất nước từ tám giờ.")
    writer.page.get_by_label("Chỉ một số nơi").check()
    for zone in ("Thôn 1", "Thôn 3"):
        writer.page.get_by_label(zone).check()
    writer.page.get_by_label("Vào giờ riêng").check()
    writer.page.get_by_label("Ngày giờ phát lần đầu").fill("2026-11-25T05:30")
    writer.page.get_by_label("Lặp lại").select_option(label="Hằng ngày")
    writer.shoot(pictures / "phone-soan.png")
    assert writer.fits()
    writer.page.get_by_role("button", name="Trình duyệt").click()
    writer.page.wait_for_url("**/duyet/tin-*")
    (item,) = desk.approval_desk.held.values()
    assert (item.state, item.programme.zones) == (ItemState.SUBMITTED, ("thon-1", "thon-3"))
    writer.context.close()

    approver = Screen(browser, console, PHONE, scripts=False)
    approver.log_in(commune.PASSWORD, "binh")
    approver.page.goto(f"{console}/duyet")
    approver.page.get_by_role("link", name="Báo mất nước").click()
    approver.page.wait_for_url("**/duyet/tin-*")
    approver.shoot(pictures / "phone-duyet.png")
    assert approver.fits()
    approver.page.get_by_label("Nhập lại mật khẩu của bạn").fill(commune.PASSWORD)
    approver.page.get_by_role("button", name="Duyệt bằng tên tôi").click()
    approver.page.get_by_text("Đã duyệt").first.wait_for()
    (item,) = desk.approval_desk.held.values()
    assert item.state is ItemState.APPROVED
    assert item.approved_by.title == "Phạm Văn Bình"
    approver.context.close()
