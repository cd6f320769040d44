"""A node's last airings, and the last verdict of every node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, text

from smartradio.domain.evidence import Step
from smartradio.station.evidence_log import read_entry
from smartradio.station.node_condition import LastHeard
from smartradio.station.store import tables as t
from smartradio.station.views import LoggedEvidence

_DELETED = "deleted"
_BY_STEP = text("step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')")


@dataclass(frozen=True, slots=True)
class PastAtNode:
    """One airing at one node; figures are None where nothing was measured. `has_clip` says that it can be played."""

    airing: str
    title: str
    starts_at: datetime
    priority: int
    state: str
    verdict: str | None
    settled: str | None
    level_db: float | None
    coverage: float | None
    has_clip: bool


def last_heard(connection: Connection, since: datetime) -> dict[str, LastHeard]:
    """Return by node the newest airing from `since` on that has a verdict."""
    a, j = t.airings.c, t.judgements.c
    query = (
        select(j.node, a.id, a.starts_at, j.verdict)
        .join_from(t.airings, t.judgements, a.id == j.airing)
        .where(a.starts_at >= since)
        .order_by(a.starts_at)
    )
    return {node: LastHeard(airing, at, verdict) for node, airing, at, verdict in connection.execute(query)}


def heard_at(connection: Connection, airing: str, node: str) -> LastHeard | None:
    """Return the verdict of an airing at a node, None without one."""
    a, j = t.airings.c, t.judgements.c
    query = select(a.starts_at, j.verdict).join_from(t.airings, t.judgements, a.id == j.airing)
    row = connection.execute(query.where(a.id == airing, j.node == node)).one_or_none()
    return None if row is None else LastHeard(airing, row.starts_at, row.verdict)


def past_at(connection: Connection, node: str, since: datetime, until: datetime, most: int) -> list[PastAtNode]:
    """Return a node's airings that were to start in [since, until], the newest first."""
    a, p, j, c = t.airings.c, t.progress.c, t.judgements.c, t.clips.c
    clip = select(c.sha256).where(c.airing == a.id, c.node == node, c.state != _DELETED).limit(1).scalar_subquery()
    query = (
        select(
            a.id,
            t.bulletins.c.title,
            a.starts_at,
            a.priority,
            p.state,
            j.verdict,
            p.settled,
            _figure("level_db"),
            _figure("coverage"),
            clip.is_not(None),
        )
        .join_from(t.airings, t.progress, and_(p.airing == a.id, p.node == node))
        .join(t.bulletins, t.bulletins.c.id == a.bulletin_id)
        .outerjoin(t.judgements, and_(j.airing == a.id, j.node == node))
        .where(a.starts_at >= since, a.starts_at <= until, a.withdrawn.is_(False))
        .order_by(a.starts_at.desc())
        .limit(most)
    )
    return [_past(tuple(row)) for row in connection.execute(query)]


def _past(values: tuple[Any, ...]) -> PastAtNode:
    return PastAtNode(*values)


def refused(connection: Connection, newest: int) -> list[LoggedEvidence]:
    """Return the newest refusals that belong to no airing, the newest first."""
    e = t.evidence.c
    query = (
        select(e.entry, e.hash)
        # By the index of steps, whose condition it repeats: of no airing are all entries about the station itself.
        .where(e.step == Step.REFUSED.value, _BY_STEP, text("+airing = ''"))
        .order_by(e.number.desc())
        .limit(newest)
    )
    found = []
    for row in connection.execute(query):
        number, committed_at, evidence = read_entry(row.entry)
        found.append(LoggedEvidence(number, committed_at, evidence, row.hash))
    return found


def _figure(name: str) -> Any:
    return func.json_extract(t.judgements.c.content, f"$.{name}")
