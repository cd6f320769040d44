"""The days of a Vietnamese commune: lunar dates, national holidays, and the commune's own."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from smartradio.domain.days import Day, DayCalendar
from smartradio.station.holidays import NATIONAL, HolidayList, load_holidays
from smartradio.station.lunar import lunar_day

_KEPT_DAYS = 2_000


class _Days:
    """A calendar of days that keeps the last few years it was asked about."""

    def __init__(self, listed: HolidayList) -> None:
        self._listed = listed
        self.day = lru_cache(maxsize=_KEPT_DAYS)(self._day)

    def _day(self, date: date) -> Day:
        lunar = lunar_day(date)
        return Day(date, lunar, self._listed.name_of(date, lunar))


def vietnam_days(holidays: Path | None = None) -> DayCalendar:
    """Return the calendar of days at UTC+7, with the commune's own holidays from a file where there is one.

    What the file says of a day goes before the national holidays. Raises BadInputError for a fault in it.
    """
    own = HolidayList(()) if holidays is None else load_holidays(holidays)
    return _Days(HolidayList(own.holidays + NATIONAL, own.working_days))
