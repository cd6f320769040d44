"""What the broadcaster's pages ask of the station: today, what needs somebody, the archive, the week's programmes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.programme import Programme
from smartradio.station.approval_desk import ApprovalDesk
from smartradio.station.archive import Kept, Key
from smartradio.station.calendar import Calendar
from smartradio.station.commune_rules import WALL_CLOCK, rules_of
from smartradio.station.copies import copy_of
from smartradio.station.day import Day, span_of
from smartradio.station.items import Item
from smartradio.station.plan_inputs import nodes_by_zone
from smartradio.station.plan_writer import Programmes
from smartradio.station.planner import ReadyProgramme
from smartradio.station.settings import StationSettings
from smartradio.station.week import PENDING, WEEK, Slot, Standing, Week, slots_of, week_of

if TYPE_CHECKING:
    from smartradio.station.store import Store

_MOST_FOUND: Final = 200
_KEPT_WEEKS: Final = 8
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for somebody: `bad` counts by verdict what nobody has settled since yesterday.

    `no_nodes` is so in a station that was just set up: what is approved sounds nowhere.
    """

    bad: Mapping[str, int]
    silent_nodes: int
    for_approval: int
    no_nodes: bool = False


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of the archive; `more` says whether there is another one after it, `total` is of a search alone."""

    kept: tuple[Kept, ...]
    more: bool = False
    total: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A programme as its page shows it: the item it is, when it comes next, the file it is written in, if any."""

    item: Item
    times: tuple[datetime, ...]
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class _KeptWeek:
    """A week's slots, and what they were made of."""

    programmes: Programmes | None
    versions: tuple[tuple[str, int], ...]
    slots: tuple[Slot, ...]


class DayDesk:
    """Blocking methods but for `copy`; times are aware UTC, days those of the commune."""

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        calendar: Calendar,
        items: ApprovalDesk,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._store = store
        self._calendar = calendar
        self._items = items
        self._clock = clock
        self._weeks: dict[date, _KeptWeek] = {}

    # -- today

    def today(self) -> date:
        """Return the civil day it is in the commune."""
        return self._clock().astimezone(WALL_CLOCK).date()

    def day(self, day: date) -> Day:
        """Return a day with all its airings as they stand now."""
        begins, ends = span_of(day)
        airings = self._store.day.airings(begins, ends, self._clock())
        return Day(day, begins, ends, airings, self._quiet(day))

    def _quiet(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        quiet = rules_of(self._settings).usual.quiet
        if quiet is None:
            return ()
        begins, ends = span_of(day)
        spans = (
            (datetime.fromtimestamp(first_s, WALL_CLOCK), datetime.fromtimestamp(last_s, WALL_CLOCK))
            for first_s, last_s in quiet.spans(day - _A_DAY, day, WALL_CLOCK)
        )
        return tuple((max(first, begins), min(last, ends)) for first, last in spans if first < ends and last > begins)

    def needs(self) -> Needs:
        """Return what waits for somebody."""
        since = span_of(self.today() - _A_DAY)[0]
        bad, silent, for_approval, has_nodes = self._store.day.needs(since)
        return Needs(bad, silent, for_approval, not has_nodes)

    def returned_to(self, account: str) -> list[Item]:
        """Return the items that came back to whoever handed them in from this account, the last one first."""
        back = self._store.items.all({ItemState.RETURNED})
        return [item for item in back if item.submitted_by is not None and item.submitted_by.account == account]

    # -- the archive

    def newest(self, before: datetime | None, most: int) -> FoundPage:
        """Return what was last changed or aired at once, the newest first, before an instant."""
        rows = self._store.day.newest(before, most + 1, self._clock())
        shown = rows[:most]
        return FoundPage(tuple(kept for kept, _ in shown), len(rows) > most, None, shown[-1][1] if shown else None)

    def found(self, words: str, first: int, most: int) -> FoundPage:
        """Return what holds all the words, accents or none, best first, from the `first` (from 0) on."""
        keys = self._store.day.found(words, _MOST_FOUND)
        shown = self._store.day.described(keys[first : first + most], self._clock())
        return FoundPage(tuple(shown), first + most < len(keys), len(keys))

    async def copy(self, key: Key, *, by: Person) -> Item:
        """Write a draft with the words of what was written before; see `copy_of`. Raises BadInputError."""
        made = await asyncio.to_thread(copy_of, key, self._store, self._settings.zone_names, self._clock())
        return await self._items.draft(made, by=by)

    # -- the week

    def week(self, monday: date) -> Week:
        """Return a week: before now what was aired, from now on what the plan says."""
        now, (begins, _), (_, ends) = self._clock(), span_of(monday), span_of(monday + WEEK - _A_DAY)
        aired = self._store.day.airings(begins, min(ends, now), now) if begins < now else ()
        slots = self._slots(monday) if ends > now else ()
        days = self._calendar.days()
        return week_of(monday, now, aired=aired, slots=slots, days=days, findings=self._calendar.findings)

    def _slots(self, monday: date) -> tuple[Slot, ...]:
        pending, programmes = self._store.items.all(PENDING), self._calendar.programmes
        versions = tuple((item.name, item.version) for item in pending)
        # As long as nobody has decided on anything the plan of a week is the same.
        kept = self._weeks.get(monday)
        if kept is not None and kept.programmes is programmes and kept.versions == versions:
            return kept.slots
        made = self._planned(Standing(self._ready(), pending, frozenset(self._calendar.files)), monday)
        self._weeks.pop(monday, None)
        self._weeks[monday] = _KeptWeek(programmes, versions, made)
        while len(self._weeks) > _KEPT_WEEKS:
            self._weeks.pop(next(iter(self._weeks)))
        return made

    def _planned(self, standing: Standing, first: date) -> tuple[Slot, ...]:
        return slots_of(
            standing,
            span_of(first)[0],
            span_of(first + WEEK - _A_DAY)[1],
            nodes=nodes_by_zone(self._settings),
            rules=rules_of(self._settings),
            days=self._calendar.days(),
            rate_wpm=self._settings.rate_wpm,
        )

    def _ready(self) -> dict[str, ReadyProgramme]:
        standing = self._calendar.programmes
        return {} if standing is None else {name: each for name, (each, _) in standing.ready.items()}

    def programme(self, name: str) -> ProgrammeView | None:
        """Return a programme as it stands, None for an unknown one."""
        item = self._items.item(name)
        if item is None:
            return None
        return ProgrammeView(item, self.next_times(item.programme), self._calendar.files.get(name))

    def next_times(self, programme: Programme, most: int = 8) -> tuple[datetime, ...]:
        """Return the next instants of a programme within a year; raises BadInputError for a rule that cannot be."""
        return self._items.next_times(programme, most)

    def tried(self, programme: Programme) -> tuple[Slot, ...]:
        """Return what would come of a programme in the seven days from today on, if somebody answered for it.

        It has its room among all that stands, by an estimated length. Raises BadInputError for a rule that cannot be.
        """
        others = {name: each for name, each in self._ready().items() if name != programme.name}
        as_if = replace(programme, approved_by=programme.approved_by or programme.title)
        slots = self._planned(Standing(others, (), as_if=as_if), self.today())
        return tuple(slot for slot in slots if slot.programme.name == programme.name and slot.at > self._clock())
