"""Is there a voice in a stretch of sound? numpy only.

A voice repeats itself at a pitch of 80–400 Hz; wind, traffic and crickets do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PITCH_HZ = (80.0, 400.0)
_TOP_HZ = 3000.0
_AROUND_BINS = 31
_PITCHED = 7.5
"""Height of the pitch peak over chance; noise of any colour exceeds it in under one of a hundred frames."""


def voiced(power: NDArray[np.floating], first_bin: int, window: int, rate: int) -> NDArray[np.bool_]:
    """Return for each power spectrum whether it has a pitch.

    Shapes: power [t, f], whose bins begin at `first_bin` of a `window`-sample transform → [t].
    Spectra are taken against their own surroundings, so that the colour of a noise does not matter.
    """
    used = power[:, : int(_TOP_HZ * window / rate) - first_bin]
    level = np.log(used + 1e-3 * used.mean(axis=1, keepdims=True) + 1e-20)
    half = _AROUND_BINS // 2
    sums = np.cumsum(np.pad(level, ((0, 0), (half + 1, half)), mode="edge"), axis=1)
    relative = level - (sums[:, _AROUND_BINS:] - sums[:, :-_AROUND_BINS]) / _AROUND_BINS
    spectrum = np.zeros((power.shape[0], window // 2 + 1), dtype=np.float64)
    spectrum[:, first_bin : first_bin + used.shape[1]] = relative
    peak = np.fft.irfft(spectrum, axis=1)[:, int(rate / _PITCH_HZ[1]) : int(rate / _PITCH_HZ[0])].max(axis=1)
    spread = np.sqrt((relative**2).sum(axis=1)) + 1e-20
    pitched: NDArray[np.bool_] = peak * window / spread > _PITCHED
    return pitched
