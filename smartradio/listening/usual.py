"""What a node's own horn is usually like: the delay and level at which alone a match counts as its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from smartradio.listening.robust import spread

LEAST_AIRINGS = 5
"""Fewer say nothing about what is usual."""
_EARLIER_S = 0.010
_LATER_S = 0.035
"""An emergency may start 30 ms late, a planned airing 5 ms."""
_SPREADS = 4.0
_FAINTER_DB = 10.0


@dataclass(frozen=True, slots=True)
class PastAiring:
    """Figures of one airing that was heard at a node; None where not measured. Units as in Judgement."""

    at: datetime
    level_db: float | None = None
    background_db: float | None = None
    snr_db: float | None = None
    tilt_db: float | None = None
    delay_ms: float | None = None
    gain_db: float | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """Medians of a node's past airings, and how far they are spread (scaled median absolute deviation)."""

    airings: int
    delay_s: float
    delay_spread_s: float
    gain_db: float
    gain_spread_db: float
    level_db: float | None
    snr_db: float | None

    @property
    def window_s(self) -> tuple[float, float]:
        """Return the delays (earliest, latest) at which the own horn may be heard."""
        reach_s = _SPREADS * self.delay_spread_s
        return self.delay_s - max(_EARLIER_S, reach_s), self.delay_s + max(_LATER_S, reach_s)

    @property
    def faintest_db(self) -> float:
        """Return the gain below which what is heard is not taken for the own horn."""
        return self.gain_db - max(_FAINTER_DB, _SPREADS * self.gain_spread_db)


def usual_of(past: Sequence[PastAiring]) -> Usual | None:
    """Return what is usual by a node's airings that were `aired`; None while there are fewer than five of them."""
    known = [(one.delay_ms, one.gain_db) for one in past if one.delay_ms is not None and one.gain_db is not None]
    if len(known) < LEAST_AIRINGS:
        return None
    delays_s = [delay_ms / 1_000.0 for delay_ms, _ in known]
    gains_db = [gain_db for _, gain_db in known]
    return Usual(
        airings=len(known),
        delay_s=median(delays_s),
        delay_spread_s=spread(delays_s),
        gain_db=median(gains_db),
        gain_spread_db=spread(gains_db),
        level_db=_median(past, lambda one: one.level_db),
        snr_db=_median(past, lambda one: one.snr_db),
    )


def _median(past: Sequence[PastAiring], figure: Callable[[PastAiring], float | None]) -> float | None:
    values = [value for value in map(figure, past) if value is not None]
    return median(values) if values else None
