"""What the rows say that may be wrong: how nodes are, what of an airing was heard where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, select

from smartradio.domain.airing import AiringState
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.station.alarms.presses import PressAt, press_of
from smartradio.station.evidence_log import read_entry
from smartradio.station.store import tables as t

_LATE = timedelta(seconds=15)
_LOOKED_BACK = timedelta(minutes=10)
_LATEST_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class NodeSign:
    """How a node was last known; room on its disk is None where it does not tell.

    `contacts` names those of its cabinet with something wrong.
    """

    name: str
    title: str
    zone: str
    online: bool
    last_seen: datetime | None
    problems: tuple[str, ...]
    disk_free_mb: float | None
    contacts: str | None = None


@dataclass(frozen=True, slots=True)
class HeardAt:
    """What was heard of an airing at one node; `verdict` is None before judgement."""

    node: str
    title: str
    zone: str
    zone_title: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class HeardOf:
    """What was heard of an airing; `again_of` is the airing that it repeats, `again` are its own repetitions."""

    airing: str
    bulletin: str
    priority: Priority
    starts_at: datetime
    withdrawn: bool
    again_of: str | None
    again: tuple[str, ...]
    nodes: tuple[HeardAt, ...]


@dataclass(frozen=True, slots=True)
class NotBegun:
    """A zone in which no node has told anything of an airing that should sound; `nodes` are those that stand there."""

    airing: str
    bulletin: str
    zone: str
    zone_title: str
    nodes: tuple[str, ...]


def node_signs(connection: Connection) -> list[NodeSign]:
    """Return every node that stands, as it was last known."""
    s, facts = t.node_states.c, t.node_states.c.facts
    query = (
        select(
            *(t.nodes.c.name, t.nodes.c.title, t.nodes.c.zone, s.online, s.last_seen),
            func.json_extract(facts, "$.problems").label("problems"),
            func.coalesce(
                func.json_extract(facts, "$.health.disk_free_mb"), func.json_extract(facts, "$.cache_free_mb")
            ).label("disk_free_mb"),
            func.json_extract(facts, "$.health.input_alarms").label("contacts"),
        )
        .join(t.node_states, s.node == t.nodes.c.name)
        .where(t.nodes.c.merged_into.is_(None))
        .order_by(t.nodes.c.name)
    )
    return [
        NodeSign(
            name=row.name,
            title=row.title,
            zone=row.zone,
            online=bool(row.online),
            last_seen=row.last_seen,
            problems=_names(row.problems),
            disk_free_mb=None if row.disk_free_mb is None else float(row.disk_free_mb),
            contacts=None if row.contacts is None else str(row.contacts),
        )
        for row in connection.execute(query)
    ]


def heard_of(connection: Connection, airing: str) -> HeardOf | None:
    """Return what was heard of an airing at each of its nodes."""
    query = (
        select(t.airings, t.bulletins.c.title.label("bulletin"))
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .where(t.airings.c.id == airing)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return HeardOf(
        airing=airing,
        bulletin=row.bulletin,
        priority=Priority(row.priority),
        starts_at=row.starts_at,
        withdrawn=bool(row.withdrawn),
        again_of=next(iter(_told(connection, airing, Step.APPROVED, "again_of")), None),
        again=tuple(_told(connection, airing, Step.REPLAY_ASKED, "airing")),
        nodes=tuple(_heard_at(connection, airing)),
    )


def not_begun(connection: Connection, now: datetime) -> list[NotBegun]:
    """Return the zones of programmes whose time to begin has just run out, where every node that tells says nothing.

    Nodes without a line may air what they hold all the same: a zone counts only where somebody is on line to tell.
    """
    p = t.progress.c
    silent = p.started_at.is_(None) & p.state.in_((AiringState.PLANNED.value, AiringState.DELIVERED.value))
    query = (
        select(
            *(t.airings.c.id, t.bulletins.c.title, t.nodes.c.zone, t.zones.c.title.label("zone_title")),
            func.group_concat(p.node).label("nodes"),
        )
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .join(t.progress, p.airing == t.airings.c.id)
        .join(t.nodes, t.nodes.c.name == p.node)
        .join(t.zones, t.zones.c.name == t.nodes.c.zone)
        .outerjoin(t.node_states, t.node_states.c.node == p.node)
        .where(
            t.airings.c.starts_at > now - _LOOKED_BACK - timedelta(hours=1),
            t.airings.c.expires_at > now - _LATE - _LOOKED_BACK,
            t.airings.c.expires_at <= now - _LATE,
            t.airings.c.priority < int(Priority.EMERGENCY),
            ~t.airings.c.withdrawn,
        )
        .group_by(t.airings.c.id, t.nodes.c.zone)
        .having(and_(func.min(silent) == 1, func.max(func.coalesce(t.node_states.c.online, 0)) == 1))
    )
    return [
        NotBegun(row.id, row.title, row.zone, row.zone_title, tuple(row.nodes.split(",")))
        for row in connection.execute(query)
    ]


def aired_since(connection: Connection, since: datetime) -> list[str]:
    """Return the airings that started since an instant and were not taken back."""
    query = select(t.airings.c.id).where(t.airings.c.starts_at >= since, ~t.airings.c.withdrawn)
    return list(connection.execute(query.order_by(t.airings.c.starts_at)).scalars())


def began_at(connection: Connection) -> datetime | None:
    """Return when the first entry of the evidence log was made."""
    entry = connection.execute(select(t.evidence.c.entry).where(t.evidence.c.number == 1)).scalar_one_or_none()
    return None if entry is None else read_entry(entry)[1]


def presses(connection: Connection) -> list[PressAt]:
    """Return the presses of nodes' buttons that the log's latest entries tell of, oldest first, each once."""
    e = t.evidence.c
    last = select(func.coalesce(func.max(e.number), 0)).scalar_subquery()
    of_buttons = func.json_extract(e.entry, "$.facts.button").is_not(None)
    query = select(e.entry).where(e.number > last - _LATEST_ENTRIES, of_buttons).order_by(e.number)
    found: dict[str, PressAt] = {}
    for entry in connection.execute(query).scalars():
        press = press_of(read_entry(entry)[2])
        if press is not None:
            found.setdefault(press.subject, press)
    return list(found.values())


def _heard_at(connection: Connection, airing: str) -> list[HeardAt]:
    same_pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    query = (
        select(
            *(t.progress.c.node, t.nodes.c.title, t.nodes.c.zone),
            *(t.zones.c.title.label("zone_title"), t.judgements.c.verdict),
        )
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.zones, t.zones.c.name == t.nodes.c.zone)
        .outerjoin(t.judgements, same_pair)
        .where(t.progress.c.airing == airing)
        .order_by(t.progress.c.position)
    )
    return [
        HeardAt(row.node, row.title or row.node, row.zone or "", row.zone_title or "", row.verdict)
        for row in connection.execute(query)
    ]


def _told(connection: Connection, airing: str, step: Step, fact: str) -> list[str]:
    entry = t.evidence.c.entry
    which = (t.evidence.c.airing == airing) & (func.json_extract(entry, "$.step") == step.value)
    found = select(func.json_extract(entry, f"$.facts.{fact}")).where(which).order_by(t.evidence.c.number)
    return list(dict.fromkeys(str(value) for value in connection.execute(found).scalars() if value))


def _names(told: str | None) -> tuple[str, ...]:
    return tuple(str(name) for name in json.loads(told)) if told else ()
