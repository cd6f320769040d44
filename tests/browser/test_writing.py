"""A bulletin from its first word to the queue, in a real browser before the real desk: read, heard, recorded."""

from __future__ import annotations

import shutil
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import encode_opus
from smartradio.domain.approval import ItemState
from smartradio.station.objects import Objects
from smartradio.station.reader import Reader
from smartradio.station.store import Store
from smartradio.station.studio import Studio
from smartradio.station.writing_desk import WritingDesk
from tests.browser.conftest import FLAGS
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract

TEXT = "Từ 7h30 ngày 23/11/2026, trạm cấp nước xã ngừng bơm.\nGiá nước tăng 20.11 phần trăm."
HEARD_SENTENCE = "giá nước tăng hai mươi phẩy mười một phần trăm."


@pytest.fixture
def desk(commune: Any, tmp_path: Path) -> Iterator[Any]:
    fake = commune.FakeDesk(encode=encode_opus)
    clock = lambda: commune.NOW  # noqa: E731
    store, reader = Store.open(tmp_path / "dai", clock=clock), Reader()
    objects = Objects(tmp_path / "dai" / "objects")
    studio = Studio(store, objects, reader, voice=None, clock=clock)
    fake.desks.writing = WritingDesk(
        store, objects, studio, uploads=tmp_path / "dai" / "uploads", models=None, rate_wpm=None, clock=clock
    )
    yield fake
    reader.close()
    store.close()


def speech(path: Path, duration_s: float) -> Path:
    """A tone that comes and goes like syllables, as a file people bring."""
    t = np.arange(round(duration_s * 48_000)) / 48_000
    pcm = 0.4 * np.sin(2 * np.pi * 330 * t) * (t % 0.5 < 0.35)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(struct.pack(f"<{len(pcm)}h", *(int(32_767 * sample) for sample in pcm)))
    return path


