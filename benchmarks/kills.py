"""Twenty real kill -9 of station, broker and nodes, at moments of an airing drawn from a seed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.faults.field import new_field
from tests.faults.killing import drawn, survives

KILLS = 20
SEED = 6
# Voice and broker come up meanwhile, on a machine that has other things to do too.
STARTS_IN_S = 16


def main() -> None:
    """Kill, start again, look; each time in a commune of its own."""
    failed = 0
    for kill in drawn(KILLS, SEED):
        with tempfile.TemporaryDirectory(prefix="smartradio-kills-") as folder:
            field = new_field(Path(folder), starts_in_s=STARTS_IN_S)
            try:
                survives(field, kill)
            except AssertionError as error:
                failed += 1
                print(f"{kill}: {error}", file=sys.stderr)
            finally:
                field.stop()
    row("kill -9 after which something was lost or started twice", failed, "", 0, f"of {KILLS}")


if __name__ == "__main__":
    main()
