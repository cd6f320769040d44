"""A recurring slot and the airings that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from heapq import merge
from typing import Final

from smartradio.domain.bulletin import Part
from smartradio.domain.day_rules import Holidays, LunarRule, Season
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.recurrence import wall_times
from smartradio.domain.relay import Relay

RATES_WPM: Final = (80, 450)
"""The slowest and the fastest reading, in words a minute."""


class Turn(IntEnum):
    """Whose turn it is among programmes that begin at the same instant in a zone; lower goes first."""

    OPENING = 10
    BULLETIN = 20
    RELAY = 30
    CLOSING = 40


@dataclass(frozen=True, slots=True)
class Programme:
    """A recurring or single slot for one bulletin.

    `first_at` is aware local time (the wall clock of the commune); `recurrence` is an RFC 5545 RRULE value
    without its name, such as "FREQ=DAILY", or None for a single airing. `approved_by` names the person who
    answers for it; without a name nothing of it is aired. `parts`, where there are any, are what is aired,
    `text` what of it is written. `override_open_items` says that they take an emergency on themselves whose
    reading is not certain in every place. `times` is how often the bulletin is read in one airing.

    `valid_from` and `valid_until` (inclusive), `except_on` and `also_on` are local dates; `also_on` counts even
    where a holiday is skipped. `lunar` stands in the place of `recurrence`. `seasons` change the time of day.
    `slot` is the room from the instant on; what is longer does not fit. `order` is its turn.

    With `relay` a stream is aired; `text` is then what is read in its place when it does not come. `topic` is a free
    word for reports, such as "y tế". `rate_wpm` is how fast it is read, within RATES_WPM; None is the
    speed of the station.
    """

    name: str
    title: str
    text: str
    zones: tuple[str, ...]
    first_at: datetime
    recurrence: str | None = None
    priority: Priority = Priority.PROGRAMME
    approved_by: str | None = None
    voice: str | None = None
    start_tolerance: timedelta = timedelta(seconds=60)
    parts: tuple[Part, ...] = ()
    override_open_items: bool = False
    times: int = 1
    valid_from: date | None = None
    valid_until: date | None = None
    except_on: tuple[date, ...] = ()
    also_on: tuple[date, ...] = ()
    seasons: tuple[Season, ...] = ()
    holidays: Holidays = Holidays.AS_USUAL
    lunar: LunarRule | None = None
    slot: timedelta | None = None
    order: Turn = Turn.BULLETIN
    relay: Relay | None = None
    topic: str | None = None
    rate_wpm: int | None = None


class Origin(StrEnum):
    """Where a programme is kept: in a schedule file, or in the store alone, written at the console or imported."""

    FILE = "file"
    CONSOLE = "console"


def instants(programme: Programme, start: datetime, end: datetime, days: DayCalendar) -> Iterator[datetime]:
    """Yield the programme's planned instants in [start, end) as aware UTC, earliest first, none twice.

    Raises BadInputError for a recurrence that is no RFC 5545 rule, or one beside a lunar recurrence.
    """
    zone = programme.first_at.tzinfo
    # A season may move an airing to any hour of its day, so whole days are looked at.
    first_day, last_day = start.astimezone(zone).date(), end.astimezone(zone).date()
    previous = None
    try:
        for wall in merge(_ruled(programme, first_day, last_day, days), _added(programme, first_day, last_day)):
            # The rule runs on the wall clock, so that 5:00 stays 5:00 whatever the zone does.
            at = _in_season(programme, wall).replace(tzinfo=zone)
            if at != previous and start <= at < end:
                yield at.astimezone(UTC)
            previous = at
    except BadInputError as error:
        raise BadInputError(f"programme {programme.name}: {error}") from error


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An instant at which a programme is not aired: its day is a `holiday`, by name, or taken out by itself."""

    at: datetime
    holiday: str | None


def left_out(programme: Programme, start: datetime, end: datetime, days: DayCalendar) -> Iterator[LeftOut]:
    """Yield what the programme's rule would air in [start, end) but for holidays and exceptions, earliest first.

    Raises BadInputError as `instants` does.
    """
    # That a programme for holidays is silent on all other days surprises nobody.
    holidays = Holidays.ONLY if programme.holidays is Holidays.ONLY else Holidays.AS_USUAL
    bare = replace(programme, except_on=(), also_on=(), holidays=holidays)
    aired = set(instants(programme, start, end, days))
    zone = programme.first_at.tzinfo
    for at in instants(bare, start, end, days):
        if at not in aired:
            day = at.astimezone(zone).date()
            yield LeftOut(at, None if day in programme.except_on else days.day(day).holiday)


def _ruled(programme: Programme, first_day: date, last_day: date, days: DayCalendar) -> Iterator[datetime]:
    """Yield naive wall times of the programme's own rule, without the days that are taken out."""
    for wall in _recurring(programme, first_day, last_day, days):
        day = wall.date()
        if not _is_open(programme, day):
            continue
        if programme.holidays is Holidays.AS_USUAL or programme.holidays.allow(days.day(day)):
            yield wall


def _recurring(programme: Programme, first_day: date, last_day: date, days: DayCalendar) -> Iterator[datetime]:
    first = programme.first_at.replace(tzinfo=None)
    if programme.valid_from is not None:
        first_day = max(first_day, programme.valid_from)
    if programme.valid_until is not None:
        last_day = min(last_day, programme.valid_until)
    if programme.lunar is not None:
        if programme.recurrence is not None:
            raise BadInputError("a lunar recurrence and an RFC 5545 rule do not go together")
        yield from _lunar(programme.lunar, first, max(first_day, first.date()), last_day, days)
    elif programme.recurrence is not None:
        yield from wall_times(programme.recurrence, first, first_day, last_day)
    elif first_day <= first.date() <= last_day:
        yield first


def _lunar(rule: LunarRule, first: datetime, day: date, last_day: date, days: DayCalendar) -> Iterator[datetime]:
    while day <= last_day:
        if rule.matches(days.day(day).lunar):
            yield datetime.combine(day, first.time())
        day += timedelta(days=1)


def _added(programme: Programme, first_day: date, last_day: date) -> Iterator[datetime]:
    at = programme.first_at.time()
    if programme.lunar is None:
        # Rules run on whole seconds: a day that is ruled and added must give one instant.
        at = at.replace(microsecond=0)
    for day in sorted(programme.also_on):
        if first_day <= day <= last_day and _is_open(programme, day):
            yield datetime.combine(day, at)


def _is_open(programme: Programme, day: date) -> bool:
    """Tell whether a day lies in the programme's validity and is not taken out by name."""
    if programme.valid_from is not None and day < programme.valid_from:
        return False
    if programme.valid_until is not None and day > programme.valid_until:
        return False
    return day not in programme.except_on


def _in_season(programme: Programme, wall: datetime) -> datetime:
    for season in programme.seasons:
        if season.covers(wall.date()):
            return datetime.combine(wall.date(), season.at)
    return wall
