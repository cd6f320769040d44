"""The technician at the office PC and at the pole: the list, a node's page, the map; forms without scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smartradio.station.commune_map import read_map
from tests.browser.screen import DESK, PHONE, Screen

pytestmark = pytest.mark.contract


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """Return a hamlet that is no rectangle."""
    middle = (west + east) / 2
    return [
        [west, south + 0.001],
        [middle, south],
        [east, south + 0.002],
        [east - 0.001, north],
        [middle - 0.002, north - 0.001],
        [west, north],
        [west, south + 0.001],
    ]


HAMLETS = {"Thôn 1": (105.97, 20.09, 105.985, 20.12), "Thôn 2": (105.985, 20.105, 106.003, 20.122),
           "Thôn 3": (105.985, 20.088, 106.003, 20.105)}  # fmt: skip
RIVER = [[105.965, 20.118], [105.98, 20.108], [105.994, 20.104], [106.006, 20.092]]


def commune_map() -> bytes:
    """Return a commune of three hamlets and a river, as GeoJSON."""
    areas = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring(*box)]}}
        for name, box in HAMLETS.items()
    ]
    river = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": RIVER}}
    return json.dumps({"type": "FeatureCollection", "features": [*areas, river]}).encode()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_technician_finds_the_silent_node_and_sees_what_it_was_like(
    browser: Any, console: str, desk: Any, commune: Any, pictures: Path, size: dict[str, int]
) -> None:
    name = "desk" if size is DESK else "phone"
    desk.desks.upkeep.map = read_map(commune_map())
    screen = Screen(browser, console, size)
    screen.log_in(commune.PASSWORD, "tho")
    page = screen.page
    page.goto(f"{console}/nodes")
    page.get_by_role("heading", name="2 cụm loa đang im tiếng").wait_for()
    assert screen.fits()
    page.screenshot(path=pictures / f"nodes-{name}.png", full_page=True)
    page.get_by_label("Tìm cụm loa").fill("song vac")
    page.get_by_role("button", name="Xem", exact=True).click()
    page.get_by_role("link", name="Cụm loa đê sông Vạc").click()
    page.get_by_text("đã 5 giờ").wait_for()
    page.goto(f"{console}/nodes/thon-1")
    page.get_by_role("button", name="Phát tiếng thử").click()
    page.get_by_text("Đang chờ cụm loa trả lời").or_(page.get_by_text("đang chờ cụm loa trả lời")).wait_for()
    desk.desks.upkeep.answer(
        answer="measured", facts={"own_heard": True, "coverage": 0.97, "level_db": -23.4, "snr_db": 21.0}, clip="a" * 64
    )
    desk.desks.news.publish("node/thon-1")
    page.get_by_text("nghe được tại micro của cụm loa").first.wait_for()
    assert screen.fits()
    page.screenshot(path=pictures / f"node-{name}.png", full_page=True)
    page.goto(f"{console}/ban-do")
    page.get_by_role("heading", name="2 cụm loa đang im tiếng").wait_for()
    page.wait_for_load_state("networkidle")
    assert screen.fits()
    page.screenshot(path=pictures / f"map-{name}.png", full_page=True)
    page.locator("#map").click(position={"x": 60, "y": 250})
    page.locator("#placing select").select_option(label="Cụm loa trạm bơm · Thôn 4")
    page.get_by_role("button", name="Lưu vị trí").click()
    page.get_by_text("2 cụm loa chưa có vị trí trên bản đồ").wait_for()
    (placed,) = [each for each in desk.desks.upkeep.asked if each[0] == "place"]
    assert placed[1] == "thon-4"
    assert 20.05 < placed[2] < 20.15
    assert 105.9 < placed[3] < 106.05
    assert screen.complaints == []
    screen.context.close()


def test_every_form_of_a_node_works_without_scripts(browser: Any, console: str, desk: Any, commune: Any) -> None:
    upkeep = desk.desks.upkeep
    screen = Screen(browser, console, PHONE, scripts=False)
    screen.log_in(commune.PASSWORD, "tho")
    page = screen.page
    page.goto(f"{console}/nodes/thon-1")
    page.get_by_label("Âm lượng (dB)").fill("7")
    page.get_by_role("button", name="Đặt âm lượng").click()
    page.get_by_text("Hãy chọn âm lượng từ −40 đến 0 dB").wait_for()
    assert page.get_by_label("Âm lượng (dB)").input_value() == "7"
    page.get_by_label("Âm lượng (dB)").fill("-6")
    page.get_by_role("button", name="Đặt âm lượng").click()
    page.wait_for_url("**/nodes/thon-1#volume")
    page.get_by_label("Vĩ độ").fill("20.1")
    page.get_by_label("Kinh độ").fill("105.98")
    page.get_by_role("button", name="Lưu vị trí").click()
    page.wait_for_url("**/nodes/thon-1#place")
    page.get_by_label("Đang phát cũng khởi động lại").check()
    page.get_by_role("button", name="Khởi động lại cụm loa").click()
    page.wait_for_url("**/nodes/thon-1#restart")
    assert [each[:-1] for each in upkeep.asked] == [
        ("volume", "thon-1", -6.0),
        ("place", "thon-1", 20.1, 105.98),
        ("restart", "thon-1", True),
    ]
    page.goto(f"{console}/ban-do")
    file = {"name": "xa.geojson", "mimeType": "application/geo+json", "buffer": commune_map()}
    page.get_by_label("Tệp GeoJSON").set_input_files(files=[file])
    page.get_by_role("button", name="Tải bản đồ lên").click()
    page.get_by_role("link", name="Cụm loa chợ Yên Hòa: có lỗi").wait_for()
    assert upkeep.asked[-1][:2] == ("map", 4)
    screen.context.close()
