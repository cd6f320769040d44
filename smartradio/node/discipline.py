"""How the station's time runs against this machine's monotonic clock: a line through many exchanges of time.

An exchange is a question sent at `asked`, answered by the station with its time, received at `received`. The station's
time at `asked` was at most what the answer says, at `received` at least that: each exchange is a bound from above and
one from below, loose by the time the message took in that direction. No exchange need be quick in both directions: the
least delay of all questions and the least of all answers leave room for a line, whose slope is the two clocks'
difference in speed. Its middle is right where the least delays of both directions are alike, as all such protocols
assume. The slope is that of Moon, Skelly and Towsley ("Estimation and removal of clock skew from network delay
measurements", INFOCOM 1999), for both directions at once; what it leaves open makes a bound looser with its age.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

FASTEST: Final = 100e-6
"""How fast two crystals may run away from each other, 50 ppm each."""
WANDER: Final = 2e-6
"""How far the speed of two crystals changes within an hour, in the sun and out of it."""
AGED: Final = 20e-6
"""What a line loses that is only carried on: warm days, cold nights, a station whose clock is turned a little."""
# The time is that of the last quarter of an hour, so that a clock that was turned a little is followed; the speed is
# that of a longer while.
_TIME_S: Final = 900.0
_SPEED_S: Final = 3_600.0
_MOST: Final = 600
# Slopes are looked for to 0.001 ppm.
_STEPS: Final = 26
_GOLDEN: Final = (3 - 5**0.5) / 2
# A window says little of the slope against the known one before it is some minutes long.
_INERTIA: Final = 0.1
_SHORT_S: Final = 60.0
_LEAST_S: Final = 1.0
# A slope that leaves more open is good for the minutes that it was found in; the link may go for a week after them.
_SURE: Final = FASTEST / 2
# Bounds that miss each other by more are of two different times: one of the clocks was set.
_TOLERANCE_S: Final = 0.0005
# The least delay stands out from the next ones by about as much as it is itself above the least possible.
_NEXT: Final = 4
_MANY: Final = 40


@dataclass(frozen=True, slots=True)
class Line:
    """The station's time is `at_s + offset_s` at `at_s` of the monotonic clock, and gains `rate` seconds a second.

    `error_s` bounds the offset's error as far as the slope's is below `rate_error`; `spread_s` is how exact the offset
    most likely is.
    """

    at_s: float
    offset_s: float
    rate: float
    error_s: float
    spread_s: float
    rate_error: float

    def utc_s(self, monotonic_s: float) -> float:
        """Return the POSIX time at an instant of the monotonic clock."""
        return monotonic_s + self.offset_s + self.rate * (monotonic_s - self.at_s)

    def monotonic_s(self, utc_s: float) -> float:
        """Return the instant of the monotonic clock at a POSIX time."""
        return (utc_s - self.offset_s + self.rate * self.at_s) / (1.0 + self.rate)

    def carried_on(self, to_s: float) -> Line:
        """Return what it is worth at another instant of the monotonic clock."""
        lost_s = max(self.rate_error, AGED) * abs(to_s - self.at_s)
        return replace(
            self,
            at_s=to_s,
            offset_s=self.utc_s(to_s) - to_s,
            error_s=self.error_s + lost_s,
            spread_s=self.spread_s + lost_s,
        )


class Discipline:
    """Keeps the exchanges of the last hour and the best line so far; one thread's.

    `speed` is the last slope that was known well, 0.0 if none was, and `line` what was known before.
    """

    def __init__(self, speed: float = 0.0, line: Line | None = None) -> None:
        self._taken: deque[tuple[float, float, float]] = deque(maxlen=_MOST)
        self.speed = speed
        self.line = line

    def take(self, asked_s: float, received_s: float, station_s: float) -> Line:
        """Take an exchange, monotonic seconds and the station's time as POSIX seconds; return the line by now."""
        self._taken.append((asked_s, received_s, station_s))
        while self._taken[0][1] < received_s - _SPEED_S:
            self._taken.popleft()
        line = self._fit(received_s)
        if line is None:
            # One of the clocks was set or turned: nothing that was known before says anything.
            self.line = None
            self._taken.clear()
            self._taken.append((asked_s, received_s, station_s))
            line = self._fit(received_s)
        assert line is not None  # one exchange does not contradict itself
        if line.rate_error <= WANDER:
            self.speed = line.rate
        self.line = line if self.line is None else _closer(self.line.carried_on(received_s), line)
        return self.line

    @property
    def window_s(self) -> float:
        """For how long there have been answers, up to an hour."""
        return self._taken[-1][1] - self._taken[0][0] if self._taken else 0.0

    def _fit(self, at_s: float) -> Line | None:
        taken = np.array(self._taken, dtype=np.float64)
        asked, received, station = taken.T
        # Counted from one instant: of seconds since 1970 a double holds no more than a fraction of a microsecond.
        since = float(station[-1])
        past, now = asked - at_s, received - at_s
        above, below = (station - since) - past, (station - since) - now
        slope = _slope((above, past), (below, now), self.speed)
        if slope is None:
            return None
        rate, rate_error = slope
        loose = max(rate_error, WANDER)
        lately = now >= -_TIME_S
        upper = (above - rate * past - loose * past)[lately]
        lower = (below - rate * now + loose * now)[lately]
        high, low = float(upper.min()), float(lower.max())
        if high < low - _TOLERANCE_S:
            return None
        error_s = abs(high - low) / 2
        if rate_error > _SURE:
            rate, rate_error = self.speed, rate_error + abs(rate - self.speed)
        return Line(
            at_s=at_s,
            offset_s=since - at_s + (high + low) / 2,
            rate=rate,
            error_s=error_s,
            spread_s=min(error_s, _stands_out(upper) + _stands_out(-lower)),
            rate_error=rate_error,
        )


