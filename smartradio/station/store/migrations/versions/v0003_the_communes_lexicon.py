"""The commune's lexicon, and who changed what in it."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """CREATE TABLE lexicon (
        key TEXT NOT NULL PRIMARY KEY,
        written TEXT NOT NULL,
        spoken TEXT NOT NULL,
        note TEXT NOT NULL,
        changed_by TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )""",
    """CREATE TABLE lexicon_changes (
        number INTEGER NOT NULL PRIMARY KEY,
        written TEXT NOT NULL,
        spoken_before TEXT,
        spoken_after TEXT,
        changed_by TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )""",
)


def upgrade() -> None:
    """Add what version 2 had not."""
    for statement in _STEPS:
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
