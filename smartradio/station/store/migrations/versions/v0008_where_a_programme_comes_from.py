"""Programmes and airings with a topic or a stream; programmes that no schedule file holds; an airing's own terms."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what version 7 had not."""
    op.execute("ALTER TABLE programmes ADD COLUMN origin TEXT NOT NULL DEFAULT 'file'")
    op.execute("ALTER TABLE programmes ADD COLUMN topic TEXT")
    op.execute("ALTER TABLE programmes ADD COLUMN relay JSON")
    op.execute("ALTER TABLE airings ADD COLUMN topic TEXT")
    op.execute("ALTER TABLE airings ADD COLUMN relay JSON")
    op.execute("ALTER TABLE airings ADD COLUMN terms JSON")


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
