"""What a commune lets sound when: quiet hours and airtime, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from smartradio.domain.priority import Priority

EXEMPT: Final = frozenset({Priority.EMERGENCY, Priority.LIVE})
"""What sounds in quiet hours too, past its slot, and counts towards no airtime: a person answers for it."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours by the wall clock in which only what is EXEMPT sounds; they may go over midnight."""

    begin: time
    end: time

    def spans(self, first: date, last: date, tz: tzinfo) -> list[tuple[float, float]]:
        """Return the quiet spans that begin on the days from `first` to `last`, as POSIX seconds, in order."""
        spans = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            until = day if self.end > self.begin else day + timedelta(days=1)
            begins, ends = datetime.combine(day, self.begin, tz), datetime.combine(until, self.end, tz)
            spans.append((begins.timestamp(), ends.timestamp()))
        return spans


NIGHT: Final = QuietHours(time(21), time(5))


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """The rules of one zone; None stands for no such rule. `airtime_s` is what may sound in a day, in seconds."""

    quiet: QuietHours | None = NIGHT
    airtime_s: float | None = None


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The rules of a commune on its wall clock `tz`; `by_zone` holds the zones that have rules of their own.

    What was broken off and stands in no slot may go on until `resume_within` after the end it would have had.
    """

    tz: tzinfo
    usual: ZoneRules = ZoneRules()
    by_zone: Mapping[str, ZoneRules] = field(default_factory=dict)
    resume_within: timedelta = timedelta(minutes=30)

    def of(self, zone: str) -> ZoneRules:
        """Return the rules of a zone."""
        return self.by_zone.get(zone, self.usual)
