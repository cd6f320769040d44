"""A browser window in front of the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DESK = {"width": 1200, "height": 850}
PHONE = {"width": 390, "height": 844}


class Screen:
    """A browser window, logged in, that keeps what the browser complained of."""

    def __init__(
        self, browser: Any, console: str, size: dict[str, int], *, scripts: bool = True, theme: str = "light"
    ) -> None:
        self.context = browser.new_context(
            viewport=size, java_script_enabled=scripts, locale="vi-VN", color_scheme=theme
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(20_000)
        self.console = console

    def log_in(self, password: str, name: str = "lan") -> None:
        self.page.goto(self.console)
        self.page.get_by_label("Tài khoản").fill(name)
        self.page.get_by_label("Mật khẩu").fill(password)
        self.page.get_by_role("button", name="Đăng nhập").click()
        self.page.locator("nav.ways").wait_for()

    def open_airing(self) -> None:
        self.page.get_by_role("link", name="Lịch tiêm chủng").click()
        self.page.wait_for_url("**/airings/lp-1")

    def shoot(self, path: Path) -> None:
        for picture in self.page.locator("img.sound").all():
            picture.scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=path, full_page=True)
        assert path.stat().st_size > 20_000

    def fits(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
