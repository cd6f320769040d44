"""The last stage before the codec: peaks turned down ahead of time, and the gain that gives one loudness."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.levels import gain_factor
from smartradio.audio.loudness import SILENT_LUFS, spoken_lufs

_LOOKAHEAD_S = 0.004
_GAIN_ROUNDS = 6
_GAIN_CLOSE_LU = 0.05
# What a decibel of gain is worth in LU once the limiter takes its part: at first, and at the least.
_GAIN_WORTH = 0.8
_LEAST_GAIN_WORTH = 0.25
_MAX_GAIN_DB = 40.0
# Driven further into the limiter than this, speech is crushed before it gets louder.
_MAX_DRIVE_DB = 6.0

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Limitable:
    """A prepared sound with the peaks between its samples, ready to be limited at any gain.

    The peaks are coarser than a measurement: what gets past the limiter is found when the decoded sound is measured.
    """

    pcm: Signal
    rate: int
    envelope: Signal

    @classmethod
    def of(cls, pcm: Signal, rate: int) -> Limitable:
        """Measure the peaks of `pcm` (float32, mono) on its samples and halfway to the next, by a cubic."""
        around = np.pad(np.abs(pcm), 1)
        if len(pcm) > 2:
            near, far = pcm[1:-2] + pcm[2:-1], pcm[:-3] + pcm[3:]
            halfway = np.abs(np.float32(9 / 16) * near - np.float32(1 / 16) * far)
            around[2:-3] = np.maximum(around[2:-3], halfway)
            around[3:-2] = np.maximum(around[3:-2], halfway)
        return cls(pcm, rate, around[1:-1])

    def limited(self, gain_db: float, ceiling_dbtp: float) -> Signal:
        """Return the sound with `gain_db`, its true peaks turned down, not clipped, to `ceiling_dbtp`."""
        from scipy.ndimage import minimum_filter1d, uniform_filter1d  # noqa: PLC0415 - slow to load

        gain, ceiling = np.float32(gain_factor(gain_db)), np.float32(gain_factor(ceiling_dbtp))
        if len(self.pcm) == 0 or float(self.envelope.max() * gain) <= ceiling:
            return self.pcm * gain
        allowed = ceiling / np.maximum(self.envelope * gain, ceiling)
        reach = max(1, round(_LOOKAHEAD_S * self.rate))
        # Two box filters make the gain glide; together they reach no further than the minimum did, so
        # the gain at a peak stays at or below what the peak allows.
        lowest = minimum_filter1d(allowed, 2 * reach + 1, mode="nearest")
        gliding = uniform_filter1d(uniform_filter1d(lowest, reach, mode="nearest"), reach, mode="nearest")
        return np.asarray(self.pcm * (gain * gliding), dtype=np.float32)


def gain_for(part: Limitable, wanted_lufs: float, ceiling_dbtp: float) -> float:
    """Return the gain in dB that brings the limited `part` to `wanted_lufs`.

    At most 40 dB, and 0 for silence: more would only raise noise; at most 6 dB more than without the limiter.
    Loudness is measured once, without the limiter; what the limiter then takes is told by the power it leaves.
    """
    lufs = spoken_lufs(part.pcm, part.rate)
    if lufs <= SILENT_LUFS:
        return 0.0
    power = _power(part.pcm)
    gain_db = min(_MAX_GAIN_DB, wanted_lufs - lufs)
    most_db = min(_MAX_GAIN_DB, gain_db + _MAX_DRIVE_DB)
    worth, earlier = _GAIN_WORTH, None
    for _ in range(_GAIN_ROUNDS):
        left = _power(part.limited(gain_db, ceiling_dbtp))
        reached_lufs = lufs + 10 * math.log10(left / power)
        missing_lu = wanted_lufs - reached_lufs
        if abs(missing_lu) < _GAIN_CLOSE_LU or (gain_db >= most_db and missing_lu > 0):
            break
        if earlier is not None and gain_db != earlier[0]:
            worth = min(1.0, max(_LEAST_GAIN_WORTH, (reached_lufs - earlier[1]) / (gain_db - earlier[0])))
        earlier = (gain_db, reached_lufs)
        gain_db = min(most_db, gain_db + missing_lu / worth)
    return gain_db


def _power(sound: Signal) -> float:
    return float(np.dot(sound, sound))
