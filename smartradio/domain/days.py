"""What a day is in the commune: its lunar date and whether it is a public holiday."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the Vietnamese lunar calendar.

    `year` is the civil year in which its Tết falls; `month` 1 to 12, a leap month has the number of the month
    before it and `leap`; `month_days` is how many days its month has, 29 or 30.
    """

    year: int
    month: int
    day: int
    leap: bool = False
    month_days: int = 30


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day at UTC+7; `holiday` is the Vietnamese name of the public holiday it is."""

    date: dt.date
    lunar: LunarDay
    holiday: str | None = None


class DayCalendar(Protocol):
    """Knows the days; passed in, since moons and decrees are no business of the domain."""

    def day(self, date: dt.date) -> Day:
        """Return what a civil day is; the same for the same date each time."""
        ...
