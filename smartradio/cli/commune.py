"""A whole commune on one machine: a station's settings and virtual nodes in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time as time_of_day
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from smartradio.broker import launch
from smartradio.broker.users import new_password
from smartradio.config import to_toml
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.node.identity import node_key
from smartradio.station.settings import NodeEntry, PlanSettings, StationBroker, StationSettings, ZoneSettings

# What goes wrong at a node of the demo; `offline` is a node that is not started, the others happen at its pole.
FAULTS = ("silent", "neighbour", "cut", "wrong", "muffled", "noisy", "offline")
MAX_NODES = 30
_NEIGHBOUR_M = (180.0, 260.0)
_STOP_S = 6.0


def read_faults(pairs: Sequence[str], nodes: Sequence[str]) -> dict[str, str]:
    """Read NODE=KIND pairs; an unknown node or kind raises BadInputError that lists the known ones."""
    faults: dict[str, str] = {}
    for pair in pairs:
        node, equals, kind = pair.partition("=")
        if not equals:
            raise BadInputError(f"--fault {pair!r}: write it as NODE=KIND, such as thon-2=silent")
        if node not in nodes:
            raise BadInputError(f"--fault {pair!r}: there is no node {node!r}; there are {', '.join(nodes)}")
        if kind not in FAULTS:
            raise BadInputError(f"--fault {pair!r}: there is no fault {kind!r}; there are {', '.join(FAULTS)}")
        if node in faults:
            raise BadInputError(f"--fault {pair!r}: node {node!r} already has the fault {faults[node]!r}")
        faults[node] = kind
    return faults


def node_names(count: int) -> list[str]:
    """Return thon-1 … thon-N; raises BadInputError outside 1..30."""
    if not 1 <= count <= MAX_NODES:
        raise BadInputError(f"--nodes {count}: between 1 and {MAX_NODES} nodes")
    return [f"thon-{number}" for number in range(1, count + 1)]


@dataclass
class Commune:
    """Folders, keys and settings of a station and its virtual nodes below one folder.

    `faults` maps node names to kinds. Node processes are children of this one and are ended with it.
    """

    folder: Path
    names: Sequence[str]
    faults: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    station: str = "yen-hoa"
    title: str = "Đài truyền thanh xã Yên Hòa"
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def __post_init__(self) -> None:
        self._passwords = {name: new_password() for name in self.names}

    def node_folder(self, name: str) -> Path:
        """Return where a node keeps what it holds."""
        return self.folder / "nodes" / name

    def station_settings(self, *, schedules: Sequence[Path] = (), **changes: Any) -> StationSettings:
        """Return the station's settings; each node's key is made if it has none yet."""
        values: dict[str, Any] = {
            "station": self.station,
            "title": self.title,
            "folder": self.folder / "station",
            "broker": StationBroker(),
            "zones": tuple(ZoneSettings(name=name, title=_title("Thôn", name)) for name in self.names),
            "nodes": tuple(
                NodeEntry(
                    name=name,
                    zone=name,
                    title=_title("Cụm loa thôn", name),
                    public_key=node_key(self.node_folder(name)).public_hex,
                    password=SecretStr(self._passwords[name]),
                )
                for name in self.names
            ),
            "schedules": tuple(schedules),
            # Whoever looks at a demo in the evening shall hear it, too.
            "plan": PlanSettings(quiet_from=time_of_day(), quiet_until=time_of_day()),
            # A demo has one bulletin, which is there.
            "standing_text": "",
            # Everything is listened to: a demo has no past to hold its figures against.
            "clip_every": 1,
        }
        return StationSettings.model_validate(values | changes)

    def write_node(self, name: str, *, station_key: str, host: str, port: int, substitute: Path | None = None) -> Path:
        """Write a node's settings file and return its path."""
        index = self.names.index(name)
        fault = self.faults.get(name)
        neighbours = [
            {"node": self.names[other], "distance_m": _NEIGHBOUR_M[index % 2 if other > index else other % 2]}
            for other in (index - 1, index + 1)
            if 0 <= other < len(self.names)
        ]
        virtual: dict[str, Any] = {
            "index": index,
            "seed": self.seed,
            # Crystals differ, and none of these Pis has a clock battery.
            "clock_ppm": (-50.0, 35.0, 20.0, -15.0, 50.0)[index % 5],
            "air_folder": str(self.folder / "air"),
            "neighbours": neighbours,
        }
        if fault is not None and fault != "offline":
            virtual["fault"] = fault
        if substitute is not None:
            virtual["substitute"] = str(substitute)
        values = {
            "name": name,
            "zone": name,
            "station": self.station,
            "station_public_key": station_key,
            "data": str(self.node_folder(name)),
            "sound": "virtual",
            "link": {"host": host, "port": port, "username": name, "password": self._passwords[name]},
            "virtual": virtual,
        }
        path = self.node_folder(name) / "node.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(to_toml(values), encoding="utf-8")
        return path

    def start_node(self, name: str) -> subprocess.Popen[bytes]:
        """Start a node's process on its settings file; its log goes to node.log beside it."""
        folder = self.node_folder(name)
        arguments = ["-m", "smartradio", "node", "--config", str(folder / "node.toml")]
        with self._starting, (folder / "node.log").open("ab") as log:
            if self._stopped:
                raise SmartradioError("the commune is stopping")
            process = subprocess.Popen(
                # Tied to this process's life, so that even its kill -9 leaves no horn speaking.
                [sys.executable, "-I", launch.__file__, str(os.getpid()), sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the demo is the demo's to handle; it ends the nodes itself.
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            self._processes[name] = process
        return process

    def check_nodes(self) -> None:
        """Raise SmartradioError with the last line of its log if a node's process has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                lines = (self.node_folder(name) / "node.log").read_text(encoding="utf-8").strip().splitlines()
                last = lines[-1] if lines else f"exit code {process.returncode}"
                raise SmartradioError(f"node {name} ended: {last}")

    def stop(self) -> None:
        """End all node processes, gently first, and start no more."""
        with self._starting:
            self._stopped = True
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _title(kind: str, name: str) -> str:
    return f"{kind} {name.rpartition('-')[2]}"