def _closer(known: Line, learnt: Line) -> Line:
    """Return the one that leaves less open, so that slow answers spoil nothing; the new one where both cannot be."""
    apart_s = abs(known.offset_s - learnt.offset_s)
    agree = apart_s <= known.error_s + learnt.error_s + _TOLERANCE_S
    if not agree or learnt.error_s <= known.error_s:
        return learnt
    if learnt.rate_error > known.rate_error:
        return known
    # From here on by the better slope.
    return replace(known, rate=learnt.rate, rate_error=learnt.rate_error)


def _slope(above: tuple[Times, Times], below: tuple[Times, Times], known: float) -> tuple[float, float] | None:
    """Return the slope that leaves most room between the bounds, and how far another one may be from it.

    None where no slope leaves any. One beside the known one must leave more, in a short window much more.
    """
    (high, high_at), (low, low_at) = above, below

    def room(rate: float) -> float:
        return float((high - rate * high_at).min() - (low - rate * low_at).max())

    window_s = float(-high_at.min())
    inertia = max(_INERTIA * window_s, min(2 * window_s, _SHORT_S), _LEAST_S)
    rate = _most(lambda each: room(each) - inertia * abs(each - known))
    widest = _most(room)
    if room(widest) < -_TOLERANCE_S:
        return None
    if room(rate) < -_TOLERANCE_S:
        rate = widest
    # Slopes that leave about as much room as the best one are about as likely; of few exchanges, all that leave any.
    least_s = 0.0
    if high.size >= _MANY:
        spread_s = _stands_out(high - rate * high_at) + _stands_out(-(low - rate * low_at))
        least_s = max(0.0, room(widest) - max(spread_s, _TOLERANCE_S / 10))
    least_s = min(least_s, room(widest))
    lowest, highest = _edge(room, widest, -FASTEST, least_s), _edge(room, widest, FASTEST, least_s)
    return rate, max(highest - rate, rate - lowest, 0.0)


def _most(room: Callable[[float], float]) -> float:
    """Return the slope with most room, which falls off to both sides: by the golden section."""
    least, most = -FASTEST, FASTEST
    left, right = least + _GOLDEN * (most - least), most - _GOLDEN * (most - least)
    at_left, at_right = room(left), room(right)
    for _ in range(_STEPS):
        if at_left < at_right:
            least, left, at_left = left, right, at_right
            right = most - _GOLDEN * (most - least)
            at_right = room(right)
        else:
            most, right, at_right = right, left, at_left
            left = least + _GOLDEN * (most - least)
            at_left = room(left)
    return (least + most) / 2


def _edge(room: Callable[[float], float], inside: float, outside: float, least_s: float) -> float:
    """Return where, from one slope to another, less room is left."""
    if room(outside) >= least_s:
        return outside
    for _ in range(_STEPS - 8):
        middle = (inside + outside) / 2
        if room(middle) >= least_s:
            inside = middle
        else:
            outside = middle
    return outside


def _stands_out(delays: Times) -> float:
    """Return how far the least of these delays is most likely above the least possible one, in seconds."""
    if delays.size < _NEXT:
        return float("inf")
    least = np.partition(delays, _NEXT - 1)[:_NEXT]
    return float(least.max() - least.min()) / (_NEXT - 1)
