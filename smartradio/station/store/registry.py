"""Zones, nodes, and how the nodes were last seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Node, Zone
from smartradio.station.store import tables as t
from smartradio.station.views import NodeView


def put_zone(connection: Connection, zone: Zone) -> None:
    """Write a zone, new or renamed."""
    values = {"title": zone.title, "merged_into": None}
    put = insert(t.zones).values(name=zone.name, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))


def zones(connection: Connection) -> list[Zone]:
    """Return all zones that stand, by name; what was merged is spoken to under its name of today."""
    query = select(t.zones).where(t.zones.c.merged_into.is_(None)).order_by(t.zones.c.name)
    return [Zone(row.name, row.title) for row in connection.execute(query)]


def put_node(connection: Connection, node: Node) -> None:
    """Write a node, new, moved or with a new key; its zone must stand in the registry."""
    if connection.execute(select(t.zones.c.name).where(t.zones.c.name == node.zone)).one_or_none() is None:
        raise BadInputError(f"node {node.name}: zone {node.zone} is not in the registry; add the zone first")
    values = {"zone": node.zone, "title": node.title, "public_key": node.public_key, "merged_into": None}
    put = insert(t.nodes).values(name=node.name, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))


def put_node_state(connection: Connection, node: str, online: bool, at: datetime, facts: Mapping[str, Any]) -> None:
    """Write how a node was seen.

    Going offline is the broker's word, not the node's: what it last said and when stays.
    """
    values: dict[str, Any] = {"online": online, "last_seen": at, "facts": dict(facts)}
    put = insert(t.node_states)
    if online:
        put = put.values(node=node, **values)
        connection.execute(put.on_conflict_do_update(index_elements=["node"], set_=values))
        return
    query = select(t.node_states.c.facts).where(t.node_states.c.node == node)
    known = connection.execute(query).scalar_one_or_none() or {}
    left = {"online": False, "facts": {**known, **facts, "playing": None}}
    put = put.values(node=node, last_seen=None, **left)
    connection.execute(put.on_conflict_do_update(index_elements=["node"], set_=left))


def node_views(connection: Connection, node: str | None = None) -> list[NodeView]:
    """Return every registered node as it was last seen, in one query; with `node` that one alone."""
    states = t.node_states.c
    query = (
        select(t.nodes.c.name, t.nodes.c.zone, t.nodes.c.title, states.online, states.last_seen, states.facts)
        .outerjoin(t.node_states, states.node == t.nodes.c.name)
        .where(t.nodes.c.merged_into.is_(None))
        .order_by(t.nodes.c.name)
    )
    if node is not None:
        query = query.where(t.nodes.c.name == node)
    views = []
    for row in connection.execute(query):
        facts: Mapping[str, Any] = row.facts or {}
        views.append(
            NodeView(
                name=row.name,
                zone=row.zone,
                title=row.title,
                online=bool(row.online),
                last_seen=row.last_seen,
                version=facts.get("version"),
                clock_trusted=facts.get("clock_trusted"),
                clock_offset_ms=facts.get("clock_offset_ms"),
                playing=facts.get("playing"),
                problems=tuple(facts.get("problems") or ()),
                health=facts.get("health") or {},
            )
        )
    return views
