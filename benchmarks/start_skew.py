"""Start skew between two player processes, and from planned instant to first sample, on a null sink."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.node.null_sink import NullSink
from tests.node.skew import measure

SKEW_LIMIT_MS = 5.0
LATE_LIMIT_MS = 10.0


def main() -> None:
    """Measure on the recording of the sink's monitor and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20, help="starts from a cold device (default 20)")
    starts = parser.parse_args().starts
    missing = NullSink.missing()
    if missing:
        sys.exit(f"start_skew: {missing}: apt install pulseaudio pulseaudio-utils libasound2-plugins")
    with tempfile.TemporaryDirectory() as folder:
        sink = NullSink(Path(folder) / "pulse")
        try:
            sink.start()
            found = measure(sink, starts, Path(folder))
        finally:
            sink.stop()
    late_ms = np.abs(found.late_ms)
    note = f"{starts} starts, median {np.median(found.skew_ms):.2g} ms, {found.underruns} underruns"
    row("start skew of two players, p95", float(np.percentile(found.skew_ms, 95)), "ms", SKEW_LIMIT_MS, note)
    note = f"median {np.median(late_ms):.2g} ms, by the monitor's clock"
    row("planned instant to first sample, p95", float(np.percentile(late_ms, 95)), "ms", LATE_LIMIT_MS, note)


if __name__ == "__main__":
    main()
