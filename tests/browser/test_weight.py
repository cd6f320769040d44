"""How much a first visit weighs, by real answers over a real line: on bad 4G every kilobyte is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.living import Living, living_commune
from tests.browser.living_place import NODES, PASSWORD
from tests.browser.screen import PHONE, Screen

KB = 1_000
MOST_BYTES = 200 * KB
MOST_OF_THE_OFFICER = 50 * KB

ADMINISTERED = ("tai-khoan", "cai-dat", "tu-dien", "giong", "sao-luu")
PAGES = (
    ("lan", ("/", "/tin", "/lich", "/soan", "/settle", "/airings", "/duyet", "/bao-cao", "/toi")),
    ("tho", ("/nodes", f"/nodes/{NODES[3]}", "/ban-do", "/su-co", "/dia-ban")),
    ("quan", ("/quan-tri", "/nhat-ky", *(f"/quan-tri/{page}" for page in ADMINISTERED))),
)


@pytest.fixture(scope="module")
def commune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as living:
        yield living


class Scales:
    """Weighs what a browser takes from the line, packed as it came, with headers."""

    def __init__(self, page: Any) -> None:
        self.bytes = 0
        self.asked: list[str] = []
        self._line = page.context.new_cdp_session(page)
        self._line.send("Network.enable")
        # Every visit is a first one.
        self._line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._line.on("Network.responseReceived", lambda event: self.asked.append(event["response"]["url"]))
        self._line.on("Network.loadingFinished", self._weigh)

    def _weigh(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def weigh(self, page: Any, address: str) -> int:
        """The bytes of a page with all that it loads by itself."""
        self.bytes, self.asked = 0, []
        page.goto(address)
        page.wait_for_load_state("load")
        return self.bytes


def weights(browser: Any, commune: Living, who: str, paths: tuple[str, ...]) -> dict[str, int]:
    screen = Screen(browser, commune.address, PHONE)
    try:
        screen.log_in(PASSWORD, who)
        scales = Scales(screen.page)
        found = {path: scales.weigh(screen.page, commune.address + path) for path in paths}
        assert min(found.values()) > 2 * KB, "nothing was weighed"
        return found
    finally:
        screen.context.close()


@pytest.mark.parametrize("who", [name for name, _ in PAGES])
def test_a_first_visit_fits_through_a_weak_line(browser: Any, commune: Living, who: str) -> None:
    found = weights(browser, commune, who, dict(PAGES)[who])
    print({path: f"{size / KB:.0f} KB" for path, size in found.items()})
    assert {path: size for path, size in found.items() if size > MOST_BYTES} == {}


def test_the_officers_page_is_there_on_the_worst_line(browser: Any, commune: Living) -> None:
    found = weights(browser, commune, "khang", ("/khan", "/khan/soan", "/khan/soan?mau=lu-khan-cap", "/khan/cap"))
    print({path: f"{size / KB:.0f} KB" for path, size in found.items()})
    assert {path: size for path, size in found.items() if size > MOST_OF_THE_OFFICER} == {}


def test_what_citizens_see_is_light(browser: Any, commune: Living) -> None:
    context = browser.new_context(viewport=PHONE)
    try:
        page = context.new_page()
        size = Scales(page).weigh(page, f"{commune.address}/cong-khai")
        assert 2 * KB < size <= MOST_BYTES
        assert context.cookies() == []
    finally:
        context.close()
