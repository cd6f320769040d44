"""A real broker, real node processes, and the small station of the fakes speaking over a real link."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smartradio.broker.embedded import EmbeddedBroker
from smartradio.broker.users import STATION_USER, BrokerUser
from smartradio.node.identity import node_public_key
from smartradio.node.settings import NodeSettings
from smartradio.wire.client import Link, LinkState
from smartradio.wire.signing import SigningKey
from tests.node.fakes import STATION, FakeClock, FakeStation

RUN = """
import logging, pathlib, sys
from smartradio.node.run import run_node
from smartradio.node.settings import NodeSettings
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
run_node(NodeSettings.model_validate_json(pathlib.Path(sys.argv[1]).read_text()))
"""


class RealTime(FakeClock):
    """The machine's own time in the shape the fake station wants."""

    def true_utc(self) -> datetime:
        return datetime.now(UTC)


class _LinkOfStation:
    """Lets the fake station publish where it would hand over."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.topics = _Everything()

    @property
    def up(self) -> bool:
        return self._link.state is LinkState.UP

    def on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        while not self._link.wait_room(1.0):
            if not self.up:
                return
        self._link.publish(topic, payload, retain=retained)


class _Everything:
    def __contains__(self, topic: str) -> bool:
        return True


class Live:
    """A broker and a station; nodes are started and killed by name."""

    def __init__(self, folder: Path, nodes: tuple[str, ...]) -> None:
        self.folder = folder
        self.nodes = nodes
        self.broker = EmbeddedBroker(folder / "broker", STATION)
        self.broker.set_users("station-password", {name: (name, f"password-of-{name}") for name in nodes})
        self.broker.start()
        self.key = SigningKey.new()
        self.stations = {name: self._station(name) for name in nodes}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._link = Link(
            self.broker.link_settings(BrokerUser(STATION_USER, "station-password")),
            "test-station",
            subscriptions=[f"smartradio/1/{STATION}/node/+/{leaf}" for leaf in ("state", "report", "want", "time")]
            + [f"smartradio/1/{STATION}/node/+/clip/+/+"],
            on_message=self._on_message,
        )
        for station in self.stations.values():
            station.link = _LinkOfStation(self._link)  # type: ignore[assignment]
        self._work: list[tuple[str, bytes]] = []
        self._wake = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._link.start()
        self.wait(lambda: self._link.state is LinkState.UP, 10)

    def _station(self, name: str) -> FakeStation:
        station = FakeStation(RealTime(), node=name)
        station.key = self.key
        station.node_key = node_public_key(self.folder / name)
        return station

    def _on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        with self._wake:
            self._work.append((topic, payload))
            self._wake.notify()

    def _run(self) -> None:
        while not self._over:
            with self._wake:
                self._wake.wait_for(lambda: self._work or self._over, 0.5)
                work, self._work = self._work, []
            for topic, payload in work:
                self.stations[topic.split("/")[4]].on_publish(topic, payload)

    def start(self, name: str, **virtual: Any) -> subprocess.Popen[bytes]:
        """Start a node's process."""
        settings = NodeSettings.model_validate(
            {
                "name": name,
                "zone": name,
                "station": STATION,
                "station_public_key": self.key.public_hex,
                "data": self.folder / name,
                "disk_floor_mb": 0,
                "sound": "virtual",
                "virtual": {"index": self.nodes.index(name), "air_folder": self.folder / "air"} | virtual,
            }
        )
        link = self.broker.link_settings(BrokerUser(name, f"password-of-{name}"))
        body = json.loads(settings.model_dump_json(exclude={"link"}))
        body["link"] = json.loads(link.model_dump_json()) | {"password": f"password-of-{name}"}
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(body))
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([sys.executable, "-c", RUN, str(path)], stderr=log, stdout=log)
        return self.processes[name]

    def kill(self, name: str) -> None:
        """Kill a node's process as a power cut does."""
        os.kill(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait(5)

    def wait(self, true: Callable[[], object], timeout_s: float) -> None:
        """Wait until something holds, else fail with the nodes' logs."""
        deadline = time.monotonic() + timeout_s
        while not true():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text() for path in self.folder.glob("*.log"))
                told = {name: [(r.airing, r.step, r.reason) for r in s.reports] for name, s in self.stations.items()}
                raise AssertionError(f"waited {timeout_s} s in vain\n{told}\n{logs}")
            time.sleep(0.02)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self._over = True
        self._link.stop()
        self._thread.join(5)
        self.broker.stop()
