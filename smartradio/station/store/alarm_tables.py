"""The tables of alarms, of who is told of them, and of what places were called before."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text, text

from smartradio.station.store.tables import UtcInstant, metadata

# One row for each time something was wrong; ended ones stay. No two open ones are about the same.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("raised_at", UtcInstant, nullable=False),
    Column("last_at", UtcInstant, nullable=False),
    Column("times", Integer, nullable=False),
    Column("calm_since", UtcInstant),
    Column("seen_by", Text),
    Column("seen_at", UtcInstant),
    Column("ended_at", UtcInstant),
    Column("ended_by", Text),
    Column("facts", JSON, nullable=False),
    Index("alarms_open", "kind", "subject", unique=True, sqlite_where=text("ended_at IS NULL")),
    Index("alarms_by_subject", "kind", "subject", "id"),
    Index("alarms_by_end", "ended_at"),
)

# Who is to be told of which alarm; rows that were sent together share a batch, which is sent anew as it was.
rings = Table(
    "rings",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("alarm", Integer, ForeignKey("alarms.id"), nullable=False),
    Column("target", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("due_at", UtcInstant, nullable=False),
    # Only for who is told when nobody else looks after it.
    Column("unless_seen", Boolean, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False),
    Column("batch", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("sent_at", UtcInstant),
    Column("answer", Text),
    Index("rings_by_alarm", "alarm", "target", "number"),
    Index("rings_by_due", "state", "due_at"),
    Index("rings_by_target", "target", "sent_at"),
)

# What a zone or a node was called, and where a node stood, up to an instant.
former_places = Table(
    "former_places",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("zone", Text),
    Column("until", UtcInstant, nullable=False),
    Index("former_places_by_name", "what", "name", "until"),
)
