"""Items on their way from draft to air, and airings that somebody took back."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

_STATEMENTS = (
    """
    CREATE TABLE items (
        name TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        at_once BOOLEAN NOT NULL,
        changed_by TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        submitted_by JSON,
        submitted_at TEXT,
        recording_id TEXT REFERENCES recordings (id),
        bound_sha256 TEXT,
        approved_by JSON,
        approved_at TEXT,
        file_sha256 TEXT,
        note TEXT
    )
    """,
    "CREATE INDEX items_by_state ON items (state)",
    "ALTER TABLE airings ADD COLUMN withdrawn_by TEXT",
)


def upgrade() -> None:
    """Add what version 6 had not."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
