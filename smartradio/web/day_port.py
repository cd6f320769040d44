"""What the broadcaster's pages ask of the station; `smartradio.station.day_desk` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from smartradio.domain.approval import Person
from smartradio.domain.programme import Programme
from smartradio.station.archive import Key
from smartradio.station.day import Day
from smartradio.station.day_desk import FoundPage, Needs, ProgrammeView
from smartradio.station.items import Item
from smartradio.station.week import Slot, Week


class DayDesk(Protocol):
    """Today, the archive, the week. All but `copy` block."""

    def today(self) -> date:
        """Return the civil day it is in the commune."""
        ...

    def day(self, day: date) -> Day:
        """Return a day with all its airings as they stand now."""
        ...

    def needs(self) -> Needs:
        """Return what waits for somebody."""
        ...

    def returned_to(self, account: str) -> Sequence[Item]:
        """Return the items that came back to whoever handed them in from this account."""
        ...

    def newest(self, before: datetime | None, most: int) -> FoundPage:
        """Return what was last changed or aired at once, the newest first, before an instant."""
        ...

    def found(self, words: str, first: int, most: int) -> FoundPage:
        """Return what holds all the words, accents or none, best first, from the `first` (from 0) on."""
        ...

    async def copy(self, key: Key, *, by: Person) -> Item:
        """Write a draft with the words of what was written before. Raises BadInputError."""
        ...

    def week(self, monday: date) -> Week:
        """Return a week: before now what was aired, from now on what the plan says."""
        ...

    def programme(self, name: str) -> ProgrammeView | None:
        """Return a programme as it stands, None for an unknown one."""
        ...

    def next_times(self, programme: Programme, most: int = 8) -> tuple[datetime, ...]:
        """Return the next instants of a programme within a year. Raises BadInputError."""
        ...

    def tried(self, programme: Programme) -> tuple[Slot, ...]:
        """Return what would come of a programme in the next seven days, if somebody answered for it."""
        ...
