"""The plainest reading of posteriors, for figures that owe nothing to a language model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smartradio.listening.syllables import BLANK


def units_heard(posteriors: NDArray[np.float32]) -> list[int]:
    """Return the best unit of every frame [T', U], repeats and blanks taken out."""
    best = posteriors.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    return [int(unit) for unit in best[starts] if unit != BLANK]


def word_errors(said: Sequence[object], heard: Sequence[object]) -> int:
    """Return how many words must be put in, taken out or changed (Levenshtein)."""
    row = np.arange(len(heard) + 1)
    ids: dict[object, int] = {}
    columns = np.array([ids.setdefault(each, len(ids)) for each in heard], dtype=np.int64)
    for word in said:
        wrong = (columns != ids.get(word, -1)).astype(np.int64)
        best = np.empty_like(row)
        best[0] = row[0] + 1
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + wrong)
        places = np.arange(best.size)
        row = np.minimum.accumulate(best - places) + places
    return int(row[-1])
