"""Programmes that know validity, exceptions, seasons, holidays, lunar days and a slot."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what version 5 had not."""
    op.execute("ALTER TABLE programmes ADD COLUMN days JSON")


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
