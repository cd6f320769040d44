"""Coming in and staying in, in a real browser: a login that ends while one types, a clock a day off, news that come by
themselves, a file far too large."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from smartradio.domain.evidence import Evidence, Step
from tests.browser.living import Living, living_commune
from tests.browser.living_place import LAN, PASSWORD
from tests.browser.screen import DESK, PHONE, Screen


@pytest.fixture(scope="module")
def commune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as living:
        yield living


@pytest.fixture
def phone(browser: Any, commune: Living) -> Iterator[Screen]:
    """A phone without scripts, nobody logged in."""
    screen = Screen(browser, commune.address, PHONE, scripts=False)
    yield screen
    screen.context.close()


def log_in_here(screen: Screen, name: str = "lan") -> None:
    screen.page.get_by_label("Tài khoản").fill(name)
    screen.page.get_by_label("Mật khẩu").fill(PASSWORD)
    screen.page.get_by_role("button", name="Đăng nhập").click()


def test_what_is_typed_while_the_login_ends_is_sent_on_after_it(phone: Screen, commune: Living) -> None:
    phone.log_in(PASSWORD)
    phone.page.goto(f"{commune.address}/soan")
    phone.page.locator("input[name=title]").fill("Lịch gặt thôn 8")
    phone.page.locator("textarea[name=text]").first.fill("Thứ bảy gặt trà sớm.\nBà con chuẩn bị bạt phơi.")
    commune.station.accounts.end_sessions("lan")
    phone.page.get_by_role("button", name="Lưu bản nháp").click()
    phone.page.get_by_text("Nội dung vừa nhập vẫn còn").first.wait_for()
    log_in_here(phone)
    phone.page.get_by_text("Bà con chuẩn bị bạt phơi.").wait_for()
    assert not [item for item in commune.station.approval_desk.items() if "gặt" in item.programme.title]
    phone.page.get_by_role("button", name="Gửi tiếp").click()
    phone.page.wait_for_url("**/duyet/*")
    (kept,) = [item for item in commune.station.approval_desk.items() if "gặt" in item.programme.title]
    assert kept.programme.text == "Thứ bảy gặt trà sớm.\nBà con chuẩn bị bạt phơi."


def test_a_browser_whose_clock_is_a_day_off_logs_in_and_sees_the_stations_time(browser: Any, commune: Living) -> None:
    for off in (timedelta(days=1), timedelta(days=-1)):
        screen = Screen(browser, commune.address, DESK)
        screen.page.clock.set_fixed_time(commune.clock() + off)
        screen.log_in(PASSWORD)
        screen.page.goto(f"{commune.address}/")
        assert "25/11/2026" in screen.page.locator("main").inner_text()
        screen.page.goto(f"{commune.address}/airings")
        assert screen.page.locator("nav.ways").is_visible()
        assert screen.complaints == []
        screen.context.close()


def test_a_page_shows_what_came_meanwhile_without_being_loaded_again(browser: Any, commune: Living) -> None:
    screen = Screen(browser, commune.address, DESK)
    screen.log_in(PASSWORD)
    view = next(v for v in commune.station.board(60) if v.nodes[0].verdict and v.nodes[0].settled is None)
    screen.page.goto(f"{commune.address}/airings/{view.airing.id}")
    screen.page.evaluate("window.stays = true")
    node = view.nodes[0].node
    by = {"by": LAN.title}
    confirmed = Evidence(view.airing.id, node, Step.CONFIRMED, commune.clock(), f"operator:{LAN.title}", None, by)
    commune.call(commune.station._parts.recorder.settle(confirmed))
    screen.page.locator(f"#{node}").get_by_text("Người trực đã xác nhận").wait_for(timeout=10_000)
    assert screen.page.evaluate("window.stays") is True
    assert screen.complaints == []
    screen.context.close()


def test_two_gigabytes_are_refused_at_once_and_the_line_is_closed_politely(commune: Living) -> None:
    host, port = commune.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(
            b"POST /soan/tep HTTP/1.1\r\nhost: dai\r\ncontent-type: multipart/form-data; boundary=x\r\n"
            b"content-length: 2147483648\r\n\r\n" + b"x" * 100_000
        )
        answer = line.recv(65_536)
        line.shutdown(socket.SHUT_WR)
        while more := line.recv(65_536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 413")
    assert "tối đa 200\u00a0MB" in answer.decode()
