"""Who is rung of an alarm, and when: by how grave it is, by the hour, and by whether anybody has seen it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from smartradio.domain.alarm import Alarm, Severity, at_least
from smartradio.station.alarms.settings import RingSettings

CRITICAL_GATHER_S: Final = 3.0
"""What is critical is gathered only as long as the nodes of one emergency need to be judged one after another."""


@dataclass(frozen=True, slots=True)
class DueRing:
    """Somebody to be told, and when; with `unless_seen` only if nobody has seen the alarm by then."""

    target: str
    due_at: datetime
    unless_seen: bool = False


Plan = Callable[[Alarm, datetime], Sequence[DueRing]]
"""(alarm, now) → who is to be told that it stands."""


@dataclass(frozen=True)
class RingRules:
    """The rings of the settings as a plan."""

    rings: Sequence[RingSettings]
    tz: tzinfo
    gather_s: float

    def __call__(self, alarm: Alarm, now: datetime) -> list[DueRing]:
        """Return who is to be told of an alarm raised now."""
        return [self._due(ring, alarm, now) for ring in self.rings if at_least(alarm.severity, ring.least)]

    def _due(self, ring: RingSettings, alarm: Alarm, now: datetime) -> DueRing:
        critical = alarm.severity is Severity.CRITICAL
        wait = timedelta(seconds=min(CRITICAL_GATHER_S, self.gather_s) if critical else self.gather_s)
        due_at = now + wait + timedelta(minutes=ring.unseen_minutes)
        if not critical:
            due_at = _awake(ring.awake_from, ring.awake_until, due_at, self.tz)
        return DueRing(ring.name, due_at, unless_seen=ring.unseen_minutes > 0)


def _awake(begin: time, end: time, at: datetime, tz: tzinfo) -> datetime:
    """Return the first instant from `at` on between two times of the wall clock; both the same are the whole day."""
    wall = at.astimezone(tz)
    clock = wall.time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if begin == end or inside:
        return at
    day = wall.date() if clock < begin else wall.date() + timedelta(days=1)
    return datetime.combine(day, begin, tz).astimezone(at.tzinfo)
