"""What the tests of the monitor share: a clip, somebody who hears what was reported, a monitor that listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from smartradio.domain.evidence import Evidence, Step
from smartradio.station.clip_intake import Announced
from smartradio.station.monitor import Monitor
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import Store
from smartradio.wire.chunks import split
from smartradio.wire.messages import Want
from tests.station.commune import (
    NOON,
    STATION_KEY,
    TOPICS,
    Acks,
    Clock,
    FakeLink,
    airing_of,
    planned_in,
    registered,
    settings,
    shelved,
)

CLIP = bytes(range(256)) * 300  # 3 chunks


class Hearer:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.reports: list[tuple[Step, Announced | None]] = []
        self.clips: list[tuple[str, str, str]] = []
        self.refused: list[tuple[str, str]] = []

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        self.reports.append((evidence.step, clip))

    async def clip_stored(self, airing: str, node: str, sha256: str) -> None:
        self.clips.append((airing, node, sha256))

    async def clip_refused(self, airing: str, node: str) -> None:
        self.refused.append((airing, node))


class Listening:
    """A monitor on a real store, with one planned airing."""

    def __init__(self, folder: Path, store: Store) -> None:
        commune = settings(folder)
        self.store = registered(store, commune)
        self.objects = Objects(folder / "objects")
        self.clock, self.link, self.hearer = Clock(), FakeLink(), Hearer()
        self.wishes: list[Want] = []
        self.said_again = 0
        self.recording = recording = shelved(store, self.objects, "tin", [b"sound"])
        self.airing = planned_in(store, airing_of(recording, NOON)).id
        nodes = {node.name: node.node() for node in commune.nodes}
        self.monitor = Monitor(
            commune,
            STATION_KEY,
            store,
            self.objects,
            EvidenceRecorder(store),
            nodes=nodes.get,
            clock=self.clock,
            send=self.link.publish,
            wish=self.wishes.append,
            hearer=self.hearer,
            say_again=self.count,
        )

    def count(self) -> None:
        self.said_again += 1

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.monitor.take(topic, payload, retained)

    def steps(self, node: str = "thon-1") -> list[Step]:
        return [e.evidence.step for e in self.store.chain(self.airing, node) if e.evidence.node == node]

    def refusals(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("")]

    def acks(self, node: str = "thon-1") -> Acks:
        return Acks.of(self.link, node)

    def chunks(
        self, data: bytes = CLIP, node: str = "thon-1", only: tuple[int, ...] | None = None, airing: str | None = None
    ) -> None:
        for number, chunk in enumerate(split(data)):
            if only is None or number in only:
                self.say(TOPICS.clip(node, airing or self.airing, number), chunk)


@asynccontextmanager
async def awake(listening: Listening) -> AsyncIterator[None]:
    listening.monitor.start()
    try:
        yield
    finally:
        await listening.monitor.stop()
