"""How strong a signal is, in decibels of full scale.

0 dBFS is the level of a square wave at full scale; a sine at full scale has an RMS of -3.01 dBFS.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

# Stands for silence: a finite figure can be stored, sent as JSON and drawn; 24 bits reach -144.
FLOOR_DBFS = -120.0


def rms_dbfs(pcm: npt.NDArray[np.floating]) -> float:
    """Return the root mean square of `pcm` in dBFS, FLOOR_DBFS when it is empty or silent."""
    if pcm.size == 0:
        return FLOOR_DBFS
    power = float(np.mean(np.square(pcm, dtype=np.float64)))
    return max(FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else FLOOR_DBFS


def peak_dbfs(pcm: npt.NDArray[np.floating]) -> float:
    """Return the highest sample of `pcm` in dBFS, FLOOR_DBFS when it is empty or silent."""
    peak = float(np.max(np.abs(pcm))) if pcm.size else 0.0
    return max(FLOOR_DBFS, 20 * math.log10(peak)) if peak > 0 else FLOOR_DBFS


def short_time_levels_dbfs(
    pcm: npt.NDArray[np.floating], rate: int, *, window_s: float = 0.05
) -> npt.NDArray[np.float32]:
    """Return the RMS in dBFS of each whole window of `window_s` seconds, one after another.

    The last, incomplete window is left out. Raises AudioError when a window holds no sample.
    """
    window = round(window_s * rate)
    if window < 1:
        raise AudioError(f"a window of {window_s:g} s holds no sample at {rate} Hz")
    count = len(pcm) // window
    blocks = np.asarray(pcm[: count * window], dtype=np.float64).reshape(count, window)
    floor_power = 10 ** (FLOOR_DBFS / 10)
    power = np.maximum(np.mean(np.square(blocks), axis=1), floor_power)
    return np.asarray(10 * np.log10(power), dtype=np.float32)


def gain_factor(gain_db: float) -> float:
    """Return the factor on samples that a gain in decibels stands for."""
    return float(10.0 ** (gain_db / 20.0))
