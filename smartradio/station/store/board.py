"""Airings as pages show them: a fixed number of queries, however many airings and nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import JSON, Connection, RowMapping, Select, Table, and_, func, select

from smartradio.domain.airing import AiringState
from smartradio.station.store import former, log, planned, texts
from smartradio.station.store import tables as t
from smartradio.station.store.judgements import judgement_of
from smartradio.station.store.standing import mark_of
from smartradio.station.views import AiringView, LoggedEvidence, NodeAiring, NodePlace


def view(connection: Connection, airing_id: str, with_chain: bool, of: Collection[str] | None) -> AiringView | None:
    """Return one airing, with its evidence chain if asked; with `of` only these nodes, and what holds for all."""
    row = connection.execute(_airings().where(t.airings.c.id == airing_id)).mappings().one_or_none()
    if row is None:
        return None
    nodes = _nodes(connection, [airing_id], with_words=True, of=of).get(airing_id, [])
    return _view(row, nodes, log.read_chain(connection, airing_id, of) if with_chain else [])


def places(connection: Connection, airing_id: str) -> list[NodePlace]:
    """Return where an airing stands at each of its nodes, in the order of the plan; from indexes, without figures."""
    p, same_pair = (
        t.progress.c,
        and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node),
    )
    query = (
        select(p.node, former.node_title(p.node, t.airings.c.starts_at), p.state, t.judgements.c.verdict, p.settled)
        .select_from(t.progress)
        .join(t.airings, t.airings.c.id == p.airing)
        .outerjoin(t.nodes, t.nodes.c.name == p.node)
        .outerjoin(t.judgements, same_pair)
        .where(p.airing == airing_id)
        .order_by(p.position)
    )
    return [
        NodePlace(row.node, row.title or row.node, AiringState(row.state), row.verdict, row.settled)
        for row in connection.execute(query)
    ]


def mark(connection: Connection, airing_id: str) -> str:
    """Return a mark of what is known of an airing: another one with every entry of its log and every clip."""
    e, c = t.evidence.c, t.clips.c
    entries = connection.execute(select(func.count(), func.max(e.number)).where(e.airing == airing_id)).one()
    clips = connection.execute(select(func.count(), func.max(c.committed_at)).where(c.airing == airing_id)).one()
    return f"{entries[0]}-{entries[1]}-{clips[0]}-{clips[1]}"


def board(connection: Connection, newest: int) -> list[AiringView]:
    """Return the latest airings, latest first, withdrawn ones too, without chains and without their words."""
    latest = _airings().order_by(t.airings.c.starts_at.desc(), t.airings.c.id.desc()).limit(newest)
    return _views(connection, latest)


def _prefixed(table: Table, prefix: str) -> list[Any]:
    return [column.label(f"{prefix}{column.name}") for column in table.c]


def _airings() -> Select[Any]:
    return (
        select(
            *_prefixed(t.airings, "airing_"),
            *_prefixed(t.bulletins, "bulletin_"),
            *_prefixed(t.recordings, "recording_"),
        )
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .join(t.recordings, t.recordings.c.id == t.airings.c.recording_id)
    )


def _views(connection: Connection, query: Select[Any]) -> list[AiringView]:
    rows = connection.execute(query).mappings().all()
    nodes = _nodes(connection, [row["airing_id"] for row in rows], with_words=False)
    return [_view(row, nodes.get(row["airing_id"], []), []) for row in rows]


def _view(row: RowMapping, nodes: Sequence[NodeAiring], chain: Sequence[LoggedEvidence]) -> AiringView:
    return AiringView(
        airing=planned.airing_from(row, "airing_"),
        bulletin=texts.bulletin_from(row, "bulletin_"),
        recording=texts.recording_from(row, "recording_"),
        spoken=tuple(row["bulletin_spoken"]),
        nodes=tuple(nodes),
        chain=tuple(chain),
    )


def _nodes(
    connection: Connection, airing_ids: Sequence[str], *, with_words: bool, of: Collection[str] | None = None
) -> dict[str, list[NodeAiring]]:
    same_pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    content = t.judgements.c.content
    # Every word of every airing at every node would be hundreds of megabytes on a board of fifty.
    kept = content if with_words else func.json_remove(content, "$.sentences", type_=JSON).label("content")
    query = (
        select(t.progress, former.node_title(t.progress.c.node, t.airings.c.starts_at), kept)
        .join(t.airings, t.airings.c.id == t.progress.c.airing)
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.judgements, same_pair)
        .where(t.progress.c.airing.in_(airing_ids))
        .order_by(t.progress.c.airing, t.progress.c.position)
    )
    if of is not None:
        query = query.where(t.progress.c.node.in_(of))
    clips = planned.clips_held(connection, airing_ids)
    found: dict[str, list[NodeAiring]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["airing"], []).append(_node(row, clips.get((row["airing"], row["node"]))))
    return found


def _node(row: RowMapping, held: planned.WaitingClip | None) -> NodeAiring:
    standing = log.standing_from(row)
    judged = {} if row["content"] is None else _figures(row["content"])
    if held is not None and judged.get("clip") is None:
        # It came after somebody settled the verdict, or waits for its own: a person may hear it all the same.
        judged |= {"clip": held.sha256, "clip_starts_s": held.facts.get("starts_s")}
    return NodeAiring(
        node=row["node"],
        # A node taken out of the registry keeps its airings under its name.
        title=row["title"] or row["node"],
        state=standing.state,
        delivered_at=standing.delivered_at,
        started_at=standing.started_at,
        start_offset_ms=standing.start_offset_ms,
        settled=standing.settled,
        settled_by=standing.settled_by,
        note=standing.note,
        mark=mark_of(standing),
        **judged,
    )


def _figures(content: dict[str, Any]) -> dict[str, Any]:
    judgement = judgement_of(content)
    figures = {field.name: getattr(judgement, field.name) for field in fields(judgement)}
    return {**figures, "verdict": judgement.verdict.value}
