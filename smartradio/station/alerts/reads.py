"""The book of alerts as it is read: what waits, what holds, what was sent, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.alerting.times_named import times_passed
from smartradio.domain.alert import AlertState
from smartradio.station.alerts.kept import AlertAiring, KeptAlert
from smartradio.station.alerts.report import AlertReport, report_of

if TYPE_CHECKING:
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence


class BookReads:
    """The reading half of the book; every method blocks."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._shelf = store.alert_book
        self._clock = clock

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert. Blocking."""
        return self._shelf.alert(name)

    def drafts(self) -> list[KeptAlert]:
        """Return what waits for somebody to send or discard it, the one changed last first. Blocking."""
        return self._shelf.in_states((AlertState.DRAFT,))

    def current(self) -> list[KeptAlert]:
        """Return the alerts that hold now, the one changed last first; exercises too. Blocking."""
        now = self._clock()
        return [kept for kept in self._shelf.in_states((AlertState.OUT,)) if not kept.expired(now)]

    def lately(self, most: int) -> list[KeptAlert]:
        """Return the alerts that were sent, the newest first. Blocking."""
        return self._shelf.lately(most)

    def of_source(self, source: str) -> list[KeptAlert]:
        """Return the alerts of one template, CAP message or gauge, the one drafted last first. Blocking."""
        return self._shelf.of_source(source)

    def airings_of(self, name: str) -> list[AlertAiring]:
        """Return the airings of an alert in the order in which they were due. Blocking."""
        return self._shelf.airings_of(name)

    def history(self, name: str) -> list[LoggedEvidence]:
        """Return what the log has of an alert, in order. Blocking."""
        return self._shelf.history(name)

    def times_passed(self, kept: KeptAlert) -> tuple[str, ...]:
        """Return the times that an alert's words name as they stand there and that have passed while it holds.

        None of an exercise: nobody acts by what it says.
        """
        now = self._clock()
        if not kept.is_out or kept.is_exercise or kept.sent_at is None or kept.expired(now):
            return ()
        return times_passed(kept.alert.text, since=kept.sent_at, now=now)

    def report(self, name: str) -> AlertReport | None:
        """Return what came of an alert, None if there is none. Blocking."""
        report = report_of(self._store, name)
        return None if report is None else replace(report, times_passed=self.times_passed(report.kept))
