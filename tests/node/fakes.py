"""Hand-written stand-ins: a clock that one turns, a sound card in that time, a link, a small station."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.domain.evidence import Step
from smartradio.node.agent import Agent
from smartradio.node.clock_source import ClockSource
from smartradio.node.pins import Pins
from smartradio.node.settings import NodeSettings
from smartradio.node.sound.port import OUTPUT_RATE, SoundError
from smartradio.wire.chunks import sha256_hex, split
from smartradio.wire.client import LinkState
from smartradio.wire.messages import (
    Ack,
    NodeConfig,
    NodeState,
    Order,
    Plan,
    PlannedAiring,
    Report,
    SegmentRef,
    TimeAnswer,
    TimeRequest,
    Want,
    read_plain,
    seal,
    unseal,
)
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

STATION = "yen-hoa"
NODE = "thon-1"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


class FakeClock(ClockSource):
    """Time stands still until it is turned; the operating system's clock is an hour off."""

    def __init__(self, *, os_error_s: float = -3600.0) -> None:
        self.now_s = 1000.0
        self.os_error_s = os_error_s
        self.synchronised = False
        self.boot_token = "boot-a"
        self.rtc_error_s: float | None = None

    def monotonic(self) -> float:
        return self.now_s

    def true_utc(self) -> datetime:
        return NOW + timedelta(seconds=self.now_s - 1000.0)

    def utc(self) -> datetime:
        return self.true_utc() + timedelta(seconds=self.os_error_s)

    def ntp(self) -> bool:
        return self.synchronised

    def rtc(self) -> datetime | None:
        return None if self.rtc_error_s is None else self.true_utc() + timedelta(seconds=self.rtc_error_s)

    def boot(self) -> str:
        return self.boot_token


