"""A commune of four hamlets: two with outlines, one of them with a hole, one known by its node, one by its name."""

from __future__ import annotations

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import Named, Point, Polygon


def square(lat: float, lon: float, side: float) -> Polygon:
    """Return a closed square from its south-west corner, degrees."""
    return (
        Point(lat, lon),
        Point(lat, lon + side),
        Point(lat + side, lon + side),
        Point(lat + side, lon),
        Point(lat, lon),
    )


COMMUNE = (Named("VN-xa", "37123"),)
ZONES = (
    ZonePlace("thon-1", "Thôn 1", polygons=((square(20.00, 106.00, 0.01),),), wider_codes=COMMUNE),
    ZonePlace(
        "thon-2",
        "Thôn 2",
        points=(Point(20.012, 106.022),),
        polygons=((square(20.00, 106.02, 0.03), square(20.01, 106.03, 0.01)),),
        wider_codes=COMMUNE,
    ),
    ZonePlace(
        "thon-3", "Thôn 3", points=(Point(20.08, 106.08),), geocodes=(Named("VN-thon", "37123-3"),), wider_codes=COMMUNE
    ),
    ZonePlace("ban-moi", "Bản Mới", wider_codes=COMMUNE),
)
EVERY = tuple(zone.name for zone in ZONES)
