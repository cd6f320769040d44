"""How the station's time runs against this machine's monotonic clock: a line through many exchanges of time.

An exchange is a question sent at `asked`, answered by the station with its time, received at `received`. The station's
time at `asked` was at most what the answer says, at `received` at least that: each exchange is a bound from above and
one from below, loose by the time the message took in that direction. No exchange need be quick in both directions: the
least delay of all questions and the least of all answers bound one line, whose slope is the two clocks' difference in
speed. Its middle is right where the least delays of both directions are alike, as all such protocols assume. The fit
is that of Moon, Skelly and Towsley ("Estimation and removal of clock skew from network delay measurements", INFOCOM
1999), for both directions at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

FASTEST: Final = 100e-6
"""How fast two crystals may run away from each other, 50 ppm each."""
_WINDOW_S: Final = 3_600.0
_MOST: Final = 600
# Slopes between which the best one is looked for come this close to it: 0.001 ppm.
_STEPS: Final = 26
_GOLDEN: Final = 0.381966
# So much room for each second of the window and each millionth must a slope leave more than the last known one; in a
# window this short none does.
_INERTIA: Final = 0.1
_SHORT_S: Final = 60.0
_LEAST_S: Final = 1.0
# After so long the slope is known.
_LEARNT_IN_S: Final = 600.0
# Bounds that miss each other by more are of two different times: one of the clocks was set.
_TOLERANCE_S: Final = 0.0005
# The least delay stands out from the next ones by about as much as it is itself above the least possible.
_NEXT: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """The station's time is `at_s + offset_s` at `at_s` of the monotonic clock, and gains `rate` seconds a second.

    `error_s` bounds the offset's error; `spread_s` and `rate_error` are how exact offset and rate most likely are.
    """

    at_s: float
    offset_s: float
    rate: float
    error_s: float
    spread_s: float
    rate_error: float

    def offset_at(self, monotonic_s: float) -> float:
        """Return the station's time less the monotonic clock's, in seconds."""
        return self.offset_s + self.rate * (monotonic_s - self.at_s)


class Discipline:
    """Keeps the exchanges of the last hour and the line through them; one thread's. `rate` is the last known slope."""

    def __init__(self, rate: float = 0.0) -> None:
        self._taken: deque[tuple[float, float, float]] = deque(maxlen=_MOST)
        self._rate = rate
        self.line: Line | None = None

    def take(self, asked_s: float, received_s: float, station_s: float) -> Line:
        """Take an exchange, monotonic seconds and the station's time as POSIX seconds; return the line by now."""
        if not self._agrees(asked_s, received_s, station_s):
            self._taken.clear()
        self._taken.append((asked_s, received_s, station_s))
        while self._taken[0][1] < received_s - _WINDOW_S:
            self._taken.popleft()
        line = self._fit(received_s)
        while line is None:
            # The station's clock was turned while we asked: what is newer holds.
            for _ in range((len(self._taken) + 1) // 2):
                self._taken.popleft()
            line = self._fit(received_s)
        self.line, self._rate = line, line.rate
        return line

    def _agrees(self, asked_s: float, received_s: float, station_s: float) -> bool:
        """Say whether an exchange may be of the same two clocks as the line; `_fit` has the last word."""
        if self.line is None or not self._taken:
            return True
        learning_s = min(received_s - self._taken[0][0], _LEARNT_IN_S)
        loose_s = self.line.error_s + 2 * FASTEST * max(learning_s, received_s - self.line.at_s) + _TOLERANCE_S
        from_s, to_s = station_s - received_s - loose_s, station_s - asked_s + loose_s
        return from_s <= self.line.offset_at(received_s) <= to_s

    def _fit(self, at_s: float) -> Line | None:
        taken = np.array(self._taken, dtype=np.float64)
        asked, received, station = taken.T
        # Counted from one instant: of seconds since 1970 a double holds no more than a fraction of a microsecond.
        since = float(station[-1])
        above, below = (station - since) - (asked - at_s), (station - since) - (received - at_s)
        past, now = asked - at_s, received - at_s
        window_s = float(now[-1] - past[0])
        bounds = (above, past), (below, now)
        # A short window says little of the slope against the one that is known, unless it rules that one out.
        for inertia in (max(_INERTIA * window_s, min(2 * window_s, _SHORT_S), _LEAST_S), 0.0):
            rate = _best(*bounds, self._rate, inertia)
            upper, lower = above - rate * past, below - rate * now
            high, low = float(upper.min()), float(lower.max())
            if high >= low - _TOLERANCE_S:
                break
        else:
            return None
        error_s = max(high - low, 0.0) / 2
        spread_s = min(error_s, _stands_out(upper) + _stands_out(-lower))
        return Line(
            at_s=at_s,
            offset_s=since - at_s + (high + low) / 2,
            rate=rate,
            error_s=error_s,
            spread_s=spread_s,
            rate_error=min(FASTEST, 2 * max(spread_s, error_s / 4) / window_s) if window_s > 0 else FASTEST,
        )


def _best(above: tuple[Times, Times], below: tuple[Times, Times], known: float, inertia: float) -> float:
    """Return the slope that leaves most room between the bounds; one beside the known one must leave more."""
    (high, high_at), (low, low_at) = above, below

    def room(rate: float) -> float:
        between = float((high - rate * high_at).min() - (low - rate * low_at).max())
        return between - inertia * abs(rate - known)

    least, most = -FASTEST, FASTEST
    for _ in range(_STEPS):
        left, right = least + _GOLDEN * (most - least), most - _GOLDEN * (most - least)
        if room(left) < room(right):
            least = left
        else:
            most = right
    return (least + most) / 2


def _stands_out(delays: Times) -> float:
    """Return how far the least of these delays is most likely above the least possible one, in seconds."""
    if delays.size < _NEXT:
        return float("inf")
    least = np.partition(delays, _NEXT - 1)[:_NEXT]
    return float(least.max() - least.min()) / (_NEXT - 1)
