"""What a node must not forget: reports until the station has them, what was started, how far it got.

SQLite, write-ahead log, every commit on the disk before it counts. A report and the step it tells of are one
transaction, so neither stands without the other after a power cut.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartradio.domain.errors import SmartradioError

if TYPE_CHECKING:
    from collections.abc import Iterator


class JournalError(SmartradioError):
    """The journal cannot be written now, as on a full disk; nothing of the attempt was kept."""


_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, report TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    evidence INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS airings (
    airing TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL, played_s REAL NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0, expires_at TEXT NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0, counter INTEGER NOT NULL DEFAULT -1
);
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, expires_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clips (
    sha256 TEXT PRIMARY KEY, airing TEXT NOT NULL, made_at TEXT NOT NULL, report TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS kept_clips (
    sha256 TEXT PRIMARY KEY, airing TEXT NOT NULL, made_at TEXT NOT NULL, report TEXT NOT NULL,
    size_bytes INTEGER NOT NULL
);
"""
# Refusals kept while the station is away; evidence of airings is never dropped.
REFUSALS_KEPT = 500


Make = Callable[[int], tuple[str, Mapping[str, Any]]]
"""Builds a report for a sequence number: its id and its body."""


class Progress(StrEnum):
    """How far an airing has come at this node; all but KNOWN and STARTED are final."""

    KNOWN = "known"
    STARTED = "started"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An airing as the journal knows it; `body` is its PlannedAiring as JSON text.

    `mark` is the (epoch, counter) of the plan or order that gave it this shape.
    """

    airing: str
    progress: Progress
    body: str
    played_s: float
    delivered: bool
    mark: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Queued:
    """A report that waits for the station's ack."""

    seq: int
    report: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A microphone recording that nobody has asked for; `made_at` is ISO UTC."""

    sha256: str
    airing: str
    made_at: str
    size_bytes: int


class Journal:
    """The journal of one node, used by one thread. Raises SmartradioError when its file is unusable."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            line = f"the node's journal {path} is unusable: {error}; move it away and start again"
            raise SmartradioError(line) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside counts at once or not at all; may stand inside another one.

        Raises JournalError. Until the outermost has ended nothing inside has happened: change no memory.
        """
        if self._inside():
            yield
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself when the disk was full.
                if self._inside():
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise JournalError(f"the node's journal cannot be written: {error}") from error

    def _inside(self) -> bool:
        return self._db.in_transaction

    # -- small facts

    def get(self, key: str) -> str | None:
        """Return a stored fact."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def put(self, facts: Mapping[str, str]) -> None:
        """Store facts, all or none."""
        with self.together():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    # -- reports

    def report(self, make: Make, *, evidence: bool = True) -> None:
        """Queue a report: `make(seq)` returns its id and body. `evidence` False marks a refusal of junk."""
        with self.together():
            self._queue(make, evidence=evidence)

    def _queue(self, make: Make, *, evidence: bool) -> str:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        seq = (row[0] if row else 0) + 1
        report, body = make(seq)
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", (seq, report, json.dumps(body), evidence))
        if not evidence:
            self._db.execute(
                "DELETE FROM outbox WHERE evidence = 0 AND seq <= (SELECT seq FROM outbox WHERE evidence = 0"
                " ORDER BY seq DESC LIMIT 1 OFFSET ?)",
                (REFUSALS_KEPT,),
            )
        return report

    def waiting(self, limit: int, *, after: int = 0) -> list[Queued]:
        """Return the oldest reports without an ack that come after a number, in order."""
        query = "SELECT seq, report, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = self._db.execute(query, (after, limit))
        return [Queued(seq, report, json.loads(body)) for seq, report, body in rows]

    def queued(self, seq: int) -> Queued | None:
        """Return one report without an ack; None if it has one or was dropped."""
        row = self._db.execute("SELECT seq, report, body FROM outbox WHERE seq = ?", (seq,)).fetchone()
        return Queued(row[0], row[1], json.loads(row[2])) if row else None

    def acknowledged(self, reports: Iterable[str]) -> int:
        """Drop reports that the station has committed; return how many were here."""
        with self.together():
            count = 0
            for report in reports:
                count += self._db.execute("DELETE FROM outbox WHERE report = ?", (report,)).rowcount
        return count

    # -- airings

    def know(self, airing: str, body: str, expires_at: str, mark: tuple[int, int] = (0, -1)) -> None:
        """Note an airing of a plan or order with its (epoch, counter), or its new shape.

        What has begun keeps the shape it began with but for what `grow` says, and what is older changes nothing.
        """
        with self.together():
            self._db.execute(
                "INSERT INTO airings (airing, state, body, expires_at, epoch, counter) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (airing) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at,"
                " epoch = excluded.epoch, counter = excluded.counter"
                " WHERE state = 'known' AND (excluded.epoch, excluded.counter) >= (epoch, counter)",
                (airing, Progress.KNOWN, body, expires_at, *mark),
            )

    def never(self, airings: Iterable[str], expires_at: str) -> None:
        """Note that airings must not begin though they are not known here yet; what is known is left as it is."""
        rows = [(airing, Progress.SKIPPED, "", expires_at) for airing in airings]
        with self.together():
            self._db.executemany(
                "INSERT OR IGNORE INTO airings (airing, state, body, expires_at) VALUES (?, ?, ?, ?)", rows
            )

    def grow(self, airing: str, body: str, mark: tuple[int, int]) -> None:
        """Note what an airing that has begun has become; in what has ended nothing changes."""
        with self.together():
            self._db.execute(
                "UPDATE airings SET body = ?, epoch = ?, counter = ?"
                " WHERE airing = ? AND state IN ('started', 'interrupted')",
                (body, *mark, airing),
            )

    def entry(self, airing: str) -> JournalEntry | None:
        """Return what is known of an airing."""
        rows = self._entries("WHERE airing = ?", (airing,))
        return rows[0] if rows else None

    def unfinished(self) -> list[JournalEntry]:
        """Return the airings that were started and have no end: after a restart, the interrupted ones."""
        return self._entries("WHERE state = ?", (Progress.STARTED,))

    def pending(self) -> list[JournalEntry]:
        """Return the airings that are known and have not begun."""
        return self._entries("WHERE state = ? ORDER BY expires_at", (Progress.KNOWN,))

    def _entries(self, where: str, values: tuple[str, ...]) -> list[JournalEntry]:
        columns = "airing, state, body, played_s, delivered, epoch, counter"
        query = f"SELECT {columns} FROM airings {where}"  # noqa: S608 - our own words
        return [
            JournalEntry(airing, Progress(state), body, played_s, bool(delivered), (epoch, counter))
            for airing, state, body, played_s, delivered, epoch, counter in self._db.execute(query, values)
        ]

    def begin(self, airing: str) -> bool:
        """Write down that an airing starts, before its first sample; False if it started or ended before."""
        with self.together():
            changed = self._db.execute(
                "UPDATE airings SET state = ?, played_s = 0 WHERE airing = ? AND state = ?",
                (Progress.STARTED, airing, Progress.KNOWN),
            ).rowcount
        return changed == 1

    def begin_again(self, airing: str) -> bool:
        """Let an interrupted airing start once more: an emergency that is still valid, and nothing else.

        What has been played of it stays noted, and more than nothing: so it is known later that it began before.
        """
        with self.together():
            changed = self._db.execute(
                "UPDATE airings SET state = ?, played_s = MAX(played_s, 0.001) WHERE airing = ? AND state = ?",
                (Progress.KNOWN, airing, Progress.INTERRUPTED),
            ).rowcount
        return changed == 1

    def go_on(self, airing: str) -> bool:
        """Write down that an interrupted airing goes on, before its first sample; False if it may not."""
        with self.together():
            changed = self._db.execute(
                "UPDATE airings SET state = ?, played_s = 0 WHERE airing = ? AND state = ?",
                (Progress.STARTED, airing, Progress.INTERRUPTED),
            ).rowcount
        return changed == 1

    def played(self, airing: str, played_s: float) -> None:
        """Note how far an airing has got."""
        with self.together():
            self._db.execute("UPDATE airings SET played_s = ? WHERE airing = ?", (played_s, airing))

    def delivered(self, airing: str, make: Make) -> bool:
        """Note once that all audio of an airing is here, with its report; False if it was noted before."""
        with self.together():
            changed = self._db.execute(
                "UPDATE airings SET delivered = 1 WHERE airing = ? AND delivered = 0", (airing,)
            ).rowcount
            if changed:
                self._queue(make, evidence=True)
        return bool(changed)

    def end(
        self,
        airing: str,
        progress: Progress,
        make: Make,
        played_s: float = 0.0,
    ) -> bool:
        """End an airing with its report, together; False if it had ended before, then nothing is queued."""
        with self.together():
            changed = self._db.execute(
                "UPDATE airings SET state = ?, played_s = ? WHERE airing = ? AND state IN ('known', 'started')",
                (progress, played_s, airing),
            ).rowcount
            if changed:
                self._queue(make, evidence=True)
        return bool(changed)

    # -- orders

    def order_seen(self, order: str) -> bool:
        """Say whether an order was acted on before."""
        return self._db.execute("SELECT 1 FROM orders WHERE id = ?", (order,)).fetchone() is not None

    def see_order(self, order: str, expires_at: str) -> bool:
        """Note an order before acting on it; False if it was noted before."""
        with self.together():
            return self._db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?)", (order, expires_at)).rowcount == 1

    # -- clips

    def measured(self, make: Make, sha256: str, airing: str, made_at: str) -> None:
        """Queue a report of figures and note the microphone recording that it names, together."""
        with self.together():
            report = self._queue(make, evidence=True)
            self._db.execute("INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?)", (sha256, airing, made_at, report))

    def clips(self) -> list[tuple[str, str]]:
        """Return (sha256, airing) of the clips whose report the station has, oldest first."""
        query = "SELECT sha256, airing FROM clips WHERE report NOT IN (SELECT report FROM outbox) ORDER BY made_at"
        return list(self._db.execute(query))

    def clip_done(self, sha256: str) -> bool:
        """Forget a clip; False if it was not here."""
        with self.together():
            return self._db.execute("DELETE FROM clips WHERE sha256 = ?", (sha256,)).rowcount == 1

    def clips_before(self, made_at: str) -> list[str]:
        """Return the clips made before an instant (ISO UTC)."""
        return [row[0] for row in self._db.execute("SELECT sha256 FROM clips WHERE made_at < ?", (made_at,))]

    # -- clips that nobody has asked for

    def kept(self, make: Make, sha256: str, airing: str, made_at: str, size_bytes: int) -> None:
        """Queue a report of figures and note the recording that it names and that stays here, together."""
        with self.together():
            report = self._queue(make, evidence=True)
            row = (sha256, airing, made_at, report, size_bytes)
            self._db.execute("INSERT OR REPLACE INTO kept_clips VALUES (?, ?, ?, ?, ?)", row)

    def kept_clips(self) -> list[KeptClip]:
        """Return the recordings that stay here, oldest first."""
        query = "SELECT sha256, airing, made_at, size_bytes FROM kept_clips ORDER BY made_at, rowid"
        return [KeptClip(*row) for row in self._db.execute(query)]

    def drop_kept(self, sha256: str) -> None:
        """Forget a recording that stays here no longer."""
        with self.together():
            self._db.execute("DELETE FROM kept_clips WHERE sha256 = ?", (sha256,))

    def release(self, airing: str) -> tuple[str, ...]:
        """Let the kept recordings of an airing go out; return the hashes of all that are on their way."""
        with self.together():
            self._db.execute(
                "INSERT OR REPLACE INTO clips SELECT sha256, airing, made_at, report FROM kept_clips WHERE airing = ?",
                (airing,),
            )
            self._db.execute("DELETE FROM kept_clips WHERE airing = ?", (airing,))
            rows = self._db.execute("SELECT sha256 FROM clips WHERE airing = ? ORDER BY made_at", (airing,)).fetchall()
        return tuple(row[0] for row in rows)

    def clip_hashes(self) -> set[str]:
        """Return the hashes of all recordings that the journal knows."""
        query = "SELECT sha256 FROM clips UNION SELECT sha256 FROM kept_clips"
        return {row[0] for row in self._db.execute(query)}

    def forget_before(self, expires_at: str) -> None:
        """Forget ended airings and orders that expired before an instant (ISO UTC)."""
        with self.together():
            self._db.execute("DELETE FROM orders WHERE expires_at < ?", (expires_at,))
            self._db.execute(
                "DELETE FROM airings WHERE expires_at < ? AND state NOT IN ('known', 'started')",
                (expires_at,),
            )
