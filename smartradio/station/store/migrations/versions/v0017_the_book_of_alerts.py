"""Alerts with where they stand, who let them out, and under which airings they were said."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE alerts (
        id TEXT NOT NULL PRIMARY KEY,
        content JSON NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        source TEXT NOT NULL,
        drafted_by TEXT NOT NULL,
        drafted_at TEXT NOT NULL,
        handed_in_by JSON,
        sent_by JSON,
        released_by JSON,
        sent_at TEXT,
        said_at TEXT,
        ended_by TEXT NOT NULL,
        ended_at TEXT,
        why TEXT NOT NULL,
        replaced_by TEXT NOT NULL,
        taken_on BOOLEAN NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX alerts_by_state ON alerts (state)",
    "CREATE INDEX alerts_by_source ON alerts (source)",
    "CREATE INDEX alerts_by_change ON alerts (changed_at)",
    "CREATE INDEX alerts_by_sending ON alerts (sent_at)",
    """
    CREATE TABLE alert_airings (
        airing TEXT NOT NULL PRIMARY KEY,
        alert TEXT NOT NULL REFERENCES alerts (id),
        occasion TEXT NOT NULL,
        at TEXT NOT NULL,
        said_by TEXT NOT NULL,
        nodes JSON
    )
    """,
    "CREATE INDEX alert_airings_by_alert ON alert_airings (alert, at)",
)


def upgrade() -> None:
    """Add what version 16 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
