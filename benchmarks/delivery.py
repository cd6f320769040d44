"""A 60 s recording from a station to 30 nodes over Mosquitto, beside the bare tools, in one run.

The station is a whole one: plan signed, published and logged, wishes gathered, chunks sent from its store.
The nodes are light ones in processes of their own: they check the plan's signature, fetch what they lack,
check every object's hash, and report it signed. A relay before one of them counts its bytes on the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import multiprocessing.connection
import queue
import socket
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from _delivery_bare import bare_delivery
from _rows import row
from pydantic import SecretStr

from smartradio.audio.codec import encode_opus
from smartradio.broker.users import STATION_USER, new_password
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.scripts import Script
from smartradio.station.settings import (
    NodeEntry,
    OutsideBroker,
    PlanSettings,
    StationBroker,
    StationSettings,
    ZoneSettings,
)
from smartradio.station.station import Station
from smartradio.station.studio import Produced, recording_id
from smartradio.wire.chunks import Assembly
from smartradio.wire.client import Link, LinkSettings, LinkState
from smartradio.wire.messages import (
    Ack,
    NodeState,
    Order,
    Plan,
    Report,
    Want,
    WantedObject,
    seal,
    unseal,
    write_plain,
)
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics
from tests.contract.brokers import Mosquitto

STATION = "bench"
NODES = 30
# The node whose bytes are counted does all that a real one does, a subscription for each object among it.
COUNTED = "thon-1"
ROUNDS = 5
# Real nodes have a processor each; more processes than this would only fight for two cores.
PROCESSES = 3
SENTENCES = 12
SENTENCE_S = 4.55
PAUSE_S = 0.45
SPEED_LIMIT = 3.0
WIRE_LIMIT = 1.1
WARM_S = 3.0
ROUND_TIMEOUT_S = 60.0


class LightNode:
    """What a node does for delivery and nothing else; driven by the thread of its link."""

    def __init__(
        self, name: str, key_hex: str, station_key: str, link: LinkSettings, done: Done, *, counted: bool
    ) -> None:
        self._name, self._key, self._station_key = name, SigningKey.from_hex(key_hex), station_key
        self._topics = Topics(STATION)
        self._done = done
        self._airing = ""
        self._open: dict[str, Assembly] = {}
        self._seen: set[str] = set()
        self._counted = counted
        # Ten nodes share a process here: the others take one subscription, made before.
        audio = () if counted else (f"{self._topics.root}/audio/+/+",)
        self._link = Link(
            link,
            f"light-{name}",
            subscriptions=[
                self._topics.node(name, "plan"),
                self._topics.node(name, "ack"),
                self._topics.zone_order(name),
                *audio,
            ],
            on_message=self._take,
            on_state=self._on_state,
        )

    def start(self) -> None:
        self._link.start()

    def stop(self) -> None:
        self._link.stop()

    def _on_state(self, state: LinkState) -> None:
        if state is LinkState.UP:
            topic = self._topics.node(self._name, "state")
            message = NodeState(
                station=STATION,
                node=self._name,
                status="online",
                boot="b",
                at=datetime.now(UTC),
                clock_trusted=True,
                version="bench",
            )
            self._link.publish(topic, seal(self._key, topic, message), retain=True)

    def _take(self, topic: str, payload: bytes, _retained: bool) -> None:
        # On the link's thread: nothing here blocks, and thirty more threads would only wait for each other.
        match self._topics.parse(topic):
            case ("node", _, "plan"):
                self._plan(unseal(Plan, topic, payload, self._station_key))
            case ("zone", _, "order"):
                unseal(Order, topic, payload, self._station_key)
            case ("node", _, "ack"):
                unseal(Ack, topic, payload, self._station_key)
            case ("audio", sha256, number):
                self._chunk(sha256, int(number), payload)

    def _plan(self, plan: Plan) -> None:
        new = [airing for airing in plan.airings if airing.airing not in self._seen]
        for airing in new:
            self._seen.add(airing.airing)
            self._airing = airing.airing
            self._open = {ref.sha256: Assembly(ref.sha256, ref.size_bytes) for ref in airing.segments}
        if new:
            if self._counted:
                for sha256 in self._open:
                    self._link.subscribe(self._topics.audio_object(sha256))
            objects = tuple(WantedObject(sha256=sha256) for sha256 in self._open)
            want = write_plain(Want(node=self._name, objects=objects))
            self._link.publish(self._topics.node(self._name, "want"), want)

    def _chunk(self, sha256: str, number: int, payload: bytes) -> None:
        assembly = self._open.get(sha256)
        if assembly is None or not assembly.add(number, payload) or assembly.whole() is None:
            return
        del self._open[sha256]
        if self._open:
            return
        self._done.put((self._name, self._airing, time.monotonic()))
        topic = self._topics.node(self._name, "report")
        report = Report(
            report=f"{self._name}-{self._airing}"[:64],
            station=STATION,
            node=self._name,
            boot="b",
            seq=len(self._seen),
            airing=self._airing,
            step=Step.DELIVERED,
            at=datetime.now(UTC),
        )
        self._link.publish(topic, seal(self._key, topic, report))


Done = queue.SimpleQueue[tuple[str, str, float]]


def run_nodes(
    pipe: multiprocessing.connection.Connection,
    stop: Event,
    nodes: list[tuple[str, str, int, str]],
    station_key: str,
) -> None:
    """Run light nodes (name, key, broker's port, password); send (name, airing, when) for each delivery.

    Writes shorter than a pipe's block are whole, so several processes may share the pipe.
    """
    done: Done = queue.SimpleQueue()
    lights = [
        LightNode(
            name,
            key,
            station_key,
            LinkSettings(port=port, username=name, password=SecretStr(password)),
            done,
            counted=name == COUNTED,
        )
        for name, key, port, password in nodes
    ]
    for light in lights:
        light.start()
    while not stop.is_set():
        with contextlib.suppress(queue.Empty):
            pipe.send(done.get(timeout=0.2))
    for light in lights:
        light.stop()


class CountingRelay:
    """Passes one node's TCP connection on to the broker and counts the bytes of both directions."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.bytes = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(("127.0.0.1", self._to))
            for source, sink in ((near, far), (far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65_536):
            self.bytes += len(data)
            sink.sendall(data)


@dataclass
class Round:
    """Figures of one recording's way to all nodes."""

    payload_bytes: int
    whole_s: float
    transfer_s: float
    airing: str


class Bench:
    """A station with its plan at hand; notes when its first chunk of a round goes out."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._first_chunk_at: float | None = None
        link = station._parts.link  # noqa: SLF001
        publish = link.publish

        def noted(topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
            if "/audio/" in topic and self._first_chunk_at is None:
                self._first_chunk_at = time.monotonic()
            return publish(topic, payload, qos=qos, retain=retain)

        link.publish = noted  # type: ignore[method-assign]

    async def deliver(self, number: int, pipe: multiprocessing.connection.Connection) -> Round:
        script, produced = await asyncio.to_thread(self._shelve, number)
        zones = tuple(zone.name for zone in self._station.settings.zones)
        calendar = self._station._parts.calendar  # noqa: SLF001
        # Near enough for the doorbell, which is on the wire too.
        airing = await calendar.plan_now(script, produced, by="bench", zones=zones, lead_s=30)
        self._first_chunk_at = None
        begun = time.monotonic()
        await self._station._parts.keeper.refresh()  # noqa: SLF001
        last = await asyncio.to_thread(self._wait, pipe, airing.id)
        assert self._first_chunk_at is not None
        size = sum(segment.size_bytes for segment in produced.recording.segments)
        return Round(size, last - begun, last - self._first_chunk_at, airing.id)

    async def clear(self, airing: str) -> None:
        """Take the airing of a round out of the plan again."""
        gone = Evidence(airing, "", Step.SKIPPED, datetime.now(UTC), "station", Reason.WITHDRAWN)
        await self._station._parts.recorder.withdraw(airing, gone)  # noqa: SLF001
        await self._station._parts.keeper.refresh()  # noqa: SLF001

    def _wait(self, pipe: multiprocessing.connection.Connection, airing: str) -> float:
        waiting, last = NODES, 0.0
        deadline = time.monotonic() + ROUND_TIMEOUT_S
        while waiting:
            if not pipe.poll(max(0.0, deadline - time.monotonic())):
                raise TimeoutError(f"{waiting} of {NODES} nodes did not get everything")
            _, which, at = pipe.recv()
            if which == airing:
                waiting -= 1
                last = max(last, at)
        return last

    def _shelve(self, number: int) -> tuple[Script, Produced]:
        """Put a recording of 60 s on the shelf: speech-like noise, new objects every round."""
        noise = np.random.default_rng(number)
        bulletin = Bulletin(f"bulletin-{number}", f"Bản tin {number}", "Xin chào.")
        segments = []
        for sentence in range(SENTENCES):
            time_s = np.arange(round(SENTENCE_S * 16_000)) / 16_000
            voice = sum(np.sin(2 * np.pi * 140 * k * time_s + noise.random()) / k for k in range(1, 12))
            syllables = np.sin(2 * np.pi * 4 * time_s)
            if sentence % 3:
                # Words with gaps between them; so the whole comes to the 105 kB a minute of real speech.
                syllables = np.clip(syllables, 0, 1) * (np.sin(np.pi * time_s + noise.random()) > -0.5)
            breath = 0.01 * noise.normal(size=time_s.size)
            opus = encode_opus((0.1 * (1 + syllables) * syllables * (voice + breath)).astype(np.float32))
            sha256 = self._station.objects.put(opus)
            segments.append(Segment(sha256, len(opus), SENTENCE_S, PAUSE_S, SegmentKind.SENTENCE, "xin chào"))
        recording = Recording(recording_id(bulletin.id, segments), bulletin.id, "vi", tuple(segments))
        self._station.store.put_bulletin(bulletin, [])
        self._station.store.put_recording(recording, {}, datetime.now(UTC))
        script = Script(bulletin, (), (("xin chào",),))
        return script, Produced(script, recording, {}, datetime.now(UTC))


async def measure(folder: Path, broker: Mosquitto, station_password: str) -> tuple[list[Round], float]:
    """Return the rounds and the median bytes on the wire a node and payload byte."""
    keys = {f"thon-{n}": SigningKey.new() for n in range(1, NODES + 1)}
    passwords = {name: new_password() for name in keys}
    broker.set_users(station_password, {name: (name, password) for name, password in passwords.items()})
    settings = StationSettings(
        station=STATION,
        title="Bench",
        folder=folder / "station",
        broker=StationBroker(outside=OutsideBroker(port=broker.port, password=SecretStr(station_password))),
        plan=PlanSettings(quiet_from=time_of_day(), quiet_until=time_of_day()),
        zones=tuple(ZoneSettings(name=name, title=name) for name in keys),
        nodes=tuple(
            NodeEntry(name=name, zone=name, title=name, public_key=key.public_hex) for name, key in keys.items()
        ),
    )
    station = Station(settings)
    await station.start()
    relay = CountingRelay(broker.port)
    ports = {name: relay.port if name == COUNTED else broker.port for name in keys}
    spawn = multiprocessing.get_context("spawn")
    near, far = spawn.Pipe()
    nodes = [(name, key.to_hex(), ports[name], passwords[name]) for name, key in keys.items()]
    stop = spawn.Event()
    children = [
        spawn.Process(target=run_nodes, args=(far, stop, nodes[first::PROCESSES], station.public_key_hex), daemon=True)
        for first in range(PROCESSES)
    ]
    for child in children:
        child.start()
    rounds, shares = [], []
    try:
        deadline = time.monotonic() + ROUND_TIMEOUT_S
        while len(station._parts.monitor.online()) < NODES:  # noqa: SLF001
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {len(station._parts.monitor.online())} of {NODES} nodes came online")  # noqa: SLF001
            await asyncio.sleep(0.1)
        bench = Bench(station)
        for number in range(ROUNDS + 1):
            await asyncio.sleep(WARM_S)
            before = relay.bytes
            done = await bench.deliver(number, near)
            await asyncio.sleep(2)  # doorbell, reports and their acks are on the wire too
            if number:  # the first one warms everything up
                rounds.append(done)
                shares.append((relay.bytes - before) / done.payload_bytes)
            await bench.clear(done.airing)
    finally:
        stop.set()
        for child in children:
            child.join(10)
            child.kill()
        await station.stop()
    return rounds, statistics.median(shares)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        broker = Mosquitto(folder / "broker", STATION)
        station_password, reader = new_password(), new_password()
        broker.set_users(station_password, {"reader": ("reader", reader)})
        broker.start()
        try:
            rounds, share = asyncio.run(measure(folder, broker, station_password))
            size = round(statistics.median(done.payload_bytes for done in rounds))
            broker.set_users(station_password, {"reader": ("reader", reader)})
            bare_s = statistics.median(
                bare_delivery(
                    "127.0.0.1",
                    broker.port,
                    (STATION_USER, station_password),
                    ("reader", reader),
                    f"{Topics(STATION).root}/audio/{'ab' * 32}",
                    subscribers=NODES,
                    size_bytes=size,
                )
                for _ in range(ROUNDS)
            )
        finally:
            broker.stop()
    transfer_s = statistics.median(done.transfer_s for done in rounds)
    whole_s = statistics.median(done.whole_s for done in rounds)
    told = f"{transfer_s * 1000:.0f} ms against {bare_s * 1000:.0f} ms, {size / 1000:.0f} kB"
    name = "60 s to 30 nodes, first chunk to last verified hash, of the bare time"
    row(name, transfer_s / bare_s, "x", SPEED_LIMIT, told)
    row("60 s to 30 nodes, from the plan on (signing, wishes gathered)", whole_s * 1000, "ms")
    row("bytes on the wire a node, of the payload", share, "x", WIRE_LIMIT)


if __name__ == "__main__":
    main()
