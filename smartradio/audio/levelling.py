"""Sound that comes without end brought to one loudness: a slow gain by what was heard, and a limiter behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from smartradio.audio.levels import gain_factor

# A running mean over so long follows a broadcaster's loudness, not his sentences.
_MEMORY_S = 12.0
_FIRST_MEMORY_S = 1.5
_UP_DB_S = 1.0
_DOWN_DB_S = 4.0
_MOST_GAIN_DB = 20.0
_BLOCK_S = 0.4
# What is softer than this, or by so much softer than the rest, is a pause: the gain stays where it is.
_PAUSE_LUFS = -50.0
_PAUSE_BELOW_LU = 12.0
_LOOKAHEAD_S = 0.004
_BAND_HZ = (200.0, 7_000.0)
_BAND_ORDER = 3
_OFFSET_LUFS = -0.691

Signal = npt.NDArray[np.float32]


class Leveller:
    """Brings a stream to `target_lufs`, its samples to at most `ceiling_dbfs`; one stream's, blocks in order.

    The sound is kept in the band a horn carries. What comes out is some milliseconds late, `flush` gives the rest.
    Loudness is weighted and gated after BS.1770, over a running mean; the gain moves at most 1 dB a second up and
    4 down, and not at all in pauses, so nothing pumps.
    """

    def __init__(self, rate: int, *, target_lufs: float, ceiling_dbfs: float) -> None:
        from scipy.signal import butter  # noqa: PLC0415 - slow to load

        self._rate = rate
        self._target = target_lufs
        self._ceiling = np.float32(gain_factor(ceiling_dbfs))
        high = min(_BAND_HZ[1], 0.45 * rate)
        self._band = _Filter(butter(_BAND_ORDER, (_BAND_HZ[0], high), "bandpass", fs=rate, output="sos"))
        self._ear = _Filter(_weighting(rate))
        self._block = round(_BLOCK_S * rate)
        self._left = np.zeros(0, np.float32)
        self._mean: float | None = None
        self._heard_s = 0.0
        self.gain_db = 0.0
        self._reach = max(1, round(_LOOKAHEAD_S * rate))
        self._tail = np.zeros(2 * self._reach, np.float32)
        self._owed = 2 * self._reach

    def push(self, pcm: Signal) -> Signal:
        """Return the next of the levelled sound: what was pushed, late by the limiter's lookahead."""
        self._left = np.concatenate((self._left, pcm))
        done = []
        while len(self._left) >= self._block:
            block, self._left = self._left[: self._block], self._left[self._block :]
            done.append(self._levelled(block))
        return self._limited(np.concatenate(done)) if done else np.zeros(0, np.float32)

    def flush(self) -> Signal:
        """Return what is still owed; afterwards as much has come out as was pushed."""
        rest, self._left = self._left, np.zeros(0, np.float32)
        last = self._levelled(rest) if len(rest) else rest
        return self._limited(np.concatenate((last, np.zeros(2 * self._reach, np.float32))))

    def _levelled(self, block: Signal) -> Signal:
        banded = self._band(block)
        power = float(np.mean(np.square(self._ear(banded), dtype=np.float64)))
        before_db, seconds = self.gain_db, len(block) / self._rate
        self._listen(power, seconds)
        if self._mean is not None and self._is_heard(power):
            wanted = max(-_MOST_GAIN_DB, min(_MOST_GAIN_DB, self._target - _lufs(self._mean)))
            # Until there is a mean to speak of it may move at once.
            up, down = (_UP_DB_S, _DOWN_DB_S) if self._heard_s > _FIRST_MEMORY_S else (_MOST_GAIN_DB, _MOST_GAIN_DB * 2)
            step = wanted - self.gain_db
            self.gain_db += max(-down * seconds, min(up * seconds, step))
        glide = np.linspace(before_db, self.gain_db, len(block), dtype=np.float32)
        return np.asarray(banded * np.power(np.float32(10.0), glide / np.float32(20.0)), dtype=np.float32)

    def _is_heard(self, power: float) -> bool:
        loud = _lufs(power)
        return loud > _PAUSE_LUFS and (self._mean is None or loud > _lufs(self._mean) - _PAUSE_BELOW_LU)

    def _listen(self, power: float, seconds: float) -> None:
        if not self._is_heard(power):
            # Softer for good is a softer programme, not a pause: the mean comes down to it, slowly.
            if self._mean is not None and _lufs(power) > _PAUSE_LUFS:
                self._mean *= 10 ** (-0.1 * seconds)
            return
        self._heard_s += seconds
        memory_s = min(_MEMORY_S, max(seconds, self._heard_s))
        share = min(1.0, seconds / memory_s)
        self._mean = power if self._mean is None else (1 - share) * self._mean + share * power

    def _limited(self, sound: Signal) -> Signal:
        from scipy.ndimage import minimum_filter1d, uniform_filter1d  # noqa: PLC0415

        reach = self._reach
        known = np.concatenate((self._tail, sound))
        self._tail = known[-4 * reach :]
        if len(known) <= 2 * reach:
            return np.zeros(0, np.float32)
        allowed = self._ceiling / np.maximum(np.abs(known), self._ceiling)
        lowest = minimum_filter1d(allowed, 2 * reach + 1, mode="nearest")
        gliding = uniform_filter1d(lowest, reach | 1, mode="nearest")
        begin = len(known) - len(sound) - 2 * reach
        out = np.asarray((known * gliding)[max(0, begin) : len(known) - 2 * reach], dtype=np.float32)
        skip, self._owed = min(self._owed, len(out)), max(0, self._owed - len(out))
        return np.clip(out[skip:], -self._ceiling, self._ceiling)


class _Filter:
    """A filter that goes on where it stopped."""

    def __init__(self, sections: npt.NDArray[np.float64]) -> None:
        self._sections = sections
        self._state: Any = np.zeros((len(sections), 2))

    def __call__(self, pcm: Signal) -> Signal:
        from scipy.signal import sosfilt  # noqa: PLC0415

        out, self._state = sosfilt(self._sections, pcm, zi=self._state)
        return np.asarray(out, dtype=np.float32)


def _lufs(power: float) -> float:
    return _OFFSET_LUFS + 10 * math.log10(power) if power > 0 else -math.inf


def _weighting(rate: int) -> npt.NDArray[np.float64]:
    """Return the two filters of BS.1770-4's weighting at any rate, by its analogue prototypes."""
    sections = []
    tan = math.tan(math.pi * 1_681.974450955533 / rate)
    quality, high, middle = (
        0.7071752369554196,
        10 ** (3.999843853973347 / 20),
        10 ** (3.999843853973347 / 20 * 0.4996667741545416),
    )
    norm = 1 + tan / quality + tan * tan
    sections.append(
        [
            (high + middle * tan / quality + tan * tan) / norm,
            2 * (tan * tan - high) / norm,
            (high - middle * tan / quality + tan * tan) / norm,
            1.0,
            2 * (tan * tan - 1) / norm,
            (1 - tan / quality + tan * tan) / norm,
        ]
    )
    tan, quality = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    norm = 1 + tan / quality + tan * tan
    sections.append([1.0, -2.0, 1.0, 1.0, 2 * (tan * tan - 1) / norm, (1 - tan / quality + tan * tan) / norm])
    return np.array(sections)
