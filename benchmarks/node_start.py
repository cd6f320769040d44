"""A node's start, from the call of its program to "ready" as systemd is told it, and its memory then and later."""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smartradio.broker.users import BrokerUser
from smartradio.config import to_toml
from tests.node.fakes import STATION
from tests.node.live import Live

NODE = "thon-1"
READY_LIMIT_S = 2.0
MEMORY_LIMIT_MB = 110.0
GIVE_UP_S = 30.0
# Two sentences of a bulletin's usual length; what was heard is measured and encoded after them.
SENTENCES_S = (12.0, 18.0)


def settings(live: Live) -> Path:
    """Write the settings of a node that is linked to the broker there."""
    link = live.broker.link_settings(BrokerUser(NODE, f"password-of-{NODE}"))
    values = {
        "name": NODE,
        "zone": NODE,
        "station": STATION,
        "station_public_key": live.key.public_hex,
        "data": str(live.folder / NODE),
        "sound": "virtual",
        "link": json.loads(link.model_dump_json(exclude_none=True)) | {"password": f"password-of-{NODE}"},
    }
    path = live.folder / "node.toml"
    path.write_text(to_toml(values), encoding="utf-8")
    return path


def start(config: Path, ear: socket.socket) -> tuple[subprocess.Popen[bytes], float]:
    """Start the program as the service file does; return it, ready, and the seconds that took."""
    environment = os.environ | {"NOTIFY_SOCKET": ear.getsockname()}
    with (config.parent / "node.log").open("ab") as log:
        begun_s = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "smartradio", "node", "--config", str(config)], env=environment, stderr=log
        )
    while b"READY=1" not in ear.recv(4096).splitlines():
        continue
    return process, time.monotonic() - begun_s


def peak_mb(pid: int) -> float:
    """Most memory the process has held at once, the libraries it shares with others counted in full (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def main() -> None:
    """Start it some times, let the last one air, and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=9, help="starts (default 9)")
    starts = parser.parse_args().starts
    with tempfile.TemporaryDirectory() as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"{place}/notify")
        ear.settimeout(GIVE_UP_S)
        live = Live(Path(place), (NODE,))
        try:
            config = settings(live)
            taken_s, ready_mb = [], []
            for number in range(starts):
                process, ready_s = start(config, ear)
                live.processes[NODE] = process
                taken_s.append(ready_s)
                ready_mb.append(peak_mb(process.pid))
                if number < starts - 1:
                    process.terminate()
                    process.wait(GIVE_UP_S)
            station = live.stations[NODE]
            live.wait(lambda: any(state.clock_trusted for state in station.states), GIVE_UP_S)
            station.plan(station.airing("a1", in_s=4.0, seconds=SENTENCES_S))
            live.wait(lambda: "finished" in station.told("a1"), GIVE_UP_S + 60)
            aired_mb = peak_mb(process.pid)
            live.wait(lambda: any(told.startswith("measured") for told in station.told("a1")), GIVE_UP_S)
            measured_mb = peak_mb(process.pid)
        finally:
            live.stop()
    note = f"{starts} starts, best {min(taken_s):.2f} s, worst {max(taken_s):.2f} s"
    row("node, from the call of its program to ready, median", statistics.median(taken_s), "s", READY_LIMIT_S, note)
    row("memory of a node that is ready, the most of all starts", max(ready_mb), "MB", MEMORY_LIMIT_MB)
    row("most memory of a node that has aired 30 s", aired_mb, "MB", MEMORY_LIMIT_MB)
    # By length: both signals lie in memory while they are held against each other.
    row("the same when it has weighed what was heard of them", measured_mb, "MB")


if __name__ == "__main__":
    main()
