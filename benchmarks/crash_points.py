"""Five hundred deaths in simulated days: of a station and its nodes, wherever they write or say something.

The days are drawn from seeds (tests/simulated/crashes.py); each is lived through once, in simulated time.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog
from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulated.crashes import day_of_crashes

DEATHS = 500
DRAWN_A_DAY = 60


def main() -> None:
    """Live through days until there were enough deaths; print what was wrong after them."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    died: list[tuple[str, str]] = []
    faults: list[str] = []
    seed, began_s = 1_000, time.monotonic()
    while len(died) < DEATHS:
        folder = Path(tempfile.mkdtemp(prefix="smartradio-crashes-"))
        outcome = day_of_crashes(folder, seed, DRAWN_A_DAY)
        shutil.rmtree(folder)
        died += outcome.died_at
        faults += [f"seed {seed}: {fault}" for fault in outcome.faults]
        seed += 1
    for fault in faults:
        print(fault, file=sys.stderr)
    places = len({(who == "station", what) for who, what in died})
    note = f"{len(died)} deaths at {places} kinds of places, {seed - 1_000} days, {time.monotonic() - began_s:.0f} s"
    row("lost, started twice or unapproved after deaths in simulated days", len(faults), "", 0, note)


if __name__ == "__main__":
    main()
