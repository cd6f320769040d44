"""Idle memory of a station without recogniser and of a node, in processes of their own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from _rows import row

from smartradio.cli.commune import Commune
from smartradio.config import to_toml
from smartradio.station.keys import working_key

SETTLE_S = 20.0


def _memory_mb(pid: int) -> float:
    """Proportional share of one process alone, in MB: shared libraries are counted once."""
    return psutil.Process(pid).memory_full_info().pss / 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with Commune(folder, ["thon-1"]) as commune:
            settings = commune.station_settings()
            values = settings.model_dump(mode="json", exclude={"nodes", "broker"}, exclude_none=True) | {
                "broker": {"listen_port": 18_841},
                "console": {"port": 18_842},
                "nodes": [
                    n.model_dump(mode="json") | {"password": n.password.get_secret_value()} for n in settings.nodes
                ],
            }
            (folder / "station.toml").write_text(to_toml(values), encoding="utf-8")
            station = subprocess.Popen(
                [sys.executable, "-m", "smartradio", "station", "--config", str(folder / "station.toml")],
                stderr=subprocess.DEVNULL,
            )
            try:
                key = working_key(settings.folder).public_hex
                commune.write_node("thon-1", station_key=key, host="127.0.0.1", port=18_841)
                node = commune.start_node("thon-1")
                time.sleep(SETTLE_S)
                samples = []
                for _ in range(5):
                    samples.append((_memory_mb(station.pid), _memory_mb(node.pid)))
                    time.sleep(1)
                row("idle memory of the station", statistics.median(s for s, _ in samples), "MB", 250)
                row("idle memory of a node", statistics.median(n for _, n in samples), "MB", 110)
                children = psutil.Process(station.pid).children(recursive=True)
                row("idle memory of the station's children", sum(_memory_mb(c.pid) for c in children), "MB")
            finally:
                station.terminate()
                station.wait(20)


if __name__ == "__main__":
    main()
