"""Six roles; accounts that can be disabled and have a PIN; sessions that tell when and where they began."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    "UPDATE accounts SET role = 'broadcaster' WHERE role = 'operator'",
    "ALTER TABLE accounts ADD COLUMN pin_hash TEXT",
    "ALTER TABLE accounts ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT 0",
    "ALTER TABLE accounts ADD COLUMN made_at TEXT",
    "ALTER TABLE sessions ADD COLUMN begun_at TEXT",
    "ALTER TABLE sessions ADD COLUMN device TEXT",
    "CREATE INDEX sessions_by_account ON sessions (account)",
)


def upgrade() -> None:
    """Add what version 9 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
