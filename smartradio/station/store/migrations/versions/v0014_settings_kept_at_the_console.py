"""Settings changed at the console; passwords that were handed over; the log by person and by step."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE settings_kept (
        name TEXT NOT NULL PRIMARY KEY,
        value JSON NOT NULL,
        changed_by TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "ALTER TABLE accounts ADD COLUMN password_given BOOLEAN NOT NULL DEFAULT 0",
    "ALTER TABLE evidence ADD COLUMN step TEXT GENERATED ALWAYS AS (json_extract(entry, '$.step')) VIRTUAL",
    "ALTER TABLE evidence ADD COLUMN person TEXT GENERATED ALWAYS AS (json_extract(entry, '$.facts.by')) VIRTUAL",
    "CREATE INDEX evidence_by_person ON evidence (person) WHERE person IS NOT NULL",
    """
    CREATE INDEX evidence_by_step ON evidence (step)
    WHERE step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')
    """,
)


def upgrade() -> None:
    """Add what version 13 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
