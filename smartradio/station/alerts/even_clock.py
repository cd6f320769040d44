"""Whether the station's clock has run evenly for long enough that an end which it shows is settled for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

_logger = structlog.get_logger()

SETTLED_AFTER: Final = timedelta(hours=6)
"""So long the clock must have run evenly: a wrong time server, or a dead battery, is usually put right by then."""
_JUMP_S: Final = 60.0
"""Less than this decides nothing about an alert; a clock that is turned slowly never comes to it between two looks."""


class EvenClock:
    """Holds the wall clock against one that nobody sets (`elapsed_s`, seconds); a start counts as a jump.

    A clock that has jumped is not known to be wrong: it may have been put right. So nothing that it shows is undone,
    and nothing is settled by it that could not be taken up again.
    """

    def __init__(
        self, clock: Callable[[], datetime], elapsed_s: Callable[[], float], *, settled_after: timedelta = SETTLED_AFTER
    ) -> None:
        self._clock = clock
        self._elapsed_s = elapsed_s
        self._settled_after_s = settled_after.total_seconds()
        self._even_since_s = elapsed_s()
        self._ahead_s = clock().timestamp() - self._even_since_s
        self._jumped_s = 0.0

    def is_settled(self) -> bool:
        """Look at both clocks, and say whether they have run side by side for long enough."""
        elapsed_s = self._elapsed_s()
        ahead_s = self._clock().timestamp() - elapsed_s
        if abs(ahead_s - self._ahead_s) > _JUMP_S:
            self._jumped_s = ahead_s - self._ahead_s
            _logger.warning("clock_jumped", by_s=round(self._jumped_s))
            self._even_since_s = elapsed_s
        self._ahead_s = ahead_s
        return elapsed_s - self._even_since_s >= self._settled_after_s

    def jumped_min(self) -> int:
        """Return by how many minutes the clock has jumped lately, 0 if it runs evenly or was only just looked at."""
        return 0 if self.is_settled() else round(abs(self._jumped_s) / 60)
