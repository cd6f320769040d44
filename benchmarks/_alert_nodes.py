"""Nodes for the benchmark of alerts: light ones that verify orders, and real ones, each in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import selectors
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from smartradio.node.run import run_node
from smartradio.node.settings import NodeSettings, VirtualSettings
from smartradio.wire.client import LinkSettings
from smartradio.wire.messages import Action, Order, unseal
from smartradio.wire.topics import Topics

# More processes than this would only fight for two cores.
PROCESSES = 2
UP_WITHIN_S = 120.0
KEEPALIVE_S = 60
MISC_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A node's name, zone and password at the broker."""

    name: str
    zone: str
    password: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One order at one node, verified at `at_s` by the machine's monotonic clock."""

    node: str
    action: Action
    airing: str
    at_s: float


class LightNode:
    """A node's subscriptions: orders of its zone and its own plan; of them it verifies the orders."""

    def __init__(self, entry: Entry, station: str, key: str, port: int, heard: list[Heard]) -> None:
        self._entry, self._key, self._heard = entry, key, heard
        self._topics = Topics(station)
        self.subscribed = False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"light-{entry.name}")
        self.client.username_pw_set(entry.name, entry.password)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port, KEEPALIVE_S)

    def _on_connect(self, *_told: object) -> None:
        plan = self._topics.node(self._entry.name, "plan")
        self.client.subscribe([(self._topics.zone_order(self._entry.zone), 1), (plan, 1)])

    def _on_subscribe(self, *_told: object) -> None:
        self.subscribed = True

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/plan"):
            return
        order = unseal(Order, message.topic, message.payload, self._key)
        airing = order.stop_airing if order.airing is None else order.airing.airing
        self._heard.append(Heard(self._entry.name, order.action, airing or "", time.monotonic()))


def _light_nodes(
    entries: Sequence[Entry], station: str, key: str, port: int, pipe: multiprocessing.connection.Connection
) -> None:
    """Be some light nodes; what they heard goes into the pipe, an empty list once all have subscribed."""
    heard: list[Heard] = []
    nodes = [LightNode(entry, station, key, port, heard) for entry in entries]
    selector = selectors.DefaultSelector()
    for node in nodes:
        selector.register(node.client.socket(), selectors.EVENT_READ, node)
    misc_s, up = time.monotonic(), False
    while not pipe.poll():
        for ready, _ in selector.select(0.01):
            client = ready.data.client
            client.loop_read()
            # What a callback asked for waits in the client until somebody writes it.
            while client.want_write():
                client.loop_write()
        if heard:
            pipe.send(heard[:])
            heard.clear()
        if not up and all(node.subscribed for node in nodes):
            up = True
            pipe.send([])
        if time.monotonic() - misc_s > MISC_EVERY_S:
            misc_s = time.monotonic()
            for node in nodes:
                node.client.loop_misc()


class LightNodes:
    """Many light nodes in a few processes."""

    def __init__(self, entries: Sequence[Entry], station: str, key: str, port: int) -> None:
        self._expected = len(entries)
        context = multiprocessing.get_context("spawn")
        self._heard: dict[tuple[Action, str], dict[str, float]] = {}
        self._pipes: list[multiprocessing.connection.Connection] = []
        self._children: list[multiprocessing.process.BaseProcess] = []
        for first in range(PROCESSES):
            ours, theirs = context.Pipe()
            some = entries[first::PROCESSES]
            child = context.Process(target=_light_nodes, args=(some, station, key, port, theirs), daemon=True)
            child.start()
            self._pipes.append(ours)
            self._children.append(child)

    def wait_up(self) -> None:
        """Wait until all have subscribed."""
        for pipe in self._pipes:
            if not pipe.poll(UP_WITHIN_S):
                raise TimeoutError("the light nodes did not all come up")
            self._take(pipe.recv())

    def when(self, action: Action, airing: str, within_s: float = 30.0) -> list[float]:
        """Wait until all have verified an order; return when each did, by the machine's monotonic clock."""
        until_s = time.monotonic() + within_s
        while len(found := self._heard.get((action, airing), {})) < self._expected:
            ready = multiprocessing.connection.wait(self._pipes, max(0.0, until_s - time.monotonic()))
            if not ready:
                raise TimeoutError(f"{len(found)} of {self._expected} nodes have the order to {action} {airing}")
            for pipe in ready:
                assert isinstance(pipe, multiprocessing.connection.Connection)
                self._take(pipe.recv())
        return list(found.values())

    def _take(self, heard: Sequence[Heard]) -> None:
        for each in heard:
            self._heard.setdefault((each.action, each.airing), {}).setdefault(each.node, each.at_s)

    def stop(self) -> None:
        """End them."""
        for pipe in self._pipes:
            pipe.send(None)
        for child in self._children:
            child.join(10)


def _real_node(settings: NodeSettings) -> None:
    run_node(settings)


@contextlib.contextmanager
def real_nodes(entries: Sequence[Entry], station: str, key: str, port: int, folder: Path) -> Iterator[None]:
    """Run real nodes with simulated poles, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    children = []
    for number, entry in enumerate(entries):
        settings = NodeSettings(
            name=entry.name,
            zone=entry.zone,
            station=station,
            station_public_key=key,
            data=folder / entry.name,
            link=LinkSettings(port=port, username=entry.name, password=SecretStr(entry.password)),
            sound="virtual",
            virtual=VirtualSettings(index=number),
        )
        child = context.Process(target=_real_node, args=(settings,), daemon=True)
        child.start()
        children.append(child)
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.join(10)
