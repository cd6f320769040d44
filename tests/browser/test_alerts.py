"""An alert from a template to its report, on a phone: figures, zones on list and map, update, cancelled aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alerts.kept import KeptAlert
from tests.browser.living import Living, living_commune
from tests.browser.screen import DESK, Screen
from tests.browser.test_accessibility import AXE, faults
from tests.browser.test_emergency import PIN, count, judged, officer_at, sets_a_pin, told

pytestmark = pytest.mark.contract

ALERT = re.compile(r"/khan/tin/[0-9a-f]{32}$")
MESSAGE = Path(__file__).parents[1] / "alerting" / "cap" / "issuers" / "hydromet-vn.xml"


@pytest.fixture(scope="module")
def living(tmp_path_factory: Any) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("xa")) as commune:
        yield commune


def kept(living: Living, page: Any) -> KeptAlert:
    """The alert whose page is open."""
    found = living.station.desks.alerts.alert(page.url.rpartition("/")[2])
    assert found is not None
    return found


def fills_in_the_flood(page: Any, level: str) -> None:
    page.get_by_label("Sông", exact=True).fill("sông Vạc")
    page.get_by_label("Trạm đo").fill("trạm Yên Hòa")
    page.get_by_label("Đo lúc").fill("16h30")
    page.get_by_label("Mực nước", exact=True).fill(level)
    page.get_by_label("Tin của cơ quan nào?").fill("Đài Khí tượng Thủy văn tỉnh")


def types_the_pin_and_sends(page: Any, button: str = "PHÁT NGAY") -> None:
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text(f"PIN đúng. Bấm nút {'xanh' if 'TẬP' in button else 'đỏ'} để phát.").wait_for()
    page.get_by_role("button", name=button).click()
    page.wait_for_url(ALERT)


def test_from_a_template_to_the_report(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan")
    screen.shoot(pictures / "phone-khan-chon.png")
    page.get_by_role("link", name="Lũ khẩn cấp").click()
    fills_in_the_flood(page, "4m5")
    # A figure that may be read in two ways is told beside its field, before anything is sent.
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.locator("#reading .error", has_text="4m5").wait_for()
    page.get_by_label("Mực nước", exact=True).fill("4,52")
    page.get_by_text("Bỏ chọn hết").click()
    page.get_by_label("Thôn 1", exact=True).first.check()
    page.get_by_text("Chọn trên bản đồ").click()
    page.locator("[data-zone=thon-3]").click()
    assert page.locator("#z-thon-3").is_checked()
    assert "on" in (page.locator("[data-zone=thon-3]").get_attribute("class") or "")
    assert page.locator("[data-count]").inner_text() == "2/10 thôn"
    page.locator(".figures", has_text="4,52 m").wait_for()
    assert screen.fits()
    screen.shoot(pictures / "phone-khan-mau.png")
    types_the_pin_and_sends(page)
    sent = kept(living, page)
    assert (sent.alert.zones, sent.alert.siren) == (("thon-1", "thon-3"), "siren_flood")
    (first,) = living.station.desks.alerts.airings_of(sent.id)
    living.clock.now += timedelta(seconds=1)
    nodes = living.station.store.airing(first.airing).nodes
    for node in nodes:
        told(living, first.airing, node, Step.DELIVERED, Step.STARTED)
    living.clock.now += timedelta(seconds=20)
    for node in nodes:
        judged(living, first.airing, node, VerdictCode.SILENT if node == "de-song-vac" else VerdictCode.AIRED)
    page.get_by_role("heading", name=f"Nghe được ở {len(nodes) - 1}/{len(nodes)} cụm loa; 1 cụm chưa nghe.").wait_for()
    assert (count(page, "Nghe được"), count(page, "Chưa nghe")) == (str(len(nodes) - 1), "1")
    page.get_by_text("Từng cụm loa, giây").click()
    assert "1,0" in page.locator(".seconds").inner_text()
    screen.shoot(pictures / "phone-khan-tin.png")
    page.get_by_role("button", name="Phát lại tới 1 cụm chưa nghe").click()
    page.get_by_text("Các lần phát (2)").wait_for()

    page.get_by_role("link", name="Cập nhật").click()
    assert page.get_by_label("Mực nước", exact=True).input_value() == "4,52"
    page.get_by_label("Mực nước", exact=True).fill("4,9")
    types_the_pin_and_sends(page)
    update = kept(living, page)
    assert (update.alert.supersedes, update.alert.zones) == (sent.id, sent.alert.zones)
    page.get_by_role("link", name="Xem tin cũ đã được thay").click()
    page.get_by_role("heading", name="Đã có tin mới thay tin này.").wait_for()
    page.get_by_role("link", name="Xem tin mới").click()

    living.clock.now += timedelta(seconds=5)
    page.get_by_text("Hủy tin này").click()
    assert page.get_by_label("Phát lời báo hủy trên loa").is_checked()
    page.get_by_label("Vì sao?").fill("Nước đã rút")
    page.get_by_role("button", name="HỦY NGAY").click()
    page.get_by_role("heading", name="Đỗ Khang đã hủy lúc").wait_for()
    said = living.station.desks.alerts.airings_of(update.id)
    assert [each.occasion for each in said] == [Occasion.UPDATE, Occasion.CANCEL]

    page.get_by_role("link", name="Báo cáo sau khi phát").click()
    page.get_by_role("heading", name="Báo cáo sau khi phát").wait_for()
    assert "Nước đã rút" in page.locator("main").inner_text()
    assert screen.fits()
    screen.shoot(pictures / "phone-khan-bao-cao.png")
    # The figure that was refused is one of the answers a browser remarks on.
    assert [line for line in screen.complaints if "422" not in line] == []
    screen.context.close()


def test_an_exercise_is_seen_to_be_one_wherever_it_stands(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living, DESK)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan/soan?mau=so-tan-ngay")
    page.get_by_label("Đây là diễn tập").check()
    page.locator("header", has_text="DIỄN TẬP").wait_for()
    for field in page.locator(".fields input[required]").all():
        if not field.input_value():
            field.fill("trường tiểu học")
            field.press("Tab")
    page.locator("#reading .spoken", has_text="đây là diễn tập").wait_for()
    screen.shoot(pictures / "desk-khan-dien-tap.png")
    types_the_pin_and_sends(page, "PHÁT DIỄN TẬP")
    assert kept(living, page).is_exercise
    page.locator(".mark", has_text="DIỄN TẬP").first.wait_for()
    screen.shoot(pictures / "desk-khan-tin.png")
    page.goto(f"{living.address}/khan")
    page.locator(".now.exercise", has_text="DIỄN TẬP").first.wait_for()
    screen.shoot(pictures / "desk-khan-chon.png")
    screen.context.close()


def test_a_warning_from_a_file_is_read_kept_and_sent_without_a_script(
    browser: Any, living: Living, pictures: Path, tmp_path: Path
) -> None:
    screen = officer_at(browser, living, scripts=False)
    page = screen.page
    sets_a_pin(screen)
    file = tmp_path / "tin.xml"
    now = living.clock()
    words = MESSAGE.read_text(encoding="utf-8")
    words = re.sub(r"sent>2[^<]+<", f"sent>{(now - timedelta(hours=1)).isoformat(timespec='seconds')}<", words)
    words = re.sub(r"<cap:onset>[^<]+</cap:onset>", "", words)
    words = re.sub(r"expires>2[^<]+<", f"expires>{(now + timedelta(hours=9)).isoformat(timespec='seconds')}<", words)
    file.write_text(words, encoding="utf-8")
    page.goto(f"{living.address}/khan")
    page.get_by_role("link", name="Tin cảnh báo gửi dạng tệp (CAP)").click()
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_role("button", name="Xem tin nói gì").click()
    page.get_by_role("heading", name="Tin lũ khẩn cấp trên sông Cái").wait_for()
    screen.shoot(pictures / "phone-khan-cap.png")
    page.get_by_role("button", name="Tiếp: kiểm tra rồi phát").click()
    page.locator(".figures", has_text="5,37 m").wait_for()
    # The label on the map is the tick in the list, and shows it, without a script as well.
    page.locator("[data-zone=thon-9]").scroll_into_view_if_needed()
    before = page.locator("#z-thon-9").is_checked()
    page.locator("[data-zone=thon-9]").click()
    assert page.locator("#z-thon-9").is_checked() is not before
    colours = {page.locator(f"[data-zone={zone}]").evaluate("each => getComputedStyle(each).backgroundColor")
               for zone in ("thon-8", "thon-9")}  # fmt: skip
    assert len(colours) == 2
    screen.shoot(pictures / "phone-khan-nhap.png")
    # It waits at the head of every page meanwhile.
    other = screen.context.new_page()
    other.goto(f"{living.address}/")
    assert "1 chờ" in other.locator("a.emergency").inner_text()
    other.close()
    page.get_by_label("Mã PIN của bạn").fill(PIN)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.wait_for_url(ALERT)
    sent = kept(living, page)
    assert sent.is_out
    assert sent.alert.issuer == "Đài Khí tượng Thủy văn tỉnh"
    screen.context.close()


def test_keys_alone_fill_in_and_send_and_no_all_clear_goes_out_over_it(browser: Any, living: Living) -> None:
    screen = officer_at(browser, living, DESK)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan")

    def tab_to(what: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches('{what}')"):
                return
        raise AssertionError(f"no Tab leads to {what}")

    tab_to('a[href="/khan/soan?mau=chay"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/khan/soan**")
    for field, typed in (("o-gi", "nhà"), ("o-noi", "xóm Chùa, thôn 3")):
        tab_to(f"#{field}")
        page.keyboard.type(typed)
    tab_to("#pin")
    page.keyboard.type(PIN)
    page.get_by_text("PIN đúng").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(ALERT)
    page.goto(f"{living.address}/khan/soan?mau=het-bao-dong")
    page.locator("#o-viec").fill("cháy ở xóm Chùa")
    page.locator("#o-luc").fill("16h")
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text("PIN đúng").wait_for()
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.locator("[data-told].error", has_text="Hãy hủy trước, rồi mới phát hết báo động.").wait_for()
    assert page.locator("#o-luc").input_value() == "16h"
    screen.context.close()


def test_in_the_dark_the_pages_are_dark_and_fit(browser: Any, living: Living, pictures: Path) -> None:
    screen = Screen(browser, living.address, {"width": 390, "height": 844}, theme="dark")
    screen.log_in("ga-gay-sang-som-bo-ao", "khang")
    page = screen.page
    newest = living.station.desks.alerts.lately(1)[0].id
    for name, path in (
        ("chon", "/khan"),
        ("mau", "/khan/soan?mau=lu-khan-cap"),
        ("tin", f"/khan/tin/{newest}"),
        ("bao-cao", f"/khan/tin/{newest}/bao-cao"),
    ):
        page.goto(living.address + path)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
        assert screen.fits()
        if AXE.is_file():
            assert faults(page) == []
        screen.shoot(pictures / f"phone-khan-{name}-toi.png")
    screen.context.close()
