"""Somebody who has read nothing: from the last line of the demo to a bulletin of their own that was heard."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.wire.loopback import free_port
from tests.browser.screen import DESK, Screen

pytestmark = pytest.mark.contract

BULLETIN = "Chiều mai, 15 giờ 30, mời bà con thôn 1 và thôn 2 đến nhà văn hóa họp bàn việc làm đường."
# What the trade allows a newcomer from the last line to the first proof.
THREE_MINUTES_S = 180.0
_DEMO_S = 150.0


class Demo:
    """`smartradio demo` as it stands on a terminal."""

    def __init__(self, folder: Path) -> None:
        port, place = str(free_port()), str(folder / "demo")
        # The demo's own bulletin is heard before its last line; a short one, for the sake of whoever waits for tests.
        first = folder / "tin.txt"
        first.write_text("Đài truyền thanh xã xin chào bà con.\n", encoding="utf-8")
        arguments = ["demo", "--nodes", "2", "--port", port, "--folder", place, "--bulletin", str(first)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "smartradio", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.told += line

    def last_line(self) -> re.Match[str]:
        deadline = time.monotonic() + _DEMO_S
        while time.monotonic() < deadline:
            found = re.search(r"Mở (http://\S+), đăng nhập (\S+) với mật khẩu (\S+), bấm “(.+?)”", self.told)
            if found:
                return found
            assert self._process.poll() is None, self.told
            time.sleep(0.1)
        raise AssertionError(self.told)

    def end(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait(10)
            self._reading.join(5)
            assert self._process.stderr is not None
            self._process.stderr.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    try:
        yield running
    finally:
        running.end()


@pytest.mark.timeout(420)
def test_a_newcomer_has_a_bulletin_heard_within_three_minutes(browser: Any, demo: Demo, pictures: Path) -> None:
    address, name, password, word = demo.last_line().groups()
    for role in ("phat-thanh", "duyet", "truc", "ky-thuat", "quan-tri", "kiem-tra"):
        assert re.search(rf"{role}\s+[a-z2-9-]{{19}}", demo.told), demo.told
    begun = time.monotonic()
    screen = Screen(browser, address, DESK)
    try:
        screen.log_in(password, name)
        page = screen.page
        page.get_by_role("link", name=word).first.click()
        page.get_by_label("Tiêu đề").fill("Họp thôn")
        page.locator("textarea[name=text]").fill(BULLETIN)
        page.get_by_role("button", name="Trình duyệt").click()
        page.get_by_label("Nhập lại mật khẩu của bạn").fill(password)
        page.get_by_role("button", name="Duyệt bằng tên tôi").click()
        page.locator("#approve").wait_for(state="detached")
        page.goto(f"{address}/")
        airing = page.get_by_role("link", name="Họp thôn").first
        airing.wait_for()
        airing.click()
        # The page keeps itself up to date; a verdict stands for each of the two nodes.
        page.locator(".verdict.verdict-aired").nth(1).wait_for(timeout=THREE_MINUTES_S * 1_000)
        took_s = time.monotonic() - begun
        screen.shoot(pictures / "newcomer-heard.png")
    finally:
        screen.context.close()
    assert took_s < THREE_MINUTES_S
