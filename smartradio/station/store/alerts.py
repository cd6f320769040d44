"""Emergencies as rows: the board of one, and those of late; a fixed number of queries, however many nodes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Integer, and_, func, literal_column, select

from smartradio.domain.airing import AiringState
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import AlertBoard, AlertNode, RecentAlert
from smartradio.station.evidence_log import read_entry
from smartradio.station.planner import ends_at
from smartradio.station.store import log, planned, texts
from smartradio.station.store import tables as t
from smartradio.station.store.database import Database

# In the words of the index that holds emergencies alone: with a value beside it SQLite would not take that.
_EMERGENCY: Final = literal_column(str(int(Priority.EMERGENCY)), Integer)


class AlertShelf:
    """What was sent as an emergency. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def board(self, airing_id: str) -> AlertBoard | None:
        """Return an emergency with all its nodes, None if there is none of that name."""
        return self._database.read(lambda c: _board(c, airing_id))

    def recent(self, most: int, since: datetime) -> list[RecentAlert]:
        """Return the emergencies from `since` on that were for whole zones, the newest first."""
        return self._database.read(lambda c: _recent(c, most, since))


def _board(connection: Connection, airing_id: str) -> AlertBoard | None:
    query = select(t.airings).where(t.airings.c.id == airing_id, t.airings.c.priority >= int(Priority.EMERGENCY))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    airing = planned.airing_from(row)
    bulletin, recording = (
        texts.bulletin(connection, airing.bulletin_id),
        texts.recording(connection, airing.recording_id),
    )
    assert bulletin is not None and recording is not None  # foreign keys hold them
    return AlertBoard(
        airing=airing,
        bulletin=bulletin,
        by=_answers(connection, airing_id),
        ends_at=ends_at(airing, recording),
        nodes=tuple(_nodes(connection, airing_id)),
        zone_titles={zone.name: zone.title for zone in connection.execute(select(t.zones))},
        once_more=_once_more(connection, airing_id),
        withdrawn_by=(row["withdrawn_by"] or "") if row["withdrawn"] else None,
    )


def _answers(connection: Connection, airing_id: str) -> str:
    for entry in log.read_chain(connection, airing_id, ()):
        if entry.evidence.step is Step.APPROVED:
            return str(entry.evidence.facts.get("by", ""))
    return ""


def _once_more(connection: Connection, airing_id: str) -> tuple[str, ...]:
    asked = func.json_extract(t.evidence.c.entry, "$.step") == Step.REPLAY_ASKED.value
    query = select(t.evidence.c.entry).where(t.evidence.c.airing == airing_id, asked).order_by(t.evidence.c.number)
    found = (read_entry(row.entry)[2].facts.get("airing") for row in connection.execute(query))
    return tuple(dict.fromkeys(str(name) for name in found if name))


def _nodes(connection: Connection, airing_id: str) -> list[AlertNode]:
    same_pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    query = (
        select(
            t.progress.c.node,
            t.progress.c.state,
            t.progress.c.delivered_at,
            t.progress.c.started_at,
            t.nodes.c.title,
            t.nodes.c.zone,
            t.node_states.c.online,
            t.judgements.c.verdict,
        )
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.node_states, t.node_states.c.node == t.progress.c.node)
        .outerjoin(t.judgements, same_pair)
        .where(t.progress.c.airing == airing_id)
        .order_by(t.progress.c.position)
    )
    return [
        AlertNode(
            node=row.node,
            # A node taken out of the registry keeps its airings under its name.
            title=row.title or row.node,
            zone=row.zone or "",
            online=bool(row.online),
            state=AiringState(row.state),
            delivered_at=row.delivered_at,
            started_at=row.started_at,
            verdict=row.verdict,
        )
        for row in connection.execute(query)
    ]


def _recent(connection: Connection, most: int, since: datetime) -> list[RecentAlert]:
    query = (
        select(t.airings.c.id, t.airings.c.starts_at, t.airings.c.withdrawn, t.bulletins.c.title, t.bulletins.c.text)
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .where(t.airings.c.starts_at >= since, t.airings.c.priority >= _EMERGENCY)
        .order_by(t.airings.c.starts_at.desc(), t.airings.c.id)
        .limit(most)
    )
    return [RecentAlert(row.id, row.title, row.text, row.starts_at, row.withdrawn) for row in connection.execute(query)]
