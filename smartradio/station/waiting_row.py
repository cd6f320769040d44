"""The row of verdicts that wait for a person, read again only when the log has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from smartradio.station.store import Store
from smartradio.station.views import WaitingVerdict, worst_first

MOST: Final = 200
"""More than anybody settles at a stretch."""
# What grows too old leaves the row without an entry in the log.
_LASTS: Final = timedelta(minutes=1)


class WaitingRow:
    """Verdicts of the last days that nobody has settled. Thread-safe; methods block."""

    def __init__(self, store: Store, clock: Callable[[], datetime], days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = timedelta(days=days)
        self._lock = threading.Lock()
        self._counted: tuple[int, datetime, int] | None = None
        self._read: tuple[int, datetime, list[WaitingVerdict]] | None = None

    def worst(self) -> list[WaitingVerdict]:
        """Return the worst of them, no more than MOST, the worst first."""
        with self._lock:
            entries, now = self._store.audit.count(), self._clock()
            if self._read is None or not _is_fresh(self._read[:2], entries, now):
                self._read = (entries, now, worst_first(self._store.waiting(now - self._days, MOST)))
            return list(self._read[2])

    def count(self) -> int:
        """Return how many there are."""
        with self._lock:
            entries, now = self._store.audit.count(), self._clock()
            if self._counted is None or not _is_fresh(self._counted[:2], entries, now):
                self._counted = (entries, now, self._store.count_waiting(now - self._days))
            return self._counted[2]


def _is_fresh(of: tuple[int, datetime], entries: int, now: datetime) -> bool:
    return of[0] == entries and now - of[1] < _LASTS
