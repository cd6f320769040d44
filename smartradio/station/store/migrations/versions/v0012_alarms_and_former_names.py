"""Alarms and who is told of them; zones and nodes that were renamed, merged or replaced."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE alarms (
        id INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        state TEXT NOT NULL,
        raised_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        times INTEGER NOT NULL,
        calm_since TEXT,
        seen_by TEXT,
        seen_at TEXT,
        ended_at TEXT,
        ended_by TEXT,
        facts JSON NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX alarms_open ON alarms (kind, subject) WHERE ended_at IS NULL",
    "CREATE INDEX alarms_by_subject ON alarms (kind, subject, id)",
    "CREATE INDEX alarms_by_end ON alarms (ended_at)",
    """
    CREATE TABLE rings (
        number INTEGER NOT NULL PRIMARY KEY,
        alarm INTEGER NOT NULL REFERENCES alarms (id),
        target TEXT NOT NULL,
        event TEXT NOT NULL,
        at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        unless_seen BOOLEAN NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        batch TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        sent_at TEXT,
        answer TEXT
    )
    """,
    "CREATE INDEX rings_by_alarm ON rings (alarm, target, number)",
    "CREATE INDEX rings_by_due ON rings (state, due_at)",
    "CREATE INDEX rings_by_target ON rings (target, sent_at)",
    """
    CREATE TABLE former_places (
        number INTEGER NOT NULL PRIMARY KEY,
        what TEXT NOT NULL,
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        zone TEXT,
        until TEXT NOT NULL
    )
    """,
    "CREATE INDEX former_places_by_name ON former_places (what, name, until)",
    # An instant where somebody changed it at the console: the settings file no longer has the last word on it.
    "ALTER TABLE zones ADD COLUMN changed_at TEXT",
    "ALTER TABLE zones ADD COLUMN merged_into TEXT",
    "ALTER TABLE nodes ADD COLUMN changed_at TEXT",
    "ALTER TABLE nodes ADD COLUMN merged_into TEXT",
)


def upgrade() -> None:
    """Add what version 11 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
