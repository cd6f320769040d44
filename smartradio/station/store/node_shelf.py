"""Nodes' health, starts, settings and orders in the database: every method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from smartradio.station.health_means import HealthMean
from smartradio.station.node_condition import LastHeard
from smartradio.station.node_records import NodeEvent, NodeEventKind, NodeOrder, NodeSetting
from smartradio.station.store import health, node_past
from smartradio.station.store import tables as t
from smartradio.station.store.database import Database
from smartradio.station.store.node_past import PastAtNode
from smartradio.station.store.node_tables import node_events, node_orders, node_upkeep
from smartradio.station.views import LoggedEvidence
from smartradio.wire.messages import Action

_EVENTS_KEPT: Final = 200
_NODES_AT_ONCE: Final = 50


class NodeShelf:
    """What is kept of nodes beside their airings. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Health

    def put_health(self, means: Sequence[HealthMean]) -> None:
        """Write five-minute means of many nodes, and the hours they lie in."""
        self._database.write(lambda c: health.put(c, means))

    def health(self, node: str, span_s: int, start: datetime, end: datetime) -> list[HealthMean]:
        """Return a node's means of a span (s) that begin in [start, end), oldest first."""
        return self._database.read(lambda c: health.series(c, node, span_s, start, end))

    def carried_mb(self, nodes: Collection[str], since: datetime) -> dict[str, tuple[float, float]]:
        """Return by node the megabytes from `since` on: by its own count, and what the station sent it."""
        return self._database.read(lambda c: health.carried_mb(c, nodes, since))

    def forget_old_health(self, now: datetime) -> None:
        """Delete what is past its time, a few nodes at once: evidence waits behind each writing."""
        nodes = self._database.read(health.nodes_with_history)
        for first in range(0, len(nodes), _NODES_AT_ONCE):
            some = nodes[first : first + _NODES_AT_ONCE]
            self._database.write(lambda c, some=some: health.forget_old(c, some, now))  # type: ignore[misc]

    def last_told(self) -> dict[str, Mapping[str, Any]]:
        """Return by node the facts of the last state that was taken of it."""
        query = select(t.node_states.c.node, t.node_states.c.facts)
        return self._database.read(lambda c: {node: facts for node, facts in c.execute(query)})  # noqa: C416 - rows

    # Airings

    def last_heard(self, since: datetime) -> dict[str, LastHeard]:
        """Return by node the newest airing from `since` on that has a verdict."""
        return self._database.read(lambda c: node_past.last_heard(c, since))

    def heard(self, airing: str, node: str) -> LastHeard | None:
        """Return the verdict of an airing at a node, None without one."""
        return self._database.read(lambda c: node_past.heard_at(c, airing, node))

    def past(self, node: str, since: datetime, until: datetime, most: int) -> list[PastAtNode]:
        """Return a node's airings that were to start in [since, until], the newest first."""
        return self._database.read(lambda c: node_past.past_at(c, node, since, until, most))

    def refused(self, newest: int) -> list[LoggedEvidence]:
        """Return the newest refusals that belong to no airing, the newest first."""
        return self._database.read(lambda c: node_past.refused(c, newest))

    # Starts and versions

    def put_event(self, event: NodeEvent) -> None:
        """Write a start or another version; of each node the newest are kept."""
        self._database.write(lambda c: _put_event(c, event))

    def events(self, node: str, newest: int = 20) -> list[NodeEvent]:
        """Return what happened to a node, the newest first."""
        e = node_events.c
        query = select(e.at, e.what, e.value).where(e.node == node).order_by(e.number.desc()).limit(newest)
        return self._database.read(
            lambda c: [NodeEvent(node, at, NodeEventKind(what), value) for at, what, value in c.execute(query)]
        )

    # What was set

    def settings(self) -> dict[str, NodeSetting]:
        """Return by node what was set at the console."""
        query = select(node_upkeep)
        return self._database.read(
            lambda c: {row.node: NodeSetting(row.volume_db, row.lat, row.lon) for row in c.execute(query)}
        )

    def put_setting(self, node: str, setting: NodeSetting) -> None:
        """Write what is set at a node."""
        values = {"volume_db": setting.volume_db, "lat": setting.lat, "lon": setting.lon}
        put = insert(node_upkeep).values(node=node, **values)
        put = put.on_conflict_do_update(index_elements=["node"], set_=values)
        self._database.write(lambda c: c.execute(put))

    # Orders

    def put_order(self, order: NodeOrder) -> None:
        """Write what is asked of a node."""
        values = {
            "id": order.id,
            "node": order.node,
            "action": order.action.value,
            "asked_by": order.asked_by,
            "asked_at": order.asked_at,
            "expires_at": order.expires_at,
        }
        self._database.write(lambda c: c.execute(insert(node_orders).values(values)))

    def answer_order(self, order: NodeOrder) -> None:
        """Write what a node answered."""
        values = {
            "answer": order.answer,
            "reason": order.reason,
            "answered_at": order.answered_at,
            "facts": dict(order.facts) or None,
        }
        self._database.write(
            lambda c: c.execute(update(node_orders).where(node_orders.c.id == order.id).values(values))
        )

    def put_order_clip(self, order: str, sha256: str | None) -> None:
        """Write that the recording of a tone lies in the object store, or (None) no longer does."""
        self._database.write(
            lambda c: c.execute(update(node_orders).where(node_orders.c.id == order).values(clip=sha256))
        )

    def order(self, order: str) -> NodeOrder | None:
        """Return an order."""
        query = select(node_orders).where(node_orders.c.id == order)
        return self._database.read(lambda c: next((_order(row) for row in c.execute(query)), None))

    def orders(self, node: str, newest: int = 10) -> list[NodeOrder]:
        """Return what was asked of a node, the newest first."""
        o = node_orders.c
        query = select(node_orders).where(o.node == node).order_by(o.asked_at.desc()).limit(newest)
        return self._database.read(lambda c: [_order(row) for row in c.execute(query)])

    def open_orders(self, now: datetime) -> list[NodeOrder]:
        """Return what was asked, is not answered and not too late yet."""
        o = node_orders.c
        query = select(node_orders).where(o.answer.is_(None), o.expires_at > now).order_by(o.asked_at)
        return self._database.read(lambda c: [_order(row) for row in c.execute(query)])

    def order_clips_before(self, before: datetime) -> list[NodeOrder]:
        """Return the tones asked for before whose recordings are kept."""
        o = node_orders.c
        query = select(node_orders).where(o.clip.is_not(None), o.asked_at < before)
        return self._database.read(lambda c: [_order(row) for row in c.execute(query)])


def _put_event(connection: Connection, event: NodeEvent) -> None:
    e = node_events.c
    last = connection.execute(select(func.max(e.number)).where(e.node == event.node)).scalar_one() or 0
    values = {"node": event.node, "number": last + 1, "at": event.at, "what": event.what.value, "value": event.value}
    connection.execute(insert(node_events).values(values))
    connection.execute(delete(node_events).where(e.node == event.node, e.number <= last + 1 - _EVENTS_KEPT))


def _order(row: Any) -> NodeOrder:
    return NodeOrder(
        row.id,
        row.node,
        Action(row.action),
        row.asked_by,
        row.asked_at,
        row.expires_at,
        row.answer,
        row.reason,
        row.answered_at,
        row.facts or {},
        row.clip,
    )
