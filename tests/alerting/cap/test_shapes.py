"""Shapes on the map, whichever way they are drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartradio.alerting.cap.message import Circle, Point
from smartradio.alerting.cap.shapes import circle_holds, circle_reaches, meet, within
from tests.alerting.cap.commune import square

corners = st.integers(-50, 50)
sides = st.integers(1, 40)


@given(corners, corners, sides, corners, corners, sides)
def test_two_squares_meet_exactly_where_their_sides_overlap(
    lat: int, lon: int, side: int, other_lat: int, other_lon: int, other_side: int
) -> None:
    overlap = (
        lat <= other_lat + other_side
        and other_lat <= lat + side
        and lon <= other_lon + other_side
        and other_lon <= lon + side
    )
    one, other = (square(lat, lon, side),), (square(other_lat, other_lon, other_side),)
    assert meet(one, other) == meet(other, one) == overlap


@given(corners, corners, sides, corners, corners)
def test_a_place_lies_in_a_square_however_it_is_turned_and_closed(
    lat: int, lon: int, side: int, at_lat: int, at_lon: int
) -> None:
    ring = square(lat, lon, side)
    expected = lat <= at_lat <= lat + side and lon <= at_lon <= lon + side
    point = Point(at_lat, at_lon)
    turns = (ring, ring[::-1], ring[:-1], (*ring[2:-1], *ring[:3]))
    assert {within(point, (each,)) for each in turns} == {expected}


def test_a_ring_in_a_ring_is_a_hole() -> None:
    rings = (square(0, 0, 10), square(4, 4, 2))
    assert within(Point(1, 1), rings)
    assert not within(Point(5, 5), rings)
    assert not meet(rings, (square(4.5, 4.5, 1),))


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert circle_holds(Circle(Point(20, 106), 111.3), Point(21, 106))
    assert not circle_holds(Circle(Point(20, 106), 111.1), Point(21, 106))
    assert circle_reaches(Circle(Point(19, 106), 111.3), (square(20, 106, 1),))
    assert not circle_reaches(Circle(Point(19, 106), 111.1), (square(20, 106, 1),))


def test_two_shapes_that_cross_without_a_corner_in_each_other_meet() -> None:
    tall = (Point(0, 4), Point(0, 6), Point(10, 6), Point(10, 4), Point(0, 4))
    wide = (Point(4, 0), Point(6, 0), Point(6, 10), Point(4, 10), Point(4, 0))
    assert meet((tall,), (wide,))
