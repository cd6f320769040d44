"""The tables of what is being written and of what is found by its words, beside those of `tables`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, Table, Text

from smartradio.station.store.tables import UtcInstant, metadata

# Whose texts are found by their words: rows of the full-text index `search`, which triggers keep.
search_keys = Table(
    "search_keys",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Index("search_keys_by_key", "kind", "key", unique=True),
)

# What is being typed and is no item yet.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("item", Text),
    Column("version", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    Column("changed_at", UtcInstant, nullable=False),
    Index("drafts_by_account", "account", "changed_at"),
)

# What people call the sounds that they brought in for a bulletin.
draft_sounds = Table(
    "draft_sounds",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("brought_by", Text, nullable=False),
    Column("brought_at", UtcInstant, nullable=False),
)
