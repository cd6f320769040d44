"""How nodes were in days and months, what was set at them, and what they were asked."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE node_health (
        node TEXT NOT NULL,
        span_s INTEGER NOT NULL,
        at INTEGER NOT NULL,
        beats INTEGER NOT NULL,
        temperature_dc INTEGER,
        undervoltage_percent INTEGER,
        clock_offset_us INTEGER,
        disk_free_mb INTEGER,
        load_percent INTEGER,
        underruns INTEGER,
        carried_kb INTEGER,
        station_sent_kb INTEGER,
        PRIMARY KEY (node, span_s, at)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE node_events (
        node TEXT NOT NULL,
        number INTEGER NOT NULL,
        at TEXT NOT NULL,
        what TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (node, number)
    )
    """,
    """
    CREATE TABLE node_upkeep (
        node TEXT NOT NULL PRIMARY KEY,
        volume_db FLOAT,
        lat FLOAT,
        lon FLOAT
    )
    """,
    """
    CREATE TABLE node_orders (
        id TEXT NOT NULL PRIMARY KEY,
        node TEXT NOT NULL,
        action TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        answer TEXT,
        reason TEXT,
        answered_at TEXT,
        facts JSON,
        clip TEXT
    )
    """,
    "CREATE INDEX node_orders_by_node ON node_orders (node, asked_at)",
)


def upgrade() -> None:
    """Add what version 10 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
