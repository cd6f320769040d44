"""Wrong tries of a sender under a name are counted; after a few they wait, each time longer."""

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
    """Wrong tries by name and sender, in memory, those seen last. Thread-safe.

    A sender is whatever tells one who tries from another; nobody shuts the door on somebody else.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def locked_for_s(self, name: str, sender: str = "") -> float:
        """Return for how many seconds this name is refused to a sender, 0 if it is not."""
        with self._lock:
            failures = self._failures.get(_key(name, sender))
        return 0.0 if failures is None else max((failures.locked_until - self._clock()).total_seconds(), 0.0)

    def failed(self, name: str, sender: str = "") -> None:
        """Count a wrong try; unknown names are counted like known ones, or the lock would tell which is which."""
        key = _key(name, sender)
        with self._lock:
            before = self._failures.pop(key, None)
            count = 1 if before is None else before.count + 1
            over = count - FREE_TRIES
            wait_s = 0.0 if over < 0 else min(FIRST_LOCK_S * 2 ** min(over, 16), LONGEST_LOCK_S)
            self._failures[key] = _Failures(count, self._clock() + timedelta(seconds=wait_s))
            while len(self._failures) > _NAMES_WATCHED:
                self._failures.popitem(last=False)

    def forget(self, name: str, sender: str = "") -> None:
        """Forget a sender's wrong tries of a name: the right one came."""
        with self._lock:
            self._failures.pop(_key(name, sender), None)


def _key(name: str, sender: str) -> tuple[str, str]:
    return name[:_NAME_CHARACTERS], sender[:_NAME_CHARACTERS]
