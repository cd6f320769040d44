"""Two poles behind a line of 20 to 200 ms each way, crystals 50 ppm off: how far apart they start, and drift."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.node.two_poles import Pole, pair

# Since the poles were switched on.
STARTS_S = (300.0, 600.0, 900.0, 3_600.0)
PAIRS = 100
LONG_PAIRS = 4
HALF_HOUR_S = 1_800.0
APART_MS = 10


def aired(pole: Pole, switched_on_s: float, duration_s: float) -> list[float]:
    """Air a recording so long after the pole was switched on; return how late each second sounded, in ms."""
    pole.run(switched_on_s)
    pole.plan(switched_on_s + 15.0, duration_s)
    pole.run(switched_on_s + 15.0 + duration_s + 1.0)
    return [1_000 * off_s for off_s in pole.off_s()]


def main() -> None:
    """Simulated time, real clocks and players."""
    for switched_on_s in STARTS_S:
        apart = [_apart(aired(pole, switched_on_s, 2.0)[0] for pole in pair(seed)) for seed in range(PAIRS)]
        name = f"start difference of two nodes behind 20-200 ms, {switched_on_s / 60:.0f} min after power came, p95"
        late = statistics.quantiles(apart, n=20, method="inclusive")[-1]
        row(name, late, "ms", APART_MS, f"p50 {statistics.median(apart):.1f} ms, worst {max(apart):.1f} ms of {PAIRS}")
    parted, drifted = [], []
    for seed in range(LONG_PAIRS):
        first, second = (aired(pole, STARTS_S[2], HALF_HOUR_S) for pole in pair(seed))
        between = [a - b for a, b in zip(first, second, strict=True)]
        parted.append(max(abs(each) for each in between))
        drifted.append(max(abs(each - between[0]) for each in between))
    row("the same over 30 min, furthest apart in any second", max(parted), "ms", APART_MS, f"{LONG_PAIRS} programmes")
    row("drift over 30 min", max(drifted), "ms", APART_MS, f"{LONG_PAIRS} programmes")


def _apart(late: Iterable[float]) -> float:
    first, second = late
    return abs(first - second)


if __name__ == "__main__":
    main()
