"""A horn that grows weaker, more muffled or later against its own past, told before it fails; pure, no clock.

What is now is the median of the newest airings, what was usual that of those before. A change counts when it is larger
than what matters to listeners, larger than the figures' own spread, and borne out by the slope over all of them, so
that one windy evening is no trend. The spread is that around the slope of the airings before: a horn that fails slowly
from its first day spreads its own figures, and would hide in them. Source of the statistics: `robust`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from smartradio.listening.robust import spread, theil_sen
from smartradio.listening.usual import PastAiring

NEWEST = 5
LEAST_BEFORE = 10
_SPREADS = 3.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure of a node that has moved the wrong way: what it is now and what it was, in `unit` ("dB", "ms").

    `code` is weaker, muffled, later or noisier; `since` is the first of the newest airings it was seen in.
    """

    code: str
    value: float
    usual: float
    unit: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Watched:
    """A figure of PastAiring, the direction that is bad (1 up, -1 down) and the least change that matters."""

    code: str
    figure: str
    bad: int
    least: float
    unit: str


WATCHED = (
    # Half the horns of a node dead is 6 dB; a voice 3 dB weaker is just noticed.
    _Watched("weaker", "gain_db", -1, 3.0, "dB"),
    _Watched("muffled", "tilt_db", -1, 4.0, "dB"),
    # Neighbouring poles that drift apart by this are heard as an echo.
    _Watched("later", "delay_ms", 1, 15.0, "ms"),
    _Watched("noisier", "snr_db", -1, 6.0, "dB"),
)


def trends_of(past: Sequence[PastAiring]) -> tuple[Trend, ...]:
    """Return what has moved the wrong way in a node's past airings, oldest first; nothing while they are too few."""
    found = (_trend(watched, past) for watched in WATCHED)
    return tuple(trend for trend in found if trend is not None)


def _trend(watched: _Watched, past: Sequence[PastAiring]) -> Trend | None:
    known = [(one.at, float(value)) for one in past if (value := getattr(one, watched.figure)) is not None]
    if len(known) < LEAST_BEFORE + NEWEST:
        return None
    instants = [at for at, _ in known]
    values = [watched.bad * value for _, value in known]
    before, newest = values[:-NEWEST], values[-NEWEST:]
    usual, now = median(before), median(newest)
    days = [(at - instants[0]).total_seconds() / 86_400.0 for at in instants]
    if now - usual < max(watched.least, _SPREADS * _unsteadiness(days[:-NEWEST], before)):
        return None
    if theil_sen(days, values) <= 0.0 and theil_sen(days[-2 * NEWEST :], values[-2 * NEWEST :]) <= 0.0:
        return None
    return Trend(watched.code, watched.bad * now, watched.bad * usual, watched.unit, instants[-NEWEST])


def _unsteadiness(days: Sequence[float], values: Sequence[float]) -> float:
    """Return how far values are spread around their own slope."""
    slope = theil_sen(days, values)
    return spread([value - slope * day for day, value in zip(days, values, strict=True)])
