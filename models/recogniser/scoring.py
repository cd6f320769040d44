"""How well a known text fits posteriors, for the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smartradio.listening.syllables import BLANK


def text_fit(posteriors: NDArray[np.float32], units: Sequence[int]) -> float:
    """Return how much likelier the best free reading is than `units`, as a negative number of nats in all.

    The text's likelihood is CTC's forward sum (Graves et al. 2006) over posteriors [T', U]; the free reading takes
    the best unit of every frame.
    """
    row = np.array([BLANK, *(each for unit in units for each in (unit, BLANK))])
    skips = np.zeros(row.size, dtype=bool)
    skips[3::2] = row[3::2] != row[1:-2:2]
    alpha = np.full(row.size, -np.inf)
    alpha[:2] = posteriors[0, row[:2]]
    for frame in posteriors[1:]:
        step = np.concatenate(([-np.inf], alpha[:-1]))
        jump = np.where(skips, np.concatenate(([-np.inf, -np.inf], alpha[:-2])), -np.inf)
        alpha = np.logaddexp(np.logaddexp(alpha, step), jump) + frame[row]
    return float(np.logaddexp(alpha[-1], alpha[-2]) - posteriors.max(axis=1).sum())


def area_under_curve(better: Sequence[float], worse: Sequence[float]) -> float:
    """Return how often a score of `better` lies above one of `worse`, ties counted half."""
    high, low = np.asarray(better)[:, None], np.asarray(worse)[None, :]
    return float(np.mean((high > low) + 0.5 * (high == low)))
