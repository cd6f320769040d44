"""Small charts as SVG: a line of what was measured, with a gap where nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WIDTH: Final = 600.0
HEIGHT: Final = 100.0
_EDGE: Final = 4.0

Points = Sequence[tuple[datetime, float | None]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure over time: the path of its line or bars in WIDTH × HEIGHT, and what its edges stand for.

    `low`, `high`, `last` and `total` are None where nothing was measured.
    """

    path: str
    low: float | None = None
    high: float | None = None
    last: float | None = None
    total: float | None = None
    bars: bool = False


def line_chart(points: Points, start: datetime, end: datetime, *, gap_s: float, least: float) -> Chart:
    """Return the line through what was measured in [start, end].

    Where the next point is more than `gap_s` away the line breaks. The height shows at least a span of `least`: what
    hardly moves must not look like a mountain.
    """
    known = [(at, value) for at, value in points if value is not None and start <= at <= end]
    if not known:
        return Chart("")
    values = [value for _, value in known]
    low, high = _edges(min(values), max(values), least)
    pieces: list[str] = []
    before: datetime | None = None
    for at, value in known:
        joined = before is not None and (at - before).total_seconds() <= gap_s
        place = f"{_x(at, start, end):.1f} {_y(value, low, high):.1f}"
        # A point alone is drawn as a dot: a line of no length with round ends.
        pieces.append(f"L{place}" if joined else f"M{place}h.1")
        before = at
    return Chart("".join(pieces), min(values), max(values), values[-1], sum(values))


def bar_chart(points: Points, start: datetime, end: datetime, *, width_s: float) -> Chart:
    """Return a bar from the ground for each sum that begins in [start, end)."""
    known = [(at, value) for at, value in points if value is not None and start <= at < end]
    if not known:
        return Chart("", bars=True)
    values = [value for _, value in known]
    high = max(*values, 1e-9)
    width = max(1.0, WIDTH * width_s / (end - start).total_seconds() - 0.6)
    bars = (
        f"M{_x(at, start, end):.1f} {HEIGHT:.0f}V{_y(value, 0.0, high):.1f}h{width:.1f}V{HEIGHT:.0f}z"
        for at, value in known
        if value > 0
    )
    return Chart("".join(bars), min(values), max(values), values[-1], sum(values), bars=True)


def _edges(low: float, high: float, least: float) -> tuple[float, float]:
    middle, half = (low + high) / 2, max(high - low, least) / 2
    return middle - half, middle + half


def _x(at: datetime, start: datetime, end: datetime) -> float:
    return WIDTH * (at - start) / (end - start)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (value - low) / (high - low)
