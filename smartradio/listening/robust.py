"""Statistics that a few wild figures do not move; standard library only, for an idle station has no numpy.

Sources: Rousseeuw and Croux, Alternatives to the Median Absolute Deviation, 1993; Theil, A rank-invariant method of
linear and polynomial regression analysis, 1950; Sen, Estimates of the regression coefficient based on Kendall's tau,
1968.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

_TO_SIGMA = 1.4826
"""Of normally spread figures, the median absolute deviation times this is the standard deviation."""


def spread(values: Sequence[float]) -> float:
    """Return the median absolute deviation, scaled to the standard deviation of normally spread figures."""
    middle = median(values)
    return _TO_SIGMA * median(abs(value - middle) for value in values)


def theil_sen(places: Sequence[float], values: Sequence[float]) -> float:
    """Return the median slope between all pairs of points; 0 where no two places differ."""
    pairs = itertools.combinations(zip(places, values, strict=True), 2)
    slopes = [(later - earlier) / (to - at) for (at, earlier), (to, later) in pairs if to != at]
    return median(slopes) if slopes else 0.0
