"""Pictures of the main pages, made of a living commune; SMARTRADIO_PICTURES=docs/pictures makes those of the docs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.living import Living, living_commune
from tests.browser.living_place import NODES, PASSWORD
from tests.browser.screen import DESK, PHONE, Screen

TEXT = (
    "Từ 8h00 đến 11h30 ngày 26/11, nhà máy nước sửa đường ống D110.\n"
    "Bà con thôn 5, thôn 6 trữ nước từ tối nay. Liên hệ Trạm Y tế: 0229 3868 115."
)
DESK_PICTURES = (
    ("hom-nay", "lan", "/"),
    ("lich-tuan", "lan", "/lich"),
    ("ban-tin", "lan", "/tin"),
    ("nghe-duoc-gi", "lan", "airing"),
    ("cho-chot", "lan", "/settle"),
    ("cum-loa", "tho", "/nodes"),
    ("mot-cum-loa", "tho", f"/nodes/{NODES[6]}"),
    ("ban-do", "tho", "/ban-do"),
    ("su-co", "tho", "/su-co"),
    ("quan-tri", "quan", "/quan-tri"),
    ("nhat-ky", "quan", "/nhat-ky"),
)
PHONE_PICTURES = (
    ("dien-thoai-hom-nay", "lan", "/"),
    ("dien-thoai-duyet", "binh", "/duyet/mat-nuoc"),
    ("dien-thoai-khan", "khang", "/khan"),
    ("dien-thoai-cum-loa", "tho", "/nodes"),
)


@pytest.fixture(scope="module")
def commune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living_commune(tmp_path_factory.mktemp("living")) as living:
        yield living


def address(commune: Living, path: str) -> str:
    """A page's address; `airing` is the newest that all nodes have a verdict of."""
    if path == "airing":
        settled = [view for view in commune.station.board(40) if all(node.verdict for node in view.nodes)]
        path = f"/airings/{settled[0].airing.id}#{NODES[0]}"
    return commune.address + path


def take(screen: Screen, path: Path) -> None:
    """Take a picture of what the window shows, once pictures and charts are drawn; the stream of events stays open."""
    screen.page.wait_for_load_state("load")
    # Waits for what is in the window only; what lies below is loaded when somebody comes to it.
    screen.page.evaluate(
        "Promise.all([...document.images].filter((i) => i.getBoundingClientRect().top < innerHeight)"
        ".map((i) => i.decode()))"
    )
    screen.page.evaluate("document.fonts.ready")
    screen.page.screenshot(path=path)
    assert path.stat().st_size > 15_000, "nothing is to be seen"


def shoot(browser: Any, commune: Living, wanted: Any, folder: Path, size: dict[str, int], theme: str) -> None:
    for who in dict.fromkeys(who for _, who, _ in wanted):
        screen = Screen(browser, commune.address, size, theme=theme)
        screen.log_in(PASSWORD, who)
        for name, whose, path in wanted:
            if whose == who:
                answer = screen.page.goto(address(commune, path))
                assert answer.status == 200, path
                assert screen.fits(), f"{path} is wider than the window"
                take(screen, folder / f"{name}.png")
        assert screen.complaints == [], who
        screen.context.close()


def test_the_main_pages_at_a_desk(browser: Any, commune: Living, pictures: Path) -> None:
    shoot(browser, commune, DESK_PICTURES, pictures, DESK, "light")


def test_the_main_pages_on_a_phone_at_night(browser: Any, commune: Living, pictures: Path) -> None:
    shoot(browser, commune, PHONE_PICTURES, pictures, PHONE, "dark")


def test_what_citizens_see(browser: Any, commune: Living, pictures: Path) -> None:
    screen = Screen(browser, commune.address, PHONE)
    assert screen.page.goto(f"{commune.address}/cong-khai").status == 200
    assert screen.fits()
    take(screen, pictures / "dien-thoai-cong-khai.png")
    assert screen.complaints == []
    screen.context.close()


def test_a_bulletin_is_read_back_while_it_is_written(browser: Any, commune: Living, pictures: Path) -> None:
    screen = Screen(browser, commune.address, DESK)
    screen.log_in(PASSWORD)
    screen.page.goto(f"{commune.address}/soan")
    screen.page.locator("input[name=title]").fill("Tạm ngừng cấp nước thôn 5 và thôn 6")
    screen.page.locator("textarea[name=text]").first.fill(TEXT)
    screen.page.get_by_text("tám giờ").first.wait_for()
    take(screen, pictures / "soan.png")
    screen.context.close()
