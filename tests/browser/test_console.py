"""The console in a real browser, as an operator at a desk and an officer on a phone meet it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smartradio.audio.codec import decode_opus
from smartradio.domain.airing import AiringState
from smartradio.web.report import write_report
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract


@pytest.fixture
def desk_screen(browser: Any, console: str, commune: Any) -> Iterator[Screen]:
    screen = Screen(browser, console, DESK)
    screen.log_in(commune.PASSWORD)
    yield screen
    screen.context.close()


def test_an_operator_listens_and_confirms_by_a_click(desk_screen: Screen, desk: Any, pictures: Path) -> None:
    desk_screen.shoot(pictures / "console-airings.png")
    desk_screen.open_airing()
    page = desk_screen.page
    length_s = page.locator("#thon-1 audio").evaluate(
        "a => new Promise(ok => { a.onloadedmetadata = () => ok(a.duration); a.preload = 'auto'; a.load() })"
    )
    assert length_s == pytest.approx(17.0, abs=0.1)
    for picture in page.locator("img.sound").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=picture.element_handle())
    desk_screen.shoot(pictures / "console-airing.png")
    page.locator("#thon-1").get_by_role("button", name="Xác nhận kết luận này").click()
    page.locator("#thon-1 .settled").wait_for()
    assert "Người trực đã xác nhận: Lê Thị Lan" in page.locator("#thon-1").inner_text()
    assert desk.view.nodes[0].settled == "confirmed"
    assert desk_screen.complaints == []


def test_a_player_can_jump_into_the_middle_of_a_clip(desk_screen: Screen) -> None:
    desk_screen.open_airing()
    at_s = desk_screen.page.locator("#thon-1 audio").evaluate(
        "a => new Promise((ok, no) => { a.onseeked = () => ok(a.currentTime); a.onerror = no;"
        " a.onloadedmetadata = () => { a.currentTime = 9 }; a.preload = 'auto'; a.load() })"
    )
    assert at_s == pytest.approx(9.0, abs=0.05)


def test_without_scripts_everything_works(browser: Any, console: str, commune: Any, desk: Any) -> None:
    screen = Screen(browser, console, PHONE, scripts=False)
    screen.log_in(commune.PASSWORD)
    screen.open_airing()
    card = screen.page.locator("#thon-2")
    card.get_by_text("Tôi không đồng ý").click()
    card.get_by_role("textbox").fill("Tôi đứng ở chợ, nghe rõ.")
    card.get_by_role("button", name="Gửi ý kiến không đồng ý").click()
    card.locator(".settled").wait_for()
    assert desk.view.nodes[1].note == "Tôi đứng ở chợ, nghe rõ."
    screen.page.goto(f"{console}/air")
    screen.page.get_by_label("Tiêu đề").fill("Báo cắt điện")
    screen.page.get_by_label("Nội dung").fill("Cắt điện lúc 8h ngày 24/11.")
    screen.page.get_by_label("Thôn 2").uncheck()
    screen.page.get_by_role("button", name="Duyệt và phát").click()
    screen.page.wait_for_url("**/airings/lp-2")
    assert desk.aired[0]["zones"] == ["thon-1", "thon-3"]
    screen.context.close()


@pytest.mark.parametrize("path", ["/airings", "/airings/lp-1", "/air", "/nodes"])
def test_a_page_fits_a_phone(browser: Any, console: str, commune: Any, pictures: Path, path: str) -> None:
    screen = Screen(browser, console, PHONE)
    screen.log_in(commune.PASSWORD)
    screen.page.goto(console + path)
    screen.shoot(pictures / f"phone{path.replace('/', '-')}.png")
    assert screen.fits()
    assert screen.complaints == []
    screen.context.close()


def test_an_airing_in_progress_is_redrawn_by_itself(desk_screen: Screen, desk: Any) -> None:
    judged = desk.view
    playing = replace(judged.nodes[0], verdict=None, state=AiringState.STARTED, coverage=None, clip=None)
    desk.view = replace(judged, nodes=(playing, *judged.nodes[1:]))
    desk_screen.open_airing()
    card = desk_screen.page.locator("#thon-1")
    assert "Đang phát" in card.inner_text()
    desk.view = judged
    desk.desks.news.publish("airing/lp-1")
    card.get_by_role("button", name="Xác nhận kết luận này").wait_for(timeout=15_000)
    assert "Nghe được" in card.inner_text()
    assert desk_screen.complaints == []


def test_the_report_opens_from_a_file_and_plays(
    browser: Any, desk: Any, commune: Any, pictures: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bao-cao.html"
    write_report(
        desk.view,
        path=path,
        recording=desk.sound,
        clips=desk.clips,
        decode=partial(decode_opus, rate=16_000),
        made_at=commune.NOW,
        station="Đài truyền thanh xã Yên Hòa",
    )
    context = browser.new_context(viewport=DESK, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_function("[...document.querySelectorAll('audio')].every(a => a.duration > 0)")
    assert page.locator("audio").count() == 3
    page.screenshot(path=pictures / "report.png", full_page=True)
    assert complaints == []
    context.close()
