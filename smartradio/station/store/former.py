"""What a node was called when something happened, as a column of a query."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Label, func, select

from smartradio.station.store import tables as t
from smartradio.station.store.alarm_tables import former_places


def node_title(node: ColumnElement[str], at: ColumnElement[datetime]) -> Label[str | None]:
    """Return the title that a node had at an instant, None for one that was never registered; joins `nodes`."""
    then = (
        select(former_places.c.title)
        .where(former_places.c.what == "node", former_places.c.name == node, former_places.c.until > at)
        .order_by(former_places.c.until)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(then, t.nodes.c.title).label("title")
