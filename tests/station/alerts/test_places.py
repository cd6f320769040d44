"""Where hamlets lie, for feeds, the page that reads a CAP file and `alert send --cap` alike."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.cap.areas import Means, Reach, reach
from smartradio.alerting.cap.reading import read_cap
from smartradio.station.alerts.places import Places, commune_places, zone_places
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from tests.station.commune import settings as commune_settings

ISSUERS = Path(__file__).parents[2] / "alerting" / "cap" / "issuers"
NOW = datetime(2026, 10, 18, tzinfo=UTC)


def square(south: float, west: float, side: float) -> list[list[float]]:
    """A closed ring of GeoJSON, longitude first."""
    return [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]


def area(name: str, *rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"ten": name}, "geometry": {"type": "Polygon", "coordinates": rings}}


class Commune:
    """A station with three hamlets, whose map and codes each test gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: StationSettings = commune_settings(folder)
        self.store = Store.open(folder, clock=lambda: NOW)

    def draws(self, *features: dict[str, Any]) -> None:
        document = {"type": "FeatureCollection", "features": features}
        (self.folder / "map.geojson").write_text(json.dumps(document), encoding="utf-8")

    def stands(self, node: str, lat: float, lon: float) -> None:
        nodes = tuple(
            each.model_copy(update={"lat": lat, "lon": lon}) if each.name == node else each
            for each in self.settings.nodes
        )
        self.settings = self.settings.model_copy(update={"nodes": nodes})

    def sets(self, **alerts: Any) -> None:
        self.settings = commune_settings(self.folder, alerts=alerts)

    def places(self) -> Places:
        return commune_places(self.settings, self.store)

    def reached_by(self, issuer: str) -> Reach:
        message, places = read_cap((ISSUERS / f"{issuer}.xml").read_bytes()), self.places()
        return reach(message.infos[0].areas, places.zones, commune=places.commune)


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[Commune]:
    made = Commune(tmp_path)
    yield made
    made.store.close()


def test_a_polygon_that_covers_a_hamlets_outline_only_partly_reaches_it(commune: Commune) -> None:
    commune.stands("thon-1", 20.21, 106.01)  # the pole itself stands outside the polygon
    commune.draws(area("Thôn 1", square(20.195, 105.995, 0.02)), area("Thôn 2", square(20.3, 106.1, 0.02)))
    found = commune.reached_by("hydromet-vn")
    assert found.zones == ("thon-1",)
    assert found.means["thon-1"] is Means.POLYGON


def test_without_an_outline_a_hamlet_lies_around_its_node(commune: Commune) -> None:
    commune.stands("thon-2", 20.15, 105.95)
    assert commune.reached_by("hydromet-vn").means == {"thon-2": Means.POLYGON}


def test_a_circle_reaches_the_hamlet_whose_outline_it_touches(commune: Commune) -> None:
    # 45.5 km are 0.409 degrees of latitude.
    commune.draws(area("Thôn 2", square(22.97, 88.36, 0.05)), area("Thôn 1", square(23.0, 88.36, 0.05)))
    assert commune.reached_by("ndma-in").means == {"thon-2": Means.CIRCLE}


def test_a_code_of_the_settings_reaches_all_of_the_commune(commune: Commune) -> None:
    commune.sets(codes={"NUTS3": ["FR999"]})
    assert set(commune.reached_by("meteo-eu").means.values()) == {Means.GEOCODE}
    assert commune.reached_by("meteo-eu").zones == ("thon-1", "thon-2", "thon-3")
    assert commune.reached_by("nws-us").zones == ()


@pytest.mark.parametrize("issuer", sorted(path.stem for path in ISSUERS.glob("*.xml")))
def test_what_reaches_no_hamlet_is_said(commune: Commune, issuer: str) -> None:
    commune.draws(area("Thôn 1", square(10.0, 105.0, 0.02)), area("Thôn 2", square(10.1, 105.0, 0.02)))
    found = commune.reached_by(issuer)
    areas = read_cap((ISSUERS / f"{issuer}.xml").read_bytes()).infos[0].areas
    assert found.zones == ()
    assert len([each for each in found.findings if each.code == "reaches_nobody"]) == len(areas) > 0


