"""The table of what citizens did not hear well."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from smartradio.station.store.tables import UtcInstant, metadata

complaints = Table(
    "complaints",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("zone", Text, nullable=False),
    # None where nobody said which.
    Column("airing", Text),
    Column("note", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("seen_by", Text),
    Column("seen_at", UtcInstant),
    Column("answer", Text),
    Index("complaints_by_airing", "airing"),
    Index("complaints_by_zone", "zone", "at"),
)
