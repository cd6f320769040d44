"""The evidence log as an auditor reads it: newest first, a page at a time, by who, what, where and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Select, func, select, text

from smartradio.domain.evidence import Evidence, Step
from smartradio.station.alerts.kept import CHAIN as ALERT_CHAIN
from smartradio.station.evidence_log import read_entry
from smartradio.station.items import CHAIN_PREFIX
from smartradio.station.store import log
from smartradio.station.store import tables as t
from smartradio.station.store.alert_tables import alerts
from smartradio.station.store.database import Database
from smartradio.station.views import LoggedEvidence

# What nodes tell by the thousand is found by walking back, the rest by its index.
_OFTEN: Final = frozenset({Step.DELIVERED, Step.FINISHED, Step.MEASURED, Step.HEARD, Step.STARTED})
_BY_STEP: Final = text("step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')")


@dataclass(frozen=True, slots=True)
class Titles:
    """What operators call what entries name: `chains` by airing or chain of an item or alert, `nodes` by node."""

    chains: Mapping[str, str]
    nodes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is asked for; an empty field asks for all. `since` and `until` are aware, [since, until)."""

    person: str = ""
    airing: str = ""
    node: str = ""
    step: Step | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditShelf:
    """The log for reading. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, asked: Asked, *, before: int | None = None, most: int = 50) -> list[LoggedEvidence]:
        """Return entries numbered below `before`, newest first."""
        return self._database.read(lambda c: page(c, asked, before=before, most=most))

    def count(self) -> int:
        """Return how many entries the log has."""
        return self._database.read(lambda c: int(c.execute(select(t.evidence_head.c.entries)).scalar_one()))

    def told_of_since(self, entries: int | None) -> tuple[int, list[datetime]]:
        """Return how many entries the log has, and when the airings start that those after the first `entries` tell of.

        With None no airing is named: nothing is known yet that could have changed.
        """
        return self._database.read(lambda c: told_of_since(c, entries))

    def titles(self, entries: Sequence[LoggedEvidence]) -> Titles:
        """Return what operators call the airings, items and nodes of entries; without those that are no longer kept."""
        return self._database.read(lambda c: titles(c, entries))

    def nodes(self) -> dict[str, str]:
        """Return the titles of all nodes that there ever were, by name."""
        return self._database.read(lambda c: _titled(c, t.nodes.c.name, t.nodes.c.title, None))

    def replays_asked(self, airing: str, node: str | None = None) -> list[Evidence]:
        """Return what the log has of an airing being asked for once more; with a node, of it and of all nodes."""
        return self._database.read(lambda c: log.replays_asked(c, airing, node))

    def people(self) -> list[str]:
        """Return whoever stands in the log by name."""
        return self._database.read(people)


def page(connection: Connection, asked: Asked, *, before: int | None, most: int) -> list[LoggedEvidence]:
    """Return entries numbered below `before`, newest first."""
    query = _query(connection, asked).order_by(t.evidence.c.number.desc()).limit(most)
    if before is not None:
        query = query.where(t.evidence.c.number < before)
    return [_logged(row.entry, row.hash) for row in connection.execute(query)]


def people(connection: Connection) -> list[str]:
    """Return whoever stands in the log by name."""
    # One step along the index for each name, however often it stands there.
    names: list[str] = []
    least = select(func.min(t.evidence.c.person)).where(t.evidence.c.person.is_not(None))
    name = connection.execute(least).scalar_one()
    while name is not None:
        names.append(name)
        name = connection.execute(least.where(t.evidence.c.person > name)).scalar_one()
    return names


def titles(connection: Connection, entries: Sequence[LoggedEvidence]) -> Titles:
    """Return what operators call the airings, items and nodes of entries."""
    chains = {entry.evidence.airing for entry in entries}
    aired = select(t.airings.c.id, t.bulletins.c.title).join(t.bulletins).where(t.airings.c.id.in_(chains))
    written = {chain.removeprefix(CHAIN_PREFIX): chain for chain in chains if chain.startswith(CHAIN_PREFIX)}
    drafts = _titled(connection, t.programmes.c.name, t.programmes.c.title, written)
    told = {chain.removeprefix(ALERT_CHAIN): chain for chain in chains if chain.startswith(ALERT_CHAIN)}
    of_alerts = select(alerts.c.id, func.json_extract(alerts.c.content, "$.title").label("title"))
    return Titles(
        {row.id: row.title for row in connection.execute(aired)}
        | {written[name]: drafts[name] for name in drafts}
        | {told[row.id]: row.title for row in connection.execute(of_alerts.where(alerts.c.id.in_(told)))},
        _titled(connection, t.nodes.c.name, t.nodes.c.title, {entry.evidence.node for entry in entries}),
    )


def _titled(
    connection: Connection, name: Column[str], title: Column[str], wanted: Collection[str] | None
) -> dict[str, str]:
    query = select(name, title)
    query = query if wanted is None else query.where(name.in_(wanted))
    return {row[0]: row[1] for row in connection.execute(query)}


def _query(connection: Connection, asked: Asked) -> Select[tuple[str, str]]:
    query = select(t.evidence.c.entry, t.evidence.c.hash)
    for column, wanted in ((t.evidence.c.person, asked.person), (t.evidence.c.airing, asked.airing)):
        query = query.where(column == wanted) if wanted else query
    if asked.node:
        query = query.where(t.evidence.c.node == asked.node)
    if asked.step is not None:
        query = query.where(t.evidence.c.step == asked.step.value)
        query = query if asked.step in _OFTEN else query.where(_BY_STEP)
    if asked.since is not None:
        query = query.where(t.evidence.c.number >= _first_since(connection, asked.since))
    if asked.until is not None:
        query = query.where(t.evidence.c.number < _first_since(connection, asked.until))
    return query


def _first_since(connection: Connection, at: datetime) -> int:
    """Return the number of the first entry committed at or after an instant; they are numbered as they come."""
    low, high = 1, connection.execute(select(t.evidence_head.c.entries)).scalar_one() + 1
    while low < high:
        middle = (low + high) // 2
        entry = connection.execute(select(t.evidence.c.entry).where(t.evidence.c.number == middle)).scalar_one()
        if read_entry(entry)[1] < at:
            low = middle + 1
        else:
            high = middle
    return low


def _logged(entry: str, entry_hash: str) -> LoggedEvidence:
    number, committed_at, evidence = read_entry(entry)
    return LoggedEvidence(number=number, committed_at=committed_at, evidence=evidence, hash=entry_hash)


def told_of_since(connection: Connection, entries: int | None) -> tuple[int, list[datetime]]:
    """Return the length of the log, and the starts of the airings that its last entries tell of."""
    length = int(connection.execute(select(t.evidence_head.c.entries)).scalar_one())
    if entries is None:
        return length, []
    told = select(t.evidence.c.airing).where(t.evidence.c.number > entries)
    starts = select(t.airings.c.starts_at).where(t.airings.c.id.in_(told)).distinct()
    return length, list(connection.execute(starts).scalars())
