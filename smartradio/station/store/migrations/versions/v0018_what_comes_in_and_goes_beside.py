"""Readings of gauges, messages of feeds, and what is told of alerts beside the horns."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE gauge_readings (
        gauge TEXT NOT NULL,
        at TEXT NOT NULL,
        level_m FLOAT NOT NULL,
        PRIMARY KEY (gauge, at)
    )
    """,
    """
    CREATE TABLE gauge_standing (
        gauge TEXT NOT NULL,
        rule TEXT NOT NULL,
        since TEXT NOT NULL,
        PRIMARY KEY (gauge, rule)
    )
    """,
    """
    CREATE TABLE gauge_crossings (
        alert TEXT NOT NULL PRIMARY KEY,
        gauge TEXT NOT NULL,
        rule TEXT NOT NULL,
        at TEXT NOT NULL,
        level_m FLOAT NOT NULL,
        rise_m_h FLOAT,
        drafted_at TEXT,
        fault TEXT
    )
    """,
    "CREATE INDEX gauge_crossings_by_gauge ON gauge_crossings (gauge, at)",
    """
    CREATE TABLE feeds (
        name TEXT NOT NULL PRIMARY KEY,
        url TEXT NOT NULL,
        tried_at TEXT,
        reached_at TEXT,
        failures INTEGER NOT NULL,
        fault TEXT,
        etag TEXT,
        last_modified TEXT
    )
    """,
    """
    CREATE TABLE feed_entries (
        feed TEXT NOT NULL,
        entry TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        failures INTEGER NOT NULL,
        fault TEXT,
        PRIMARY KEY (feed, entry)
    )
    """,
    """
    CREATE TABLE cap_messages (
        feed TEXT NOT NULL,
        "key" TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        document BLOB,
        refers_to JSON NOT NULL,
        received_at TEXT NOT NULL,
        outcome TEXT,
        line TEXT,
        alert TEXT,
        PRIMARY KEY (feed, "key")
    )
    """,
    "CREATE INDEX cap_messages_by_feed ON cap_messages (feed, received_at)",
    "CREATE INDEX cap_messages_by_alert ON cap_messages (alert)",
    """
    CREATE TABLE fan_out (
        number INTEGER NOT NULL PRIMARY KEY,
        channel TEXT NOT NULL,
        recipient TEXT NOT NULL,
        alert TEXT NOT NULL,
        event TEXT NOT NULL,
        at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        sent_at TEXT,
        answer TEXT,
        UNIQUE (channel, recipient, alert, event)
    )
    """,
    "CREATE INDEX fan_out_by_due ON fan_out (state, channel, due_at)",
    "CREATE INDEX fan_out_by_alert ON fan_out (alert, channel)",
)


def upgrade() -> None:
    """Add what version 17 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
