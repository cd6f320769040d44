"""A node's figures over a day, a fortnight or a year, as charts and as rows for scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from smartradio.station.health_means import FIVE_MINUTES_S, HOUR_S, HealthMean
from smartradio.station.store.node_past import PastAtNode
from smartradio.web.charts import Chart, bar_chart, line_chart


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the past that charts show: its code in addresses, its length, the rows it is drawn from."""

    code: str
    length: timedelta
    row_s: int


SPANS: Final = (
    Span("ngay", timedelta(days=1), FIVE_MINUTES_S),
    Span("hai-tuan", timedelta(days=14), HOUR_S),
    Span("nam", timedelta(days=365), HOUR_S),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of HealthMean: its code (words: "figure"), its unit, its digits, the least span of its chart."""

    code: str
    unit: str
    digits: int
    least: float
    value: Callable[[HealthMean], float | None]
    adds: bool = False


FIGURES: Final = (
    Figure("temperature_c", "°C", 0, 20.0, lambda row: row.temperature_c),
    Figure("undervoltage", "%", 0, 100.0, lambda row: None if row.undervoltage is None else 100.0 * row.undervoltage),
    Figure("clock_offset_ms", "ms", 1, 10.0, lambda row: row.clock_offset_ms),
    Figure("carried_mb", "MB", 1, 1.0, lambda row: row.carried_mb, adds=True),
    Figure("disk_free_mb", "MB", 0, 500.0, lambda row: row.disk_free_mb),
    Figure("load", "", 2, 1.0, lambda row: row.load),
    Figure("underruns", "", 0, 1.0, lambda row: row.underruns, adds=True),
)
LEVEL: Final = Figure("level_db", "dB", 1, 12.0, lambda _row: None)


def span_named(code: str) -> Span:
    """Return the span of an address, the day for one that there is not."""
    return next((span for span in SPANS if span.code == code), SPANS[0])


def charts_of(
    rows: Sequence[HealthMean], past: Sequence[PastAtNode], span: Span, now: datetime
) -> list[tuple[Figure, Chart]]:
    """Return a chart for each figure of which anything is known, the level at the microphone first."""
    start = now - span.length
    levels = [(each.starts_at, each.level_db) for each in reversed(past)]
    # Airings are hours apart; a night without any breaks no line.
    drawn = [(LEVEL, line_chart(levels, start, now, gap_s=3 * 86_400.0, least=LEVEL.least))]
    for figure in FIGURES:
        points = [(row.at, figure.value(row)) for row in _thinned(rows, span)]
        chart = (
            bar_chart(points, start, now, width_s=_width_s(span))
            if figure.adds
            else line_chart(points, start, now, gap_s=2.5 * _width_s(span), least=figure.least)
        )
        drawn.append((figure, chart))
    return [(figure, chart) for figure, chart in drawn if chart.low is not None]


def series_of(rows: Sequence[HealthMean]) -> dict[str, Any]:
    """Return the rows as columns for scripts: `at` in seconds since 1970, then each figure, null where unknown."""
    columns: dict[str, Any] = {"at": [int(row.at.timestamp()) for row in rows]}
    for figure in FIGURES:
        columns[figure.code] = [figure.value(row) for row in rows]
    return columns


def _width_s(span: Span) -> float:
    return 86_400.0 if span.length > timedelta(days=60) else float(span.row_s)


def _thinned(rows: Sequence[HealthMean], span: Span) -> Sequence[HealthMean]:
    """Return rows as few as a chart has room for: of a year, days."""
    width_s = _width_s(span)
    if width_s <= span.row_s:
        return rows
    days: dict[int, list[HealthMean]] = {}
    for row in rows:
        days.setdefault(int(row.at.timestamp() // width_s), []).append(row)
    return [_day(of_day) for of_day in days.values()]


def _day(rows: Sequence[HealthMean]) -> HealthMean:
    def mean(name: str) -> float | None:
        known = [(getattr(row, name), row.beats) for row in rows if getattr(row, name) is not None and row.beats]
        weight = sum(beats for _, beats in known)
        return sum(value * beats for value, beats in known) / weight if weight else None

    def total(name: str) -> float | None:
        known = [value for row in rows if (value := getattr(row, name)) is not None]
        return sum(known) if known else None

    means = {name: mean(name) for name in ("temperature_c", "undervoltage", "clock_offset_ms", "disk_free_mb", "load")}
    sums = {name: total(name) for name in ("underruns", "carried_mb", "station_sent_mb")}
    beats = sum(row.beats for row in rows)
    return HealthMean(rows[0].node, rows[0].at, 86_400, beats, **means, **sums)
