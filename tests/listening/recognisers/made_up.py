"""Posteriors as a network would give them for known words, made up for tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from smartradio.listening import syllables
from smartradio.listening.recognisers.port import Posteriors

FRAME_S = 0.03


def posteriors_of(
    words: Sequence[str],
    *,
    sure: float = 0.985,
    gap: int = 2,
    before: int = 0,
    after: int = 0,
    doubts: Mapping[str, tuple[str, float]] | None = None,
    rng: np.random.Generator | None = None,
) -> Posteriors:
    """Return frames in which each unit of `words` has a spike, `gap` blanks after it, and more around it all.

    `sure` is the probability of what is said in each frame. `doubts` gives words another reading that shares
    their probability: {"là": ("lá", 0.4)} takes 0.4 of the spike. With `rng` the spikes are unlike one another.
    """
    rows: list[dict[int, float]] = [{0: sure}] * before
    for word in words:
        units = syllables.units_of(word)
        assert units is not None, word
        other, share = (doubts or {}).get(word, (word, 0.0))
        others = syllables.units_of(other)
        assert others is not None
        assert len(others) == len(units)
        for unit, doubt in zip(units, others, strict=True):
            spike = sure if rng is None else float(rng.uniform(0.4, sure))
            row = {unit: spike * (1 - share)}
            row[doubt] = row.get(doubt, 0.0) + spike * share
            rows += [row, *[{0: sure}] * gap]
    rows += [{0: sure}] * after
    table = np.zeros((len(rows), syllables.UNITS))
    for number, row in enumerate(rows):
        for unit, p in row.items():
            table[number, unit] = p
    table += (1.0 - table.sum(axis=1, keepdims=True)) / syllables.UNITS
    return Posteriors(np.log(table).astype(np.float16), FRAME_S, syllables.unit_names())


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))
