"""Where the commune's zones lie, for all that reads or writes warnings: outlines of its map, nodes' places, codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import Named, Point, Polygon
from smartradio.alerting.cap.place_names import place_key
from smartradio.alerting.cap.shapes import Rings
from smartradio.domain.errors import BadInputError
from smartradio.station.commune_map import FILE_NAME, read_map

if TYPE_CHECKING:
    from smartradio.station.settings import StationSettings
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_STEP_DEG: Final = 0.0001
"""About ten metres. A map drawn finer makes one warning take a minute, and changes nothing about whom it reaches."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the commune lies: its zones, and the names that mean all of it."""

    zones: Sequence[ZonePlace]
    commune: Sequence[str]


def commune_places(settings: StationSettings, store: Store) -> Places:
    """Return where the zones with a node lie, for they alone can hear, and what warnings call the commune. Blocking."""
    zones = [zone for zone in zone_places(settings, store) if settings.nodes_of((zone.name,))]
    return Places(zones, settings.alerts.names)


def zone_places(settings: StationSettings, store: Store) -> tuple[ZonePlace, ...]:
    """Return where all zones lie, in the order of the settings. Blocking.

    An area of the commune's map is the outline of the zone whose title, or name, it bears: "Thôn số 3" is "Thôn 3". A
    zone that the map does not draw lies around its nodes.
    """
    own = store.nodes.settings()
    points: dict[str, list[Point]] = {zone.name: [] for zone in settings.zones}
    for node in settings.nodes:
        placed = own.get(node.name)
        lat, lon = (node.lat, node.lon) if placed is None or placed.lat is None else (placed.lat, placed.lon)
        if lat is not None and lon is not None:
            points[node.zone].append(Point(lat, lon))
    codes = tuple(Named(name, value) for name, values in settings.alerts.codes.items() for value in values)
    drawn = _drawn(settings.folder / FILE_NAME)
    return tuple(
        ZonePlace(
            zone.name,
            zone.title,
            points=tuple(points[zone.name]),
            polygons=drawn.get(place_key(zone.title)) or drawn.get(place_key(zone.name)) or (),
            wider_codes=codes,
        )
        for zone in settings.zones
    )


def _drawn(path: Path) -> Mapping[str, tuple[Rings, ...]]:
    try:
        found = path.stat()
        return _outlines(path, found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        return {}
    except (OSError, BadInputError) as error:
        # The map's own page says what is wrong with it; warnings reach hamlets by their nodes meanwhile.
        _logger.warning("map_not_read", path=str(path), line=str(error))
        return {}


@lru_cache(maxsize=2)
def _outlines(path: Path, _changed_ns: int, _size: int) -> Mapping[str, tuple[Rings, ...]]:
    """Return the named areas of a map by their names as keys; raises BadInputError, OSError."""
    found: dict[str, tuple[Rings, ...]] = {}
    for shape in read_map(path.read_bytes()).shapes:
        if shape.kind == "area" and shape.name:
            rings = tuple(_thinned([Point(lat, lon) for lon, lat in line]) for line in shape.lines if len(line) > 2)
            key = place_key(shape.name)
            found[key] = (*found.get(key, ()), rings)
    return found


def _thinned(line: Sequence[Point]) -> Polygon:
    """Return a ring without the corners that lie within a step of the one before."""
    kept = [line[0]]
    for point in line[1:-1]:
        if max(abs(point.lat - kept[-1].lat), abs(point.lon - kept[-1].lon)) >= _STEP_DEG:
            kept.append(point)
    kept.append(line[-1])
    return tuple(kept) if len(kept) > 3 else tuple(line)
