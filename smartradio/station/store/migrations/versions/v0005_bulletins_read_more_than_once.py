"""Programmes whose bulletin is read more than once in an airing."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what version 4 had not."""
    op.execute("ALTER TABLE programmes ADD COLUMN times INTEGER NOT NULL DEFAULT 1")


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
