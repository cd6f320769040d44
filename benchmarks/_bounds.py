"""How far a share may be above what was counted, for figures that are limits."""

from __future__ import annotations

from scipy.stats import beta

SURE = 0.95


def upper_percent(count: int, of_all: int) -> float:
    """Return the one-sided upper bound of a share, SURE, in percent (Clopper and Pearson, Biometrika 26, 1934)."""
    return 100.0 if count >= of_all else 100.0 * float(beta.ppf(SURE, count + 1, of_all - count))
