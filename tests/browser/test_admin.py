"""The administrator and the auditor in a real browser, on a phone without scripts and at a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.screen import DESK, PHONE, Screen
from tests.web.admin_desk import QUAN

pytestmark = pytest.mark.contract

PASSPHRASE = "mua nguon chop be nam ay"
PAGES = ("", "/tai-khoan", "/tai-khoan/lan", "/cai-dat", "/tu-dien", "/giong", "/sao-luu")


def test_an_administrator_does_it_all_on_a_phone_without_scripts(
    browser: Any, console: str, commune: Any, desk: Any, tmp_path: Path
) -> None:
    screen = Screen(browser, console, PHONE, scripts=False)
    try:
        screen.log_in(commune.PASSWORD, "quan")
        page = screen.page
        page.goto(f"{console}/quan-tri")
        page.get_by_role("link", name="Tài khoản").first.click()
        page.get_by_label("Họ và tên, đúng như sẽ ghi trong sổ bằng chứng").fill("Đặng Thị Mùa")
        page.get_by_role("radio", name="Cán bộ trực khẩn cấp").check()
        page.get_by_role("button", name="Tạo tài khoản").click()
        password = page.locator(".secret").inner_text()
        assert desk.desks.office.accounts.login("dang-thi-mua", password) is not None

        page.goto(f"{console}/quan-tri/cai-dat")
        page.get_by_label("Giờ yên tĩnh từ").fill("20:30")
        page.get_by_role("button", name="Lưu cài đặt").click()
        page.get_by_text("có hiệu lực từ lần khởi động tới").first.wait_for()

        page.goto(f"{console}/quan-tri/tu-dien")
        page.get_by_label("Chữ viết").fill("Ea Trôl")
        page.get_by_label("Cách đọc, viết bằng chữ").fill("ê a trôn")
        page.get_by_role("button", name="Lưu lại").click()
        page.get_by_role("cell", name="Ea Trôl").wait_for()

        page.goto(f"{console}/quan-tri/sao-luu")
        page.get_by_label("Câu mật khẩu, ít nhất 12 ký tự").fill(PASSPHRASE)
        page.get_by_label("Gõ lại câu mật khẩu").fill(PASSPHRASE)
        with page.expect_download() as coming:
            page.get_by_role("button", name="Sao lưu và tải về").click()
        file = tmp_path / "dai.smartradio"
        coming.value.save_as(file)
        page.goto(f"{console}/quan-tri/sao-luu")
        page.get_by_label("Câu mật khẩu của bản sao lưu này").fill(PASSPHRASE)
        page.get_by_label("Tôi muốn nó thay cho tất cả những gì đang có ở đài").check()
        page.get_by_label("Tệp sao lưu").set_input_files(file)
        page.get_by_role("button", name="Kiểm tra bản sao lưu này").click()
        page.get_by_role("heading", name="Có bản sao lưu đang chờ thay cho đài này").wait_for()
        page.get_by_role("button", name="Thôi, giữ đài như hiện nay").click()
        assert desk.desks.office.desk.backups.staged() is None
    finally:
        screen.context.close()


@pytest.mark.parametrize(("size", "name"), [(DESK, "desk"), (PHONE, "phone")], ids=["desk", "phone"])
def test_the_pages_fit_and_the_browser_complains_of_nothing(
    browser: Any, console: str, commune: Any, desk: Any, pictures: Path, size: dict[str, int], name: str
) -> None:
    office = desk.desks.office
    for written, spoken in (("Ea Trôl", "ê a trôn"), ("Krông Pắc", "cờ rông pắc"), ("KCN Tam Điệp", "khu công nghiệp")):
        office.desk.names.put(written, spoken, "tên buôn", by=QUAN)
    screen = Screen(browser, console, size)
    try:
        screen.log_in(commune.PASSWORD, "quan")
        for path in PAGES:
            screen.page.goto(f"{console}/quan-tri{path}")
            assert screen.fits(), path
            screen.shoot(pictures / f"admin{path.replace('/', '-') or '-front'}-{name}.png")
        screen.page.goto(f"{console}/nhat-ky")
        assert screen.fits()
        screen.shoot(pictures / f"admin-audit-{name}.png")
        screen.page.get_by_role("button", name="Kiểm tra từng mục").click()
        screen.page.get_by_role("heading", name="đều nguyên vẹn").wait_for()
        assert screen.complaints == []
    finally:
        screen.context.close()
