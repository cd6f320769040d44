"""From what a voice says to what a horn should get: no rumble, one loudness, no overloaded peak.

The gain is one for the whole bulletin and a multiple of GAIN_STEP_DB, and a sentence is limited on its
own: so the same sentence in another bulletin of the same voice mostly has the same bytes, and is sent
to a node once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.levels import gain_factor
from smartradio.audio.loudness import SILENT_LUFS, integrated_lufs
from smartradio.audio.resample import resample

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5
# Opus at 16 kbit/s gives speech back with peaks up to about 1 dB higher, and 0.3 LU softer.
CODEC_HEADROOM_DB = 1.2
CODEC_LOSS_LU = 0.3
GAIN_STEP_DB = 0.5

_RUMBLE_HZ = 50.0
_ROTATOR_HZ = 400.0
_ROTATOR_Q = 0.5
_ROTATOR_STAGES = 8
_SILENT_PEAK = 0.0005
_TRIM_BELOW_PEAK = 10 ** (-50 / 20)
_TRIM_MARGIN_S = 0.02
_FADE_S = 0.005
_LOOKAHEAD_S = 0.004
# Coarser than a measurement: what still gets past the limiter is found when the decoded sound is measured.
_OVERSAMPLING = 2
_GAIN_ROUNDS = 6
_GAIN_CLOSE_LU = 0.15
# What a decibel of gain is worth in LU once the limiter takes its part: at first, and at the least.
_GAIN_WORTH = 0.65
_LEAST_GAIN_WORTH = 0.25
_MAX_GAIN_DB = 40.0

Signal = npt.NDArray[np.float32]


def cleaned(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` (float32, mono) without DC, rumble and silent ends, its peaks spread, its edges soft.

    Empty when all of it is silent. Horns give nothing below some 200 Hz, yet DC and rumble heat them.
    A synthetic voice fires all its partials in one instant; turning their phases, as broadcast
    processors do, costs the ear nothing and saves the limiter up to 2 dB.
    """
    from scipy.signal import sosfilt  # noqa: PLC0415 - slow to load, and not for every command

    if len(pcm) == 0:
        return pcm
    margin = round(_TRIM_MARGIN_S * rate)
    # The margin takes the filters' tail.
    steady = np.pad(pcm - pcm.mean(dtype=np.float64), (0, margin))
    steady = np.asarray(sosfilt(_cleaning_sections(rate), steady), dtype=np.float32)
    magnitude = np.abs(steady)
    peak = float(magnitude.max())
    if peak < _SILENT_PEAK:
        return steady[:0]
    loud = np.flatnonzero(magnitude > _TRIM_BELOW_PEAK * peak)
    kept = steady[max(0, loud[0] - margin) : loud[-1] + margin].copy()
    fade = min(round(_FADE_S * rate), len(kept) // 2)
    slope = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    kept[:fade] *= slope
    kept[len(kept) - fade :] *= slope[::-1]
    return kept


@functools.cache
def _cleaning_sections(rate: int) -> npt.NDArray[np.float64]:
    from scipy.signal import butter  # noqa: PLC0415 - as above

    omega = 2 * np.pi * _ROTATOR_HZ / rate
    alpha, cosine = np.sin(omega) / (2 * _ROTATOR_Q), np.cos(omega)
    allpass = np.array([1 - alpha, -2 * cosine, 1 + alpha, 1 + alpha, -2 * cosine, 1 - alpha]) / (1 + alpha)
    highpass = butter(2, _RUMBLE_HZ, "highpass", fs=rate, output="sos")
    return np.vstack([highpass, np.tile(allpass, (_ROTATOR_STAGES, 1))])


@dataclass(frozen=True)
class Limitable:
    """A cleaned sentence with the peaks between its samples, ready to be limited at any gain."""

    pcm: Signal
    rate: int
    envelope: Signal

    @classmethod
    def of(cls, pcm: Signal, rate: int) -> Limitable:
        """Measure the true peaks of `pcm` (float32, mono), one a sample."""
        between = np.abs(resample(pcm, rate, rate * _OVERSAMPLING))
        return cls(pcm, rate, between.reshape(len(pcm), _OVERSAMPLING).max(axis=1))

    def limited(self, gain_db: float, ceiling_dbtp: float) -> Signal:
        """Return the sentence with `gain_db`, its true peaks turned down, not clipped, to `ceiling_dbtp`."""
        from scipy.ndimage import minimum_filter1d, uniform_filter1d  # noqa: PLC0415 - as above

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


def bulletin_gain_db(parts: Sequence[Limitable], pauses_s: Sequence[float]) -> float:
    """Return the gain that brings limited `parts`, joined with their pauses, to TARGET_LUFS once decoded.

    A multiple of GAIN_STEP_DB, at most 40 dB. Parts share one rate; `pauses_s` follow them one by one.
    """
    rate = parts[0].rate
    raw_lufs = integrated_lufs(joined([part.pcm for part in parts], pauses_s, rate), rate)
    if raw_lufs <= SILENT_LUFS:
        return 0.0  # a gain for silence would only raise noise
    wanted_lufs = TARGET_LUFS + CODEC_LOSS_LU
    gain_db = min(_MAX_GAIN_DB, wanted_lufs - raw_lufs)
    worth, earlier = _GAIN_WORTH, None
    for _ in range(_GAIN_ROUNDS):
        limited = [part.limited(gain_db, CEILING_DBTP - CODEC_HEADROOM_DB) for part in parts]
        lufs = integrated_lufs(joined(limited, pauses_s, rate), rate)
        if abs(wanted_lufs - lufs) < _GAIN_CLOSE_LU or gain_db >= _MAX_GAIN_DB:
            break
        if earlier is not None and gain_db != earlier[0]:
            worth = min(1.0, max(_LEAST_GAIN_WORTH, (lufs - earlier[1]) / (gain_db - earlier[0])))
        earlier = (gain_db, lufs)
        gain_db = min(_MAX_GAIN_DB, gain_db + (wanted_lufs - lufs) / worth)
    return round(gain_db / GAIN_STEP_DB) * GAIN_STEP_DB


def joined(signals: Sequence[Signal], pauses_s: Sequence[float], rate: int) -> Signal:
    """Return `signals` (float32, mono) in a row with silence of `pauses_s` after each."""
    row: list[Signal] = []
    for signal, pause_s in zip(signals, pauses_s, strict=True):
        row += [signal, np.zeros(round(pause_s * rate), dtype=np.float32)]
    return np.concatenate(row) if row else np.zeros(0, dtype=np.float32)
