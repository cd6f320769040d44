"""The tables of nodes' health, settings and orders, beside those of `tables`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, Table, Text

from smartradio.station.store.tables import UtcInstant, metadata

# Means of what nodes told, by five minutes and by hours: the columns are whole numbers of small units, which SQLite
# keeps in one or two bytes each. With a fortnight and a year that is some 900 MB at a thousand nodes, 55 MB at sixty.
node_health = Table(
    "node_health",
    metadata,
    Column("node", Text, primary_key=True),
    Column("span_s", Integer, primary_key=True),
    # The beginning, in seconds since 1970.
    Column("at", Integer, primary_key=True),
    # So many heartbeats the row is a mean of.
    Column("beats", Integer, nullable=False),
    Column("temperature_dc", Integer),
    Column("undervoltage_percent", Integer),
    Column("clock_offset_us", Integer),
    Column("disk_free_mb", Integer),
    Column("load_percent", Integer),
    # The last three are sums, not means.
    Column("underruns", Integer),
    Column("carried_kb", Integer),
    Column("station_sent_kb", Integer),
    sqlite_with_rowid=False,
)

# A start or another version of a node; the newest of each node are kept.
node_events = Table(
    "node_events",
    metadata,
    Column("node", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcInstant, nullable=False),
    Column("what", Text, nullable=False),
    Column("value", Text, nullable=False),
)

# What the technician set at the console, in the place of the settings file.
node_upkeep = Table(
    "node_upkeep",
    metadata,
    Column("node", Text, primary_key=True),
    Column("volume_db", Float),
    Column("lat", Float),
    Column("lon", Float),
)

# Test tones and restarts that somebody asked for, and what the node answered.
node_orders = Table(
    "node_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcInstant, nullable=False),
    Column("expires_at", UtcInstant, nullable=False),
    Column("answer", Text),
    Column("reason", Text),
    Column("answered_at", UtcInstant),
    Column("facts", JSON(none_as_null=True)),
    # SHA-256 of the microphone's recording of a tone, while it is kept.
    Column("clip", Text),
    Index("node_orders_by_node", "node", "asked_at"),
)
