"""The history of nodes' health: five-minute means for a fortnight, hourly ones for a year."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, delete, func, literal, select
from sqlalchemy.dialects.sqlite import Insert, insert

from smartradio.station.health_means import FIVE_MINUTES_S, HOUR_S, HealthMean
from smartradio.station.store.node_tables import node_health

KEPT: Final = {FIVE_MINUTES_S: timedelta(days=14), HOUR_S: timedelta(days=366)}
"""How long rows of a span (s) are kept."""

# Column, field of HealthMean, units of the column in one of the field, whether hours and repeats add it up.
_FIGURES: Final = (
    ("temperature_dc", "temperature_c", 10.0, False),
    ("undervoltage_percent", "undervoltage", 100.0, False),
    ("clock_offset_us", "clock_offset_ms", 1_000.0, False),
    ("disk_free_mb", "disk_free_mb", 1.0, False),
    ("load_percent", "load", 100.0, False),
    ("underruns", "underruns", 1.0, True),
    ("carried_kb", "carried_mb", 1_000.0, True),
    ("station_sent_kb", "station_sent_mb", 1_000.0, True),
)


def put(connection: Connection, means: Sequence[HealthMean]) -> None:
    """Write five-minute means and bring the hours they lie in up to date; one that stands there is added to."""
    if not means:
        return
    connection.execute(_added(insert(node_health)), [_row(mean) for mean in means])
    hours: dict[int, set[str]] = {}
    for mean in means:
        hours.setdefault(_seconds(mean.at) // HOUR_S * HOUR_S, set()).add(mean.node)
    for hour, nodes in sorted(hours.items()):
        _gather_hour(connection, hour, nodes)


def nodes_with_history(connection: Connection) -> list[str]:
    """Return the nodes of which anything is kept, also those that are gone."""
    c = node_health.c
    # One step of the key for each node: a distinct over all would read millions of rows.
    found = [connection.execute(select(func.min(c.node))).scalar_one()]
    while found[-1] is not None:
        found.append(connection.execute(select(func.min(c.node)).where(c.node > found[-1])).scalar_one())
    return found[:-1]


def forget_old(connection: Connection, nodes: Iterable[str], now: datetime) -> None:
    """Delete what of these nodes is past its time."""
    c = node_health.c
    for node in nodes:
        for span_s, kept in KEPT.items():
            before = _seconds(now - kept)
            connection.execute(delete(node_health).where(c.node == node, c.span_s == span_s, c.at < before))


def series(connection: Connection, node: str, span_s: int, start: datetime, end: datetime) -> list[HealthMean]:
    """Return the means of a span that begin in [start, end), oldest first."""
    c = node_health.c
    query = (
        select(node_health)
        .where(c.node == node, c.span_s == span_s, c.at >= _seconds(start), c.at < _seconds(end))
        .order_by(c.at)
    )
    return [_mean(row) for row in connection.execute(query).mappings()]


def carried_mb(connection: Connection, nodes: Collection[str], since: datetime) -> dict[str, tuple[float, float]]:
    """Return by node the megabytes of the hours from `since` on: what it counted itself, what the station sent it."""
    c = node_health.c
    query = (
        select(c.node, func.total(c.carried_kb), func.total(c.station_sent_kb))
        .where(c.node.in_(nodes), c.span_s == HOUR_S, c.at >= _seconds(since))
        .group_by(c.node)
    )
    return {node: (carried / 1_000, sent / 1_000) for node, carried, sent in connection.execute(query)}


def _gather_hour(connection: Connection, hour: int, nodes: Collection[str]) -> None:
    c = node_health.c
    gathered: list[ColumnElement[Any]] = []
    for column, _, _, adds in _FIGURES:
        figure = c[column]
        weight = func.sum(case((figure.is_not(None), c.beats), else_=0))
        mean = cast(func.round(func.sum(figure * c.beats) * 1.0 / func.nullif(weight, 0)), Integer)
        gathered.append(func.sum(figure) if adds else mean)
    names = ["node", "span_s", "at", "beats", *(column for column, *_ in _FIGURES)]
    columns: list[ColumnElement[Any]] = [c.node, literal(HOUR_S), literal(hour), func.sum(c.beats), *gathered]
    known = (
        select(*columns)
        .where(c.node.in_(nodes), c.span_s == FIVE_MINUTES_S, c.at >= hour, c.at < hour + HOUR_S)
        .group_by(c.node)
    )
    connection.execute(insert(node_health).prefix_with("OR REPLACE").from_select(names, known, include_defaults=False))


def _added(statement: Insert) -> Insert:
    """Have a row that stands there already grow by the new one: a station that starts anew within five minutes."""
    old, new = node_health.c, statement.excluded
    beats = old.beats + new.beats
    values: dict[str, ColumnElement[Any]] = {"beats": beats}
    for column, _, _, adds in _FIGURES:
        both = (
            old[column] + new[column]
            if adds
            else cast(func.round((old[column] * old.beats + new[column] * new.beats) * 1.0 / beats), Integer)
        )
        values[column] = func.coalesce(both, old[column], new[column])
    return statement.on_conflict_do_update(index_elements=["node", "span_s", "at"], set_=values)


def _row(mean: HealthMean) -> dict[str, object]:
    row: dict[str, object] = {
        "node": mean.node,
        "span_s": mean.span_s,
        "at": _seconds(mean.at),
        "beats": mean.beats,
    }
    for column, name, units, _ in _FIGURES:
        value = getattr(mean, name)
        row[column] = None if value is None else round(value * units)
    return row


def _mean(row: Any) -> HealthMean:
    figures = {name: None if row[column] is None else row[column] / units for column, name, units, _ in _FIGURES}
    return HealthMean(
        row["node"], datetime.fromtimestamp(row["at"], tz=UTC), span_s=row["span_s"], beats=row["beats"], **figures
    )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
