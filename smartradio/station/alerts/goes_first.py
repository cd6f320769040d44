"""What is meant goes before any exercise, also where it was planned beside the book: an item, a programme.

The book's own alerts end exercises themselves, with the order that lets them sound.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority

if TYPE_CHECKING:
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.store import Store

_logger = structlog.get_logger()

BEFORE: Final = timedelta(seconds=15)
"""So long before it begins exercises end: the orders to stop are there by then, and who hears one hears it end."""

# The station may have fallen between the plan and what it ends.
_LOOKED_BACK: Final = timedelta(minutes=1)
_MEANT: Final = int(Priority.EMERGENCY)


class MakesWay(Protocol):
    """What is needed of `smartradio.station.alerts.book.AlertBook`."""

    async def make_way(self, by: Person) -> None:
        """End every exercise in the name of `by`."""
        ...


class Rings(Protocol):
    """What is needed of `smartradio.station.surroundings.Timers`."""

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant; setting a name again moves it."""
        ...


class GoesFirst:
    """Looks at what is planned; for the event loop. `run(work, name)` begins work that is not waited for."""

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        book: MakesWay,
        timers: Rings,
        *,
        run: Callable[[Coroutine[Any, Any, object], str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._book = book
        self._timers = timers
        self._run = run
        self._clock = clock
        # From now on: what is planned before anybody looks must not be missed.
        self._planned: AsyncIterator[Evidence] = recorder.listen((Step.PLANNED,))

    async def watch(self) -> None:
        """Look at what stands in the plan, then at what is planned, until the recorder closes."""
        since = self._clock() - _LOOKED_BACK
        for airing in await asyncio.to_thread(lambda: self._store.airings(start=since)):
            if airing.priority >= Priority.EMERGENCY:
                await self._look(airing.id, of_book=True)
        async for said in self._planned:
            # A node that has it says so as well.
            if not said.node and said.facts.get("priority", _MEANT) >= _MEANT:
                await self._look(said.airing)

    async def _look(self, name: str, *, of_book: bool = False) -> None:
        try:
            found = await asyncio.to_thread(self._meant, name, of_book)
            if found is None:
                return
            airing, by = found
            now = self._clock()
            ahead = [at for at in (airing.starts_at - BEFORE, airing.starts_at) if at > now]
            if ahead:
                # At its very beginning once more: an exercise may have been sent meanwhile.
                self._timers.set(f"way for {name}", ahead[0], lambda: self._run(self._look(name), "way is made"))
            if len(ahead) < 2:
                await self._book.make_way(by)
        except Exception:
            # The store has a bad moment, or what nobody foresaw: what comes next must find somebody who looks.
            _logger.exception("exercises_not_ended", airing=name)

    def _meant(self, name: str, of_book: bool) -> tuple[Airing, Person] | None:
        """Return an emergency that stands in the plan, beside the book or also `of_book`, and who answers for it."""
        airing = self._store.airing(name)
        if airing is None or airing.priority < Priority.EMERGENCY:
            return None
        first, by = self._first_of(airing)
        kept = self._store.alert_book.of_airing(first)
        if kept is not None and (kept.is_exercise or (first == name and not of_book)):
            return None
        instant = airing.starts_at
        standing = self._store.airings(start=instant, end=instant + timedelta(microseconds=1))
        return (airing, by) if any(each.id == name for each in standing) else None

    def _first_of(self, airing: Airing) -> tuple[str, Person]:
        """Return what an airing that brings another once more goes back to, and who answers for it."""
        name, seen, by = airing.id, set[str](), Person("")
        while name not in seen:
            seen.add(name)
            for entry in self._store.chain(name, ""):
                if entry.evidence.step is Step.APPROVED:
                    facts = entry.evidence.facts
                    by = Person(*(str(facts.get(key, "")) for key in ("by", "account", "session")))
                    name = str(facts.get("again_of", name))
        return name, by
