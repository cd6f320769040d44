"""Emergencies as rows: the board of one; a fixed number of queries, however many nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, and_, select

from smartradio.domain.airing import AiringState
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import AlertBoard, AlertCourse, AlertNode
from smartradio.station.planner import ends_at
from smartradio.station.store import log, planned, texts
from smartradio.station.store import tables as t
from smartradio.station.store.alert_courses import AlertCourses, replaced_by
from smartradio.station.store.database import Database

_STATES: Final = {state.value: state for state in AiringState}


class AlertShelf:
    """What was sent as an emergency. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._courses = AlertCourses()

    def board(self, airing_id: str) -> AlertBoard | None:
        """Return an emergency with all its nodes, None if there is none of that name."""
        return self._database.read(lambda c: _board(c, airing_id))

    def course(self, airings: Sequence[str], counted: Collection[str]) -> AlertCourse:
        """Return what came of emergencies: each by itself, and of those that are counted what came to each node."""
        return self._database.read(lambda c: self._courses.course(c, airings, counted))


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
        replaced_by=replaced_by(connection, airing_id) if row["withdrawn"] else "",
    )


def _answers(connection: Connection, airing_id: str) -> str:
    for entry in log.read_chain(connection, airing_id, ()):
        if entry.evidence.step is Step.APPROVED:
            return str(entry.evidence.facts.get("by", ""))
    return ""


def _once_more(connection: Connection, airing_id: str) -> tuple[str, ...]:
    found = (each.facts.get("airing") for each in log.replays_asked(connection, airing_id))
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
    # By place and not by name: of a thousand nodes in a dozen airings that is half of the time.
    return [
        # A node taken out of the registry keeps its airings under its name.
        AlertNode(node, title or node, zone or "", bool(online), _STATES[state], delivered_at, started_at, verdict)
        for node, state, delivered_at, started_at, title, zone, online, verdict in connection.execute(query)
    ]
