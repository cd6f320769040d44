"""Background noise of a commune's poles: wind, traffic and insects, endless and seeded; numpy only."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.errors import AudioError
from smartradio.audio.spectrum import HORN_BAND_HZ, gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

NOISE_BAND_HZ = HORN_BAND_HZ
"""Levels are counted in the horn's band: rumble below it neither masks speech nor reaches the match."""


class NoiseKind(StrEnum):
    """What surrounds a pole."""

    QUIET = "quiet"
    WIND = "wind"
    TRAFFIC = "traffic"


class Noise:
    """Endless background noise, the same for the same seed whatever the sizes of the blocks asked for.

    `level_db` is the long-term RMS in NOISE_BAND_HZ, dBFS. Wind is red and comes in gusts (turbulence at the
    capsule), traffic is a rumble with vehicles passing, quiet is a faint hiss with crickets.
    """

    def __init__(self, kind: NoiseKind, level_db: float, rate: int, seed: int) -> None:
        if rate < 8000:
            raise AudioError(f"noise needs a rate of at least 8000 Hz, not {rate}")
        self._rate = rate
        self._random = np.random.default_rng(seed)
        self._hop = rate
        self._fade = np.sin(np.pi * (np.arange(2 * rate) + 0.5) / (2 * rate)).astype(np.float32)
        self._kind = kind
        self._shape = _shape(kind, rate) * gain(level_db)
        self._swell = _Swell(self._random, depth_db=_GUST_DEPTH_DB[kind])
        self._cricket_hz = float(self._random.uniform(3200.0, 4800.0))
        self._cricket_gain = gain(level_db - 6.0)
        self._tail = np.zeros(self._hop, dtype=np.float32)
        self._ready = np.zeros(0, dtype=np.float32)
        self._second = 0
        self._make()  # the first second fades in from nothing: drop it
        self._ready = self._ready[self._ready.size :]

    def take(self, count: int) -> Signal:
        """Return the next `count` samples, float32."""
        while self._ready.size < count:
            self._make()
        block, self._ready = self._ready[:count], self._ready[count:]
        return block

    def _make(self) -> None:
        white = self._random.standard_normal(2 * self._hop).astype(np.float32)
        shaped = np.fft.irfft(np.fft.rfft(white) * self._shape, 2 * self._hop).astype(np.float32) * self._fade
        second = shaped[: self._hop] + self._tail
        self._tail = shaped[self._hop :]
        time_s = self._second + np.arange(self._hop) / self._rate
        second = second * self._swell.at(time_s)
        if self._kind is NoiseKind.QUIET:
            second = second + self._crickets(time_s)
        self._second += 1
        self._ready = np.concatenate((self._ready, second.astype(np.float32)))

    def _crickets(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        chirp = np.maximum(np.sin(2 * np.pi * 0.9 * time_s), 0.0) ** 2
        pulse = 0.5 * (1.0 + np.sin(2 * np.pi * 32.0 * time_s))
        tone: NDArray[np.float64] = np.sin(2 * np.pi * self._cricket_hz * time_s)
        return self._cricket_gain * chirp * pulse * tone


_GUST_DEPTH_DB = {NoiseKind.QUIET: 0.5, NoiseKind.WIND: 3.0, NoiseKind.TRAFFIC: 2.5}


class _Swell:
    """Slow changes of loudness: a sum of slow waves in dB, with a long-term mean power of one."""

    def __init__(self, random: np.random.Generator, depth_db: float) -> None:
        self._rate_hz = random.uniform(0.05, 0.8, size=6)
        self._phase = random.uniform(0.0, 2 * np.pi, size=6)
        self._depth_db = depth_db / np.sqrt(3.0)
        long_s = np.arange(0.0, 600.0, 0.1)
        self._scale = 1.0
        self._scale = 1.0 / float(np.sqrt(np.mean(self.at(long_s) ** 2)))

    def at(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        waves = np.sin(2 * np.pi * self._rate_hz[:, None] * time_s + self._phase[:, None]).sum(axis=0)
        swell: NDArray[np.float64] = self._scale * 10.0 ** (self._depth_db * waves / 20.0)
        return swell


def _shape(kind: NoiseKind, rate: int) -> NDArray[np.float64]:
    """Return the amplitude at each bin of a 2 s block, scaled to an in-band RMS of one."""
    frequency = np.fft.rfftfreq(2 * rate, 1.0 / rate)
    hz = np.maximum(frequency, 20.0)
    match kind:
        case NoiseKind.WIND:
            amplitude = 1.0 / (1.0 + (hz / 150.0) ** 2) ** 0.5 / (1.0 + (hz / 2500.0) ** 2) ** 0.5
        case NoiseKind.TRAFFIC:
            amplitude = 1.0 / (1.0 + (hz / 400.0) ** 2) ** 0.6
        case NoiseKind.QUIET:
            amplitude = hz**-0.5
    amplitude[frequency < 20.0] = 0.0
    low_hz, high_hz = NOISE_BAND_HZ
    inside = (frequency >= low_hz) & (frequency <= high_hz)
    # White noise of unit variance through this amplitude has the mean squared amplitude as its variance.
    in_band_power = float((amplitude[inside] ** 2).sum()) / frequency.size
    shaped: NDArray[np.float64] = amplitude / np.sqrt(in_band_power)
    return shaped
