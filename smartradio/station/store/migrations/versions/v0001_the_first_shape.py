"""The first shape: registry, texts, airings, the evidence log and its guards, clips, accounts."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_TABLES = (
    "CREATE TABLE zones (name TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL)",
    """CREATE TABLE nodes (
        name TEXT NOT NULL PRIMARY KEY,
        zone TEXT NOT NULL REFERENCES zones (name),
        title TEXT NOT NULL,
        public_key TEXT NOT NULL
    )""",
    """CREATE TABLE node_states (
        node TEXT NOT NULL PRIMARY KEY,
        online BOOLEAN NOT NULL,
        last_seen TEXT,
        facts JSON NOT NULL
    )""",
    """CREATE TABLE bulletins (
        id TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        priority INTEGER NOT NULL,
        language TEXT NOT NULL,
        spoken JSON NOT NULL
    )""",
    """CREATE TABLE recordings (
        id TEXT NOT NULL PRIMARY KEY,
        bulletin_id TEXT NOT NULL REFERENCES bulletins (id),
        voice TEXT NOT NULL,
        segments JSON NOT NULL,
        facts JSON NOT NULL,
        at TEXT NOT NULL
    )""",
    "CREATE INDEX recordings_by_bulletin ON recordings (bulletin_id, at)",
    """CREATE TABLE programmes (
        name TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        zones JSON NOT NULL,
        first_at TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        recurrence TEXT,
        priority INTEGER NOT NULL,
        approved_by TEXT,
        voice TEXT,
        start_tolerance_s FLOAT NOT NULL,
        bulletin_id TEXT REFERENCES bulletins (id)
    )""",
    """CREATE TABLE airings (
        id TEXT NOT NULL PRIMARY KEY,
        bulletin_id TEXT NOT NULL REFERENCES bulletins (id),
        recording_id TEXT NOT NULL REFERENCES recordings (id),
        starts_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        priority INTEGER NOT NULL,
        zones JSON NOT NULL,
        nodes JSON NOT NULL,
        programme TEXT,
        withdrawn BOOLEAN NOT NULL
    )""",
    "CREATE INDEX airings_by_start ON airings (starts_at)",
    """CREATE TABLE progress (
        airing TEXT NOT NULL REFERENCES airings (id),
        node TEXT NOT NULL,
        position INTEGER NOT NULL,
        state TEXT NOT NULL,
        delivered_at TEXT,
        started_at TEXT,
        start_offset_ms FLOAT,
        judgement_sha256 TEXT,
        settled TEXT,
        settled_by TEXT,
        note TEXT,
        PRIMARY KEY (airing, node)
    )""",
    """CREATE TABLE judgements (
        airing TEXT NOT NULL REFERENCES airings (id),
        node TEXT NOT NULL,
        verdict TEXT NOT NULL,
        content JSON NOT NULL,
        PRIMARY KEY (airing, node)
    )""",
    """CREATE TABLE evidence (
        number INTEGER NOT NULL PRIMARY KEY,
        entry TEXT NOT NULL,
        hash TEXT NOT NULL,
        airing TEXT GENERATED ALWAYS AS (json_extract(entry, '$.airing')) VIRTUAL,
        node TEXT GENERATED ALWAYS AS (json_extract(entry, '$.node')) VIRTUAL
    )""",
    "CREATE INDEX evidence_by_airing ON evidence (airing, node)",
    """CREATE TABLE evidence_head (
        id INTEGER NOT NULL PRIMARY KEY,
        entries INTEGER NOT NULL,
        hash TEXT NOT NULL
    )""",
    "CREATE TABLE reports (id TEXT NOT NULL PRIMARY KEY, committed_at TEXT NOT NULL)",
    """CREATE TABLE clips (
        airing TEXT NOT NULL REFERENCES airings (id),
        node TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        facts JSON NOT NULL,
        committed_at TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (airing, node, sha256)
    )""",
    """CREATE TABLE counters (
        id INTEGER NOT NULL PRIMARY KEY,
        epoch INTEGER NOT NULL,
        reserved INTEGER NOT NULL
    )""",
    """CREATE TABLE accounts (
        name TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        role TEXT NOT NULL
    )""",
    """CREATE TABLE sessions (
        token_hash TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (name),
        expires_at TEXT NOT NULL
    )""",
    "CREATE INDEX sessions_by_expiry ON sessions (expires_at)",
)

_GUARDS = (
    """CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
       BEGIN SELECT RAISE(ABORT, 'the evidence log is append-only'); END""",
    """CREATE TRIGGER evidence_is_never_removed BEFORE DELETE ON evidence
       BEGIN SELECT RAISE(ABORT, 'the evidence log is append-only'); END""",
    # INSERT OR REPLACE removes a row without asking the trigger above.
    """CREATE TRIGGER evidence_is_only_appended BEFORE INSERT ON evidence
       WHEN NEW.number <= (SELECT entries FROM evidence_head)
       BEGIN SELECT RAISE(ABORT, 'the evidence log is append-only'); END""",
    """CREATE TRIGGER the_head_only_grows BEFORE UPDATE ON evidence_head
       WHEN NEW.id <> OLD.id OR NEW.entries <= OLD.entries
       BEGIN SELECT RAISE(ABORT, 'the head of the evidence log only grows'); END""",
    """CREATE TRIGGER the_head_stays BEFORE DELETE ON evidence_head
       BEGIN SELECT RAISE(ABORT, 'the head of the evidence log only grows'); END""",
    """CREATE TRIGGER there_is_one_head BEFORE INSERT ON evidence_head
       WHEN EXISTS (SELECT 1 FROM evidence_head)
       BEGIN SELECT RAISE(ABORT, 'the evidence log has one head'); END""",
)

_FIRST_ROWS = (
    "INSERT INTO evidence_head (id, entries, hash) VALUES (1, 0, printf('%064d', 0))",
    "INSERT INTO counters (id, epoch, reserved) VALUES (1, 1, 0)",
)


def upgrade() -> None:
    """Make everything on an empty database."""
    for statement in (*_TABLES, *_FIRST_ROWS, *_GUARDS):
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: evidence is not thrown away."""
    raise RuntimeError("a store is never taken back to an older shape; restore a backup instead")
