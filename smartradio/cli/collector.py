"""Keeps Python's garbage collector from stopping a station that serves for months."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

# A page makes some thousand objects and lets all of them go again without the collector; with its own 700 it would
# walk through them while they are made, and through everything there is after every few pages.
_THRESHOLDS: Final = (10_000, 20, 20)


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """Leave what stands now alone while the block runs, and look for garbage less often; then all is as before.

    Code, settings and registry stay as long as the station: a walk through all of them stops every thread for 0.1 s
    (0.2 s with 200 pages open), on a Pi for several times as long. What comes later is collected as ever.
    """
    before = gc.get_threshold()
    # What is garbage already must not be kept as long as the rest.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
