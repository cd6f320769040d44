"""The sound of a test tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

TONE_S = 2.0


def tone_signal() -> Signal:
    """Return TONE_S of a tone that rises from 400 to 3,000 Hz, float32 mono at OUTPUT_RATE.

    It has one place in time, so that a neighbour's is told from the own.
    """
    time_s = np.arange(int(TONE_S * OUTPUT_RATE)) / OUTPUT_RATE
    phase = 2 * np.pi * (400 * time_s + 0.5 * (2_600 / TONE_S) * time_s**2)
    edge = np.minimum(np.minimum(time_s, TONE_S - time_s) / 0.05, 1.0)
    return (0.25 * edge * np.sin(phase)).astype(np.float32)
