"""A calendar of days for tests, told by hand: the moon and the decrees are somebody else's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from smartradio.domain.days import Day, LunarDay


@dataclass(frozen=True)
class PlainDays:
    """Every day is the first of a lunar month, unless told otherwise; only the named days are holidays."""

    lunar: dict[date, LunarDay] = field(default_factory=dict)
    holidays: dict[date, str] = field(default_factory=dict)

    def day(self, date: date) -> Day:
        return Day(date, self.lunar.get(date, LunarDay(date.year, 1, 1)), self.holidays.get(date))
