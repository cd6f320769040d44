"""A whole commune in real processes: station with its broker, and two nodes on simulated poles."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil

from smartradio.cli.commune import Commune
from smartradio.config import to_toml
from smartradio.domain.airing import Airing
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Step
from smartradio.station.keys import working_key
from smartradio.station.store import Store
from smartradio.station.views import AiringView
from smartradio.wire.loopback import free_port

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NODES = ("thon-1", "thon-2")
TEXT = "Mực nước sông lên 4,52 m. Mời bà con thôn 3 sơ tán trước 17h30."


@dataclass
class Field:
    """Starts, kills and watches the processes; reads the store as an auditor would, from outside."""

    folder: Path
    commune: Commune
    port: int
    starts_at: datetime = field(init=False)
    station_process: subprocess.Popen[bytes] | None = None
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def write(self, *, first_at: datetime, text: str = TEXT) -> None:
        """Write all settings, and a schedule with one airing at `first_at`."""
        self.starts_at = first_at
        schedule = self.folder / "schedule.yaml"
        schedule.write_text(
            "programmes:\n  - name: thu\n    title: Bản tin thử\n    approved_by: Nguyễn Thị Lan\n"
            f"    zones: [{', '.join(NODES)}]\n"
            f'    at: "{first_at.astimezone(HANOI):%Y-%m-%d %H:%M:%S}"\n    start_tolerance_s: 20\n'
            f'    text: "{text}"\n',
            encoding="utf-8",
        )
        settings = self.commune.station_settings(schedules=[schedule])
        values = settings.model_dump(mode="json", exclude={"broker", "nodes"}, exclude_none=True) | {
            "broker": {"listen_port": self.port},
            "judge_deadline_s": 8.0,
            "nodes": [
                node.model_dump(mode="json") | {"password": node.password.get_secret_value()} for node in settings.nodes
            ],
            "console": {"port": free_port()},
        }
        (self.folder / "station.toml").write_text(to_toml(values), encoding="utf-8")
        key = working_key(settings.folder).public_hex
        for name in NODES:
            self.commune.write_node(name, station_key=key, host="127.0.0.1", port=self.port)

    def begin_in(self, seconds: float) -> None:
        """Write all settings, and one airing so many seconds from now."""
        self.write(first_at=datetime.now(HANOI).replace(microsecond=0) + timedelta(seconds=seconds))

    def change_node(self, name: str, **changes: Any) -> None:
        """Change settings of a node; a mapping changes single values of a table."""
        path = self.commune.node_folder(name) / "node.toml"
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        for setting, value in changes.items():
            values[setting] = values[setting] | value if isinstance(value, dict) else value
        path.write_text(to_toml(values), encoding="utf-8")

    def broker(self) -> psutil.Process:
        """The embedded broker's process."""
        assert self.station_process is not None
        children = psutil.Process(self.station_process.pid).children(recursive=True)
        return next(child for child in children if "nats-server" in child.name())

    def start_station(self) -> None:
        with (self.folder / "station.log").open("ab") as log:
            self.station_process = subprocess.Popen(
                [sys.executable, "-m", "smartradio", "station", "--config", str(self.folder / "station.toml")],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def start_node(self, name: str) -> None:
        self.nodes[name] = self.commune.start_node(name)

    def kill(self, victim: str) -> None:
        """Kill -9 the station, the broker or a node."""
        assert self.station_process is not None
        if victim == "station":
            self.station_process.kill()
            self.station_process.wait(10)
        elif victim == "broker":
            self.broker().kill()
        else:
            self.nodes[victim].kill()
            self.nodes[victim].wait(10)

    def start(self, victim: str) -> None:
        """Start again what was killed; the broker is started by its supervisor."""
        if victim == "station":
            self.start_station()
        elif victim != "broker":
            self.start_node(victim)

    def look(self) -> tuple[Airing, AiringView] | None:
        """Return the newest airing as it stands in the store, None before it is planned."""
        try:
            store = Store.open_read_only(self.folder / "station")
        except SmartradioError:
            return None
        with closing(store):
            airings = store.airings(newest=1)
            if not airings:
                return None
            view = store.airing_view(airings[0].id)
            assert view is not None
            return airings[0], view

    def verified(self) -> str:
        with closing(Store.open_read_only(self.folder / "station")) as store:
            found = store.verify()
        assert found.ok, found.line
        return found.line

    def wait(self, what: str, holds: Callable[[AiringView], bool], timeout_s: float) -> AiringView:
        deadline = time.monotonic() + timeout_s
        seen = None
        while time.monotonic() < deadline:
            seen = self.look()
            if seen is not None and holds(seen[1]):
                return seen[1]
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {timeout_s} s; last seen: {seen}\n{self.logs()}")

    def logs(self) -> str:
        paths = [self.folder / "station.log", *(self.commune.node_folder(name) / "node.log" for name in NODES)]
        return "\n".join(f"--- {p.name}\n" + "\n".join(p.read_text().splitlines()[-15:]) for p in paths if p.exists())

    def stop(self) -> None:
        if self.station_process is not None and self.station_process.poll() is None:
            self.station_process.terminate()
            try:
                self.station_process.wait(15)
            except subprocess.TimeoutExpired:
                self.station_process.kill()
                self.station_process.wait(10)
        self.commune.stop()


def steps(view: AiringView, node: str) -> list[Step]:
    return [entry.evidence.step for entry in view.chain if entry.evidence.node == node]


def reached(step: Step, node: str) -> Callable[[AiringView], bool]:
    return lambda view: step in steps(view, node)


def settled(view: AiringView) -> bool:
    return all(node.verdict is not None for node in view.nodes)


def new_field(folder: Path, *, starts_in_s: float) -> Field:
    """A commune of two nodes below a folder, nothing of it running yet, with one airing planned."""
    field = Field(folder, Commune(folder, NODES), free_port())
    field.begin_in(starts_in_s)
    return field
