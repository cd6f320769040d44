"""A bulletin may be read at a speed of its own."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what version 15 had not."""
    op.execute("ALTER TABLE programmes ADD COLUMN rate_wpm INTEGER")


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
