"""The approver's queue on a phone: what is new, each sentence, a password, and the next one comes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState
from tests.browser.living import Living, living_commune
from tests.browser.living_place import LAN, PASSWORD
from tests.browser.screen import PHONE, Screen

pytestmark = pytest.mark.contract

SENT_BACK = "thu-gom-vo-chai"


@pytest.fixture(scope="module")
def living(tmp_path_factory: Any) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("xa")) as commune:
        yield commune


def handed_in_anew(living: Living) -> None:
    """The broadcaster does what the approver's note asked for."""
    desk = living.station.approval_desk
    item = desk.item(SENT_BACK)
    assert item is not None
    text = item.programme.text.replace("tại", "ngày 30/11, tại")
    changed = living.call(desk.change(replace(item.programme, text=text), by=LAN, seen=item.version))
    living.call(desk.submit(SENT_BACK, by=LAN, seen=changed.version))


def test_the_queue_counts_what_comes_and_the_next_one_comes_by_itself(
    browser: Any, living: Living, pictures: Path
) -> None:
    screen = Screen(browser, living.address, PHONE)
    screen.log_in(PASSWORD, "binh")
    page = screen.page
    page.goto(f"{living.address}/duyet")
    page.get_by_role("heading", name="2 tin chờ duyệt").wait_for()
    handed_in_anew(living)
    # Nobody loaded anything anew.
    page.get_by_role("heading", name="3 tin chờ duyệt").wait_for()
    screen.shoot(pictures / "phone-duyet-hang.png")
    assert screen.fits()

    page.get_by_role("link", name="Thu gom vỏ bao").click()
    page.wait_for_url(f"**/duyet/{SENT_BACK}")
    assert page.locator("ins").all_inner_texts() == ["ngày 30/11, "]
    sentence = page.get_by_role("link", name="Nghe câu 1")
    with page.expect_response(lambda answer: answer.url.endswith(".opus") and "/recordings/" in answer.url) as heard:
        sentence.click()
    assert heard.value.ok
    assert f"/duyet/{SENT_BACK}" in page.url, "it is heard where it stands"
    screen.shoot(pictures / "phone-duyet-tin.png")
    assert screen.fits()

    page.get_by_label("Nhập lại mật khẩu của bạn").fill(PASSWORD)
    page.get_by_role("button", name="Duyệt bằng tên tôi").click()
    page.get_by_text("Đã duyệt bằng tên bạn: Thu gom vỏ bao").wait_for()
    approved = living.station.approval_desk.item(SENT_BACK)
    assert approved is not None
    assert approved.state in (ItemState.APPROVED, ItemState.SCHEDULED)
    assert approved.approved_by is not None
    assert approved.approved_by.title == "Phạm Văn Bình"

    # The next one is on the screen; it goes back with a note, and the last one comes.
    page.get_by_role("heading", level=1, name="Tạm ngừng cấp nước").wait_for()
    page.locator("#approve summary").click()
    page.get_by_label("Cần sửa gì?").fill("Ghi rõ thôn nào mất nước cả ngày.")
    page.locator("#approve").get_by_role("button", name="Trả lại để sửa").click()
    page.get_by_text("Đã trả lại: Tạm ngừng cấp nước").wait_for()
    page.get_by_role("heading", level=1, name="Họp phụ huynh").wait_for()
    screen.context.close()


def test_a_wrong_password_leaves_all_as_it_was(browser: Any, living: Living) -> None:
    screen = Screen(browser, living.address, PHONE, scripts=False)
    screen.log_in(PASSWORD, "binh")
    page = screen.page
    page.goto(f"{living.address}/duyet/hop-phu-huynh")
    page.get_by_label("Nhập lại mật khẩu của bạn").fill("khong-phai-mat-khau")
    page.get_by_role("button", name="Duyệt bằng tên tôi").click()
    page.locator(".error").wait_for()
    item = living.station.approval_desk.item("hop-phu-huynh")
    assert item is not None
    assert item.state is ItemState.SUBMITTED
    # Without scripts a sentence is opened as a sound of its own.
    answer = page.request.get(f"{living.address}/recordings/{item.recording_id}/1.opus")
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "audio/ogg")
    screen.context.close()
