"""The tables of what comes in of alerts, from gauges and feeds, and of what goes out beside the horns."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from smartradio.station.store.tables import UtcInstant, metadata

# The readings of the last day or so: what a rise is taken from.
gauge_readings = Table(
    "gauge_readings",
    metadata,
    Column("gauge", Text, primary_key=True),
    Column("at", UtcInstant, primary_key=True),
    Column("level_m", Float, nullable=False),
)

# The limits that a gauge's water is over now.
gauge_standing = Table(
    "gauge_standing",
    metadata,
    Column("gauge", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("since", UtcInstant, nullable=False),
)

# Every crossing that a person is to be told of; `alert` is the draft's id, `drafted_at` when it stood in the book.
gauge_crossings = Table(
    "gauge_crossings",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("gauge", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("level_m", Float, nullable=False),
    Column("rise_m_h", Float),
    Column("drafted_at", UtcInstant),
    Column("fault", Text),
    Index("gauge_crossings_by_gauge", "gauge", "at"),
)

# How each feed was last reached, and what its server wants to be told the next time.
feeds = Table(
    "feeds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("tried_at", UtcInstant),
    Column("reached_at", UtcInstant),
    Column("failures", Integer, nullable=False),
    Column("fault", Text),
    Column("etag", Text),
    Column("last_modified", Text),
)

# Entries of feeds that were fetched, or failed: none is asked for twice without need.
feed_entries = Table(
    "feed_entries",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    Column("seen_at", UtcInstant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("fault", Text),
)

# Every CAP message once for each feed that brought it: none may speak for another. The document is kept as it came
# while it matters.
cap_messages = Table(
    "cap_messages",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("document", LargeBinary),
    Column("refers_to", JSON, nullable=False),
    Column("received_at", UtcInstant, nullable=False),
    Column("outcome", Text),
    Column("line", Text),
    Column("alert", Text),
    Index("cap_messages_by_feed", "feed", "received_at"),
    Index("cap_messages_by_alert", "alert"),
)

# What is to be told to whom beside the horns, or was.
fan_out = Table(
    "fan_out",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("due_at", UtcInstant, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UtcInstant),
    Column("answer", Text),
    UniqueConstraint("channel", "recipient", "alert", "event"),
    Index("fan_out_by_due", "state", "channel", "due_at"),
    Index("fan_out_by_alert", "alert", "channel"),
)
