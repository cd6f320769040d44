"""Real brokers under one roof, and a bare client that may try what our own link never would."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from smartradio.broker.embedded import EmbeddedBroker
from smartradio.broker.mosquitto import write_files, write_users
from smartradio.broker.probe import login
from smartradio.broker.users import STATION_USER, BrokerUser, UserTable, new_password
from smartradio.domain.errors import SmartradioError
from smartradio.wire.client import LinkSettings
from smartradio.wire.loopback import free_port

# A noisy box may stop a process for seconds; nothing here is asserted to be fast.
DEADLINE_S = 20.0
REFUSED = 0x80


def eventually(holds: Callable[[], bool], what: str, timeout_s: float = DEADLINE_S) -> None:
    """Wait until something holds; AssertionError names what did not come to hold."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.01)


class Broker(Protocol):
    """What the contract asks of a broker under test."""

    port: int
    reports_refused_subscriptions: bool
    supervised: bool

    @property
    def pid(self) -> int | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def set_users(
        self, station_password: str, nodes: Mapping[str, tuple[str, str]], gauges: Mapping[str, str] | None = None
    ) -> None: ...
    def link_settings(self, user: BrokerUser) -> LinkSettings: ...


class Embedded(EmbeddedBroker):
    """The embedded broker, with a way to kill it."""

    reports_refused_subscriptions = True
    supervised = True

    def kill(self) -> None:
        """kill -9 its process."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGKILL)


class Mosquitto:
    """A real mosquitto on loopback with the files we write for it; `start` after `stop` keeps its port."""

    reports_refused_subscriptions = False
    supervised = False

    def __init__(self, folder: Path, station: str) -> None:
        self._folder = folder.absolute()
        self._station = station
        self._child: subprocess.Popen[bytes] | None = None
        self._table = UserTable(station, new_password())
        self.port = free_port()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def set_users(
        self, station_password: str, nodes: Mapping[str, tuple[str, str]], gauges: Mapping[str, str] | None = None
    ) -> None:
        """Write the users; a running broker takes them over."""
        self._table = UserTable(self._station, station_password, dict(nodes), dict(gauges or {}))
        if self._child is not None:
            write_users(self._folder, self._table)
            self._child.send_signal(signal.SIGHUP)
            # SIGHUP has no answer: the last user in the file tells.
            last = self._table.entries()[-1][0]
            eventually(lambda: login("127.0.0.1", self.port, last) is True, "mosquitto reads its users")

    def start(self) -> None:
        """Start and wait until it lets the station in."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise SmartradioError("mosquitto is not installed: apt install mosquitto")
        files = write_files(self._folder, self._table, port=self.port)
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen([program, "-c", str(files.config)], stdout=log, stderr=log)
        station = self._table.entries()[0][0]
        eventually(lambda: login("127.0.0.1", self.port, station) is True, "mosquitto is ready")

    def stop(self) -> None:
        """End it in good order."""
        if self._child is not None:
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)
            self._child.kill()
            self._child.wait()
            self._child = None

    def kill(self) -> None:
        """kill -9 its process."""
        assert self._child is not None
        self._child.kill()
        self._child.wait()
        self._child = None

    def link_settings(self, user: BrokerUser) -> LinkSettings:
        """What a link of this user needs."""
        return LinkSettings(port=self.port, username=user.name, password=SecretStr(user.password))


class Commune:
    """A broker with the users of a small commune: the station and nodes thon-1, thon-2, each its own zone."""

    station = "yen-hoa"

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.users = {name: BrokerUser(name, new_password()) for name in (STATION_USER, "thon-1", "thon-2")}
        self.apply_users()

    def add_node(self, name: str) -> BrokerUser:
        """Register one more node and have the broker take it over."""
        self.users[name] = BrokerUser(name, new_password())
        self.apply_users()
        return self.users[name]

    def apply_users(self) -> None:
        """Hand the present users to the broker."""
        nodes = {user.name: (user.name, user.password) for user in self.users.values() if user.name != STATION_USER}
        self.broker.set_users(self.users[STATION_USER].password, nodes)

    def settings(self, name: str) -> LinkSettings:
        """What a link of this user needs."""
        return self.broker.link_settings(self.users[name])


class Inbox:
    """Collects messages; `on_message` of a link or of a bare peer."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[tuple[str, bytes, bool]] = queue.SimpleQueue()
        self.seen: list[tuple[str, bytes, bool]] = []
        self._lock = threading.Lock()

    def __call__(self, topic: str, payload: bytes, retained: bool) -> None:
        with self._lock:
            self.seen.append((topic, payload, retained))

    def payloads(self) -> list[bytes]:
        """Everything that came, in order."""
        with self._lock:
            return [payload for _, payload, _ in self.seen]

    def wait_for(self, payload: bytes) -> tuple[str, bytes, bool]:
        """Wait for one message and return it."""
        eventually(lambda: payload in self.payloads(), f"{payload[:40]!r} arrives")
        with self._lock:
            return next(message for message in self.seen if message[1] == payload)


class Peer:
    """A bare paho client: takes any id, any login, any topic, and tells what the broker answered."""

    def __init__(
        self,
        port: int,
        user: BrokerUser | None,
        client_id: str,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self.inbox = Inbox()
        self.answer: int | None = None
        self.connected = threading.Event()
        self.gone = threading.Event()
        self._granted: dict[int, list[int]] = {}
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        if user is not None:
            client.username_pw_set(user.name, user.password)
        if will is not None:
            client.will_set(*will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: self.gone.set()
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _c, _d, m: self.inbox(m.topic, m.payload, m.retain)
        self._client = client
        client.connect("127.0.0.1", port)
        client.loop_start()
        eventually(lambda: self.connected.is_set() or self.gone.is_set(), "the broker answers a login")

    @property
    def let_in(self) -> bool:
        """Whether the login was accepted and the connection still stands."""
        return self.connected.is_set() and not self.gone.is_set()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self.connected.set()

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: Any, _properties: Any) -> None:
        self._granted[mid] = [reason.value for reason in reasons]

    def subscribe(self, topic: str, qos: int = 1) -> int | None:
        """Return the broker's answer: granted QoS or REFUSED; None if it hung up on us."""
        _, mid = self._client.subscribe(topic, qos)
        assert mid is not None
        eventually(lambda: mid in self._granted or self.gone.is_set(), f"an answer for {topic}")
        return self._granted[mid][0] if mid in self._granted else None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Publish and wait until the broker has taken it or hung up."""
        info = self._client.publish(topic, payload, qos, retain)
        eventually(lambda: info.is_published() or self.gone.is_set(), f"{topic} is taken")

    def vanish(self) -> None:
        """Break the connection without goodbye, as a power cut does."""
        sock = self._client.socket()
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        with contextlib.suppress(AssertionError):
            eventually(self.gone.is_set, "leaves", 2.0)
        if not self.gone.is_set():
            self.vanish()
        self._client.loop_stop()
