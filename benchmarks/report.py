"""How long the report of a whole year takes: twenty thousand airings at thirty nodes each, all judged."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _full_store import Shape, furnish
from _rows import row

from smartradio.station.store import Store
from smartradio.station.summaries import By, summarise
from smartradio.web.summary_csv import as_csv
from smartradio.words import words

LIMIT_S = 3.0
START = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
END = START + timedelta(days=365)
YEAR = Shape(zones=10, nodes=30, airings=20_000, recordings=4_000, start=START, end=END)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        try:
            furnish(store, YEAR)
            for by in (By.TOPIC, By.ZONE, By.PROGRAMME, By.DAY):
                begun = time.perf_counter()
                made = summarise(store.outcomes(START, END), by, START, END)
                text = as_csv(made, words("vi"), {})
                taken_s = time.perf_counter() - begun
                assert made.total.judged == YEAR.airings * YEAR.nodes
                name = f"report of a year, {YEAR.airings:,} airings × {YEAR.nodes} nodes, by {by}"
                row(name, taken_s, "s", LIMIT_S, f"{len(made.lines)} lines, {len(text):,} bytes of CSV")
        finally:
            store.close()


if __name__ == "__main__":
    main()
