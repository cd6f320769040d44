"""Bulletins and programmes of several parts; emergencies aired although their reading is not certain."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    "ALTER TABLE bulletins ADD COLUMN parts JSON",
    "ALTER TABLE programmes ADD COLUMN parts JSON",
    "ALTER TABLE programmes ADD COLUMN override_open_items BOOLEAN NOT NULL DEFAULT 0",
)


def upgrade() -> None:
    """Add what version 3 had not."""
    for statement in _STEPS:
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
