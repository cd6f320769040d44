"""The days on which a programme is aired, beyond its plain recurrence: seasons, public holidays, lunar dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from smartradio.domain.days import Day, LunarDay

LAST_DAY = -1


class Holidays(StrEnum):
    """What a public holiday does to a recurring programme."""

    AS_USUAL = "as_usual"
    SKIP = "skip"
    ONLY = "only"

    def allow(self, day: Day) -> bool:
        """Tell whether a programme that holds to this is aired that day."""
        if self is Holidays.AS_USUAL:
            return True
        return (day.holiday is not None) == (self is Holidays.ONLY)


class Leap(StrEnum):
    """What a lunar leap month is to a lunar recurrence."""

    SKIP = "skip"
    ALSO = "also"
    ONLY = "only"

    def allow(self, day: LunarDay) -> bool:
        """Tell whether a day counts, as one of a leap month or of a plain one."""
        return self is not Leap.SKIP if day.leap else self is not Leap.ONLY


@dataclass(frozen=True, slots=True)
class LunarRule:
    """Days of lunar months: `days` 1 to 30 or LAST_DAY, `months` 1 to 12 or none for all.

    Day 30 of a month of 29 days does not come, as in RFC 5545; who means the last day writes LAST_DAY.
    """

    days: tuple[int, ...]
    months: tuple[int, ...] = ()
    leap: Leap = Leap.ALSO

    def matches(self, day: LunarDay) -> bool:
        """Tell whether the day is one of them."""
        if self.months and day.month not in self.months:
            return False
        is_named = day.day in self.days or (LAST_DAY in self.days and day.day == day.month_days)
        return is_named and self.leap.allow(day)


@dataclass(frozen=True, slots=True)
class Season:
    """A part of every year with an hour of its own, such as summer hours.

    `first` and `last` are (month, day), both inside; `last` before `first` runs over New Year. `at` is the wall
    clock's time of an airing on its days.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    at: time

    def covers(self, day: date) -> bool:
        """Tell whether a civil day lies in it."""
        place = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= place <= self.last
        return place >= self.first or place <= self.last
