"""The bare baseline of delivery: the bytes of a 60 s recording from one paho publisher to paho subscribers.

No signatures, no hashes, no plan, no cache: what the broker and the client library alone need. Delivery by
the project is measured beside it, in the same run. Alone: `python -m benchmarks._delivery_bare`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from smartradio.broker.users import STATION_USER, BrokerUser, new_password
from smartradio.wire.topics import Topics
from tests.contract.brokers import Embedded, Mosquitto

RECORDING_BYTES = 105 * 1024
CHUNK_BYTES = 32 * 1024
TIMEOUT_S = 60.0


@dataclass
class _Subscribers:
    """Counts what has come to each of several subscribers; `done` is set at the last byte of the last one."""

    expected_bytes: int
    waiting: int
    done: threading.Event = field(default_factory=threading.Event)
    last_byte_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def finished(self, at: float) -> None:
        with self._lock:
            self.waiting -= 1
            self.last_byte_at = max(self.last_byte_at, at)
            if self.waiting == 0:
                self.done.set()


def _connect(host: str, port: int, login: tuple[str, str], name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
    client.username_pw_set(*login)
    up = threading.Event()
    client.on_connect = lambda _c, _d, _f, reason, _p: up.set() if not reason.is_failure else None
    client.connect(host, port)
    client.loop_start()
    if not up.wait(TIMEOUT_S):
        raise TimeoutError(f"{name}: the broker at {host}:{port} did not let us in")
    return client


def _subscribe(client: mqtt.Client, topic: str, group: _Subscribers) -> None:
    received = 0

    def take(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        nonlocal received
        received += len(message.payload)
        if received == group.expected_bytes:
            group.finished(time.perf_counter())

    granted = threading.Event()
    client.on_message = take
    client.on_subscribe = lambda _c, _d, _m, codes, _p: granted.set() if codes[0].value == 1 else None
    client.subscribe(topic, 1)
    if not granted.wait(TIMEOUT_S):
        raise TimeoutError(f"the broker did not grant {topic}")


def bare_delivery(
    host: str,
    port: int,
    publisher: tuple[str, str],
    subscriber: tuple[str, str],
    topic_root: str,
    *,
    subscribers: int = 30,
    size_bytes: int = RECORDING_BYTES,
) -> float:
    """Return the seconds from the first publish to the last byte at the last subscriber, at QoS 1.

    `publisher` and `subscriber` are (user, password); chunks go to `<topic_root>/<n>`. Every subscriber has a
    connection and a thread of its own, all in this process.
    """
    payload = os.urandom(size_bytes)
    chunks = [payload[start : start + CHUNK_BYTES] for start in range(0, size_bytes, CHUNK_BYTES)]
    group = _Subscribers(size_bytes, subscribers)
    clients = [_connect(host, port, publisher, "bare-publisher")]
    try:
        for number in range(subscribers):
            clients.append(_connect(host, port, subscriber, f"bare-subscriber-{number}"))
            _subscribe(clients[-1], f"{topic_root}/+", group)
        started = time.perf_counter()
        for number, chunk in enumerate(chunks):
            clients[0].publish(f"{topic_root}/{number}", chunk, qos=1)
        if not group.done.wait(TIMEOUT_S):
            raise TimeoutError(f"{group.waiting} of {subscribers} subscribers did not get everything")
        return group.last_byte_at - started
    finally:
        for client in clients:
            client.disconnect()
            client.loop_stop()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--subscribers", type=int, default=30)
    arguments.add_argument("--rounds", type=int, default=7)
    options = arguments.parse_args()
    station, node = BrokerUser(STATION_USER, new_password()), BrokerUser("thon-1", new_password())
    for kind in (Mosquitto, Embedded):
        with tempfile.TemporaryDirectory() as folder:
            broker = kind(Path(folder) / "broker", "bench")
            broker.set_users(station.password, {node.name: ("thon-1", node.password)})
            broker.start()
            try:
                times_s = [
                    bare_delivery(
                        "127.0.0.1",
                        broker.port,
                        (station.name, station.password),
                        (node.name, node.password),
                        f"{Topics('bench').root}/audio/{'ab' * 32}",
                        subscribers=options.subscribers,
                    )
                    for _ in range(options.rounds)
                ]
            finally:
                broker.stop()
        print(
            f"{kind.__name__:<10} {options.subscribers} subscribers: median "
            f"{statistics.median(times_s) * 1000:.0f} ms, worst {max(times_s) * 1000:.0f} ms"
        )


if __name__ == "__main__":
    main()
