"""Every page for everybody: no serious fault by axe-core, by day and by night, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.priority import Priority
from smartradio.web.access import Needs, guard_of
from smartradio.web.rights import Right
from tests.browser.living import Living, living_commune
from tests.browser.living_place import NODES, PASSWORD
from tests.browser.screen import DESK, PHONE, Screen

AXE = Path(__file__).parent / "vendor" / "axe.min.js"

ADMINISTERED = ("tai-khoan", "cai-dat", "tu-dien", "giong", "sao-luu")
# Whose page it is; each is looked at in both themes, the size changes with the theme.
PAGES = (
    ("lan", ("/", "/tin", "/lich", "/soan", "/settle", "/airings", "airing", "/bao-cao", "/toi")),
    ("binh", ("/duyet", "/duyet/mat-nuoc")),
    ("khang", ("/khan", "/khan/soan", "/khan/soan?mau=lu-khan-cap", "/khan/cap", "/nguon-tin", "alert")),
    ("tho", ("/nodes", f"/nodes/{NODES[3]}", "/ban-do", "/su-co", "/dia-ban", "/phan-anh")),
    ("quan", ("/quan-tri", "/nhat-ky", *(f"/quan-tri/{page}" for page in ADMINISTERED))),
    ("", ("/login", "/cong-khai", "/thiet-lap", "/khong-co")),
)


@pytest.fixture(scope="module")
def commune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as living:
        yield living


def address(commune: Living, path: str) -> str:
    """A page's address; `airing` is one with verdicts that sounded some pages ago, `alert` the last emergency."""
    if path == "alert":
        sent = [view.airing for view in commune.station.board(200) if view.airing.priority is Priority.EMERGENCY]
        path = f"/khan/{sent[0].id}"
    if path == "airing":
        settled = [view for view in commune.station.board(40) if all(node.verdict for node in view.nodes)]
        path = f"/airings/{settled[0].airing.id}"
    return commune.address + path


def faults(page: Any) -> list[str]:
    """What axe finds that keeps somebody out: the rule, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:160]} — {fault['nodes'][0]['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("theme", "size"), [("light", DESK), ("dark", PHONE)])
@pytest.mark.parametrize("who", [name for name, _ in PAGES], ids=lambda name: name or "stranger")
def test_nobody_is_kept_out_of_a_page(
    browser: Any, commune: Living, who: str, theme: str, size: dict[str, int]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core was not fetched when this was built: python hatch_build.py")
    screen = Screen(browser, commune.address, size, theme=theme)
    try:
        if who:
            screen.log_in(PASSWORD, who)
        wrong = {}
        for path in dict(PAGES)[who]:
            screen.page.goto(address(commune, path))
            found = faults(screen.page)
            if not screen.fits():
                found.append("it is wider than the window")
            if found:
                wrong[path] = found
        assert wrong == {}, "\n".join(f"{path}: {line}" for path, lines in wrong.items() for line in lines)
    finally:
        screen.context.close()


PUSHED = """[...document.querySelectorAll('main *')].filter((each) => each.scrollWidth > each.clientWidth + 2
  && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX)).map((each) => each.className)"""


def test_no_table_is_pushed_sideways_on_a_phone(browser: Any, commune: Living) -> None:
    screen = Screen(browser, commune.address, PHONE)
    try:
        for who, pages in (("lan", ("/bao-cao", "/tin", "/lich")), ("quan", ("/nhat-ky", "/quan-tri/tu-dien"))):
            screen.context.clear_cookies()
            screen.log_in(PASSWORD, who)
            for path in pages:
                screen.page.goto(commune.address + path)
                assert (path, screen.page.evaluate(PUSHED)) == (path, [])
    finally:
        screen.context.close()


def test_every_page_without_a_name_in_its_address_is_looked_at(commune: Living) -> None:
    looked = {path for _, paths in PAGES for path in paths}
    pages = {
        route.path
        for route in commune.app.routes
        if "GET" in route.methods and "{" not in route.path and isinstance(guard := guard_of(route), Needs)
        and guard.right in Right and not route.path.startswith(("/api/", "/su-kien", "/dau/"))
    }  # fmt: skip
    parts = {path for path in pages if commune.app.state.console.parts.find(path) is not None}
    files = {path for path in pages if path.rsplit("/", 1)[-1].count(".")}
    beside = {"/air", "/bao-cao/in"}
    assert pages - parts - files - beside - looked == set()
