"""How much of a recording was cut off at full scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# A wave that was cut off stays at its ceiling; one that only touches it bends away from sample to sample.
_NEAR_FULL_SCALE = 0.98
_FLAT_STEP = 1.5 / 32_768
_SHORTEST_RUN = 3
# A lossy codec gives a flat top back with ripples, and some encoders turn it down by half a decibel. Speech that
# was not cut off is so near full scale in one sample of ten thousand, with its top cut by 6 dB in seventy.
_NEAR_AFTER_CODEC = 0.9


class CountedClipping:
    """Counts the samples of speech that lie on flat tops near full scale.

    `lossy` says that a codec has been at the samples since; then all near full scale count.
    """

    def __init__(self, *, lossy: bool) -> None:
        self._lossy = lossy
        self._clipped = 0
        self._all = 0

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """Count a stretch, shape [channels, samples], full scale 1.0."""
        self._all += samples.size
        magnitude = np.abs(samples)
        if self._lossy:
            self._clipped += int(np.count_nonzero(magnitude >= _NEAR_AFTER_CODEC))
        elif magnitude.size and float(magnitude.max()) >= _NEAR_FULL_SCALE:
            for channel, level in zip(samples, magnitude, strict=True):
                self._clipped += _in_long_runs((level >= _NEAR_FULL_SCALE) & _flat(channel))

    @property
    def share(self) -> float:
        """The share of all samples, 0 to 1."""
        return self._clipped / self._all if self._all else 0.0


def _flat(channel: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    still = np.abs(np.diff(channel)) <= _FLAT_STEP
    return np.asarray(np.append(still, False) | np.insert(still, 0, False))


def _in_long_runs(marks: npt.NDArray[np.bool_]) -> int:
    """Return how many marks stand in runs of at least _SHORTEST_RUN."""
    edges = np.diff(np.concatenate(([0], marks.astype(np.int8), [0])))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths[lengths >= _SHORTEST_RUN].sum())
