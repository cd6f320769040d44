"""What citizens did not hear well; a node's own past and unsettled verdicts found without reading all of them."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None

_STEPS = (
    """
    CREATE TABLE complaints (
        number INTEGER NOT NULL PRIMARY KEY,
        zone TEXT NOT NULL,
        airing TEXT,
        note TEXT NOT NULL,
        at TEXT NOT NULL,
        seen_by TEXT,
        seen_at TEXT,
        answer TEXT
    )
    """,
    "CREATE INDEX complaints_by_airing ON complaints (airing)",
    "CREATE INDEX complaints_by_zone ON complaints (zone, at)",
    "CREATE INDEX judgements_by_node ON judgements (node)",
    "CREATE INDEX judgements_not_aired ON judgements (airing, node, verdict) WHERE verdict != 'aired'",
    """
    CREATE INDEX progress_unsettled ON progress (airing, node)
    WHERE settled IS NULL AND judgement_sha256 IS NOT NULL
    """,
)


def upgrade() -> None:
    """Add what version 14 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