@pytest.mark.parametrize("name", ["THÔN SỐ 01", "thon-1", "thôn 1", "Thôn  1"])
def test_an_area_of_the_map_is_the_hamlet_whose_name_it_bears(commune: Commune, name: str) -> None:
    commune.draws(area("Xã Yên Hòa", square(20.0, 105.0, 0.5)), area(name, square(20.1, 105.9, 0.01)))
    drawn = {zone.name: len(zone.polygons) for zone in commune.places().zones}
    assert drawn == {"thon-1": 1, "thon-2": 0, "thon-3": 0}


@pytest.mark.parametrize("name", ["Thôn 12", "Thôn 1 cũ", "Trường mầm non thôn 1", ""])
def test_an_area_with_more_in_its_name_is_no_outline_of_a_hamlet(commune: Commune, name: str) -> None:
    commune.draws(area(name, square(20.1, 105.9, 0.01)))
    assert not any(zone.polygons for zone in commune.places().zones)


def test_a_hamlet_of_several_parts_is_all_of_them_and_a_hole_is_not_in_it(commune: Commune) -> None:
    commune.draws(
        area("Thôn 1", square(30.0, 105.0, 0.1), square(30.02, 105.02, 0.05)),
        area("Thôn 1", square(20.1, 105.9, 0.01)),
    )
    zone, *_ = commune.places().zones
    assert [len(rings) for rings in zone.polygons] == [2, 1]
    assert commune.reached_by("hydromet-vn").zones == ("thon-1",)


def test_what_the_station_tells_others_names_also_a_hamlet_without_a_loudspeaker(commune: Commune) -> None:
    nodes = [node for node in commune.settings.nodes if node.zone != "thon-2"]
    commune.settings = commune.settings.model_copy(update={"nodes": tuple(nodes)})
    assert [zone.name for zone in commune.places().zones] == ["thon-1", "thon-3"]
    assert [zone.name for zone in zone_places(commune.settings, commune.store)] == ["thon-1", "thon-2", "thon-3"]


def test_a_new_map_counts_from_the_next_warning_on(commune: Commune) -> None:
    commune.draws(area("Thôn 1", square(10.0, 105.0, 0.02)))
    assert commune.reached_by("hydromet-vn").zones == ()
    commune.draws(area("Thôn 1", square(20.1, 105.9, 0.02)))
    later = (commune.folder / "map.geojson").stat().st_mtime + 5
    os.utime(commune.folder / "map.geojson", (later, later))
    assert commune.reached_by("hydromet-vn").zones == ("thon-1",)


def test_a_map_that_is_damaged_leaves_the_nodes_places(commune: Commune) -> None:
    commune.stands("thon-2", 20.15, 105.95)
    (commune.folder / "map.geojson").write_bytes(b"{")
    assert commune.reached_by("hydromet-vn").zones == ("thon-2",)


def test_a_map_drawn_to_the_inch_reaches_the_same_hamlets(commune: Commune) -> None:
    corners = square(20.195, 105.995, 0.02)
    fine = [
        [
            round(here[0] + (there[0] - here[0]) * step / 2_000, 6),
            round(here[1] + (there[1] - here[1]) * step / 2_000, 6),
        ]
        for here, there in pairwise(corners)
        for step in range(2_000)
    ]
    commune.draws(area("Thôn 1", [*fine, fine[0]]), area("Thôn 2", square(20.3, 106.1, 0.00005)))
    first, second, _ = commune.places().zones
    assert 700 <= len(first.polygons[0][0]) <= 1_000
    assert len(second.polygons[0][0]) == 5
    assert commune.reached_by("hydromet-vn").zones == ("thon-1",)
