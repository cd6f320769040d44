"""The SQLite file: one station at a time, one writer thread, many readers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from smartradio.domain.errors import BadInputError
from smartradio.files import FolderBusyError, FolderLock
from smartradio.station.store.errors import StoreError
from smartradio.wire.signing import canonical

FILE_NAME = "smartradio.db"
LOCK_NAME = "smartradio.lock"
BUSY_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 30.0

T = TypeVar("T")


class Database:
    """One open file: `write` runs work in one transaction on the writer thread, `read` on a snapshot."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self._lock: FolderLock | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._closed = threading.Event()
        if not read_only:
            self._lock = _hold(path.with_name(LOCK_NAME))
        self._write_engine = _engine(path, begin="BEGIN IMMEDIATE", writes=True)
        self._read_engine = _engine(path, begin="BEGIN", writes=False)
        try:
            if read_only:
                self.read(_check_shape)
            else:
                self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
                # However long it takes: years of verdicts on a memory card get their indexes in no half minute.
                self._writer.submit(self._run, self._write_engine, _migrate).result()
        except BaseException:
            self.close()
            raise

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in one transaction and return its result once it is on the disk.

        Raises StoreError if the database refuses (then nothing was written), or if the disk does not answer
        in time (then the outcome is unknown and the caller must ask again).
        """
        if self._closed.is_set():
            raise StoreError(f"{self.path} is closed")
        if self._writer is None:
            raise StoreError(f"{self.path} was opened for reading only")
        waiting = self._writer.submit(self._run, self._write_engine, work)
        try:
            return waiting.result(WRITE_TIMEOUT_S)
        except TimeoutError as error:
            waiting.cancel()
            line = f"{self.path}: a write took more than {WRITE_TIMEOUT_S:.0f} s; look at the disk"
            raise StoreError(line) from error

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run work on one consistent snapshot, in the caller's thread."""
        if self._closed.is_set():
            raise StoreError(f"{self.path} is closed")
        return self._run(self._read_engine, work)

    def close(self) -> None:
        """Finish what is being written, close every connection and let the folder go; again is harmless."""
        self._closed.set()
        if self._writer is not None:
            self._writer.shutdown(wait=True)
        self._read_engine.dispose()
        self._write_engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        try:
            with engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            cause = error.__cause__
            if isinstance(cause, BadInputError):
                raise cause from error
            if isinstance(cause, ValueError | TypeError):
                raise BadInputError(f"a value cannot be stored: {cause}") from error
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StoreError(f"{self.path}: {reason}") from error
        except UnicodeEncodeError as error:
            raise BadInputError(f"the text holds half a character, which cannot be stored: {error}") from error


def _hold(path: Path) -> FolderLock:
    try:
        return FolderLock(path)
    except FolderBusyError as error:
        line = f"another station (process {error.holder}) works in {path.parent}; stop it or choose another folder"
        raise StoreError(line) from error


def _engine(path: Path, *, begin: str, writes: bool) -> Engine:
    uri = f"file:{quote(str(path.absolute()))}?mode={'rwc' if writes else 'ro'}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1 if writes else 8,
        max_overflow=0 if writes else 56,
        pool_timeout=WRITE_TIMEOUT_S,
        json_serializer=lambda value: canonical(value).decode(),
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001
        # Transactions begin and end where we say, also around CREATE TABLE; sqlite3 has its own ideas.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _config(connection: Connection) -> Config:
    config = Config()
    # The steps lie beside this file, in a checkout as in an installed wheel; % is the config's own sign.
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection) -> None:
    try:
        command.upgrade(_config(connection), "head")
    except CommandError as error:
        line = f"the database is of a newer smartradio than this one; update the program ({error})"
        raise StoreError(line) from error


def _check_shape(connection: Connection) -> None:
    ours = ScriptDirectory.from_config(_config(connection)).get_current_head()
    theirs = MigrationContext.configure(connection).get_current_revision()
    if theirs != ours:
        line = f"the database has shape {theirs or 'none'}, this program reads {ours}; start its station once"
        raise StoreError(line)
