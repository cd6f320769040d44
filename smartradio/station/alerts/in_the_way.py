"""What must not sound beside an alert: those whose place it has taken, also where that was never said; exercises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from smartradio.alerting.saying import ALL_CLEAR
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.station.alert_desk import SAME_AGAIN
from smartradio.station.alerts.kept import AlertAiring, AlertRefusal, AlertRefusedError, KeptAlert

if TYPE_CHECKING:
    from smartradio.domain.evidence import Evidence
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.store.alert_book import AlertBookShelf

_SOUNDED: Final = (AlertState.OUT, AlertState.UPDATED, AlertState.CANCELLED, AlertState.EXPIRED)
# What ended longer ago does not sound any more.
_LOOKED_BACK: Final = timedelta(days=1)


class TakesBack(Protocol):
    """What is needed of `smartradio.station.withdrawal.Withdrawals`."""

    def still_sounding(self, names: Sequence[str]) -> list[Airing]:
        """Return those that are to come or may sound, with their repetitions. Blocking."""
        ...

    def said(self, airing: Airing, by: Person, why: str, *, replaced_by: str = "") -> Evidence:
        """Return what the log says of an airing that is taken back, or whose place another alert's takes."""
        ...

    async def silenced(self, airings: Sequence[Airing], by: Person, why: str) -> None:
        """Stop airings everywhere that the plan has no more."""
        ...


class InTheWay:
    """Finds what gives way to an alert, and takes it back; every method blocks but for that."""

    def __init__(
        self,
        shelf: AlertBookShelf,
        recorder: EvidenceRecorder,
        withdrawals: TakesBack,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._shelf = shelf
        self._recorder = recorder
        self._withdrawals = withdrawals
        self._clock = clock

    def of(self, name: str) -> list[Airing]:
        """Return the airings of one alert that are to come or may sound."""
        return self._withdrawals.still_sounding([each.airing for each in self._shelf.airings_of(name)])

    async def take_back(self, airings: Sequence[Airing], by: Person, why: str, *, replaced_by: str = "") -> None:
        """Take airings out of the plan and stop them everywhere; `replaced_by` is the alert that took their place."""
        for airing in airings:
            said = self._withdrawals.said(airing, by, why, replaced_by=replaced_by)
            await self._recorder.withdraw(airing.id, said, by=by.title)
        if airings:
            await self._withdrawals.silenced(airings, by, why)

    def place_taken(self, wanted: Alert) -> KeptAlert | None:
        """Return the alert whose place one takes, if it still holds: of two updates of one the later stands."""
        old = self._shelf.alert(wanted.supersedes)
        if old is None:
            raise AlertRefusedError(AlertRefusal.UNKNOWN, "there is no alert whose place it could take")
        while old.replaced_by and (newer := self._shelf.alert(old.replaced_by)) is not None:
            old = newer
        return old if old.is_out and old.id != wanted.id else None

    def check_all_clear(self, wanted: Alert) -> None:
        """Raise AlertRefusedError for an all-clear that takes no alert's place while some would be said again."""
        if wanted.siren != ALL_CLEAR or wanted.supersedes:
            return
        now, is_meant = self._clock(), wanted.status is AlertStatus.ACTUAL
        out = [
            kept
            for kept in self._shelf.in_states((AlertState.OUT,))
            if kept.id != wanted.id and kept.is_exercise is not is_meant and not kept.expired(now)
            if kept.alert.siren != ALL_CLEAR
        ]
        if out:
            titles = "; ".join(kept.alert.title for kept in out)
            line = f"alerts are out and would be said again: {titles}; cancel them, or name the one it ends"
            raise AlertRefusedError(AlertRefusal.STILL_OUT, line, titles=titles)

    def again_lately(self, name: str, nodes: frozenset[str], now: datetime) -> AlertAiring | None:
        """Return the airing in which an alert was brought once more to the same nodes a moment ago, if it stands."""
        for each in self._shelf.airings_of(name):
            just_now = abs(now - each.at) < SAME_AGAIN and each.nodes is not None and frozenset(each.nodes) == nodes
            if just_now and self._shelf.withdrawn_by(each.airing) is None:
                return each
        return None

    def before(self, kept: KeptAlert) -> list[KeptAlert]:
        """Return the alerts whose place one took, the latest first.

        An update that no voice could say leaves the one before it on the air: the next update has both behind it.
        """
        return list(self._before(kept))

    def of_and_before(self, kept: KeptAlert) -> list[Airing]:
        """Return the airings of an alert, and of those whose place it took, that are to come or may sound."""
        return [*self.of(kept.id), *self.replaced(kept)]

    def replaced(self, kept: KeptAlert) -> list[Airing]:
        """Return the airings that end when an alert begins: of those whose place it took, the latest first."""
        left = [airing for each in self.before(kept) for airing in self._standing(each.id)]
        return sorted(left, key=lambda airing: airing.starts_at, reverse=True)

    def exercises(self) -> list[tuple[KeptAlert, list[Airing]]]:
        """Return the exercises that are out, or of which something may sound, with that: nothing real waits for them.

        One between two of its repetitions is out as well: beside what is meant it must not be said again.
        """
        now = self._clock()
        ended = self._shelf.in_states(_SOUNDED, changed_since=now - _LOOKED_BACK)
        named = {kept.id: kept for kept in (*self._shelf.in_states((AlertState.OUT,)), *ended) if kept.is_exercise}
        found = [(kept, self._standing(kept.id)) for kept in named.values()]
        return [(kept, left) for kept, left in found if left or (kept.is_out and not kept.expired(now))]

    def _standing(self, name: str) -> list[Airing]:
        return [airing for airing in self.of(name) if self._shelf.withdrawn_by(airing.id) is None]

    def _before(self, kept: KeptAlert) -> Iterator[KeptAlert]:
        seen = {kept.id}
        name = kept.alert.supersedes
        while name and name not in seen and (before := self._shelf.alert(name)) is not None:
            seen.add(name)
            yield before
            name = before.alert.supersedes
