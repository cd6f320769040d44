"""Samples between samples: a recording read at places that lie a little closer or wider than its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Places = NDArray[np.float64]

HALF: Final = 12
"""So many samples on either side of a place are read."""
_PHASES: Final = 2_048
_BLOCK: Final = 16_384


def read_at(signal: Signal, places: Places) -> Signal:
    """Return what a signal is at places between its samples, by a windowed sinc: 70 dB right up to a third of the rate.

    Shapes: signal [n], places [m] with HALF − 1 ≤ place < n − HALF; returns [m].
    """
    whole = places.astype(np.int64)
    phases = np.rint((places - whole) * _PHASES).astype(np.int64)
    windows = sliding_window_view(signal, 2 * HALF)[whole - HALF + 1]
    out: Signal = np.einsum("ij,ij->i", windows, _TAPS[phases])
    return out


def unbent(pcm: Signal, rate: int, starts_s: float, bends: Sequence[tuple[float, float]]) -> Signal:
    """Return a clip as it would be, had what it holds been played at an even pace.

    `bends` are instants since the first sample (s) with how much more than the time that had passed had been played by
    then (s), the pace even between them and from the last one on; without any the clip is returned as it is. `pcm` is
    [n] at `rate`, its first sample at `starts_s` against that of what was played.
    """
    if not bends:
        return pcm
    passed_s = np.array([-1e9, *(at_s for at_s, _ in bends), bends[-1][0] + 1e9])
    gained_s = np.array([0.0, *(gained_s for _, gained_s in bends), bends[-1][1]])
    padded = np.concatenate((np.zeros(HALF, np.float32), pcm, np.zeros(2 * HALF, np.float32)))
    out = np.empty_like(pcm)
    for begin in range(0, pcm.size, _BLOCK):
        count = min(_BLOCK, pcm.size - begin)
        evenly_s = starts_s + np.arange(begin, begin + count) / rate
        sounded_s = np.interp(evenly_s, passed_s + gained_s, passed_s)
        places = np.clip((sounded_s - starts_s) * rate, -1.0, pcm.size) + HALF
        out[begin : begin + count] = read_at(padded, places)
    return out


def _taps() -> Signal:
    """Return by phase the weights of the samples around a place. Shape: [_PHASES + 1, 2 * HALF]."""
    phase = np.arange(_PHASES + 1)[:, None] / _PHASES
    away = np.arange(2 * HALF)[None, :] - (HALF - 1) - phase
    weights = np.sinc(away) * np.i0(8.0 * np.sqrt(np.maximum(0.0, 1.0 - (away / HALF) ** 2))) / np.i0(8.0)
    scaled: Signal = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


_TAPS: Final = _taps()
