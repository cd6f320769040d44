"""A warning reaches the hamlets it means: by drawing, code or name; what reaches nobody is said."""

from __future__ import annotations

import pytest

from smartradio.alerting.cap.areas import Means, outline, reach
from smartradio.alerting.cap.message import Area, Circle, Named, Point
from smartradio.domain.errors import BadInputError
from tests.alerting.cap.commune import EVERY, ZONES, square

REACHED = {
    "a corner of a hamlet": (Area("ven sông", polygons=(square(19.99, 105.99, 0.011),)), {"thon-1": Means.POLYGON}),
    "all in one": (
        Area("huyện", polygons=(square(19, 105, 2),)),
        {"thon-1": Means.POLYGON, "thon-2": Means.POLYGON, "thon-3": Means.POLYGON},
    ),
    "inside a hamlet": (Area("đồng", polygons=(square(20.001, 106.001, 0.001),)), {"thon-1": Means.POLYGON}),
    "in the hole of a hamlet": (Area("hồ", polygons=(square(20.012, 106.032, 0.002),)), {}),
    "over the hole": (Area("hồ", polygons=(square(20.012, 106.032, 0.02),)), {"thon-2": Means.POLYGON}),
    "on the border": (Area("đê", polygons=(square(20.01, 106.0, 0.005),)), {"thon-1": Means.POLYGON}),
    "around a node": (Area("núi", polygons=(square(20.07, 106.07, 0.02),)), {"thon-3": Means.POLYGON}),
    "400 m beside a node": (Area("bãi", polygons=(square(20.0836, 106.08, 0.01),)), {"thon-3": Means.POLYGON}),
    "700 m beside a node": (Area("bãi", polygons=(square(20.0863, 106.08, 0.01),)), {}),
    "a circle 400 m beside": (Area("kho", circles=(Circle(Point(20.0926, 106.08), 1.0),)), {"thon-3": Means.CIRCLE}),
    "a circle that touches": (Area("đập", circles=(Circle(Point(19.99, 106.005), 1.2),)), {"thon-1": Means.CIRCLE}),
    "a circle that falls short": (Area("đập", circles=(Circle(Point(19.99, 106.005), 1.1),)), {}),
    "a circle without width": (Area("đập", circles=(Circle(Point(20.08, 106.08), 0.0),)), {"thon-3": Means.CIRCLE}),
    "far away": (Area("tỉnh khác", polygons=(square(10, 106, 1),)), {}),
    "another commune's code": (Area("Thôn 1", geocodes=(Named("vn-XA", "99999"),)), {}),
    "a code nobody has": (Area("Thôn 1", geocodes=(Named("UGC", "MOC099"),)), {"thon-1": Means.NAME}),
    "one by its code": (Area("xóm", geocodes=(Named("VN-thon", "37123-3"),)), {"thon-3": Means.GEOCODE}),
    "one by name": (Area("Thôn 3, xã Yên Hòa"), {"thon-3": Means.NAME}),
    "a list of numbers": (Area("Các thôn 1, 3 và 12"), {"thon-1": Means.NAME, "thon-3": Means.NAME}),
    "a range": (Area("từ thôn 1 đến thôn 3"), dict.fromkeys(EVERY[:3], Means.NAME)),
    "not a part of a number": (Area("Thôn 31"), {}),
    "in capitals, decomposed": (Area("BA\u0309N MO\u031b\u0301I"), {"ban-moi": Means.NAME}),
    "the commune by name": (Area("Xã Yên Hòa"), dict.fromkeys(EVERY, Means.COMMUNE)),
    "a name drawn elsewhere": (Area("Thôn 1", polygons=(square(10, 106, 1),)), {}),
    "nothing at all": (Area("khu vực"), {}),
}


@pytest.mark.parametrize("case", sorted(REACHED))
def test_an_area_reaches_the_hamlets_it_means(case: str) -> None:
    area, means = REACHED[case]
    found = reach([area], ZONES, commune=("xã Yên Hòa",))
    assert found.means == means
    assert found.zones == tuple(name for name in EVERY if name in means)
    assert ("reaches_nobody" in {each.code for each in found.findings}) == (not means)


def test_the_code_of_the_commune_means_all_of_it() -> None:
    assert reach([Area("xã", geocodes=(Named("VN-xa", "37123"),))], ZONES).zones == EVERY


def test_a_hamlet_that_is_not_on_the_map_is_told_where_something_is_drawn() -> None:
    found = reach([Area("ven sông", polygons=(square(20, 106, 0.01),))], ZONES)
    assert [str(each) for each in found.findings] == [
        "<area>: Whether “ven sông” reaches Bản Mới is not known: they are not on the map."
    ]


def test_several_areas_reach_what_each_of_them_reaches() -> None:
    found = reach([Area("Thôn 3"), Area("xa", polygons=(square(10, 106, 1),)), Area("Bản Mới")], ZONES)
    assert found.zones == ("thon-3", "ban-moi")
    assert [each.code for each in found.findings] == ["reaches_nobody", "not_on_the_map"]


def test_an_outline_of_geojson_keeps_its_holes_and_turns_its_points() -> None:
    ring = [[106.0, 20.0], [106.1, 20.0], [106.1, 20.1], [106.0, 20.0]]
    assert outline({"type": "Polygon", "coordinates": [ring, ring]})[0][1][1] == Point(20.0, 106.1)
    assert len(outline({"type": "MultiPolygon", "coordinates": [[ring], [ring, ring]]})[1]) == 2


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [106, 20]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Polygon", "coordinates": [[[20.0, 106.0]]]},
        {"type": "MultiPolygon", "coordinates": None},
        {"type": "Polygon", "coordinates": [[[106.0]]]},
    ],
)
def test_what_is_no_outline_is_refused(geometry: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match="outline of a zone"):
        outline(geometry)
