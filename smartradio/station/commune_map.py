"""The commune's own map: a GeoJSON file of its borders, roads and waters, checked before it is kept (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from smartradio.domain.errors import BadInputError
from smartradio.wire.signing import canonical

FILE_NAME: Final = "map.geojson"
MAX_BYTES: Final = 2_000_000
MAX_POINTS: Final = 60_000
_NAMES: Final = ("name", "ten", "title", "NAME", "TEN")
_DEPTH: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

Point = tuple[float, float]
"""Longitude and latitude in degrees, in the order of GeoJSON."""


class MapRefusedError(BadInputError):
    """A file is no map that could be shown; `said` has places for `values`, for pages to say it in other words."""

    def __init__(self, said: str, **values: object) -> None:
        super().__init__(said.format(**values))
        self.said = said
        self.values = values


@dataclass(frozen=True, slots=True)
class Shape:
    """A feature of the map: its lines (of an area its closed rings), and its name if it has one.

    `kind` is area, line or point.
    """

    kind: str
    name: str
    lines: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class CommuneMap:
    """All shapes in the order of the file, and the file as it is handed to browsers (canonical GeoJSON)."""

    shapes: tuple[Shape, ...]
    data: bytes


def read_map(data: bytes) -> CommuneMap:
    """Return the map of a GeoJSON file; raises BadInputError with what is wrong and where."""
    if len(data) > MAX_BYTES:
        raise MapRefusedError("The map has more than {most} MB; simplify its lines first.", most=MAX_BYTES // 1_000_000)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MapRefusedError("This file is no GeoJSON: it is no JSON text.") from error
    shapes = tuple(_Reading().shapes(document))
    if not shapes:
        raise MapRefusedError("The map holds no area, line or point.")
    features = [_feature(shape) for shape in shapes]
    return CommuneMap(shapes, canonical({"type": "FeatureCollection", "features": features}))


class _Reading:
    """Reads one document; counts its points over all features."""

    def __init__(self) -> None:
        self._points = 0

    def shapes(self, document: Any) -> Iterator[Shape]:
        if not isinstance(document, dict):
            raise MapRefusedError("This file is no GeoJSON: it is no object.")
        if document.get("type") != "FeatureCollection":
            yield from self._feature(document, 1)
            return
        features = document.get("features")
        if not isinstance(features, list):
            raise MapRefusedError("This file is no GeoJSON: its features are no list.")
        for number, feature in enumerate(features, start=1):
            yield from self._feature(feature, number)

    def _feature(self, feature: Any, number: int) -> Iterator[Shape]:
        if not isinstance(feature, dict):
            raise MapRefusedError("Feature {number} of the map is no object.", number=number)
        if feature.get("type") == "Feature":
            properties = feature.get("properties")
            name = _name(properties if isinstance(properties, dict) else {})
            geometry = feature.get("geometry")
            if geometry is not None:
                yield from self._geometry(geometry, name, number)
        else:
            yield from self._geometry(feature, "", number)

    def _geometry(self, geometry: Any, name: str, number: int) -> Iterator[Shape]:
        kind = _kind_of(geometry)
        if kind == "GeometryCollection":
            parts = geometry.get("geometries")
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict) and _kind_of(part) in _DEPTH:
                    yield from self._geometry(part, name, number)
            return
        if kind not in _DEPTH:
            raise MapRefusedError(
                "Feature {number} of the map is of a kind that is no GeoJSON: {kind}",
                number=number,
                kind=str(kind)[:40],
            )
        lines = tuple(self._lines(geometry.get("coordinates"), _DEPTH[kind], number))
        if lines:
            simple = "area" if "Polygon" in kind else "line" if "Line" in kind else "point"
            yield Shape(simple, name, lines)

    def _lines(self, coordinates: Any, depth: int, number: int) -> Iterator[tuple[Point, ...]]:
        if depth == 0:
            yield (self._point(coordinates, number),)
        elif not isinstance(coordinates, list):
            raise MapRefusedError("Feature {number} of the map has coordinates that are no list.", number=number)
        elif depth == 1:
            yield tuple(self._point(each, number) for each in coordinates)
        else:
            for part in coordinates:
                yield from self._lines(part, depth - 1, number)

    def _point(self, value: Any, number: int) -> Point:
        self._points += 1
        if self._points > MAX_POINTS:
            raise MapRefusedError("The map has more than {most} points; simplify its lines first.", most=MAX_POINTS)
        good = isinstance(value, list) and len(value) >= 2 and all(_is_figure(each) for each in value[:2])
        if not good or not (-180 <= value[0] <= 180 and -90 <= value[1] <= 90):
            raise MapRefusedError(
                "Feature {number} of the map has a point that is no longitude and latitude; save it in WGS 84.",
                number=number,
            )
        # A tenth of a metre; more is noise that travels to every phone.
        return round(float(value[0]), 6), round(float(value[1]), 6)


def _kind_of(geometry: Any) -> str | None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    return None if kind is None else str(kind)


def _is_figure(value: Any) -> bool:
    # An int of a hundred digits has no float: it is compared before it is asked whether it is finite.
    return isinstance(value, int | float) and not isinstance(value, bool) and -180 <= value <= 180


def _name(properties: dict[str, Any]) -> str:
    found = next((properties[key] for key in _NAMES if isinstance(properties.get(key), str)), "")
    # Half a letter, as JSON may escape it, has no place in any file.
    return " ".join(found.encode("utf-8", "replace").decode().split())[:100]


def _feature(shape: Shape) -> dict[str, Any]:
    lines: Sequence[Any] = [[list(point) for point in line] for line in shape.lines]
    match shape.kind:
        case "area":
            geometry: dict[str, Any] = {"type": "Polygon", "coordinates": lines}
        case "line":
            geometry = {"type": "MultiLineString", "coordinates": lines}
        case _:
            geometry = {"type": "MultiPoint", "coordinates": [line[0] for line in lines]}
    return {"type": "Feature", "properties": {"name": shape.name}, "geometry": geometry}
