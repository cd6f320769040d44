"""A node reduced to its talk: fetches, reports and keeps its reports until the station's ack. It plays nothing."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.domain.evidence import Step
from smartradio.wire.chunks import Assembly, sha256_hex, split
from smartradio.wire.client import Link, LinkSettings, LinkState
from smartradio.wire.messages import (
    Ack,
    NodeState,
    Order,
    Plan,
    PlannedAiring,
    Report,
    TimeAnswer,
    TimeRequest,
    Want,
    WantedObject,
    seal,
    unseal,
    write_plain,
)
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

# What the microphone "heard" of an airing, None for no clip: given its objects and the pauses after them.
Hear = Callable[[list[tuple[bytes, float]]], bytes | None]
_AGAIN_S = 0.5


class PretendNode:
    """One node; `keeps` has it send a clip only when it is asked for."""

    def __init__(
        self,
        name: str,
        key: SigningKey,
        station: str,
        station_key: str,
        link: LinkSettings,
        *,
        hear: Hear,
        keeps: bool = False,
    ) -> None:
        self.name, self.key, self.station_key, self.hear, self.keeps = name, key, station_key, hear, keeps
        self.topics = Topics(station)
        self.boot = secrets.token_hex(4)
        self.seq = 0
        self.objects: dict[str, bytes] = {}
        self.assemblies: dict[str, Assembly] = {}
        self.airings: dict[str, PlannedAiring] = {}
        self.delivered: set[str] = set()
        self.started: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.clips: dict[str, tuple[str, bytes]] = {}
        self.kept_clips: dict[str, tuple[str, bytes]] = {}
        self.plans: list[Plan] = []
        self.orders: list[Order] = []
        self.times: list[TimeAnswer] = []
        self.chunks = 0
        self.mute = threading.Event()
        self._inbox: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._stopping = threading.Event()
        node = self.topics.node
        self.link = Link(
            link,
            f"{station}-{name}",
            subscriptions=[
                *(node(name, leaf) for leaf in ("plan", "ack", "order", "time/answer")),
                self.topics.zone_order(name),
            ],
            on_message=lambda topic, payload, _retained: self._inbox.put((topic, payload)),
            on_state=self._on_state,
        )
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> PretendNode:
        self.link.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5)
        self.link.stop()

    def ask_time(self, nonce: str) -> None:
        request = write_plain(TimeRequest(node=self.name, nonce=nonce))
        self.link.publish(self.topics.node(self.name, "time"), request, qos=0)

    def report(self, step: Step, airing: str | None, **facts: Any) -> None:
        self.seq += 1
        message = Report(
            report=secrets.token_hex(8),
            station=self.topics.station,
            node=self.name,
            boot=self.boot,
            seq=self.seq,
            airing=airing,
            step=step,
            at=datetime.now(UTC),
            facts=facts,
        )
        topic = self.topics.node(self.name, "report")
        self.kept[message.report] = seal(self.key, topic, message)
        if not self.mute.is_set():
            self.link.publish(topic, self.kept[message.report])

    def _on_state(self, state: LinkState) -> None:
        if state is LinkState.UP:
            topic = self.topics.node(self.name, "state")
            message = NodeState(
                station=self.topics.station,
                node=self.name,
                status="online",
                boot=self.boot,
                at=datetime.now(UTC),
                clock_trusted=True,
                version="0",
            )
            self.link.publish(topic, seal(self.key, topic, message), retain=True)

    def _run(self) -> None:
        again = datetime.now(UTC)
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Empty):
                self._take(*self._inbox.get(timeout=0.02))
            self._play()
            if datetime.now(UTC) >= again and not self.mute.is_set():
                again = datetime.now(UTC) + timedelta(seconds=_AGAIN_S)
                self._say_again()

    def _take(self, topic: str, payload: bytes) -> None:
        match self.topics.parse(topic):
            case ("node", _, "plan"):
                self.plans.append(unseal(Plan, topic, payload, self.station_key))
                for airing in self.plans[-1].airings:
                    self._fetch(airing)
            case ("zone", _, "order"):
                self.orders.append(unseal(Order, topic, payload, self.station_key))
                if self.orders[-1].airing is not None:
                    self._fetch(self.orders[-1].airing)
            case ("node", _, "order"):
                self._obey(unseal(Order, topic, payload, self.station_key))
            case ("node", _, "ack"):
                ack = unseal(Ack, topic, payload, self.station_key)
                for report in ack.reports:
                    self.kept.pop(report, None)
                self.clips = {a: clip for a, clip in self.clips.items() if clip[0] not in ack.clips}
            case ("node", _, "time", "answer"):
                self.times.append(unseal(TimeAnswer, topic, payload, self.station_key))
            case ("audio", sha256, number):
                self._chunk(sha256, int(number), payload)

    def _obey(self, order: Order) -> None:
        self.orders.append(order)
        if order.airing is not None:
            self._fetch(order.airing)
        elif order.clip_airing in self.kept_clips:
            clip = self.clips[order.clip_airing] = self.kept_clips.pop(order.clip_airing)
            self.report(Step.CLIP_ASKED, order.clip_airing, order=order.order, clips=[clip[0]])
            self._send_clips()

    def _fetch(self, airing: PlannedAiring) -> None:
        self.airings.setdefault(airing.airing, airing)
        for segment in airing.segments:
            if segment.sha256 not in self.objects and segment.sha256 not in self.assemblies:
                self.assemblies[segment.sha256] = Assembly(segment.sha256, segment.size_bytes)
                self.link.subscribe(self.topics.audio_object(segment.sha256))
        self._want()

    def _want(self) -> None:
        if self.assemblies:
            objects = tuple(WantedObject(sha256=s, chunks=a.missing()) for s, a in self.assemblies.items())
            payload = write_plain(Want(node=self.name, objects=objects))
            self.link.publish(self.topics.node(self.name, "want"), payload)

    def _chunk(self, sha256: str, number: int, payload: bytes) -> None:
        self.chunks += 1
        assembly = self.assemblies.get(sha256)
        if assembly is None:
            return
        assembly.add(number, payload)
        whole = assembly.whole()
        if whole is not None:
            self.objects[sha256] = whole
            del self.assemblies[sha256]
            self.link.unsubscribe(self.topics.audio_object(sha256))

    def _play(self) -> None:
        now = datetime.now(UTC)
        for airing in self.airings.values():
            name = airing.airing
            there = all(segment.sha256 in self.objects for segment in airing.segments)
            if there and name not in self.delivered:
                self.delivered.add(name)
                self.report(Step.DELIVERED, name)
            if there and name not in self.started and airing.starts_at <= now <= airing.expires_at:
                self.started.append(name)
                self.report(Step.STARTED, name, offset_ms=1.0)
                self.report(Step.FINISHED, name, played_s=1.0, whole=True)
                self._measure(airing)

    def _measure(self, airing: PlannedAiring) -> None:
        clip = self.hear([(self.objects[each.sha256], each.pause_after_s) for each in airing.segments])
        figures = {"coverage": 0.97, "coverage_by_segment": [0.97], "level_db": -20.0, "snr_db": 15.0}
        if clip is None:
            self.report(Step.MEASURED, airing.airing, **figures)
            return
        told = {"sha256": sha256_hex(clip), "size_bytes": len(clip), "starts_s": 0.0}
        if self.keeps and not airing.clip:
            self.kept_clips[airing.airing] = (sha256_hex(clip), clip)
            self.report(Step.MEASURED, airing.airing, **figures, kept_clip=told)
            return
        self.clips[airing.airing] = (sha256_hex(clip), clip)
        self.report(Step.MEASURED, airing.airing, **figures, clip=told)
        self._send_clips()

    def _send_clips(self) -> None:
        for airing, (_, clip) in self.clips.items():
            for number, chunk in enumerate(split(clip)):
                self.link.publish(self.topics.clip(self.name, airing, number), chunk)

    def _say_again(self) -> None:
        topic = self.topics.node(self.name, "report")
        for payload in list(self.kept.values()):
            self.link.publish(topic, payload)
        self._want()
        self._send_clips()
