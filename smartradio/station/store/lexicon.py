"""The commune's lexicon as rows, with a trail of who changed which reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.lexicon_rows import MOST_ENTRIES, Entry, matching_key, tidy_entries, tidy_entry
from smartradio.station.store import tables as t

LONGEST_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class LexiconChange:
    """One reading given, changed (both readings) or taken out (none after)."""

    written: str
    spoken_before: str | None
    spoken_after: str | None
    changed_by: str
    changed_at: datetime


def entries(connection: Connection) -> tuple[Entry, ...]:
    """Return the entries in the order of their written forms."""
    rows = connection.execute(select(t.lexicon).order_by(t.lexicon.c.key))
    return tuple(Entry(row.written, row.spoken, row.note) for row in rows)


def replace_entries(connection: Connection, wanted: Iterable[Entry], by: str, at: datetime) -> int:
    """Make the lexicon hold just these entries and return how many changed; all of them or none."""
    who = _name(by)
    before = {matching_key(entry.written): entry for entry in entries(connection)}
    after = {matching_key(entry.written): entry for entry in tidy_entries(wanted)}
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    for key in sorted(changed):
        _write(connection, key, before.get(key), after.get(key), by=who, at=at)
    return len(changed)


def set_entry(connection: Connection, entry: Entry, by: str, at: datetime) -> None:
    """Give one written form its reading, in place of the one it had."""
    tidied = tidy_entry(entry)
    key = matching_key(tidied.written)
    before = _entry(connection, key)
    if before is None and connection.execute(select(func.count()).select_from(t.lexicon)).scalar_one() >= MOST_ENTRIES:
        raise BadInputError(f"the lexicon holds {MOST_ENTRIES:,} entries, the most it can; remove one first")
    if before != tidied:
        _write(connection, key, before, tidied, by=_name(by), at=at)


def remove_entry(connection: Connection, written: str, by: str, at: datetime) -> bool:
    """Take one entry out; False if there was none."""
    key = matching_key(written)
    before = _entry(connection, key)
    if before is None:
        return False
    _write(connection, key, before, None, by=_name(by), at=at)
    return True


def changes(connection: Connection, newest: int) -> Sequence[LexiconChange]:
    """Return the latest changes, latest first."""
    query = select(t.lexicon_changes).order_by(t.lexicon_changes.c.number.desc()).limit(newest)
    return [
        LexiconChange(row.written, row.spoken_before, row.spoken_after, row.changed_by, row.changed_at)
        for row in connection.execute(query)
    ]


def _entry(connection: Connection, key: str) -> Entry | None:
    row = connection.execute(select(t.lexicon).where(t.lexicon.c.key == key)).one_or_none()
    return None if row is None else Entry(row.written, row.spoken, row.note)


def _write(
    connection: Connection, key: str, before: Entry | None, after: Entry | None, *, by: str, at: datetime
) -> None:
    told = {"changed_by": by, "changed_at": at}
    connection.execute(delete(t.lexicon).where(t.lexicon.c.key == key))
    if after is not None:
        values = {"written": after.written, "spoken": after.spoken, "note": after.note}
        connection.execute(insert(t.lexicon).values(key=key, **values, **told))
    readings = {"spoken_before": before and before.spoken, "spoken_after": after and after.spoken}
    named = after or before
    if named is not None:
        connection.execute(insert(t.lexicon_changes).values(written=named.written, **readings, **told))


def _name(by: str) -> str:
    name = " ".join(by.split())
    if not name or len(name) > LONGEST_NAME_CHARS or not name.isprintable():
        raise BadInputError(f"say who changes the lexicon: a name of at most {LONGEST_NAME_CHARS} characters")
    return name
