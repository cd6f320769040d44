"""The Vietnamese lunar calendar, computed from new moons and the sun's longitude at UTC+7.

The rules are those of the calendar reform of 1645 as Vietnam keeps them since 1968: a month begins on the civil
day of the new moon; month 11 holds the winter solstice; where thirteen months lie between two of them, the first
without a major solar term is the leap month. They differ from China's only by the hour at which a day begins.
Until 2053 no new moon comes within three minutes of midnight; that of 8 May 2054 comes 14 s after it, nearer than
the earth's rotation can be foretold today.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

import ephem  # type: ignore[import-untyped]

from smartradio.domain.days import LunarDay
from smartradio.domain.errors import BadInputError

# Vietnam's civil time since 1968; the wall clock's zone data would take the years before along.
_FROM_UTC: Final = timedelta(hours=7)
FIRST_DAY_KNOWN: Final = date(1900, 1, 1)
LAST_DAY_KNOWN: Final = date(2199, 12, 31)
_TERM_DEG: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Month:
    """A lunar month: its first civil day and its length in days."""

    first: date
    year: int
    number: int
    leap: bool
    days: int


def lunar_day(day: date) -> LunarDay:
    """Return a civil day's lunar date at UTC+7; raises BadInputError before 1900 and after 2199."""
    if not FIRST_DAY_KNOWN <= day <= LAST_DAY_KNOWN:
        raise BadInputError(f"{day}: lunar dates are known from {FIRST_DAY_KNOWN} to {LAST_DAY_KNOWN}")
    months = _months_to_solstice(day.year)
    if day >= months[-1].first + timedelta(days=months[-1].days):
        months = _months_to_solstice(day.year + 1)
    month = months[bisect_right(months, day, key=lambda each: each.first) - 1]
    return LunarDay(month.year, month.number, (day - month.first).days + 1, month.leap, month.days)


@lru_cache(maxsize=64)
def _months_to_solstice(year: int) -> tuple[_Month, ...]:
    """Return the months from the 11th, in which the year before ends, to the 10th of this year's lunar year."""
    starts = [_month_of_solstice(year - 1)]
    last = _month_of_solstice(year)
    while starts[-1] < last:
        starts.append(_next_month(starts[-1]))
    lengths = [(b - a).days for a, b in pairwise(starts)]
    leap = _leap_index(starts) if len(lengths) == 13 else len(lengths)
    months = []
    for index, (first, days) in enumerate(zip(starts[:-1], lengths, strict=True)):
        # Months 11 and 12 belong to the lunar year that began in the year before.
        since_eleventh = index - (index >= leap)
        number = (since_eleventh + 10) % 12 + 1
        months.append(_Month(first, year - (since_eleventh < 2), number, index == leap, days))
    return tuple(months)


def _leap_index(starts: list[date]) -> int:
    """Return which of thirteen months is the first in which the sun enters no thirty degrees."""
    terms = [int(_sun_longitude_deg(first) // _TERM_DEG) for first in starts]
    return next(index for index in range(1, len(terms)) if terms[index] == terms[index + 1])


def _month_of_solstice(year: int) -> date:
    """Return the first day of the lunar month that holds the year's winter solstice."""
    solstice = _civil_day(ephem.next_solstice(ephem.Date((year, 12, 1))))
    return _month_at_or_before(solstice)


def _month_at_or_before(day: date) -> date:
    after = ephem.Date(_midnight(day) + timedelta(days=1))
    return _civil_day(ephem.previous_new_moon(after))


def _next_month(first: date) -> date:
    # The moon takes 29.3 to 29.8 days; the new moon lies somewhere on the first day.
    return _civil_day(ephem.next_new_moon(ephem.Date(_midnight(first) + timedelta(days=2))))


def _sun_longitude_deg(day: date) -> float:
    """Return the sun's apparent longitude on the ecliptic of date where the civil day begins, 0 to 360."""
    instant = ephem.Date(_midnight(day))
    sun = ephem.Sun(instant)
    place = ephem.Ecliptic(ephem.Equatorial(sun.g_ra, sun.g_dec, epoch=instant), epoch=instant)
    return math.degrees(place.lon)


def _midnight(day: date) -> datetime:
    """Return when a civil day begins, as naive UTC."""
    return datetime.combine(day, time.min) - _FROM_UTC


def _civil_day(instant: ephem.Date) -> date:
    found: datetime = instant.datetime()
    return (found + _FROM_UTC).date()
