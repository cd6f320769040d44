"""Feeds and their messages: how each feed was last reached, and every message of it once with what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from smartradio.station.store import beside_tables as t
from smartradio.station.store.database import Database


class Outcome(StrEnum):
    """What came of a message."""

    DRAFT = "draft"
    """An officer has it before them, or had."""
    AUTOMATIC = "automatic"
    """It went on air by itself, as the settings say."""
    ELSEWHERE = "elsewhere"
    """It reaches no zone of the commune."""
    OVER = "over"
    """It had ended, or another message had ended it, before it came."""
    PASSED = "passed"
    """A test, an acknowledgement, what is not grave enough, or of a sender nobody follows."""
    ENDED_OTHERS = "ended_others"
    """A Cancel."""
    REFUSED = "refused"
    """It breaks a rule that would mislead."""


@dataclass(frozen=True, slots=True)
class KeptFeed:
    """How a feed was last reached; `fault` is why it is not now, `etag` and `last_modified` what its server told."""

    name: str
    url: str
    tried_at: datetime | None
    reached_at: datetime | None
    failures: int
    fault: str | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message of a feed by its key "sender,identifier,sent"; `document` is None once it matters no more.

    `outcome` is None while nothing has come of it yet: a crash came between. `line` says why, `alert` what it became.
    """

    key: str
    feed: str
    sha256: str
    document: bytes | None
    refers_to: tuple[str, ...]
    received_at: datetime
    outcome: Outcome | None = None
    line: str | None = None
    alert: str | None = None


