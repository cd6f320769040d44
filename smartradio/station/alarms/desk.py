"""Where alarms are raised, seen and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.alarm import Alarm, AlarmKind, AlarmState, closed, seen
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence
from smartradio.station.administered import Change, administered
from smartradio.station.alarms.rules import RingRules
from smartradio.station.news import News

if TYPE_CHECKING:
    from collections.abc import Callable

    from smartradio.station.store.alarms import AlarmShelf, Causes
    from smartradio.station.store.ringing import ToldRing

_logger = structlog.get_logger()

TOPIC: Final = "alarms"


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """How many alarms are open, and how many of them nobody has seen."""

    open: int
    unseen: int


class AlarmDesk:
    """The alarms of a station; what is awaited is for the event loop, the rest blocks."""

    def __init__(self, shelf: AlarmShelf, rules: RingRules, news: News, *, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._rules = rules
        self._news = news
        self._clock = clock

    # -- what the station says

    async def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> Alarm:
        """Say that something is wrong; the same said again is the same alarm.

        `facts` are plain JSON; `title` in them is what operators read of the subject.
        """
        alarm, changed = await asyncio.to_thread(self._shelf.raise_, kind, subject, facts, self._rules)
        if changed:
            if alarm.times == 1:
                _logger.warning("alarm_raised", kind=kind.value, subject=subject, severity=alarm.severity.value)
            self._news.publish(TOPIC)
        return alarm

    async def end(self, kind: AlarmKind, subject: str) -> None:
        """Say that it is so no longer."""
        if await asyncio.to_thread(self._shelf.gone, kind, subject) is not None:
            self._news.publish(TOPIC)

    async def round(self, wrong: Causes, kinds: Collection[AlarmKind]) -> None:
        """Say all that is wrong of some kinds; what is open of them and not among it has ended."""
        if await asyncio.to_thread(self._shelf.round, wrong, kinds, self._rules):
            self._news.publish(TOPIC)

    # -- what people do

    async def seen(self, id: int, *, by: Person) -> None:  # noqa: A002 - the store's name
        """Put somebody's name beside an alarm: they look after it. Raises BadInputError where there is none."""
        await self._act(id, by, Change.CHECKED, lambda alarm: seen(alarm, by.title, self._clock()))

    async def close(self, id: int, *, by: Person) -> None:  # noqa: A002 - the store's name
        """End an alarm about something that happened; raises BadInputError for one that ends by itself."""
        alarm = await asyncio.to_thread(self._shelf.alarm, id)
        if alarm is not None and not alarm.is_event:
            raise BadInputError("this alarm ends by itself once its cause is gone")
        await self._act(id, by, Change.REMOVED, lambda known: closed(known, by.title, self._clock()))

    async def _act(self, id: int, by: Person, change: Change, act: Callable[[Alarm], Alarm]) -> None:  # noqa: A002
        def told(before: Alarm, after: Alarm) -> Evidence:
            name = f"{before.kind.value} {before.subject}".strip()
            states = {"before": before.state.value, "after": after.state.value}
            return administered("alarm", name, change, by=by, at=self._clock(), **states)

        if await asyncio.to_thread(self._shelf.alarm, id) is None:
            raise BadInputError("there is no such alarm")
        if await asyncio.to_thread(self._shelf.act, id, act, told) is not None:
            self._news.publish(TOPIC)

    # -- what pages show

    def open(self) -> list[Alarm]:
        """Return what is wrong now, the latest first. Blocking."""
        return self._shelf.open()

    def past(self, before: datetime | None = None, most: int = 50) -> list[Alarm]:
        """Return what is over, what ended last first. Blocking."""
        return self._shelf.ended(before, most)

    def alarm(self, id: int) -> Alarm | None:  # noqa: A002 - the store's name
        """Return an alarm. Blocking."""
        return self._shelf.alarm(id)

    def about(self, subjects: Sequence[str]) -> list[Alarm]:
        """Return the alarms about any of these subjects, the latest first. Blocking."""
        return self._shelf.about(subjects)

    def count(self) -> AlarmCounts:
        """Return how many are open. Blocking."""
        found = self._shelf.counts()
        return AlarmCounts(sum(found.values()), found.get(AlarmState.RAISED, 0))

    def rings_of(self, id: int) -> list[ToldRing]:  # noqa: A002 - the store's name
        """Return who was told of an alarm, or is to be. Blocking."""
        return self._shelf.rings_of(id)

    def unanswered(self) -> list[ToldRing]:
        """Return what could not be told so far, the oldest of each who is rung. Blocking."""
        return self._shelf.unanswered()

    def targets(self) -> dict[str, str]:
        """Return who is rung, by the name in the settings: what operators read."""
        return {ring.name: ring.shown for ring in self._rules.rings}
