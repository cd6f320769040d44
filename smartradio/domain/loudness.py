"""How loud a zone may be at an hour: a volume by the clock, and a limit in dBA at the nearest house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

QUIETEST_DB: Final = -60.0
"""What travels is never less; it cannot be heard."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class VolumeStep:
    """From `at` on, until the next step by the wall clock, sound is at `volume_db` (0 or less)."""

    at: time
    volume_db: float


@dataclass(frozen=True, slots=True)
class Loudness:
    """A zone's volume by hour, and its limits by day (`day_from` to `day_until`) and by night, in dBA.

    `dba_at_0_db` is what its loudest node gives at the nearest house without any lowering; until somebody has
    measured it, there is no limit to hold sound against.
    """

    steps: tuple[VolumeStep, ...] = ()
    dba_at_0_db: float | None = None
    day_dba: float = 70.0
    night_dba: float = 55.0
    day_from: time = time(6)
    day_until: time = time(21)

    @property
    def guarded(self) -> bool:
        """Whether a limit can be held: somebody has measured the zone."""
        return self.dba_at_0_db is not None

    def gain_db(self, start: datetime, end: datetime, tz: tzinfo) -> float:
        """Return the gain (0 or less) of what sounds in [start, end): the lowest that any moment of it asks for."""
        if not self.steps and self.dba_at_0_db is None:
            return 0.0
        lowest = min(self._gain_at(at.astimezone(tz).time()) for at in self._moments(start, end, tz))
        return max(QUIETEST_DB, min(0.0, lowest))

    def too_loud_from(self, gain_db: float, at: datetime, tz: tzinfo) -> datetime | None:
        """Return when, after `at`, a limit first asks for less than a gain that it allows then; None if none does."""
        if self.dba_at_0_db is None:
            return None
        day = at.astimezone(tz).date()
        changes = [
            datetime.combine(on, wall, tz) for on in (day, day + _DAY) for wall in (self.day_from, self.day_until)
        ]
        later = [change for change in changes if change > at and self._limit_at(change.astimezone(tz).time()) < gain_db]
        return min(later, default=None)

    def _gain_at(self, wall: time) -> float:
        gain_db = 0.0
        if self.steps:
            # Before the day's first step the last one of the day before holds.
            in_force = [step for step in self.steps if step.at <= wall] or list(self.steps)
            gain_db = max(in_force, key=lambda step: step.at).volume_db
        return min(gain_db, self._limit_at(wall))

    def _limit_at(self, wall: time) -> float:
        """Return the gain that the limit leaves; 0 where nobody has measured."""
        if self.dba_at_0_db is None:
            return 0.0
        by_day = _within(wall, self.day_from, self.day_until)
        return max(QUIETEST_DB, (self.day_dba if by_day else self.night_dba) - self.dba_at_0_db)

    def _moments(self, start: datetime, end: datetime, tz: tzinfo) -> Iterator[datetime]:
        """Yield the begin, and every moment before the end at which something may change."""
        yield start
        changes = {step.at for step in self.steps}
        if self.dba_at_0_db is not None:
            changes |= {self.day_from, self.day_until}
        day = start.astimezone(tz).date()
        while datetime.combine(day, time(), tz) < end:
            for wall in changes:
                at = datetime.combine(day, wall, tz)
                if start < at < end:
                    yield at
            day += _DAY


def _within(wall: time, begin: time, end: time) -> bool:
    return begin <= wall < end if begin <= end else wall >= begin or wall < end
