"""What a day's pages ask beside the outcomes of its airings: who has begun, which verdicts are bad and unsettled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from smartradio.domain.approval import ItemState
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import tables as t


def begun(connection: Connection, start: datetime, end: datetime) -> dict[str, dict[str, int]]:
    """Return by airing that was to start in [start, end) and by zone how many nodes began and have no verdict."""
    query = (
        select(t.airings.c.id, t.nodes.c.zone, func.count())
        .join(t.progress, t.progress.c.airing == t.airings.c.id)
        .join(t.nodes, t.nodes.c.name == t.progress.c.node)
        .where(
            t.airings.c.starts_at >= start,
            t.airings.c.starts_at < end,
            t.progress.c.started_at.is_not(None),
            t.progress.c.judgement_sha256.is_(None),
        )
        .group_by(t.airings.c.id, t.nodes.c.zone)
    )
    found: dict[str, dict[str, int]] = {}
    for airing, zone, count in connection.execute(query):
        found.setdefault(airing, {})[zone] = count
    return found


def bad_verdicts(connection: Connection, start: datetime) -> dict[str, int]:
    """Return by verdict other than `aired` how many of airings from `start` on nobody has settled."""
    same_pair = and_(t.progress.c.airing == t.judgements.c.airing, t.progress.c.node == t.judgements.c.node)
    query = (
        select(t.judgements.c.verdict, func.count().label("number"))
        .select_from(t.airings)
        .join(t.judgements, t.judgements.c.airing == t.airings.c.id)
        .join(t.progress, same_pair)
        .where(
            t.airings.c.starts_at >= start,
            t.judgements.c.verdict != VerdictCode.AIRED.value,
            t.progress.c.settled.is_(None),
        )
        .group_by(t.judgements.c.verdict)
    )
    return {row.verdict: row.number for row in connection.execute(query)}


def silent_nodes(connection: Connection) -> int:
    """Return how many nodes that stand are not online now."""
    online = t.node_states.c.online
    query = (
        select(func.count())
        .select_from(t.nodes)
        .outerjoin(t.node_states, t.node_states.c.node == t.nodes.c.name)
        .where(t.nodes.c.merged_into.is_(None), online.is_(None) | online.is_(False))
    )
    return int(connection.execute(query).scalar_one())


def has_nodes(connection: Connection) -> bool:
    """Say whether a node stands anywhere."""
    query = select(t.nodes.c.name).where(t.nodes.c.merged_into.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def count_items(connection: Connection, states: Collection[ItemState]) -> int:
    """Return how many items stand in one of these states."""
    query = select(func.count()).select_from(t.items).where(t.items.c.state.in_([state.value for state in states]))
    return int(connection.execute(query).scalar_one())
