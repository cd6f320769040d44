"""Items from above, what is to be told upward, and indexes by which a year is counted."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    "CREATE INDEX judgements_by_verdict ON judgements (airing, node, verdict)",
    "CREATE INDEX progress_disputed ON progress (airing, node) WHERE settled = 'disputed'",
    """
    CREATE TABLE source_exchange (
        id INTEGER NOT NULL PRIMARY KEY,
        reports_upward BOOLEAN NOT NULL,
        cursor TEXT
    )
    """,
    "INSERT INTO source_exchange (id, reports_upward) VALUES (1, 0)",
    """
    CREATE TABLE items_from_above (
        issuer TEXT NOT NULL,
        item TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        content JSON NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        received_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        handed_to TEXT,
        PRIMARY KEY (issuer, item)
    )
    """,
    "CREATE INDEX items_from_above_by_state ON items_from_above (state)",
    """
    CREATE TABLE outbox (
        number INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        body JSON,
        state TEXT NOT NULL,
        answer TEXT
    )
    """,
    "CREATE UNIQUE INDEX outbox_by_subject ON outbox (kind, subject, revision)",
    "CREATE INDEX outbox_by_due ON outbox (state, due_at)",
)


def upgrade() -> None:
    """Add what version 8 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
