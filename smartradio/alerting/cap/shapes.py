"""Points, polygons and circles on the map of a commune: what lies in what, and what meets.

Degrees are taken as a plane, which over the width of a commune is exact to metres; a radius is measured on the sphere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from smartradio.alerting.cap.message import Circle, Point, Polygon

Rings = tuple[Polygon, ...]
"""An area as its rings: what lies in an odd number of them is in it, so a ring in a ring is a hole."""

KM_A_DEGREE: Final = 111.195
"""Of latitude; of longitude times the cosine of the latitude."""
_EARTH_KM: Final = 6371.0088
_ON_THE_LINE: Final = 1e-9
Edge = tuple[Point, Point]


class Box(NamedTuple):
    """The edges of a map that holds something, in degrees."""

    south: float
    north: float
    west: float
    east: float


def within(point: Point, rings: Sequence[Polygon]) -> bool:
    """Return whether a point lies in an area, or on its line: who lives on the border is warned."""
    inside = False
    for here, there in edges(rings):
        if _on(point, here, there):
            return True
        if (here.lat > point.lat) != (there.lat > point.lat):
            lon = here.lon + (point.lat - here.lat) * (there.lon - here.lon) / (there.lat - here.lat)
            inside = inside != (point.lon < lon)
    return inside


def meet(first: Sequence[Polygon], second: Sequence[Polygon]) -> bool:
    """Return whether two areas have a place in common."""
    near_first, near_second = _near(first, second), _near(second, first)
    if any(_cross(one, other) for one in near_first for other in near_second):
        return True
    # No lines cross: then a ring lies wholly in the other area or wholly outside it.
    return any(within(ring[0], second) for ring in first if ring) or any(
        within(ring[0], first) for ring in second if ring
    )


def circle_reaches(circle: Circle, rings: Sequence[Polygon]) -> bool:
    """Return whether a circle and an area have a place in common."""
    if within(circle.centre, rings):
        return True
    nearest_km = min((_distance_km(circle.centre, edge) for edge in edges(rings)), default=math.inf)
    return nearest_km <= circle.radius_km


def circle_holds(circle: Circle, point: Point) -> bool:
    """Return whether a place lies in a circle, by the distance over the sphere (haversine)."""
    lat, other = math.radians(circle.centre.lat), math.radians(point.lat)
    half = math.sin((other - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other) * math.sin(math.radians(point.lon - circle.centre.lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half))) <= circle.radius_km + _ON_THE_LINE


def edges(rings: Sequence[Polygon]) -> Iterator[Edge]:
    """Yield the lines of all rings; a ring that is not closed is closed."""
    for ring in rings:
        yield from pairwise(ring)
        if ring and ring[0] != ring[-1]:
            yield ring[-1], ring[0]


def box(points: Iterable[Point]) -> Box | None:
    """Return the smallest box around some places, None around none."""
    there = list(points)
    if not there:
        return None
    lats, lons = [point.lat for point in there], [point.lon for point in there]
    return Box(min(lats), max(lats), min(lons), max(lons))


def boxes_touch(one: Box | None, other: Box | None) -> bool:
    """Return whether two boxes have a place in common."""
    if one is None or other is None:
        return False
    return one.south <= other.north and other.south <= one.north and one.west <= other.east and other.west <= one.east


def _near(rings: Sequence[Polygon], other: Sequence[Polygon]) -> list[Edge]:
    """Return the lines of an area that touch the box around another one."""
    around = box(point for ring in other for point in ring)
    return [edge for edge in edges(rings) if boxes_touch(box(edge), around)]


def _cross(one: Edge, other: Edge) -> bool:
    (a, b), (c, d) = one, other
    apart = _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0
    return apart and boxes_touch(box(one), box(other))


def _side(a: Point, b: Point, point: Point) -> float:
    return (b.lon - a.lon) * (point.lat - a.lat) - (b.lat - a.lat) * (point.lon - a.lon)


def _on(point: Point, here: Point, there: Point) -> bool:
    if not (
        min(here.lat, there.lat) - _ON_THE_LINE <= point.lat <= max(here.lat, there.lat) + _ON_THE_LINE
        and min(here.lon, there.lon) - _ON_THE_LINE <= point.lon <= max(here.lon, there.lon) + _ON_THE_LINE
    ):
        return False
    length = math.hypot(there.lat - here.lat, there.lon - here.lon)
    return abs(_side(here, there, point)) <= _ON_THE_LINE * max(length, _ON_THE_LINE)


def _distance_km(centre: Point, edge: Edge) -> float:
    """Return how far a line is from a place, on the plane that touches the earth there."""
    across = KM_A_DEGREE * math.cos(math.radians(centre.lat))
    (ax, ay), (bx, by) = (((point.lon - centre.lon) * across, (point.lat - centre.lat) * KM_A_DEGREE) for point in edge)
    long_2 = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if long_2 == 0 else max(0.0, min(1.0, -(ax * (bx - ax) + ay * (by - ay)) / long_2))
    return math.hypot(ax + along * (bx - ax), ay + along * (by - ay))
