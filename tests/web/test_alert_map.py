"""Hamlets on the map of an alert's form: however many there are, no label covers another, and nobody is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from smartradio.domain.places import Zone
from smartradio.station.node_records import NodeSetting
from smartradio.web.alert_map import ZonesDrawn, drawn_zones
from smartradio.web.short_names import short_names


def drawn(desk: Any, number: int, spread: float = 0.02) -> tuple[list[Zone], ZonesDrawn]:
    """A commune of so many hamlets, each with a node somewhere in so many degrees."""
    upkeep, somewhere = desk.desks.upkeep, random.Random(number)
    zones = [replace(desk.zones()[0], name=f"t-{each}", title=f"Thôn {each}") for each in range(1, number + 1)]
    one = upkeep.nodes[0]
    upkeep.nodes = [
        replace(
            one,
            setting=NodeSetting(0.0, 20.1 + somewhere.random() * spread, 105.9 + somewhere.random() * spread),
            view=replace(one.view, name=zone.name, zone=zone.name),
        )
        for zone in zones
    ]
    made = drawn_zones(upkeep, zones)
    assert made is not None
    return zones, made


@pytest.mark.parametrize("number", [2, 12, 30, 60, 200])
def test_no_label_covers_another_or_leaves_the_sheet(desk: Any, number: int) -> None:
    _, made = drawn(desk, number)
    for one, other in combinations(made.labels, 2):
        assert abs(one.x - other.x) >= one.wide or abs(one.y - other.y) >= one.high
    for label in made.labels:
        assert 0 <= label.x <= 1_000.1 - label.wide
        assert 0 <= label.y <= made.height + 0.1 - label.high


@pytest.mark.parametrize("number", [2, 12, 30, 60, 200])
def test_every_hamlet_is_on_the_map_or_said_to_be_in_the_list_alone(desk: Any, number: int) -> None:
    zones, made = drawn(desk, number)
    assert sorted([*(label.zone.title for label in made.labels), *made.left_out]) == sorted(z.title for z in zones)


def test_labels_become_smaller_before_any_is_left_out(desk: Any) -> None:
    assert (drawn(desk, 6)[1].size, drawn(desk, 12)[1].size, drawn(desk, 12)[1].left_out) == ("large", "middle", ())
    assert drawn(desk, 60)[1].size == "small"
    assert len(drawn(desk, 60)[1].labels) >= 45
    # On a phone of 390 px the map is some 360 px wide: a finger still finds the smallest.
    assert min(min(label.wide, label.high) for label in drawn(desk, 60)[1].labels) * 0.36 >= 24


def test_no_label_stands_so_far_from_its_hamlet_that_it_tells_of_another(desk: Any) -> None:
    for label in drawn(desk, 60)[1].labels:
        assert abs(label.x + label.wide / 2 - label.place[0]) <= 300
        assert abs(label.y + label.high / 2 - label.place[1]) <= 300


def test_the_page_tells_which_are_only_in_the_list(khang: Any, desk: Any) -> None:
    upkeep = desk.desks.upkeep
    upkeep.nodes = [
        replace(node, setting=NodeSetting(0.0)) if node.view.zone == "thon-3" else node for node in upkeep.nodes
    ]
    page = khang.get("/khan/soan").text
    assert "Chỉ có trong danh sách: Thôn 3" in page


@pytest.mark.parametrize(
    ("titles", "short"),
    [
        (["Thôn 1", "Thôn 12", "Thôn Đông"], ["1", "12", "Đông"]),
        (["Tổ dân phố số 5", "Khu phố Nguyễn Trãi"], ["5", "Nguyễn Trãi"]),
        # Two that would be the same say what they are.
        (["Thôn 5", "Xóm 5", "Bản Mới"], ["T. 5", "X. 5", "Mới"]),
        (["Thôn Hưng Thịnh Đông", "Yên Phú Thượng"], ["H. T. Đông", "Y. Phú Thượng"]),
        (["Thôn Hưng Thịnh Đông", "Thôn Hợp Tiến Đông"], ["Hưng Thịnh Đông", "Hợp Tiến Đông"]),
        (["Thôn"], ["Thôn"]),
    ],
)
def test_names_become_as_short_as_a_small_label_asks_for_and_stay_different(
    titles: Sequence[str], short: Sequence[str]
) -> None:
    assert short_names(titles, 6) == short


def test_what_has_room_stays_as_it_is_where_there_is_room() -> None:
    assert short_names(["Thôn 1", "Xóm Nguyễn Trãi"], 8, always=False) == ["Thôn 1", "Nguyễn Trãi"]
