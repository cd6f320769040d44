"""The hamlets on a map, drawn here: each name is a label of its own tick in the list, so that a tap on it chooses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Zone
from smartradio.station.commune_map import CommuneMap
from smartradio.web.map_page import draw
from smartradio.web.short_names import short_names
from smartradio.web.upkeep_port import UpkeepPort

PLAIN_NAME: Final = re.compile(r"[\w-]+")
"""A zone's name that can stand in a style as it is."""


@dataclass(frozen=True, slots=True)
class LabelSize:
    """How large labels are, in the 1,000 units of the map's width; `line` is how many characters go into a line."""

    name: str
    wide: float
    high: float
    line: int


_SIZES: Final = (
    LabelSize("large", 230.0, 140.0, 8),
    LabelSize("middle", 165.0, 105.0, 7),
    LabelSize("small", 120, 84, 6),
)
"""The first in which all have room is taken: on a phone of 390 px a thumb's breadth, and never less than 30 px."""
_FARTHEST: Final = 230.0
"""Farther from its place a label would tell of another hamlet's: it is left out, the list has it."""


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """A hamlet's label: its name as it has room for it, its box from the upper left corner, and the hamlet's place."""

    zone: Zone
    name: str
    x: float
    y: float
    wide: float
    high: float
    place: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ZonesDrawn:
    """A map in 1,000 × `height`: paths by kind, labels of one size; `left_out` are the hamlets that have none."""

    height: float
    size: str
    paths: tuple[tuple[str, str], ...]
    labels: tuple[ZoneLabel, ...]
    left_out: tuple[str, ...]


def drawn_zones(upkeep: UpkeepPort, zones: Sequence[Zone]) -> ZonesDrawn | None:
    """Return the map of those hamlets that have a node with a place, None where fewer than two have. Blocking."""
    drawn = draw(_map(upkeep), upkeep.all())
    if drawn is None:
        return None
    places: dict[str, list[tuple[float, float]]] = {}
    for node, x, y in drawn.nodes:
        places.setdefault(node.view.zone, []).append((x, y))
    middles = [(zone, _middle(places[zone.name])) for zone in zones if zone.name in places]
    if len(middles) < 2:
        return None
    height = max(drawn.height, _SIZES[0].high * 2)
    for size in _SIZES:
        boxes = _apart(middles, height, size)
        if len(boxes) == len(middles):
            break
    shown = [(zone, place) for zone, place in middles if zone.name in boxes]
    names = short_names([zone.title for zone, _ in shown], size.line, always=size is not _SIZES[0])
    labels = tuple(
        ZoneLabel(zone, name, *boxes[zone.name], size.wide, size.high, place)
        for (zone, place), name in zip(shown, names, strict=True)
    )
    left_out = tuple(zone.title for zone in zones if zone.name not in boxes)
    return ZonesDrawn(height, size.name, drawn.paths, labels, left_out)


def chosen_rule(zone: str) -> str:
    """Return the style of a hamlet's label on the map while its tick in the list is set."""
    return f'body:has([id="z-{zone}"]:checked) [data-zone="{zone}"]{{background:var(--ink);color:var(--paper)}}'


def _map(upkeep: UpkeepPort) -> CommuneMap | None:
    try:
        return upkeep.commune_map()
    except BadInputError:
        return None  # the map's own page says what is wrong with it; hamlets are chosen without it


def _middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _apart(
    middles: Iterable[tuple[Zone, tuple[float, float]]], height: float, size: LabelSize
) -> dict[str, tuple[float, float]]:
    """Return the boxes of labels by hamlet: each at the nearest free place on the sheet, the northernmost first.

    A hamlet that has no room near its place has none.
    """
    boxes: dict[str, tuple[float, float]] = {}
    steps = _steps(size)
    for zone, (x, y) in sorted(middles, key=lambda each: each[1][1]):
        tried = (_box(x + right, y + down, height, size) for right, down in steps)
        free = next((box for box in tried if not any(_covers(box, other, size) for other in boxes.values())), None)
        if free is not None:
            boxes[zone.name] = free
    return boxes


def _steps(size: LabelSize) -> list[tuple[float, float]]:
    """Return how far a label may be moved where another one lies, the nearest first."""
    wide, high = size.wide / 4, size.high / 4
    across, along = (range(-int(_FARTHEST / step), int(_FARTHEST / step) + 1) for step in (wide, high))
    return sorted(((right * wide, down * high) for right in across for down in along), key=lambda step: hypot(*step))


def _box(x: float, y: float, height: float, size: LabelSize) -> tuple[float, float]:
    """Return the upper left corner of a label whose middle is at a place, kept on the sheet."""
    left = min(max(x - size.wide / 2, 0.0), 1_000.0 - size.wide)
    return round(left, 1), round(min(max(y - size.high / 2, 0.0), height - size.high), 1)


def _covers(one: tuple[float, float], other: tuple[float, float], size: LabelSize) -> bool:
    return abs(one[0] - other[0]) < size.wide and abs(one[1] - other[1]) < size.high
