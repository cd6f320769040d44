"""The emergency officer's night, on a phone: a PIN, words, the red button, the board; with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement
from tests.browser.living import Living, living_commune
from tests.browser.living_place import NODES, PASSWORD
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract

PIN = "290718"
FLOOD = "Nước sông Vạc dâng nhanh. Mời bà con thôn 3 và thôn 10 sơ tán ngay lên trường tiểu học."
AFTERWARDS = "Nước đã rút. Bà con chưa về nhà khi chưa có thông báo của xã."
BOARD = re.compile(r"/khan/tin/[0-9a-f]{32}$")


@pytest.fixture(scope="module")
def living(tmp_path_factory: Any) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("xa")) as commune:
        yield commune


def officer_at(browser: Any, living: Living, size: dict[str, int] = PHONE, *, scripts: bool = True) -> Screen:
    screen = Screen(browser, living.address, size, scripts=scripts)
    screen.log_in(PASSWORD, "khang")
    return screen


def sets_a_pin(screen: Screen) -> None:
    page = screen.page
    page.goto(f"{screen.console}/toi")
    page.get_by_label("Mã PIN mới").fill(PIN)
    page.get_by_label("Nhập lại mã PIN").fill(PIN)
    page.get_by_label("Nhập lại mật khẩu của bạn").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Đặt mã PIN|Đổi mã PIN")).click()
    page.get_by_text("Đã đặt mã PIN").wait_for()


def told(living: Living, airing: str, node: str, *steps: Step) -> None:
    """Commit what a node reports, as the monitor does."""
    now = living.clock()
    evidence = [Evidence(airing, node, step, now, f"node:{node}") for step in steps]
    living.call(living.station._parts.recorder.record(evidence))


def judged(living: Living, airing: str, node: str, verdict: VerdictCode) -> None:
    step = Step.UNREACHED if verdict is VerdictCode.UNREACHED else Step.HEARD
    evidence = Evidence(airing, node, step, living.clock(), "station")
    living.call(living.station._parts.recorder.judge(evidence, NodeJudgement(verdict)))


def first_airing(living: Living, page: Any) -> str:
    """The first airing of the alert whose page is open."""
    return str(living.station.desks.alerts.airings_of(page.url.rpartition("/")[2])[0].airing)


def count(page: Any, word: str) -> str:
    return str(page.locator(".counts div", has_text=word).locator("dd").inner_text())


def test_from_any_page_to_the_horns_and_the_board_that_counts(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    sets_a_pin(screen)
    page.get_by_role("link", name="Khẩn cấp").click()
    page.wait_for_url("**/khan")
    page.get_by_role("link", name="Lời tự viết").click()
    page.get_by_label("Cần nói gì với bà con?").fill(FLOOD)
    page.get_by_label("Thôn 8").uncheck()
    # Read and spoken while they choose, without a tap.
    page.locator("#reading audio").wait_for()
    assert "sơ tán ngay lên trường tiểu học" in page.locator("#reading .spoken").inner_text()
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text("PIN đúng. Bấm nút đỏ để phát.").wait_for()
    assert page.locator("[data-count]").inner_text() == "9/10 thôn"
    screen.shoot(pictures / "phone-khan.png")
    assert screen.fits()
    button = page.get_by_role("button", name="PHÁT NGAY")
    button.dblclick()
    page.wait_for_url(BOARD)
    airing = first_airing(living, page)
    sent = living.station.store.airing(airing)
    assert sent is not None
    assert len([a for a in living.station.store.airings() if a.bulletin_id == sent.bulletin_id]) == 1
    assert "thon-8" not in sent.zones
    page.get_by_role("heading", name="Lệnh đã gửi; đang chờ cụm loa trả lời.").wait_for()

    heard, silent, offline = "nha-van-hoa-1", "de-song-vac", "san-kho-10"
    for node in sent.nodes:
        if node != offline:
            told(living, airing, node, Step.DELIVERED, Step.STARTED)
    page.get_by_role("heading", name=f"Đã phát ở {len(sent.nodes) - 1}/{len(sent.nodes)} cụm loa").wait_for()
    for node in sent.nodes:
        judged(
            living,
            airing,
            node,
            {silent: VerdictCode.SILENT, offline: VerdictCode.UNREACHED}.get(node, VerdictCode.AIRED),
        )
    whole = f"{len(sent.nodes) - 2}/{len(sent.nodes)}"
    page.get_by_role("heading", name=f"Nghe được ở {whole} cụm loa; 2 cụm chưa nghe.").wait_for()
    assert heard in sent.nodes
    assert (count(page, "Nghe được"), count(page, "Chưa nghe")) == (str(len(sent.nodes) - 2), "2")
    lost = page.locator(".lost li strong").all_inner_texts()
    assert sorted(lost) == ["Thôn 10", "Thôn 3"]
    screen.shoot(pictures / "phone-khan-bang.png")
    assert screen.fits()
    assert screen.complaints == []
    screen.context.close()


def test_every_form_of_the_officer_works_without_scripts(browser: Any, living: Living) -> None:
    screen = officer_at(browser, living, scripts=False)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan/soan")
    page.get_by_label("Cần nói gì với bà con?").fill(AFTERWARDS)
    page.get_by_role("button", name="Đọc lại và nghe thử").click()
    page.locator("#reading .spoken").wait_for()
    # A wrong PIN costs nothing of what was typed.
    page.get_by_label("Mã PIN của bạn").fill("111222")
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.get_by_text("Mã PIN hoặc mật khẩu không đúng.").wait_for()
    assert page.get_by_label("Cần nói gì với bà con?").input_value() == AFTERWARDS
    page.get_by_label("Mã PIN của bạn").fill(PIN)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.wait_for_url(BOARD)
    first = page.url.rpartition("/")[2]
    # The page is loaded anew and filled in once more, as after a line that broke.
    page.goto(f"{living.address}/khan/soan")
    page.get_by_label("Cần nói gì với bà con?").fill(AFTERWARDS)
    page.get_by_label("Mã PIN của bạn").fill(PIN)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.wait_for_url(BOARD)
    assert page.url.rpartition("/")[2] == first, "sent once"

    page.get_by_text("Hủy tin này").click()
    page.get_by_label("Vì sao?").fill("Gửi nhầm")
    page.get_by_role("button", name="HỦY NGAY").click()
    page.get_by_role("heading", name="Đỗ Khang đã hủy lúc").wait_for()
    screen.context.close()


def test_an_answer_lost_on_a_bad_line_is_asked_for_again_and_sends_no_second_alert(
    browser: Any, living: Living
) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan/soan")
    before = len(living.station.store.airings())
    lost: list[int] = []

    def bad_line(route: Any) -> None:
        if route.request.method != "POST" or len(lost) >= 2:
            route.continue_()
            return
        lost.append(1)
        if len(lost) == 2:
            # It came to the station; its answer did not come back.
            route.fetch()
        route.abort()

    page.get_by_label("Cần nói gì với bà con?").fill("Sạt lở ở đê thôn 3, không ai đi qua.")
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text("PIN đúng").wait_for()
    page.route("**/khan", bad_line)
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.get_by_text("Mạng yếu, đang gửi lại. Tin chỉ phát một lần.").wait_for()
    page.wait_for_url(BOARD)
    assert len(lost) == 2
    assert len(living.station.store.airings()) == before + 1
    screen.context.close()


def test_a_session_that_ended_loses_no_word_and_sends_nothing_by_itself(browser: Any, living: Living) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan/soan")
    before = len(living.station.store.airings())
    page.get_by_label("Cần nói gì với bà con?").fill("Nước hồ tràn, bà con thôn 9 sơ tán.")
    page.get_by_label("Mã PIN của bạn").press_sequentially(PIN)
    page.get_by_text("PIN đúng").wait_for()
    screen.context.clear_cookies()
    page.get_by_role("button", name="PHÁT NGAY").click()
    page.get_by_label("Tài khoản").fill("khang")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_text("Nước hồ tràn, bà con thôn 9 sơ tán.").first.wait_for()
    assert len(living.station.store.airings()) == before
    screen.context.close()


def test_keys_alone_lead_from_the_words_to_the_horns(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living, DESK)
    page = screen.page
    sets_a_pin(screen)
    page.goto(f"{living.address}/khan/soan")
    # The cursor stands where the words go.
    page.keyboard.type("Bão vào gần bờ, bà con ở trong nhà.")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "pin":
            break
    page.keyboard.type(PIN)
    page.get_by_text("PIN đúng").wait_for()
    screen.shoot(pictures / "desk-khan.png")
    page.keyboard.press("Enter")
    page.wait_for_url(BOARD)
    screen.context.close()


def test_in_the_dark_the_page_is_dark(browser: Any, living: Living, pictures: Path) -> None:
    screen = officer_at(browser, living)
    page = screen.page
    page.emulate_media(color_scheme="dark")
    page.goto(f"{living.address}/khan/soan")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
    screen.shoot(pictures / "phone-khan-toi.png")
    page.goto(f"{living.address}/khan/tin/{living.station.desks.alerts.lately(1)[0].id}")
    screen.shoot(pictures / "phone-khan-bang-toi.png")
    assert screen.fits()
    screen.context.close()


def test_the_commune_has_the_nodes_this_is_about() -> None:
    assert {"nha-van-hoa-1", "de-song-vac", "san-kho-10"} <= set(NODES)
