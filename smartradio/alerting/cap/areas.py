"""Where a message is meant for, as the commune's zones: by polygon, circle, geocode, at last by name.

What reaches no zone is said; nothing is ever taken for the whole commune because it could not be understood.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from smartradio.alerting.cap.findings import Finding, warn
from smartradio.alerting.cap.message import Area, Circle, Named, Point, Polygon
from smartradio.alerting.cap.place_names import named
from smartradio.alerting.cap.shapes import (
    KM_A_DEGREE,
    Box,
    Rings,
    box,
    boxes_touch,
    circle_holds,
    circle_reaches,
    meet,
    within,
)
from smartradio.domain.errors import BadInputError

HEARD_KM: Final = 0.5
"""A zone of which only nodes are on the map lies around them so far: who hears a horn lives there."""


@dataclass(frozen=True, slots=True)
class ZonePlace:
    """Where a zone lies: places in it (its nodes), its outline, the codes it is known by.

    `wider_codes` are those of its commune, province and country: they mean the zone among others, and are never written
    where the zone alone is meant.
    """

    name: str
    title: str
    points: tuple[Point, ...] = ()
    polygons: tuple[Rings, ...] = ()
    geocodes: tuple[Named, ...] = ()
    wider_codes: tuple[Named, ...] = ()

    @property
    def codes(self) -> tuple[Named, ...]:
        """Return every code under which the zone may be meant."""
        return self.geocodes + self.wider_codes

    @property
    def on_the_map(self) -> bool:
        """Return whether anything is known of where it lies."""
        return bool(self.points or self.polygons)


class _Drawn(NamedTuple):
    polygon: Polygon
    around: Box | None


class _Placed(NamedTuple):
    """A zone with the box around it and what is near it, its codes, and the systems these belong to."""

    zone: ZonePlace
    around: Box | None
    codes: frozenset[tuple[str, str]]
    systems: frozenset[str]


class Means(StrEnum):
    """By what a zone was found."""

    POLYGON = "polygon"
    CIRCLE = "circle"
    GEOCODE = "geocode"
    NAME = "name"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Reach:
    """The zones that areas reach, in the order of the commune; by what each was found; what could not be found."""

    zones: tuple[str, ...]
    means: Mapping[str, Means]
    findings: tuple[Finding, ...]


def reach(areas: Iterable[Area], zones: Sequence[ZonePlace], *, commune: Sequence[str] = ()) -> Reach:
    """Return the zones that areas reach.

    `commune` are names that mean all zones (the commune's own, the province's); a text that names one of the zones
    means that zone, whatever else it names. Names count only where nothing is drawn, and for zones that are not on the
    map.
    """
    placed = _placed(tuple(zones))
    return together([_reach(area, placed, commune) for area in areas], zones)


def together(reached: Iterable[Reach], zones: Sequence[ZonePlace]) -> Reach:
    """Return what several reach, as one."""
    means: dict[str, Means] = {}
    findings: list[Finding] = []
    for each in reached:
        for name, how in each.means.items():
            means.setdefault(name, how)
        findings.extend(each.findings)
    return Reach(tuple(zone.name for zone in zones if zone.name in means), means, tuple(findings))


def outline(geometry: Mapping[str, Any]) -> tuple[Rings, ...]:
    """Return a Polygon or MultiPolygon of GeoJSON, longitude first there, with its holes; raises BadInputError."""
    kind: Any = geometry.get("type")
    coordinates: Any = geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise BadInputError(f"the outline of a zone is a Polygon or MultiPolygon, not {str(kind)[:40]}")
    try:
        polygons: list[Any] = [coordinates] if kind == "Polygon" else list(coordinates)
        return tuple(tuple(tuple(_turned(pair) for pair in ring) for ring in rings) for rings in polygons)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise BadInputError("the outline of a zone has a point that is no longitude and latitude") from error


def _turned(pair: Sequence[float]) -> Point:
    lat, lon = float(pair[1]), float(pair[0])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(pair)
    return Point(lat, lon)


# A message may have thousands of areas, all of them held against the zones of one commune.
@lru_cache(maxsize=4)
def _placed(zones: tuple[ZonePlace, ...]) -> tuple[_Placed, ...]:
    return tuple(
        _Placed(
            zone,
            _around(zone),
            frozenset((code.name.casefold(), code.value) for code in zone.codes),
            frozenset(code.name.casefold() for code in zone.codes),
        )
        for zone in zones
    )


def _reach(area: Area, zones: Sequence[_Placed], commune: Sequence[str]) -> Reach:
    drawn = [_Drawn(polygon, box(polygon)) for polygon in area.polygons]
    means: dict[str, Means] = {}
    left: list[ZonePlace] = []
    for each in zones:
        how = _by_code(area, each) or _by_polygon(drawn, each) or _by_circle(area, each.zone)
        if how is not None:
            means[each.zone.name] = how
        elif _may_be_named(area, each):
            left.append(each.zone)
    titles = named(area.description, [each.zone.title for each in zones])
    means |= {zone.name: Means.NAME for zone in left if zone.title in titles}
    if not titles and named(area.description, commune):
        means |= {zone.name: Means.COMMUNE for zone in left}
    return Reach(tuple(means), means, tuple(_told(area, [each.zone for each in zones], means)))


def _by_code(area: Area, placed: _Placed) -> Means | None:
    meant = any((code.name.casefold(), code.value) in placed.codes for code in area.geocodes)
    return Means.GEOCODE if meant else None


def _by_polygon(drawn: Sequence[_Drawn], placed: _Placed) -> Means | None:
    for each in drawn:
        if boxes_touch(each.around, placed.around) and _touches((each.polygon,), placed.zone):
            return Means.POLYGON
    return None


def _touches(rings: Rings, zone: ZonePlace) -> bool:
    if zone.polygons:
        return any(within(point, rings) for point in zone.points) or any(meet(rings, each) for each in zone.polygons)
    return any(circle_reaches(Circle(point, HEARD_KM), rings) for point in zone.points)


def _by_circle(area: Area, zone: ZonePlace) -> Means | None:
    for circle in area.circles:
        wider = circle if zone.polygons else circle._replace(radius_km=circle.radius_km + HEARD_KM)
        reached = any(circle_reaches(circle, each) for each in zone.polygons)
        if reached or any(circle_holds(wider, point) for point in zone.points):
            return Means.CIRCLE
    return None


def _around(zone: ZonePlace) -> Box | None:
    """Return the box around a zone and what is still near it."""
    tight = box((*zone.points, *(point for rings in zone.polygons for ring in rings for point in ring)))
    if tight is None or zone.polygons:
        return tight
    lat = HEARD_KM / KM_A_DEGREE
    lon = lat / max(0.01, math.cos(math.radians(max(abs(tight.south), abs(tight.north)))))
    return Box(tight.south - lat, tight.north + lat, tight.west - lon, tight.east + lon)


def _may_be_named(area: Area, placed: _Placed) -> bool:
    """Return whether the words may decide: not over a drawing, nor over a code of a system that the zone has one of."""
    drawn = bool(area.polygons or area.circles) and placed.zone.on_the_map
    coded = any(code.name.casefold() in placed.systems for code in area.geocodes)
    return not drawn and not coded


def _told(area: Area, zones: Sequence[ZonePlace], found: Mapping[str, Means]) -> Iterator[Finding]:
    line = area.lines.get("area", 0)
    if not found:
        said = "“{area}” reaches none of the commune's zones."
        yield warn("reaches_nobody", said, element="area", line=line, area=area.description)
    unknown = [zone.title for zone in zones if not zone.on_the_map and zone.name not in found]
    if (area.polygons or area.circles) and unknown:
        said = "Whether “{area}” reaches {zones} is not known: they are not on the map."
        yield warn("not_on_the_map", said, element="area", line=line, area=area.description, zones=", ".join(unknown))
