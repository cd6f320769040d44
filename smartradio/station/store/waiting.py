"""Verdicts that wait for a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select

from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.station.store import tables as t
from smartradio.station.views import WaitingVerdict


def waiting(connection: Connection, since: datetime) -> list[WaitingVerdict]:
    """Return the verdicts of airings from `since` on that nobody confirmed, disputed or answered by a replay."""
    same_pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    replayed = exists().where(
        t.evidence.c.airing == t.progress.c.airing,
        t.evidence.c.node == t.progress.c.node,
        func.json_extract(t.evidence.c.entry, "$.step") == Step.REPLAY_ASKED.value,
    )
    query = (
        select(
            t.progress.c.airing,
            t.progress.c.node,
            t.nodes.c.title.label("node_title"),
            t.bulletins.c.title,
            t.airings.c.starts_at,
            t.airings.c.priority,
            t.judgements.c.verdict,
            func.json_extract(t.judgements.c.content, "$.coverage").label("coverage"),
            func.json_extract(t.judgements.c.content, "$.clip").is_not(None).label("has_clip"),
        )
        .join(t.airings, t.airings.c.id == t.progress.c.airing)
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .join(t.judgements, same_pair)
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .where(t.airings.c.starts_at >= since, t.progress.c.settled.is_(None), ~replayed)
    )
    return [
        WaitingVerdict(
            airing=row.airing,
            node=row.node,
            title=row.title,
            node_title=row.node_title or row.node,
            starts_at=row.starts_at,
            priority=Priority(row.priority),
            verdict=row.verdict,
            coverage=row.coverage,
            has_clip=bool(row.has_clip),
        )
        for row in connection.execute(query)
    ]
