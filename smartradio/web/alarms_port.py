"""What the page of faults asks of the station; `smartradio.station.alarms.desk` answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from smartradio.domain.alarm import Alarm
from smartradio.domain.approval import Person
from smartradio.station.alarms.desk import AlarmCounts
from smartradio.station.store.ringing import ToldRing


class AlarmsPort(Protocol):
    """Alarms, and who was told of them. All but `seen` and `close` block."""

    async def seen(self, id: int, *, by: Person) -> None:  # noqa: A002 - the store's name
        """Put somebody's name beside an alarm. Raises BadInputError where there is none."""
        ...

    async def close(self, id: int, *, by: Person) -> None:  # noqa: A002 - the store's name
        """End an alarm about something that happened; raises BadInputError for one that ends by itself."""
        ...

    def open(self) -> Sequence[Alarm]:
        """Return what is wrong now, the latest first."""
        ...

    def past(self, before: datetime | None = None, most: int = 50) -> Sequence[Alarm]:
        """Return what is over, what ended last first."""
        ...

    def alarm(self, id: int) -> Alarm | None:  # noqa: A002 - the store's name
        """Return an alarm."""
        ...

    def count(self) -> AlarmCounts:
        """Return how many are open."""
        ...

    def rings_of(self, id: int) -> Sequence[ToldRing]:  # noqa: A002 - the store's name
        """Return who was told of an alarm, or is to be."""
        ...

    def unanswered(self) -> Sequence[ToldRing]:
        """Return what could not be told so far, the oldest of each who is rung."""
        ...

    def targets(self) -> Mapping[str, str]:
        """Return who is rung, by the name in the settings: what operators read."""
        ...
