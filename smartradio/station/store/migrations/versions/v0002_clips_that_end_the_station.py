"""Clips count how often their judging was begun; a clip's hash is looked up to find replays."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    "ALTER TABLE clips ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX clips_by_hash ON clips (sha256)",
)


def upgrade() -> None:
    """Add what version 1 had not."""
    for statement in _STEPS:
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
