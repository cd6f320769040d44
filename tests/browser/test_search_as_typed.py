"""What is looked for is found while it is typed; without scripts, or without the library, by the button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from smartradio.web.rendering import vendor
from tests.browser.living import Living, living_commune
from tests.browser.living_place import PASSWORD
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(vendor("htmx.min.js") is None, reason="the browser's libraries were not fetched"),
]


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as commune:
        yield commune


def screen_of(browser: Any, living: Living, who: str, **how: Any) -> Screen:
    screen = Screen(browser, living.address, how.pop("size", DESK), **how)
    screen.log_in(PASSWORD, who)
    return screen


def test_bulletins_are_found_without_pressing_a_key_and_back_undoes_it(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "lan")
    page = screen.page
    page.goto(f"{living.address}/tin")
    all_of_them = page.locator(".found > li").count()
    page.evaluate("window.same = true")
    box = page.get_by_label("Từ cần tìm")
    box.press_sequentially("tiem chung", delay=20)
    page.locator("mark").first.wait_for()
    page.wait_for_url(re.compile(r"/tin\?tim=tiem"))
    assert 0 < page.locator(".found > li").count() < all_of_them
    assert re.match(r"Tìm thấy: \d", page.get_by_role("status").inner_text())
    assert page.evaluate("window.same"), "the page was not loaded anew"
    assert box.input_value() == "tiem chung"
    assert box.evaluate("box => box === document.activeElement")
    box.press_sequentially(" zz")
    page.get_by_role("status").get_by_text("Hãy thử ít từ hơn").wait_for()
    page.go_back()
    page.locator("mark").first.wait_for()
    assert page.get_by_label("Từ cần tìm").input_value() == "tiem chung"
    page.go_back()
    page.wait_for_url("**/tin")
    page.locator(".found > li").nth(all_of_them - 1).wait_for()
    assert page.get_by_label("Từ cần tìm").input_value() == ""
    left = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "csrf" not in left, "no page is left on an office PC"
    assert screen.complaints == []
    screen.context.close()


def test_nodes_are_found_by_words_or_hamlet_as_chosen(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "tho", size=PHONE)
    page = screen.page
    page.goto(f"{living.address}/nodes")
    page.get_by_label("Tìm cụm loa").press_sequentially("song vac", delay=20)
    page.locator(".node-row").nth(1).wait_for(state="detached")
    assert "đê sông Vạc" in page.locator(".node-row").inner_text()
    page.get_by_label("Tìm cụm loa").fill("")
    page.locator("select[name=thon]").select_option("thon-5")
    page.wait_for_url("**/nodes?*thon=thon-5*")
    page.locator(".node-row").nth(1).wait_for()
    page.locator(".node-row").nth(2).wait_for(state="detached")
    assert "thon=thon-5" in page.locator("#tiles a").first.get_attribute("href")
    assert screen.fits()
    assert screen.complaints == []
    screen.context.close()


def test_a_live_part_among_what_was_found_is_kept_fresh(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "tho")
    page = screen.page

    def with_a_live_part(route: Any) -> None:
        answer = route.fetch()
        part = '<div id="results"><div data-live="/dau/nodes" data-mark="none"></div>'
        route.fulfill(response=answer, body=answer.text().replace('<div id="results">', part))

    page.route("**/tin?tim=*", with_a_live_part)
    page.goto(f"{living.address}/tin")
    page.get_by_label("Từ cần tìm").press_sequentially("tiem")
    page.locator("#results [data-live] > *").wait_for(state="attached")
    screen.context.close()


def test_the_log_and_the_lexicon_answer_at_once(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "quan")
    page = screen.page
    page.goto(f"{living.address}/quan-tri/tu-dien")
    page.get_by_role("searchbox").press_sequentially("khongcotunay", delay=10)
    page.locator("#results .empty").wait_for()
    page.get_by_role("heading", level=1, name="Tìm thấy 0").wait_for()
    page.goto(f"{living.address}/nhat-ky")
    page.locator("select[name=buoc]").select_option("heard")
    page.wait_for_url("**/nhat-ky?*buoc=heard*")
    page.locator("#results .log > li > div:not(.step-heard)").first.wait_for(state="detached")
    page.locator("a[href*='nhat-ky.csv?buoc=heard']", has_text="Tải bảng CSV").wait_for()
    assert screen.complaints == []
    screen.context.close()


def test_who_types_after_the_session_ended_is_asked_to_log_in(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "lan")
    page = screen.page
    page.goto(f"{living.address}/tin")
    screen.context.clear_cookies()
    page.get_by_label("Từ cần tìm").press_sequentially("tiem")
    page.get_by_label("Mật khẩu").wait_for()
    page.get_by_label("Tài khoản").fill("lan")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/tin?tim=tiem")
    screen.context.close()


def test_without_scripts_the_button_searches(browser: Any, living: Living) -> None:
    screen = screen_of(browser, living, "lan", scripts=False)
    page = screen.page
    page.goto(f"{living.address}/tin")
    page.get_by_label("Từ cần tìm").fill("tiem chung")
    page.get_by_role("button", name="Tìm", exact=True).click()
    page.locator("mark").first.wait_for()
    screen.context.close()
