"""When an alert's turn has come: said again, over, or taken up where a crash left it; every time is read from the book.

The alarms only ring. What fell due while the station was off is said once, if it still holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import AlertState
from smartradio.domain.errors import SmartradioError

if TYPE_CHECKING:
    from smartradio.station.alerts.book import AlertBook
    from smartradio.station.alerts.kept import KeptAlert
    from smartradio.station.store import Store
    from smartradio.station.store.alarms import Causes

_logger = structlog.get_logger()

TRIED_AGAIN: Final = timedelta(seconds=10)
"""So long after an alert that could not be said it is tried again."""
LOOKED_S: Final = 600.0
"""So often what stands is looked at whatever rings: a clock that was set rings at the wrong hour."""
_TOLD: Final = (AlarmKind.ALERT_WAITS, AlarmKind.TIME_PASSED, AlarmKind.CLOCK_JUMPED)
_STANDING: Final = (AlertState.OUT, AlertState.DRAFT)
_BEHIND: Final = timedelta(seconds=1)
_LOOKED_BACK: Final = timedelta(days=1)


class Rings(Protocol):
    """What is needed of `smartradio.station.surroundings.Timers`."""

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant; setting a name again moves it."""
        ...

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call every so many seconds."""
        ...


class RaisesAlarms(Protocol):
    """What is needed of `smartradio.station.alarms.desk.AlarmDesk`."""

    async def round(self, wrong: Causes, kinds: list[AlarmKind]) -> None:
        """Say all that is wrong of some kinds; what is open of them and not among it has ended."""
        ...


class Turns:
    """Sets an alarm for each alert that holds or waits; for the event loop.

    `run(work, name)` begins work that is not waited for.
    """

    def __init__(
        self,
        store: Store,
        book: AlertBook,
        timers: Rings,
        alarms: RaisesAlarms,
        *,
        run: Callable[[Coroutine[Any, Any, object], str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._book = book
        self._timers = timers
        self._alarms = alarms
        self._run = run
        self._clock = clock
        self._ringing = asyncio.Lock()
        book.listen(self._changed)

    def begin(self) -> None:
        """Look at what stands every so often, from now on."""
        self._timers.every("alerts that stand", LOOKED_S, lambda: self._run(self.look(), "alerts that stand"))

    async def look(self) -> None:
        """Do what is due of every alert that stands, and set its alarm anew."""
        for kept in await asyncio.to_thread(self._store.alert_book.in_states, _STANDING):
            await self.turn(kept.id)
        await self.ring()

    async def take_up(self) -> None:
        """Begin where the last run ended: what ended is silent, what was approved is said, what is due rings."""
        since = self._clock() - _LOOKED_BACK
        ended = (AlertState.CANCELLED, AlertState.UPDATED)
        for kept in await asyncio.to_thread(self._store.alert_book.in_states, ended, changed_since=since):
            await self._book.silence_what_ended(kept)
            await self._unsaid(kept)
        for kept in await asyncio.to_thread(self._store.alert_book.in_states, _STANDING):
            if kept.is_out and not kept.expired(self._clock()):
                await self._unsaid(kept)
            self._arm(kept)
        await self.ring()

    async def ring(self) -> None:
        """Have somebody rung for what waits, told of words that time has passed by, and of a clock that jumped."""
        async with self._ringing:
            standing = await asyncio.to_thread(self._store.alert_book.in_states, _STANDING)
            wrong = {
                (AlarmKind.ALERT_WAITS, _subject(kept)): _facts(kept)
                for kept in standing
                if kept.state is AlertState.DRAFT
            }
            for kept in standing:
                if kept.again_at is not None and (times := self._book.times_passed(kept)):
                    wrong[AlarmKind.TIME_PASSED, kept.id] = {**_facts(kept), "times": ", ".join(times)}
            if standing and (minutes := self._book.clock_jumped_min()):
                wrong[AlarmKind.CLOCK_JUMPED, ""] = {"minutes": minutes}
            await self._alarms.round(wrong, list(_TOLD))

    def _changed(self, kept: KeptAlert) -> None:
        self._arm(kept)
        if kept.state in (AlertState.OUT, AlertState.CANCELLED):
            self._try_later(kept.id)
        if kept.state is AlertState.DRAFT:
            self._run(self.ring(), "who is told of alerts")
        else:
            # Nobody is rung now: what is written of it stands behind what goes to the horns.
            later = self._clock() + _BEHIND
            self._timers.set("who is told of alerts", later, lambda: self._run(self.ring(), "who is told of alerts"))

    def _arm(self, kept: KeptAlert, *, looked: bool = False) -> None:
        if kept.state not in _STANDING:
            return
        dues = (kept.again_at, kept.alert.expires_at, self._book.lapses_at(kept))
        due = min((at for at in dues if at is not None), default=None)
        # What is over and cannot be settled yet, or not be said, is looked at again with all the others.
        if due is not None and (due > self._clock() or not looked):
            self._ring_at(due, kept.id)

    def _ring_at(self, at: datetime, name: str) -> None:
        self._timers.set(f"alert {name}", at, lambda: self._run(self.turn(name), "alert"))

    async def turn(self, name: str) -> None:
        """Do what is due of an alert; what cannot be said is tried again soon."""
        try:
            if await self._book.expire(name) is None:
                await self._book.repeat(name)
        except SmartradioError as error:
            _logger.error("alert_not_said", alert=name, line=str(error))  # noqa: TRY400 - the line says it all
        kept = await asyncio.to_thread(self._store.alert_book.alert, name)
        if kept is not None:
            self._arm(kept, looked=True)
            await self._again_soon(kept)

    async def _unsaid(self, kept: KeptAlert) -> None:
        try:
            await self._book.unsaid(kept)
        except SmartradioError as error:
            _logger.error("alert_not_said", alert=kept.id, line=str(error))  # noqa: TRY400 - the line says it all
        await self._again_soon(kept)

    async def _again_soon(self, kept: KeptAlert) -> None:
        """Try what stands in the book and was not planned in a moment again, as long as it matters."""
        if await self._book.owes(kept):
            self._try_later(kept.id)

    def _try_later(self, name: str) -> None:
        self._timers.set(f"unsaid {name}", self._clock() + TRIED_AGAIN, lambda: self._run(self._owed(name), "alert"))

    async def _owed(self, name: str) -> None:
        kept = await asyncio.to_thread(self._store.alert_book.alert, name)
        if kept is not None:
            await self._unsaid(kept)


def _subject(kept: KeptAlert) -> str:
    """Return what the alarm is about: that a second person is waited for is rung anew."""
    return kept.id if kept.handed_in_by is None else f"{kept.id}/second"


def _facts(kept: KeptAlert) -> dict[str, Any]:
    return {
        "title": kept.alert.title,
        "alert": kept.id,
        "by": kept.drafted_by if kept.handed_in_by is None else kept.handed_in_by.title,
        "origin": kept.alert.origin.value,
        "exercise": kept.is_exercise,
    }
