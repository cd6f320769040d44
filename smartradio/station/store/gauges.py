"""Gauges' readings, the limits their water is over, and the crossings a person is to be told of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from smartradio.domain.gauge import Crossing, Reading
from smartradio.station.store import beside_tables as t
from smartradio.station.store.database import Database


@dataclass(frozen=True, slots=True)
class KeptCrossing:
    """A crossing on record; `drafted_at` is when its alert stood in the book, `fault` what was wrong with its template.

    `alert` is the id of the draft.
    """

    alert: str
    gauge: str
    rule: str
    reading: Reading
    rise_m_h: float | None
    drafted_at: datetime | None
    fault: str | None


class GaugeShelf:
    """Readings and crossings. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def readings(self, gauge: str, since: datetime) -> list[Reading]:
        """Return a gauge's readings from an instant on, in the order of time."""
        rows = t.gauge_readings.c
        query = select(rows.at, rows.level_m).where(rows.gauge == gauge, rows.at >= since).order_by(rows.at)
        return self._database.read(lambda c: [Reading(row.at, row.level_m) for row in c.execute(query)])

    def newest(self, gauge: str, most: int) -> list[Reading]:
        """Return a gauge's latest readings, whenever they came, in the order of time."""
        rows = t.gauge_readings.c
        query = select(rows.at, rows.level_m).where(rows.gauge == gauge).order_by(rows.at.desc()).limit(most)
        return self._database.read(lambda c: [Reading(row.at, row.level_m) for row in c.execute(query)][::-1])

    def last(self, gauge: str) -> Reading | None:
        """Return a gauge's last reading."""
        rows = t.gauge_readings.c
        query = select(rows.at, rows.level_m).where(rows.gauge == gauge).order_by(rows.at.desc()).limit(1)

        def work(connection: Connection) -> Reading | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else Reading(row.at, row.level_m)

        return self._database.read(work)

    def standing(self, gauge: str) -> dict[str, datetime]:
        """Return the rules that stand, each with when its limit was crossed."""
        rows = t.gauge_standing.c
        query = select(rows.rule, rows.since).where(rows.gauge == gauge)
        return self._database.read(lambda c: {row.rule: row.since for row in c.execute(query)})

    def take(
        self,
        gauge: str,
        reading: Reading,
        standing: Mapping[str, bool],
        crossing: tuple[str, Crossing] | None,
        *,
        keep_since: datetime,
    ) -> None:
        """Write a reading, which rules stand after it and the crossing it made, with the id of its alert; all or none.

        What was read before `keep_since` is forgotten.
        """

        def work(connection: Connection) -> None:
            row = {"gauge": gauge, "at": reading.at, "level_m": reading.level_m}
            connection.execute(upsert(t.gauge_readings).values(**row).on_conflict_do_nothing())
            old = t.gauge_readings.c
            connection.execute(delete(t.gauge_readings).where(old.gauge == gauge, old.at < keep_since))
            _stand(connection, gauge, [rule for rule, stands in standing.items() if stands], reading.at)
            if crossing is not None:
                connection.execute(insert(t.gauge_crossings).values(**_row(gauge, *crossing)))

        self._database.write(work)

    def undrafted(self) -> list[KeptCrossing]:
        """Return the crossings whose alert does not stand in the book yet, the oldest first."""
        query = select(t.gauge_crossings).where(t.gauge_crossings.c.drafted_at.is_(None))
        return self._crossings(query.order_by(t.gauge_crossings.c.at))

    def crossings(self, gauge: str, most: int) -> list[KeptCrossing]:
        """Return a gauge's crossings, the latest first."""
        query = select(t.gauge_crossings).where(t.gauge_crossings.c.gauge == gauge)
        return self._crossings(query.order_by(t.gauge_crossings.c.at.desc()).limit(most))

    def drafted(self, alert: str, fault: str | None) -> None:
        """Write that a crossing's alert stands in the book, and what was wrong with its template."""
        query = update(t.gauge_crossings).where(t.gauge_crossings.c.alert == alert)
        self._database.write(lambda c: c.execute(query.values(drafted_at=self._clock(), fault=fault)))

    def _crossings(self, query: Select[Any]) -> list[KeptCrossing]:
        return self._database.read(lambda c: [_kept(row) for row in c.execute(query)])


def _stand(connection: Connection, gauge: str, rules: Collection[str], now: datetime) -> None:
    rows = t.gauge_standing.c
    connection.execute(delete(t.gauge_standing).where(rows.gauge == gauge, rows.rule.not_in(rules)))
    for rule in rules:
        stands = upsert(t.gauge_standing).values(gauge=gauge, rule=rule, since=now)
        connection.execute(stands.on_conflict_do_nothing())


def _row(gauge: str, alert: str, crossing: Crossing) -> dict[str, object]:
    reading = crossing.reading
    told = {"alert": alert, "gauge": gauge, "rule": crossing.rule.name, "at": reading.at, "level_m": reading.level_m}
    return {**told, "rise_m_h": crossing.rise_m_h}


def _kept(row: Row[Any]) -> KeptCrossing:
    reading = Reading(row.at, row.level_m)
    return KeptCrossing(row.alert, row.gauge, row.rule, reading, row.rise_m_h, row.drafted_at, row.fault)
