"""What the airings of the last weeks came to, kept by day: a day is read again only when the log has told of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Final

from smartradio.station.store import Store
from smartradio.station.summaries import AiringOutcome

DAYS: Final = 62
"""So many days are kept; a longer period is read as one."""
_DAY: Final = timedelta(days=1)
# Midnight of the commune's clock, which knows no summer time; any other boundary would do, but reports begin here.
_MIDNIGHT: Final = datetime(2000, 1, 1, 17, tzinfo=UTC)


class OutcomeDays:
    """Outcomes by day, as `Store.outcomes` has them. Thread-safe; methods block."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: OrderedDict[datetime, list[AiringOutcome]] = OrderedDict()
        self._entries: int | None = None
        self._places: tuple[tuple[str, str], ...] = ()

    def outcomes(self, start: datetime, end: datetime) -> list[AiringOutcome]:
        """Return what came of the airings that were to start in [start, end), in order."""
        whole = _midnight_from(start), _midnight_from(end - _DAY + timedelta(microseconds=1))
        if not timedelta() < whole[1] - whole[0] <= _DAY * DAYS:
            return self._store.outcomes(start, end)
        with self._lock:
            self._forget_what_changed()
            days = [each for day in _days(*whole) for each in self._day(day)]
        before = self._store.outcomes(start, whole[0]) if start < whole[0] else []
        after = self._store.outcomes(whole[1], end) if whole[1] < end else []
        return [*before, *days, *after]

    def _day(self, day: datetime) -> list[AiringOutcome]:
        held = self._held.get(day)
        if held is None:
            held = self._held[day] = self._store.outcomes(day, day + _DAY)
            while len(self._held) > DAYS:
                self._held.popitem(last=False)
        self._held.move_to_end(day)
        return held

    def _forget_what_changed(self) -> None:
        # Read before the days are: what comes in between is told of again next time.
        entries, starts = self._store.audit.told_of_since(self._entries)
        places = tuple((view.name, view.zone) for view in self._store.node_views())
        if places != self._places:
            self._held.clear()
        for at in starts:
            self._held.pop(_midnight_from(at - _DAY + timedelta(microseconds=1)), None)
        self._entries, self._places = entries, places


def _midnight_from(at: datetime) -> datetime:
    """Return the first midnight at or after an instant."""
    return _MIDNIGHT - (_MIDNIGHT - at) // _DAY * _DAY


def _days(start: datetime, end: datetime) -> list[datetime]:
    return [start + _DAY * number for number in range((end - start) // _DAY)]
