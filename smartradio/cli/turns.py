"""How often the threads of a station take turns."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Final

_TURN_S: Final = 0.0005


@contextlib.contextmanager
def short_turns() -> Iterator[None]:
    """Let a thread that computes give way after half a millisecond while the block runs; then all is as before.

    Whoever reads rows lets the interpreter go for each of them, and the event loop for each message. With Python's
    own 5 ms a thousand rows take three times as long beside one page that is drawn.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
