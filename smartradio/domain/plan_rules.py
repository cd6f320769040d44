"""What a commune lets sound when: quiet hours and airtime, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from smartradio.domain.loudness import Loudness
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

    def covers(self, at: datetime, tz: tzinfo) -> bool:
        """Tell whether an instant is a quiet one."""
        wall = at.astimezone(tz).time()
        if self.begin <= self.end:
            return self.begin <= wall < self.end
        return wall >= self.begin or wall < self.end

    def next_begin(self, at: datetime, tz: tzinfo) -> datetime:
        """Return when the next quiet span after an instant begins."""
        local = at.astimezone(tz)
        begins = datetime.combine(local.date(), self.begin, tz)
        return begins if begins > at else datetime.combine(local.date() + timedelta(days=1), self.begin, tz)


NIGHT: Final = QuietHours(time(21), time(5))


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """The rules of one zone; None stands for no such rule. `airtime_s` is what may sound in a day, in seconds.

    What is not EXEMPT starts `stagger_s` after its instant, so that neighbouring zones do not talk into each other.
    """

    quiet: QuietHours | None = NIGHT
    airtime_s: float | None = None
    stagger_s: float = 0.0


_AS_SET: Final = Loudness()


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The rules of a commune on its wall clock `tz`; `by_zone` holds the zones that have rules of their own.

    What was broken off and stands in no slot may go on until `resume_within` after the end it would have had.
    `loudness` holds the zones that have a volume by the clock, or a limit.
    """

    tz: tzinfo
    usual: ZoneRules = ZoneRules()
    by_zone: Mapping[str, ZoneRules] = field(default_factory=dict)
    resume_within: timedelta = timedelta(minutes=30)
    loudness: Mapping[str, Loudness] = field(default_factory=dict)

    def of(self, zone: str) -> ZoneRules:
        """Return the rules of a zone."""
        return self.by_zone.get(zone, self.usual)

    def loudness_of(self, zone: str) -> Loudness:
        """Return how loud a zone may be."""
        return self.loudness.get(zone, _AS_SET)
