"""Texts found by their words, what is being written, and the sounds brought in for it."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None

# The tokenizer takes every mark off a letter but leaves đ, which Unicode holds for a letter of its own. The statement
# that sets a trigger off also decides its conflicts, so neither OR IGNORE nor OR REPLACE would hold in one.
_PUT = """
    INSERT INTO search_keys (kind, key) SELECT 'KIND', new.KEY
    WHERE NOT EXISTS (SELECT 1 FROM search_keys WHERE kind = 'KIND' AND key = new.KEY);
    DELETE FROM search WHERE rowid = (SELECT number FROM search_keys WHERE kind = 'KIND' AND key = new.KEY);
    INSERT INTO search (rowid, title, text)
    SELECT number, replace(replace(new.title, 'đ', 'd'), 'Đ', 'D'), replace(replace(new.text, 'đ', 'd'), 'Đ', 'D')
    FROM search_keys WHERE kind = 'KIND' AND key = new.KEY;
"""
_KEPT_BY_TRIGGERS = (
    "CREATE TRIGGER search_KIND_added AFTER INSERT ON KINDs BEGIN" + _PUT + "END",
    "CREATE TRIGGER search_KIND_changed AFTER UPDATE OF title, text ON KINDs BEGIN" + _PUT + "END",
    """
    CREATE TRIGGER search_KIND_removed AFTER DELETE ON KINDs BEGIN
        DELETE FROM search WHERE rowid = (SELECT number FROM search_keys WHERE kind = 'KIND' AND key = old.KEY);
        DELETE FROM search_keys WHERE kind = 'KIND' AND key = old.KEY;
    END
    """,
    "INSERT INTO search_keys (kind, key) SELECT 'KIND', KEY FROM KINDs",
    """
    INSERT INTO search (rowid, title, text)
    SELECT number, replace(replace(title, 'đ', 'd'), 'Đ', 'D'), replace(replace(text, 'đ', 'd'), 'Đ', 'D')
    FROM KINDs JOIN search_keys ON search_keys.kind = 'KIND' AND search_keys.key = KINDs.KEY
    """,
)


def _kept_by_triggers(kind: str, column: str) -> tuple[str, ...]:
    return tuple(step.replace("KIND", kind).replace("KEY", column) for step in _KEPT_BY_TRIGGERS)


_STEPS = (
    """
    CREATE TABLE search_keys (
        number INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX search_keys_by_key ON search_keys (kind, key)",
    'CREATE VIRTUAL TABLE search USING fts5 (title, text, tokenize = "unicode61 remove_diacritics 2")',
    *_kept_by_triggers("programme", "name"),
    *_kept_by_triggers("bulletin", "id"),
    """
    CREATE TABLE drafts (
        id TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL,
        item TEXT,
        version INTEGER NOT NULL,
        content JSON NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX drafts_by_account ON drafts (account, changed_at)",
    """
    CREATE TABLE draft_sounds (
        sha256 TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        duration_s FLOAT NOT NULL,
        warnings JSON NOT NULL,
        brought_by TEXT NOT NULL,
        brought_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX alerts_by_start ON airings (starts_at) WHERE priority >= 100",
    "CREATE INDEX airings_by_programme ON airings (programme, starts_at)",
    "CREATE INDEX airings_by_bulletin ON airings (bulletin_id, starts_at)",
    "CREATE INDEX items_by_change ON items (changed_at)",
)


def upgrade() -> None:
    """Add what version 12 had not."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
