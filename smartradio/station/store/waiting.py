"""Verdicts that wait for a person: counted from indexes alone, read no further than somebody gets through in a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal_column, select, text, tuple_

from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import tables as t
from smartradio.station.views import WORST_FIRST, WaitingVerdict

# As SQL and not as parameters: only so does SQLite see that an index holds all of them.
_REPLAY_ASKED: ColumnElement[bool] = and_(
    t.evidence.c.step == literal_column(f"'{Step.REPLAY_ASKED.value}'"),
    text("step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')"),
)
_AIRED: ColumnElement[str] = literal_column(f"'{VerdictCode.AIRED.value}'")
_UNSETTLED: Final = and_(t.progress.c.settled.is_(None), t.progress.c.judgement_sha256.is_not(None))


def waiting(connection: Connection, since: datetime, most: int) -> list[WaitingVerdict]:
    """Return verdicts of airings from `since` on that nobody confirmed, disputed or answered by a replay.

    The `most` worst of them: emergencies that were not heard, then by verdict, the newest before the older.
    """
    # Nine verdicts in ten say that it was heard; those are only read where there is not enough of the others.
    found = _read(connection, _not_heard(since).limit(most))
    return found if len(found) == most else found + _read(connection, _heard(since).limit(most - len(found)))


def _read(connection: Connection, which: Select[Any]) -> list[WaitingVerdict]:
    worst, content = which.subquery(), t.judgements.c.content
    query = (
        select(
            worst,
            t.nodes.c.title.label("node_title"),
            t.bulletins.c.title,
            func.json_extract(content, "$.coverage").label("coverage"),
            func.json_extract(content, "$.clip").is_not(None).label("has_clip"),
        )
        .select_from(worst)
        .join(t.judgements, and_(t.judgements.c.airing == worst.c.airing, t.judgements.c.node == worst.c.node))
        .join(t.bulletins, t.bulletins.c.id == worst.c.bulletin_id)
        .outerjoin(t.nodes, t.nodes.c.name == worst.c.node)
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


def count_waiting(connection: Connection, since: datetime) -> int:
    """Return how many verdicts of airings from `since` on wait."""
    p = t.progress.c
    unsettled = (
        select(func.count())
        .select_from(t.airings.join(t.progress, p.airing == t.airings.c.id))
        .where(t.airings.c.starts_at >= since, _UNSETTLED)
    )
    answered = (
        select(func.count(func.distinct(p.airing + " " + p.node)))
        .select_from(t.evidence)
        .join(t.progress, and_(p.airing == t.evidence.c.airing, p.node == t.evidence.c.node))
        .join(t.airings, t.airings.c.id == p.airing)
        .where(_REPLAY_ASKED, t.airings.c.starts_at >= since, _UNSETTLED)
    )
    return int(connection.execute(unsettled).scalar_one()) - int(connection.execute(answered).scalar_one())


def _not_heard(since: datetime) -> Select[Any]:
    a, j, p = t.airings.c, t.judgements.c, t.progress.c
    judged = (
        select(j.airing, j.node, j.verdict, a.starts_at, a.priority, a.bulletin_id)
        .join(t.airings, a.id == j.airing)
        .where(a.starts_at >= since, j.verdict != _AIRED)
        # No limit at all, but SQLite then does this part first: it is the one that leaves little.
        .limit(-1)
        .subquery("judged")
    )
    rank = case({code.value: place for place, code in enumerate(WORST_FIRST)}, value=judged.c.verdict)
    urgent = judged.c.priority >= int(Priority.EMERGENCY)
    return (
        select(judged)
        .join(t.progress, and_(p.airing == judged.c.airing, p.node == judged.c.node))
        .where(_UNSETTLED, tuple_(p.airing, p.node).not_in(_replayed()))
        .order_by(urgent.desc(), rank, judged.c.starts_at.desc(), judged.c.airing, judged.c.node)
    )


def _heard(since: datetime) -> Select[Any]:
    a, j, p = t.airings.c, t.judgements.c, t.progress.c
    return (
        select(p.airing, p.node, j.verdict, a.starts_at, a.priority, a.bulletin_id)
        .join(t.airings, a.id == p.airing)
        .join(t.judgements, and_(j.airing == p.airing, j.node == p.node))
        .where(a.starts_at >= since, _UNSETTLED, j.verdict == _AIRED, tuple_(p.airing, p.node).not_in(_replayed()))
        .order_by(a.starts_at.desc(), p.airing, p.node)
    )


def _replayed() -> Select[Any]:
    return select(t.evidence.c.airing, t.evidence.c.node).where(_REPLAY_ASKED)
