"""The station's (epoch, counter): only ever grows, whatever crashes."""

from __future__ import annotations

import threading

from sqlalchemy import Connection, select, update

from smartradio.station.store import tables as t
from smartradio.station.store.database import Database

_BLOCK = 64


class Counters:
    """Hands out counters from blocks that were on the disk before; a crash skips the rest of a block.

    One write to a slow SD card then serves a plan for every node. Thread-safe; nobody waits for the lock
    longer than for one write, which has its own timeout.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._epoch = 0
        self._next = 0
        self._end = 0

    def advance(self) -> tuple[int, int]:
        """Return the next pair, reserving a block when the last one is used up."""
        with self._lock:
            if self._next >= self._end:
                self._epoch, self._next = self._database.write(_reserve)
                self._end = self._next + _BLOCK
            self._next += 1
            return self._epoch, self._next

    def raise_epoch(self) -> int:
        """Begin a new epoch with its counter at zero."""
        with self._lock:
            return self._raise(0)

    def outgrow(self, mark: tuple[int, int]) -> int | None:
        """Begin a new epoch above a mark that lies beyond all that was reserved; None if it does not."""
        with self._lock:
            # No write for what every node says with every heartbeat.
            if mark <= self._database.read(_reserved):
                return None
            return self._raise(mark[0])

    def _raise(self, above: int) -> int:
        self._next = self._end = 0
        return self._database.write(lambda c: _raise(c, above))


def _reserve(connection: Connection) -> tuple[int, int]:
    epoch, reserved = _reserved(connection)
    connection.execute(update(t.counters).values(reserved=reserved + _BLOCK))
    return epoch, reserved


def _reserved(connection: Connection) -> tuple[int, int]:
    epoch, reserved = connection.execute(select(t.counters.c.epoch, t.counters.c.reserved)).one()
    return epoch, reserved


def _raise(connection: Connection, above: int) -> int:
    epoch = max(_reserved(connection)[0], above) + 1
    connection.execute(update(t.counters).values(epoch=epoch, reserved=0))
    return epoch
