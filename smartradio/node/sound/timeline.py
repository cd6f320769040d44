"""A steady clock out of a sound device's jittery reports of when each block sounds."""

from __future__ import annotations

from collections import deque
from statistics import median

# A device whose reports stay this far off the line for this many blocks has really jumped (an underrun).
JUMP_S = 0.02
JUMP_BLOCKS = 5
SET_S = 0.05


class Timeline:
    """Turns (frames so far, reported time) into a smooth time of the next block's first frame.

    The line is the median of the last `window` reports: one late report moves nothing. Times in seconds,
    whatever their clock.
    """

    def __init__(self, rate: int, window: int = 101) -> None:
        self._rate = rate
        self._frames = 0
        self._origins: deque[float] = deque(maxlen=window)
        self._far = 0

    def block(self, frames: int, reported_s: float) -> float:
        """Count a block of so many frames reported for `reported_s`; return when its first frame sounds."""
        played_s = self._frames / self._rate
        self._frames += frames
        origin = reported_s - played_s
        line = median(self._origins) if self._origins else origin
        self._far = self._far + 1 if abs(origin - line) > JUMP_S else 0
        if self._far >= JUMP_BLOCKS:
            self._origins.clear()
            self._far = 0
            line = origin
        self._origins.append(origin)
        return line + played_s


class Offset:
    """The distance of another clock to ours, from readings of which each is late by an unknown delay.

    Reading ours after the other's can only make the distance look larger, so the least of the last `window`
    readings is the best. An operating system's clock that was set (NTP at boot) starts anew.
    """

    def __init__(self, window: int = 200) -> None:
        self._readings: deque[float] = deque(maxlen=window)
        self._far = 0

    def update(self, other_s: float, ours_s: float) -> float:
        """Take a pair of readings (the other's first) and return ours minus other's."""
        reading = ours_s - other_s
        self._far = self._far + 1 if self._readings and reading - min(self._readings) > SET_S else 0
        if self._far >= JUMP_BLOCKS:
            self._readings.clear()
            self._far = 0
        self._readings.append(reading)
        return min(self._readings)
