"""The tables as queries see them. The migrations make them; a test holds the two together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Computed,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from smartradio.station.evidence_log import instant_text, read_instant


class UtcInstant(TypeDecorator[datetime]):
    """Aware instants as fixed-width UTC text; SQLite has no time type of its own."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse naive times, write the rest as UTC."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return aware UTC."""
        return None if value is None else read_instant(value)


metadata = MetaData()

zones = Table(
    "zones",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    # When somebody changed it at the console: from then on the settings file no longer has the last word on it.
    Column("changed_at", UtcInstant),
    Column("merged_into", Text),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("zone", Text, ForeignKey("zones.name"), nullable=False),
    Column("title", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("changed_at", UtcInstant),
    Column("merged_into", Text),
)

node_states = Table(
    "node_states",
    metadata,
    Column("node", Text, primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("last_seen", UtcInstant),
    Column("facts", JSON, nullable=False),
)

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("spoken", JSON, nullable=False),
    # None for one text in one language.
    Column("parts", JSON(none_as_null=True)),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bulletin_id", Text, ForeignKey("bulletins.id"), nullable=False),
    Column("voice", Text, nullable=False),
    Column("segments", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Index("recordings_by_bulletin", "bulletin_id", "at"),
)

programmes = Table(
    "programmes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("first_at", UtcInstant, nullable=False),
    # An IANA name, or an offset in seconds where the time came with no more than that.
    Column("time_zone", Text, nullable=False),
    Column("recurrence", Text),
    Column("priority", Integer, nullable=False),
    Column("approved_by", Text),
    Column("voice", Text),
    Column("start_tolerance_s", Float, nullable=False),
    Column("bulletin_id", Text, ForeignKey("bulletins.id")),
    Column("parts", JSON(none_as_null=True)),
    Column("override_open_items", Boolean, nullable=False, server_default="0"),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("days", JSON(none_as_null=True)),
    # "file", or "console" for what no schedule file holds.
    Column("origin", Text, nullable=False, server_default="file"),
    Column("topic", Text),
    Column("relay", JSON(none_as_null=True)),
    Column("rate_wpm", Integer),
)

# On its way from draft to air; what it airs stands under the same name among the programmes.
items = Table(
    "items",
    metadata,
    Column("name", Text, primary_key=True),
    # Counts changes and decisions, so that nobody decides on what they have not seen.
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("at_once", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
    Column("submitted_by", JSON(none_as_null=True)),
    Column("submitted_at", UtcInstant),
    Column("recording_id", Text, ForeignKey("recordings.id")),
    Column("bound_sha256", Text),
    Column("approved_by", JSON(none_as_null=True)),
    Column("approved_at", UtcInstant),
    Column("file_sha256", Text),
    Column("note", Text),
    Index("items_by_state", "state"),
    Index("items_by_change", "changed_at"),
)

airings = Table(
    "airings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bulletin_id", Text, ForeignKey("bulletins.id"), nullable=False),
    Column("recording_id", Text, ForeignKey("recordings.id"), nullable=False),
    Column("starts_at", UtcInstant, nullable=False),
    Column("expires_at", UtcInstant, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("nodes", JSON, nullable=False),
    Column("programme", Text),
    Column("withdrawn", Boolean, nullable=False),
    # Who took it back; None for what the plan itself no longer wanted.
    Column("withdrawn_by", Text),
    Column("topic", Text),
    Column("relay", JSON(none_as_null=True)),
    # Gain, end and resumption, where they are not the usual ones.
    Column("terms", JSON(none_as_null=True)),
    Index("airings_by_start", "starts_at"),
    Index("alerts_by_start", "starts_at", sqlite_where=text("priority >= 100")),
    Index("airings_by_programme", "programme", "starts_at"),
    Index("airings_by_bulletin", "bulletin_id", "starts_at"),
)

# Where each airing stands at each node: worked out from the log, and checked against it by `verify`.
progress = Table(
    "progress",
    metadata,
    Column("airing", Text, ForeignKey("airings.id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("delivered_at", UtcInstant),
    Column("started_at", UtcInstant),
    Column("start_offset_ms", Float),
    Column("judgement_sha256", Text),
    Column("settled", Text),
    Column("settled_by", Text),
    Column("note", Text),
    Index(
        "progress_unsettled",
        "airing",
        "node",
        sqlite_where=text("settled IS NULL AND judgement_sha256 IS NOT NULL"),
    ),
    Index("progress_disputed", "airing", "node", sqlite_where=text("settled = 'disputed'")),
)

judgements = Table(
    "judgements",
    metadata,
    Column("airing", Text, ForeignKey("airings.id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("content", JSON, nullable=False),
    # The figures of a year are gigabytes; counting verdicts must not read them.
    Index("judgements_by_verdict", "airing", "node", "verdict"),
    Index("judgements_not_aired", "airing", "node", "verdict", sqlite_where=text("verdict != 'aired'")),
    # In the order in which they were judged: a node's latest are found without reading all of them.
    Index("judgements_by_node", "node"),
)

# The index columns are computed from the very text that the hash covers, so they cannot tell another story.
evidence = Table(
    "evidence",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("airing", Text, Computed("json_extract(entry, '$.airing')", persisted=False)),
    Column("node", Text, Computed("json_extract(entry, '$.node')", persisted=False)),
    Column("step", Text, Computed("json_extract(entry, '$.step')", persisted=False)),
    Column("person", Text, Computed("json_extract(entry, '$.facts.by')", persisted=False)),
    Index("evidence_by_airing", "airing", "node"),
    Index("evidence_by_person", "person", sqlite_where=text("person IS NOT NULL")),
    # Nodes tell these by the thousand; whoever looks for one of them finds it by walking back.
    Index(
        "evidence_by_step",
        "step",
        sqlite_where=text("step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')"),
    ),
)

evidence_head = Table(
    "evidence_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entries", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("committed_at", UtcInstant, nullable=False),
)

clips = Table(
    "clips",
    metadata,
    Column("airing", Text, ForeignKey("airings.id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("committed_at", UtcInstant, nullable=False),
    # "waiting", "judged", "deleted" after its days, or why it was set aside.
    Column("state", Text, nullable=False),
    # How often its judging was begun and has not come to an end.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("clips_by_hash", "sha256"),
)

counters = Table(
    "counters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("pin_hash", Text),
    Column("disabled", Boolean, nullable=False, server_default=text("0")),
    Column("made_at", UtcInstant),
    # Handed over by an administrator, to be changed at the first login.
    Column("password_given", Boolean, nullable=False, server_default=text("0")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("expires_at", UtcInstant, nullable=False),
    Column("begun_at", UtcInstant),
    Column("device", Text),
    Index("sessions_by_expiry", "expires_at"),
    Index("sessions_by_account", "account"),
)

# One reading for each written form; `key` is the form under which entries are told apart.
lexicon = Table(
    "lexicon",
    metadata,
    Column("key", Text, primary_key=True),
    Column("written", Text, nullable=False),
    Column("spoken", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
)

# Only ever added to: no reading before for a new entry, none after for one taken out.
lexicon_changes = Table(
    "lexicon_changes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("written", Text, nullable=False),
    Column("spoken_before", Text),
    Column("spoken_after", Text),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
)

# One row: how far the source-information system was read, and whether it is told what was aired.
source_exchange = Table(
    "source_exchange",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reports_upward", Boolean, nullable=False),
    Column("cursor", Text),
)

items_from_above = Table(
    "items_from_above",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    # SHA-256 of what the issuer signed: the same id with other words is another item, and refused.
    Column("fingerprint", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("received_at", UtcInstant, nullable=False),
    Column("expires_at", UtcInstant, nullable=False),
    # What became of it here: the commune's own item, or an airing.
    Column("handed_to", Text),
    Index("items_from_above_by_state", "state"),
)

# What is to be told upward. A row's body is written at its first sending and is the same at every other.
outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("due_at", UtcInstant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("body", JSON(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("answer", Text),
    Index("outbox_by_subject", "kind", "subject", "revision", unique=True),
    Index("outbox_by_due", "state", "due_at"),
)

# Changed at the console; laid over the settings file at a start.
settings_kept = Table(
    "settings_kept",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
)
