"""Airings as pages show them: a fixed number of queries, however many airings and nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import JSON, Connection, RowMapping, Select, Table, and_, func, select

from smartradio.station.store import log, planned, texts
from smartradio.station.store import tables as t
from smartradio.station.store.judgements import judgement_of
from smartradio.station.store.standing import mark_of
from smartradio.station.views import AiringView, LoggedEvidence, NodeAiring


def view(connection: Connection, airing_id: str, with_chain: bool) -> AiringView | None:
    """Return one airing, with its whole evidence chain if asked."""
    found = _views(connection, _airings().where(t.airings.c.id == airing_id), with_chain=with_chain, with_words=True)
    return found[0] if found else None


def board(connection: Connection, newest: int) -> list[AiringView]:
    """Return the latest airings, latest first, withdrawn ones too, without chains and without their words."""
    latest = _airings().order_by(t.airings.c.starts_at.desc(), t.airings.c.id.desc()).limit(newest)
    return _views(connection, latest, with_chain=False, with_words=False)


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


def _views(connection: Connection, query: Select[Any], *, with_chain: bool, with_words: bool) -> list[AiringView]:
    rows = connection.execute(query).mappings().all()
    nodes = _nodes(connection, [row["airing_id"] for row in rows], with_words=with_words)
    views = []
    for row in rows:
        airing_id = row["airing_id"]
        chain: Sequence[LoggedEvidence] = log.read_chain(connection, airing_id, None) if with_chain else ()
        views.append(
            AiringView(
                airing=planned.airing_from(row, "airing_"),
                bulletin=texts.bulletin_from(row, "bulletin_"),
                recording=texts.recording_from(row, "recording_"),
                spoken=tuple(row["bulletin_spoken"]),
                nodes=tuple(nodes.get(airing_id, ())),
                chain=tuple(chain),
            )
        )
    return views


def _nodes(connection: Connection, airing_ids: Sequence[str], *, with_words: bool) -> dict[str, list[NodeAiring]]:
    same_pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    content = t.judgements.c.content
    # Every word of every airing at every node would be hundreds of megabytes on a board of fifty.
    kept = content if with_words else func.json_remove(content, "$.sentences", type_=JSON).label("content")
    query = (
        select(t.progress, t.nodes.c.title, kept)
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.judgements, same_pair)
        .where(t.progress.c.airing.in_(airing_ids))
        .order_by(t.progress.c.airing, t.progress.c.position)
    )
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
