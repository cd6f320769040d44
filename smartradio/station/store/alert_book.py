"""The book of alerts in the database: an act, its evidence, its airings and what it takes back are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from smartradio.domain.alert import AlertState
from smartradio.domain.evidence import Evidence
from smartradio.station.alerts.kept import (
    AlertAiring,
    AlertStep,
    KeptAlert,
    alert_chain,
    changed,
)
from smartradio.station.store import alert_tables as t
from smartradio.station.store import log, planned
from smartradio.station.store.alert_rows import airing_from, airing_row, kept_from, row_of
from smartradio.station.store.database import Database
from smartradio.station.store.tables import airings
from smartradio.station.views import LoggedEvidence


class AlertBookShelf:
    """Alerts and their airings. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take(self, steps: Sequence[AlertStep]) -> None:
        """Write alerts after their steps, all or none; AlertRefusedError if one is not what was seen."""
        self._database.write(lambda c: _take(c, steps, self._clock()))

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert."""
        query = select(t.alerts).where(t.alerts.c.id == name)

        def work(connection: Connection) -> KeptAlert | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else kept_from(row)

        return self._database.read(work)

    def of_airing(self, airing: str) -> KeptAlert | None:
        """Return the alert that an airing is of, None for one of no alert."""
        query = select(t.alerts).join(t.alert_airings).where(t.alert_airings.c.airing == airing)

        def work(connection: Connection) -> KeptAlert | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else kept_from(row)

        return self._database.read(work)

    def in_states(self, states: Collection[AlertState], *, changed_since: datetime | None = None) -> list[KeptAlert]:
        """Return the alerts in some states, the one changed last first."""
        query = select(t.alerts).where(t.alerts.c.state.in_([state.value for state in states]))
        if changed_since is not None:
            query = query.where(t.alerts.c.changed_at >= changed_since)
        query = query.order_by(t.alerts.c.changed_at.desc(), t.alerts.c.id)
        return self._database.read(lambda c: [kept_from(row) for row in c.execute(query)])

    def changed_since(self, since: datetime) -> list[KeptAlert]:
        """Return the alerts that anything was done to from an instant on, in that order."""
        query = select(t.alerts).where(t.alerts.c.changed_at >= since).order_by(t.alerts.c.changed_at, t.alerts.c.id)
        return self._database.read(lambda c: [kept_from(row) for row in c.execute(query)])

    def lately(self, most: int) -> list[KeptAlert]:
        """Return the alerts that were sent, the newest first."""
        sent = t.alerts.c.sent_at
        query = select(t.alerts).where(sent.is_not(None)).order_by(sent.desc(), t.alerts.c.id).limit(most)
        return self._database.read(lambda c: [kept_from(row) for row in c.execute(query)])

    def sent_since(self, since: datetime) -> list[KeptAlert]:
        """Return the alerts that were sent after an instant, the newest first."""
        sent = t.alerts.c.sent_at
        query = select(t.alerts).where(sent > since).order_by(sent.desc(), t.alerts.c.id)
        return self._database.read(lambda c: [kept_from(row) for row in c.execute(query)])

    def of_source(self, source: str) -> list[KeptAlert]:
        """Return the alerts that came from one template, CAP message or gauge, the one drafted last first."""
        query = select(t.alerts).where(t.alerts.c.source == source)
        query = query.order_by(t.alerts.c.drafted_at.desc(), t.alerts.c.id)
        return self._database.read(lambda c: [kept_from(row) for row in c.execute(query)])

    def airings_of(self, name: str) -> list[AlertAiring]:
        """Return the airings of an alert in the order in which they were due."""
        query = (
            select(t.alert_airings, airings.c.id.label("planned"))
            .outerjoin(airings, airings.c.id == t.alert_airings.c.airing)
            .where(t.alert_airings.c.alert == name)
            .order_by(t.alert_airings.c.at, t.alert_airings.c.airing)
        )
        return self._database.read(
            lambda c: [airing_from(row, planned=row.planned is not None) for row in c.execute(query)]
        )

    def withdrawn_by(self, airing: str) -> str | None:
        """Return who took an airing back by name, None where it stands or the plan itself did."""
        query = select(airings.c.withdrawn_by).where(airings.c.id == airing)
        return self._database.read(lambda c: c.execute(query).scalar_one_or_none())

    def history(self, name: str) -> list[LoggedEvidence]:
        """Return what the log has of an alert, in order."""
        return self._database.read(lambda c: log.read_chain(c, alert_chain(name), None))


def _take(connection: Connection, steps: Sequence[AlertStep], now: datetime) -> None:
    for step in steps:
        _put(connection, step, now)
    log.append_evidence(connection, [said for step in steps for said in step.evidence], now)
    for step in steps:
        for airing in step.airings:
            connection.execute(upsert(t.alert_airings).values(**airing_row(airing)).on_conflict_do_nothing())
        for said in step.taken_back:
            planned.withdraw(connection, said.airing, [said], now, _by(said))


def _put(connection: Connection, step: AlertStep, now: datetime) -> None:
    query = select(t.alerts.c.version).where(t.alerts.c.id == step.kept.id)
    stands = connection.execute(query).scalar_one_or_none()
    if stands != step.seen:
        raise changed()
    values = row_of(step.kept, now)
    if stands is None:
        connection.execute(insert(t.alerts).values(id=step.kept.id, **values))
    else:
        connection.execute(t.alerts.update().where(t.alerts.c.id == step.kept.id).values(**values))


def _by(said: Evidence) -> str | None:
    return str(said.facts["by"]) if "by" in said.facts else None