class FakeSound:
    """A sound card that asks for 10 ms blocks 50 ms ahead; its microphone hears the loudspeaker at −6 dB."""

    input_rate = 16_000
    lead_s = 0.05

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._fill: Any = None
        self._hear: Any = None
        self._made_s = clock.now_s
        self.underruns = 0
        self.broken = False
        self.frozen = False
        self.played: list[tuple[float, Any]] = []
        self.opened_input: list[tuple[float, str]] = []

    def open_output(self, fill: Any) -> None:
        if self.broken:
            raise SoundError("no sound output named 'x'")
        if self._fill is None and self._hear is None:
            self._made_s = self._clock.now_s
        self._fill = fill

    def close_output(self) -> None:
        self._fill = None

    def open_input(self, hear: Any) -> None:
        self.opened_input.append((self._clock.now_s, "open"))
        if self._fill is None:
            self._made_s = self._clock.now_s
        self._hear = hear

    def close_input(self) -> None:
        self.opened_input.append((self._clock.now_s, "close"))
        self._hear = None

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Nothing is simulated here."""

    @property
    def output_open(self) -> bool:
        return self._fill is not None

    def pump(self) -> None:
        """Make the blocks that are due."""
        if self.frozen or (self._fill is None and self._hear is None):
            return
        while self._made_s < self._clock.now_s + self.lead_s:
            out = np.zeros(480, dtype=np.float32)
            if self._fill is not None:
                self._fill(out, self._made_s)
                self.played.append((self._made_s, out))
            if self._hear is not None:
                random = np.random.default_rng(int(self._made_s * 1000))
                self._hear(0.5 * out[::3] + random.normal(0, 1e-3, 160).astype(np.float32), self._made_s)
            self._made_s += 0.01

    def sounding(self, join_s: float = 0.3) -> list[tuple[float, float]]:
        """Return (from, to) of what was heard, with shorter pauses joined."""
        spans: list[tuple[float, float]] = []
        for at_s, block in self.played:
            loud = np.flatnonzero(np.abs(block) > 1e-3)
            if not loud.size:
                continue
            start, end = at_s + loud[0] / OUTPUT_RATE, at_s + (loud[-1] + 1) / OUTPUT_RATE
            if spans and start - spans[-1][1] < join_s:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans


class FakeLink:
    """A link that is up when told; what is published goes to `on_publish`."""

    idle_s = 0.0

    def __init__(self, subscriptions: list[str], on_message: Any, on_state: Any, will: Any) -> None:
        self.topics = set(subscriptions)
        self.on_message = on_message
        self.on_state = on_state
        self.will = will
        self.up = False
        self.stopped = False
        self.published: list[tuple[str, bytes, bool]] = []
        self.on_publish: Callable[[str, bytes], None] = lambda topic, payload: None

    def start(self) -> None:
        """The test says when the link comes up."""

    def stop(self, timeout_s: float = 3.0) -> None:
        self.stopped = True
        self.up = False

    def rise(self) -> None:
        self.up = True
        self.on_state(LinkState.UP)

    def fall(self) -> None:
        self.up = False
        self.on_state(LinkState.DOWN)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        if self.up:
            self.published.append((topic, payload, retain))
            self.on_publish(topic, payload)
        return self.up

    def subscribe(self, topic: str) -> None:
        self.topics.add(topic)

    def unsubscribe(self, topic: str) -> None:
        self.topics.discard(topic)


def voice(seconds: float, seed: int = 1) -> Any:
    """Something like speech: bursts of harmonics, never the same twice."""
    random = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * 16_000)) / 16_000
    slow, fast = np.arange(0, seconds + 1, 0.25), np.arange(0, seconds + 1, 0.15)
    pitch = 120 + 30 * np.interp(time_s, slow, random.normal(0, 1, slow.size))
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    weights = random.uniform(0.3, 1.0, 24)
    tone = sum(w * np.sin((k + 1) * phase) / (k + 1) ** 0.5 for k, w in enumerate(weights))
    envelope = np.interp(time_s, fast, random.uniform(0.2, 1, fast.size))
    noise = random.normal(0, 0.3, time_s.size)
    signal = (tone + noise) * envelope
    return (0.3 * signal / np.abs(signal).max()).astype(np.float32)


class FakeStation:
    """Signs, answers, gives audio and acknowledges, as the real one does; every part can be switched off."""

    def __init__(self, clock: FakeClock, node: str = NODE) -> None:
        self.clock = clock
        self.node = node
        self.key = SigningKey.new()
        self.topics = Topics(STATION)
        self.counter = 0
        self.epoch = 1
        self.objects: dict[str, bytes] = {}
        self.reports: list[Report] = []
        self.wants: list[Want] = []
        self.states: list[NodeState] = []
        self.clips: dict[str, dict[int, bytes]] = defaultdict(dict)
        self.answers_time = True
        self.gives_audio = True
        self.acknowledges = True
        self.spoil: Callable[[int, bytes], bytes] = lambda number, chunk: chunk
        self.link: FakeLink | None = None
        self.node_key = ""
        self.ahead_s = 0.0
        self.retained: dict[str, bytes] = {}

    def on_publish(self, topic: str, payload: bytes) -> None:
        levels = self.topics.parse(topic)
        assert levels is not None
        leaf = levels[2]
        if leaf == "time" and self.answers_time:
            request = read_plain(TimeRequest, payload)
            at = self.clock.true_utc() + timedelta(seconds=self.ahead_s)
            answer = TimeAnswer(station=STATION, node=self.node, nonce=request.nonce, at=at)
            self.send("time/answer", answer)
        elif leaf == "want":
            want = read_plain(Want, payload)
            self.wants.append(want)
            if self.gives_audio:
                self.give(want)
        elif leaf == "report":
            report = unseal(Report, topic, payload, self.node_key)
            self.reports.append(report)
            if self.acknowledges:
                self.send("ack", Ack(station=STATION, node=self.node, reports=(report.report,)))
        elif leaf == "state":
            self.states.append(unseal(NodeState, topic, payload, self.node_key))
        elif leaf == "clip":
            self.clips[levels[3]][int(levels[4])] = payload
            clip = b"".join(chunk for _, chunk in sorted(self.clips[levels[3]].items()))
            if self.acknowledges:
                self.send("ack", Ack(station=STATION, node=self.node, clips=(sha256_hex(clip),)))

    def send(self, leaf: str, message: Any, *, key: SigningKey | None = None, retained: bool = False) -> None:
        topic = self.topics.node(self.node, leaf)
        payload = seal(key or self.key, topic, message)
        if retained:
            self.retained[topic] = payload
        self.deliver(topic, payload, retained=retained)

    def deliver(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        assert self.link is not None
        if self.link.up:
            self.link.on_message(topic, payload, retained)

    def give(self, want: Want) -> None:
        assert self.link is not None
        for wanted in want.objects:
            assert self.topics.audio_object(wanted.sha256) in self.link.topics, "wished for without listening"
            for number, chunk in enumerate(split(self.objects[wanted.sha256])):
                if number in wanted.chunks:
                    self.deliver(self.topics.audio(wanted.sha256, number), self.spoil(number, chunk))

    def mark(self) -> dict[str, Any]:
        self.counter += 1
        return {"epoch": self.epoch, "counter": self.counter, "issued_at": self.clock.true_utc()}

    def airing(
        self, name: str, in_s: float, *, seconds: tuple[float, ...] = (2.0, 3.0), said: str | None = None, **more: Any
    ) -> PlannedAiring:
        """Plan an airing; what is heard comes of its name, or of `said` where two airings say the same."""
        segments = []
        for number, length in enumerate(seconds):
            pcm = voice(length, seed=zlib.crc32(f"{said or name} {number}".encode()))
            data = encode_opus(pcm)
            self.objects[sha256_hex(data)] = data
            segments.append(
                SegmentRef(
                    sha256=sha256_hex(data), size_bytes=len(data), duration_s=pcm.size / 16_000, pause_after_s=0.25
                )
            )
        starts_at = self.clock.true_utc() + timedelta(seconds=in_s)
        fields: dict[str, Any] = {
            "airing": name,
            "recording": sha256_hex(name.encode()),
            "priority": 50,
            "starts_at": starts_at,
            "expires_at": starts_at + timedelta(seconds=60),
            "segments": tuple(segments),
        }
        return PlannedAiring.model_validate(fields | more)

    def plan(self, *airings: PlannedAiring, orders: tuple[Order, ...] = (), **more: Any) -> None:
        fields = {"station": STATION, "node": self.node, "airings": airings, "orders": orders} | self.mark()
        self.send("plan", Plan.model_validate(fields | more), retained=True)

    def order(self, **more: Any) -> Order:
        now = self.clock.true_utc()
        fields = {
            "order": f"o{self.counter}",
            "station": STATION,
            "not_before": now,
            "expires_at": now + timedelta(seconds=60),
            "node": self.node,
            "action": "stop",
            "priority": 50,
        } | self.mark()
        return Order.model_validate(fields | more)

    def config(self, **more: Any) -> None:
        fields = {"station": STATION, "node": self.node, "zone": self.node} | self.mark()
        self.send("config", NodeConfig.model_validate(fields | more), retained=True)

    def told(self, airing: str | None) -> list[str]:
        """Return the steps reported of an airing, each once, in the node's own order, with their reasons."""
        seen: dict[str, str] = {}
        # A broker that delivers a message a second time may do so behind a later one.
        for report in sorted(self.reports, key=lambda report: report.seq):
            if report.airing == airing:
                text = report.step.value + (f" {report.reason.value}" if report.reason else "")
                seen.setdefault(report.report, text)
        return list(seen.values())

    def report(self, airing: str | None, step: Step) -> Report:
        found = [report for report in self.reports if report.airing == airing and report.step is step]
        assert found, f"no {step} of {airing} in {[(r.airing, r.step, r.reason) for r in self.reports]}"
        return found[0]


