"""Wrong tries under a name are counted; after a few the name waits, each time longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FREE_TRIES: Final = 5
FIRST_LOCK_S: Final = 4.0
# Longer would let anybody keep the emergency officer out at three in the morning.
LONGEST_LOCK_S: Final = 60.0
_NAMES_WATCHED: Final = 1000
_NAME_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    locked_until: datetime


class Lockout:
    """Wrong tries by name, in memory, the names seen last. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def locked_for_s(self, name: str) -> float:
        """Return for how many seconds this name is refused, 0 if it is not."""
        with self._lock:
            failures = self._failures.get(name[:_NAME_CHARACTERS])
        return 0.0 if failures is None else max((failures.locked_until - self._clock()).total_seconds(), 0.0)

    def failed(self, name: str) -> None:
        """Count a wrong try; unknown names are counted like known ones, or the lock would tell which is which."""
        name = name[:_NAME_CHARACTERS]
        with self._lock:
            before = self._failures.pop(name, None)
            count = 1 if before is None else before.count + 1
            over = count - FREE_TRIES
            wait_s = 0.0 if over < 0 else min(FIRST_LOCK_S * 2 ** min(over, 16), LONGEST_LOCK_S)
            self._failures[name] = _Failures(count, self._clock() + timedelta(seconds=wait_s))
            while len(self._failures) > _NAMES_WATCHED:
                self._failures.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget the wrong tries of a name: the right one came."""
        with self._lock:
            self._failures.pop(name[:_NAME_CHARACTERS], None)
