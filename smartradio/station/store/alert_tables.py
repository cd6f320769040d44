"""The tables of the book of alerts."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from smartradio.station.store.tables import UtcInstant, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("drafted_by", Text, nullable=False),
    Column("drafted_at", UtcInstant, nullable=False),
    Column("handed_in_by", JSON(none_as_null=True)),
    Column("sent_by", JSON(none_as_null=True)),
    Column("released_by", JSON(none_as_null=True)),
    Column("sent_at", UtcInstant),
    Column("said_at", UtcInstant),
    Column("ended_by", Text, nullable=False),
    Column("ended_at", UtcInstant),
    Column("why", Text, nullable=False),
    Column("replaced_by", Text, nullable=False),
    Column("taken_on", Boolean, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
    Index("alerts_by_state", "state"),
    Index("alerts_by_source", "source"),
    Index("alerts_by_change", "changed_at"),
    Index("alerts_by_sending", "sent_at"),
)

# Written before the airing itself: what was approved and not yet planned when the station fell over is found here.
alert_airings = Table(
    "alert_airings",
    metadata,
    Column("airing", Text, primary_key=True),
    Column("alert", Text, ForeignKey("alerts.id"), nullable=False),
    Column("occasion", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("nodes", JSON(none_as_null=True)),
    Index("alert_airings_by_alert", "alert", "at"),
)
