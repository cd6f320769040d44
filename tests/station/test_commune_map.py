"""A commune's GeoJSON is looked through before anybody's browser is given it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.station.commune_map import MAX_BYTES, MAX_POINTS, read_map

RING = [[105.9, 20.1], [106.0, 20.1], [106.0, 20.2], [105.9, 20.1]]


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_areas_lines_and_points_come_with_their_names() -> None:
    document = {
        "type": "FeatureCollection",
        "features": [
            feature({"type": "Polygon", "coordinates": [RING]}, name="Thôn 1", dan_so=812),
            feature({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, ten="  Thôn   2 "),
            feature({"type": "LineString", "coordinates": RING}),
            feature({"type": "Point", "coordinates": [105.95, 20.15, 3.0]}, name="Trạm bơm"),
            feature(None, name="không có hình"),
        ],
    }
    found = [(shape.kind, shape.name, len(shape.lines)) for shape in read_map(text(document)).shapes]
    assert found == [("area", "Thôn 1", 1), ("area", "Thôn 2", 2), ("line", "", 1), ("point", "Trạm bơm", 1)]


def test_nothing_but_shapes_and_names_travels_on() -> None:
    document = feature({"type": "Polygon", "coordinates": [RING]}, name="Thôn 1", chu_ho="Nguyễn Văn A")
    assert "Nguy" not in read_map(text(document)).data.decode()


def test_what_is_kept_is_read_as_the_same_map() -> None:
    document = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [RING]}]}
    once = read_map(text(document))
    assert read_map(once.data) == once


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"PK\x03\x04", "no JSON text"),
        (b"[1, 2]", "no object"),
        (b'{"type":"FeatureCollection","features":7}', "no list"),
        (text({"type": "FeatureCollection", "features": [3]}), "Feature 1 of the map is no object"),
        (text({"type": "FeatureCollection", "features": []}), "no area, line or point"),
        (text(feature({"type": "Circle", "coordinates": []})), "Circle"),
        (text(feature({"type": "Polygon", "coordinates": "x"})), "no list"),
        (text(feature({"type": "Point", "coordinates": [590_000.0, 2_220_000.0]})), "WGS 84"),
        (b'{"type":"Point","coordinates":[NaN,20.0]}', "WGS 84"),
        (text(feature({"type": "Point", "coordinates": [True, 20.0]})), "WGS 84"),
        (b'{"type":"Point","coordinates":[1' + b"0" * 400 + b",20.0]}", "WGS 84"),
        (b'{"type":["Point"],"coordinates":[105.0,20.0]}', "Point"),
        (b'{"type":{"a":1}}', "no GeoJSON"),
        (b'{"type":"GeometryCollection","geometries":[{"type":["Point"]}]}', "no area, line or point"),
        (b" " * (MAX_BYTES + 1), "2 MB"),
        (text({"type": "LineString", "coordinates": [[105, 20]] * (MAX_POINTS + 1)}), "points"),
        (b"[" * 100_000, "no JSON text"),
    ],
)
def test_a_file_that_is_no_map_is_told_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(BadInputError, match=line):
        read_map(data)


def test_half_a_letter_in_a_name_does_not_keep_the_map_out() -> None:
    (shape,) = read_map(text(feature({"type": "Point", "coordinates": [105.0, 20.0]}, name="Th\ud800n"))).shapes
    assert shape.name == "Th?n"


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_whatever_stands_where_coordinates_should_is_refused_or_read(coordinates: Any) -> None:
    for kind in ("Point", "LineString", "Polygon", "MultiPolygon"):
        try:
            read_map(text({"type": kind, "coordinates": coordinates}))
        except BadInputError as error:
            assert "\n" not in str(error)
