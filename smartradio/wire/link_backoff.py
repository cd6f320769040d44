"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Exponential waits with jitter, so that sixty nodes do not knock on a returning broker at once.

    Waits grow from `first_s` by `factor` up to `cap_s`; each is shortened at random to between half and
    all of itself. `draw` returns a number in [0, 1).
    """

    def __init__(
        self,
        first_s: float,
        cap_s: float,
        *,
        factor: float = 2.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._factor = factor
        self._draw = draw
        self._next_s = first_s

    def wait_s(self) -> float:
        """Return the wait before the next attempt, in seconds, and grow the one after it."""
        wait_s = self._next_s * (0.5 + 0.5 * self._draw())
        self._next_s = min(self._cap_s, self._next_s * self._factor)
        return wait_s

    def reset(self) -> None:
        """Begin again at the first wait."""
        self._next_s = self._first_s