class CapShelf:
    """Feeds and messages. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def feed(self, name: str) -> KeptFeed | None:
        """Return how a feed was last reached, None if nobody ever tried."""
        query = select(t.feeds).where(t.feeds.c.name == name)

        def work(connection: Connection) -> KeptFeed | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else KeptFeed(*row)

        return self._database.read(work)

    def reached(self, name: str, url: str, *, etag: str | None, last_modified: str | None) -> None:
        """Write that a feed was read; with neither of both it is read whole the next time."""
        now = self._clock()
        values = {"url": url, "tried_at": now, "reached_at": now, "failures": 0, "fault": None}
        self._put_feed(name, {**values, "etag": etag, "last_modified": last_modified})

    def failed(self, name: str, url: str, fault: str) -> int:
        """Write that a feed could not be read, and return how often in a row."""
        before = self.feed(name)
        failures = 1 if before is None else before.failures + 1
        values = {"url": url, "tried_at": self._clock(), "failures": failures, "fault": fault[:300]}
        self._put_feed(name, values)
        return failures

    def entries(self, feed: str, wanted: Collection[str]) -> dict[str, tuple[int, datetime]]:
        """Return which entries of a feed were read (0), how often others failed, and when they were last tried."""
        rows = t.feed_entries.c
        query = select(rows.entry, rows.failures, rows.seen_at).where(rows.feed == feed, rows.entry.in_(wanted))
        return self._database.read(lambda c: {row.entry: (row.failures, row.seen_at) for row in c.execute(query)})

    def put_entry(self, feed: str, entry: str, fault: str | None) -> None:
        """Write that an entry was read, or why it was not."""
        row = {"feed": feed, "entry": entry, "seen_at": self._clock(), "fault": fault and fault[:300]}
        failures = t.feed_entries.c.failures + 1 if fault else 0
        query = upsert(t.feed_entries).values(**row, failures=1 if fault else 0)
        same = [t.feed_entries.c.feed, t.feed_entries.c.entry]
        query = query.on_conflict_do_update(index_elements=same, set_={**row, "failures": failures})
        self._database.write(lambda c: c.execute(query))

    def take(self, key: str, feed: str, document: bytes, refers_to: Sequence[str]) -> tuple[KeptMessage, bool]:
        """Write a feed's message once; returns it as it stands here, and whether it says what came now."""
        sha256 = hashlib.sha256(document).hexdigest()
        row: dict[str, Any] = {"key": key, "feed": feed, "sha256": sha256, "document": document}
        row |= {"refers_to": list(refers_to), "received_at": self._clock()}

        def work(connection: Connection) -> KeptMessage:
            connection.execute(upsert(t.cap_messages).values(**row).on_conflict_do_nothing())
            return _message(connection.execute(select(t.cap_messages).where(_is_it(feed, key))).one())

        kept = self._database.write(work)
        return kept, kept.sha256 == sha256

    def settle(self, feed: str, key: str, outcome: Outcome, line: str = "", alert: str | None = None) -> None:
        """Write what came of a message."""
        values = {"outcome": outcome.value, "line": line[:500] or None, "alert": alert}
        query = update(t.cap_messages).where(_is_it(feed, key)).values(**values)
        self._database.write(lambda c: c.execute(query))

    def links(self, feed: str, since: datetime) -> list[tuple[str, tuple[str, ...]]]:
        """Return the keys of a feed's messages with what each refers to, the latest first."""
        rows = t.cap_messages.c
        query = select(rows.key, rows.refers_to).where(rows.feed == feed, rows.received_at >= since)
        query = query.order_by(rows.received_at.desc())
        return self._database.read(lambda c: [(row.key, tuple(row.refers_to)) for row in c.execute(query)])

    def sent_by_itself(self, feed: str, since: datetime) -> int:
        """Return how many of a feed's messages went on air by themselves from an instant on."""
        rows = t.cap_messages.c
        which = (rows.feed == feed) & (rows.outcome == Outcome.AUTOMATIC.value) & (rows.received_at >= since)
        return self._database.read(lambda c: c.execute(select(func.count()).where(which)).scalar_one())

    def kept_bytes(self, feed: str, since: datetime) -> int:
        """Return how long the documents are that a feed has brought from an instant on."""
        rows = t.cap_messages.c
        query = select(func.coalesce(func.sum(func.length(rows.document)), 0))
        query = query.where(rows.feed == feed, rows.received_at >= since)
        return self._database.read(lambda c: int(c.execute(query).scalar_one()))

    def messages(self, keys: Collection[str]) -> list[KeptMessage]:
        """Return messages by their keys, each from every feed that brought it."""
        query = select(t.cap_messages).where(t.cap_messages.c.key.in_(keys))
        return self._database.read(lambda c: [_message(row) for row in c.execute(query)])

    def lately(self, feed: str, most: int) -> list[KeptMessage]:
        """Return a feed's messages, the latest first, without those that reach nobody here."""
        rows = t.cap_messages.c
        here = rows.outcome.is_distinct_from(Outcome.ELSEWHERE.value)
        query = select(t.cap_messages).where(rows.feed == feed, here).order_by(rows.received_at.desc()).limit(most)
        return self._database.read(lambda c: [_message(row) for row in c.execute(query)])

    def forget_old(self, before: datetime, *, wholly_before: datetime) -> None:
        """Forget entries, and the documents of messages that became no alert, from before an instant.

        What became no alert and came before `wholly_before` is forgotten with what came of it.
        """
        rows = t.cap_messages.c
        old = (rows.received_at < before) & rows.alert.is_(None)

        def work(connection: Connection) -> None:
            connection.execute(delete(t.feed_entries).where(t.feed_entries.c.seen_at < before))
            connection.execute(delete(t.cap_messages).where(old, rows.received_at < wholly_before))
            connection.execute(update(t.cap_messages).where(old, rows.document.is_not(None)).values(document=None))

        self._database.write(work)

    def _put_feed(self, name: str, values: dict[str, Any]) -> None:
        query = upsert(t.feeds).values(name=name, **{"failures": 0, **values})
        self._database.write(lambda c: c.execute(query.on_conflict_do_update(index_elements=["name"], set_=values)))


def _is_it(feed: str, key: str) -> ColumnElement[bool]:
    return (t.cap_messages.c.feed == feed) & (t.cap_messages.c.key == key)


def _message(row: Row[Any]) -> KeptMessage:
    return KeptMessage(
        key=row.key,
        feed=row.feed,
        sha256=row.sha256,
        document=row.document,
        refers_to=tuple(row.refers_to),
        received_at=row.received_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        line=row.line,
        alert=row.alert,
    )
