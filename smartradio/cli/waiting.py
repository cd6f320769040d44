"""Running until somebody says stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType


def stop_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; call it from the main thread."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
