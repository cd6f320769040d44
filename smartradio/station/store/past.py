"""A node's own past: the figures of its airings, which say what its horn is usually like and how that changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    ScalarSelect,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.trends import Trend, trends_of
from smartradio.listening.usual import PastAiring
from smartradio.station.store import tables as t

_MOST = 40
# So far back among a node's verdicts those are looked for; years of them are not read to find that there are few.
_LOOKED_THROUGH = 200
_EARLIER_CLIPS = 3
_FIGURES = ("level_db", "background_db", "snr_db", "tilt_db", "delay_ms", "gain_db")
_NOT_LIKE_ITSELF = ("below_usual", "odd_level", "odd_delay")
_DELETED = "deleted"


def past_airings(connection: Connection, node: str) -> list[PastAiring]:
    """Return the figures of the latest airings that were `aired` at a node and not disputed, oldest first.

    None from before an operator disputed that the horn was not like itself: it is, and has changed.
    """
    return _past(connection, node, t.judgements.c.verdict == VerdictCode.AIRED.value)


def trends(connection: Connection) -> dict[str, tuple[Trend, ...]]:
    """Return what has moved the wrong way at each registered node at which anything has."""
    names = connection.execute(select(t.nodes.c.name).order_by(t.nodes.c.name)).scalars().all()
    found = {name: trends_of_node(connection, name) for name in names}
    return {name: of_node for name, of_node in found.items() if of_node}


def trends_of_node(connection: Connection, node: str) -> tuple[Trend, ...]:
    """Return what has moved the wrong way at a node, by all airings in which its own horn was heard."""
    return trends_of(_past(connection, node, _figure("delay_ms").is_not(None)))


def earlier_clips(connection: Connection, airing_id: str, node: str) -> list[tuple[str, float]]:
    """Return the latest clips kept of the same recording at this node before: SHA-256 (hex) and start (seconds)."""
    this = select(t.airings.c.recording_id, t.airings.c.starts_at).where(t.airings.c.id == airing_id).subquery()
    query = (
        select(t.clips.c.sha256, t.clips.c.facts)
        .join(t.airings, t.airings.c.id == t.clips.c.airing)
        .join(this, and_(t.airings.c.recording_id == this.c.recording_id, t.airings.c.starts_at < this.c.starts_at))
        .where(t.clips.c.node == node, t.clips.c.state != _DELETED)
        .order_by(t.airings.c.starts_at.desc())
        .limit(_EARLIER_CLIPS)
    )
    return [(row.sha256, float(row.facts["starts_s"])) for row in connection.execute(query)]


def _past(connection: Connection, node: str, which: ColumnElement[bool]) -> list[PastAiring]:
    # As SQL and not as a parameter: only so does SQLite see that an index holds the few of them.
    disputed = t.progress.c.settled == literal_column(f"'{Step.DISPUTED.value}'")
    joined = t.judgements.join(t.airings, t.airings.c.id == t.judgements.c.airing).join(
        t.progress,
        and_(t.progress.c.airing == t.judgements.c.airing, t.progress.c.node == t.judgements.c.node),
    )
    query = (
        select(t.airings.c.starts_at, *(_figure(name) for name in _FIGURES))
        .select_from(joined)
        .where(
            t.judgements.c.node == node,
            literal_column("judgements.rowid", Integer) > _oldest(node),
            which,
            or_(t.progress.c.settled.is_(None), ~disputed),
            t.airings.c.starts_at > func.coalesce(_changed(node, disputed), ""),
        )
        .order_by(t.airings.c.starts_at.desc())
        .limit(_MOST)
    )
    rows = connection.execute(query).all()
    return [PastAiring(at, *figures) for at, *figures in reversed(rows)]


def _changed(node: str, disputed: ColumnElement[bool]) -> ScalarSelect[datetime]:
    """Return when the latest airing was of which an operator disputed that the horn was not like itself."""
    told, of = t.progress.c, t.judgements.c
    reasons = func.json_extract(of.content, "$.reasons", type_=Text)
    not_like_itself = (
        select(of.airing)
        .where(of.airing == told.airing, of.node == told.node)
        .where(or_(*(reasons.contains(f'"{reason}"') for reason in _NOT_LIKE_ITSELF)))
        .exists()
    )
    started = select(t.airings.c.starts_at).where(t.airings.c.id == told.airing).scalar_subquery()
    # Of disputes there are few, of a node's verdicts years: one index holds just the former, and SQLite must begin
    # with it whatever it believes to know of their numbers.
    return (
        select(func.max(started))
        .select_from(t.progress)
        .where(disputed, told.node == node, not_like_itself)
        .with_hint(t.progress, "INDEXED BY progress_disputed", "sqlite")
        .scalar_subquery()
    )


def _oldest(node: str) -> ColumnElement[int]:
    """Return the row before the first of a node's latest verdicts, in the order in which they were judged."""
    latest, row = t.judgements.alias("latest"), literal_column("latest.rowid", Integer)
    oldest = select(row).select_from(latest).where(latest.c.node == node)
    return func.coalesce(oldest.order_by(row.desc()).offset(_LOOKED_THROUGH).limit(1).scalar_subquery(), 0)


def _figure(name: str) -> ColumnElement[float | None]:
    figure: ColumnElement[float | None] = func.json_extract(t.judgements.c.content, f"$.{name}", type_=Float).label(
        name
    )
    return figure