class World:
    """A node, its station and the time they live in."""

    def __init__(self, folder: Path, *, pins: Pins | None = None, **settings: Any) -> None:
        self.folder = folder
        self.pins = pins
        self.clock = FakeClock()
        self.sound = FakeSound(self.clock)
        self.station = FakeStation(self.clock)
        self.link: FakeLink | None = None
        self._settings = settings
        self.agent = self.boot()

    def boot(self) -> Agent:
        """Start the node's process."""
        fields: dict[str, Any] = {
            "name": NODE,
            "zone": NODE,
            "station": STATION,
            "station_public_key": self.station.key.public_hex,
            "data": self.folder,
            "disk_floor_mb": 0,
        }
        self.sound = FakeSound(self.clock)

        def make_link(subscriptions: list[str], on_message: Any, on_state: Any, will: Any, boot: str) -> FakeLink:
            self.link = FakeLink(subscriptions, on_message, on_state, will)
            self.link.on_publish = self.station.on_publish
            self.station.link = self.link
            return self.link

        self.agent = Agent(
            NodeSettings.model_validate(fields | self._settings),
            source=self.clock,
            sound=self.sound,
            make_link=make_link,
            decode=decode_opus,
            pins=self.pins,
        )
        self.station.node_key = self.agent.public_key
        self.agent.start()
        return self.agent

    def crash(self) -> None:
        """End the node's process as a power cut does: nothing is said, nothing more is written."""
        self.agent._parts.journal.close()
        self.agent._parts.worker.shutdown()

    def up(self) -> None:
        """Connect; the broker hands out what it retains, as at each subscribing."""
        assert self.link is not None
        self.link.rise()
        for topic, payload in self.station.retained.items():
            if not topic.endswith("/state"):
                self.station.deliver(topic, payload, retained=True)
        self.run(1.0)

    def run(self, seconds: float, step_s: float = 0.02) -> None:
        """Let time pass."""
        until_s = self.clock.now_s + seconds
        while self.clock.now_s < until_s:
            self.clock.now_s += step_s
            self.sound.pump()
            self.agent.step(0.0002)
            while any(not future.done() for _, future in self.agent._broadcast._horn._measuring):
                time.sleep(0.005)

    def run_dark(self, seconds: float) -> None:
        """Let time pass with the node off."""
        self.clock.now_s += seconds