@pytest.fixture
def talking_browser(tmp_path: Path) -> Iterator[Any]:
    """Chromium whose microphone plays a file."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    spoken = speech(tmp_path / "micro.wav", 8.0)
    flags = (
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--autoplay-policy=no-user-gesture-required",
    )
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(flags))
        yield opened
        opened.close()


def write(screen: Screen, text: str = TEXT) -> None:
    screen.page.goto(f"{screen.console}/soan")
    screen.page.get_by_label("Tiêu đề").fill("Báo mất nước")
    screen.page.get_by_label("Nội dung").fill(text)


def test_a_bulletin_is_read_mended_heard_recorded_and_handed_in(
    talking_browser: Any, console: str, commune: Any, desk: Any, pictures: Path
) -> None:
    screen = Screen(talking_browser, console, DESK)
    screen.log_in(commune.PASSWORD)
    page = screen.page
    write(screen)

    # What is not certain is marked under the words, and one tap mends it.
    page.locator(".under mark", has_text="20.11").wait_for()
    page.get_by_text("Cần xem lại: 1 chỗ").wait_for()
    screen.shoot(pictures / "desk-soan.png")
    page.get_by_role("button", name="Sửa thành “20,11”").click()
    page.get_by_text("Chỗ nào cũng đọc chắc chắn.").wait_for()
    assert "tăng 20,11 phần" in page.get_by_label("Nội dung").input_value()

    # A sentence sounds when it is asked for.
    with page.expect_response("**/soan/nghe.opus*") as heard:
        page.get_by_role("link", name=f"Nghe: {HEARD_SENTENCE}").click()
    assert heard.value.status in (200, 206)
    assert heard.value.headers["content-type"] == "audio/ogg"

    # What is typed is kept before anybody asks for it.
    page.wait_for_url("**/soan/nhap/*")
    (draft,) = desk.desks.writing._shelf.of("lan")
    assert draft.content["title"] == "Báo mất nước"

    # The microphone's words become a part of their own.
    page.get_by_role("button", name="Ghi âm bằng micro").click()
    page.get_by_text("Đang ghi âm: 3 s").or_(page.get_by_text("Đang ghi âm: 3 giây")).wait_for()
    page.get_by_role("button", name="Dừng và đưa vào").click()
    page.locator(".part-sound audio").wait_for()
    page.get_by_role("button", name="Chuyển phần 2 lên").click()
    page.locator(".part").first.locator("audio").wait_for()
    page.get_by_role("button", name="Trình duyệt").click()
    page.wait_for_url("**/duyet/tin-*")

    (item,) = desk.approval_desk.held.values()
    assert item.state is ItemState.SUBMITTED
    sound, text = item.programme.parts
    assert sound.sound
    assert "20,11" in text.text
    assert desk.desks.writing._shelf.of("lan") == []
    assert screen.complaints == []
    screen.context.close()


def test_what_was_typed_comes_back_after_the_browser_died(
    browser: Any, console: str, commune: Any, pictures: Path
) -> None:
    screen = Screen(browser, console, PHONE)
    screen.log_in(commune.PASSWORD)
    write(screen)
    screen.page.wait_for_url("**/soan/nhap/*")
    screen.shoot(pictures / "phone-soan-dang-viet.png")
    assert screen.fits()
    screen.context.close()

    again = Screen(browser, console, PHONE)
    again.log_in(commune.PASSWORD)
    again.page.goto(f"{console}/soan")
    again.page.get_by_role("link", name="Báo mất nước").click()
    again.page.get_by_text("Đã lấy lại những gì bạn gõ").wait_for()
    assert again.page.get_by_label("Nội dung").input_value() == TEXT

    # A second window is told, and loses nothing.
    other = again.context.new_page()
    other.goto(again.page.url)
    other.get_by_label("Tiêu đề").fill("Báo mất nước, lần hai")
    other.get_by_text("Đã lưu lúc").wait_for()
    again.page.get_by_label("Tiêu đề").fill("Báo mất nước, lần ba")
    again.page.get_by_role("button", name="Giữ bản này thành bản nháp riêng").click()
    again.page.locator("#other-window").wait_for(state="detached")
    assert again.page.get_by_label("Tiêu đề").input_value() == "Báo mất nước, lần ba"
    again.context.close()


def test_without_scripts_uncertain_places_are_told_before_it_is_handed_in(
    browser: Any, console: str, commune: Any, desk: Any, pictures: Path
) -> None:
    screen = Screen(browser, console, PHONE, scripts=False)
    screen.log_in(commune.PASSWORD)
    page = screen.page
    write(screen)
    page.get_by_label("Cả xã").check()
    page.get_by_role("button", name="Trình duyệt", exact=True).click()
    told = page.get_by_role("alert")
    told.get_by_text("Chưa trình duyệt").wait_for()
    assert "20.11" in told.inner_text()
    assert page.get_by_label("Nội dung").input_value() == TEXT
    assert screen.fits()
    screen.shoot(pictures / "phone-soan-cho-khong-chac.png")
    assert desk.approval_desk.held == {}
    told.get_by_role("button", name="Trình như đang viết").click()
    page.wait_for_url("**/duyet/tin-*")
    (item,) = desk.approval_desk.held.values()
    assert item.state is ItemState.SUBMITTED
    screen.context.close()


def test_a_recording_is_brought_in_and_heard_without_scripts(
    browser: Any, console: str, commune: Any, desk: Any, tmp_path: Path, pictures: Path
) -> None:
    screen = Screen(browser, console, PHONE, scripts=False)
    screen.log_in(commune.PASSWORD)
    page = screen.page
    write(screen)
    page.get_by_label("Tệp âm thanh").set_input_files(speech(tmp_path / "lời chào.wav", 3.0))
    page.get_by_role("button", name="Đưa tệp đã chọn vào").click()
    page.get_by_text("lời chào.wav").first.wait_for()
    assert page.get_by_label("Phần 1: chữ").input_value() == TEXT
    page.get_by_role("button", name="Sửa thành “20,11”").click()
    page.get_by_text("Chỗ nào cũng đọc chắc chắn.").wait_for()
    bad = tmp_path / "nhạc.mp3"
    bad.write_bytes(b"MZ\x90\x00" + bytes(300))
    page.get_by_label("Tệp âm thanh").set_input_files(bad)
    page.get_by_role("button", name="Đưa tệp đã chọn vào").click()
    page.get_by_text("nhạc.mp3: tệp là một chương trình máy tính").wait_for()
    screen.shoot(pictures / "phone-soan-am-thanh.png")
    assert screen.fits()
    page.get_by_role("button", name="Trình duyệt").click()
    page.wait_for_url("**/duyet/tin-*")
    (item,) = desk.approval_desk.held.values()
    assert [bool(part.sound) for part in item.programme.parts] == [False, True]
    screen.context.close()
