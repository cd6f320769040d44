"""A small commune for the tests of the station: its settings, its keys, its nodes' messages, its sounds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.station.objects import Objects
from smartradio.station.settings import NodeEntry, PlanSettings, StationSettings, ZoneSettings
from smartradio.station.store import Store, texts
from smartradio.wire.messages import Ack, NodeState, Report, seal, unseal
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

STATION = "yen-hoa"
TOPICS = Topics(STATION)
NODES = ("thon-1", "thon-2", "thon-3")
NODE_KEYS = {name: SigningKey.new() for name in NODES}
STATION_KEY = SigningKey.new()
# Tests on the machine's own clock run at night, too.
NO_QUIET_HOURS = PlanSettings(quiet_from=time(), quiet_until=time())
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def settings(folder: Path, **changes: Any) -> StationSettings:
    values: dict[str, Any] = {
        "station": STATION,
        "title": "Đài truyền thanh xã Yên Hòa",
        "folder": folder,
        # These are about the station; who transcribes has tests of its own.
        "recogniser": "none",
        "standing_text": "",
        "plan": NO_QUIET_HOURS,
        "zones": tuple(ZoneSettings(name=name, title=f"Thôn {name[-1]}") for name in NODES),
        "nodes": tuple(
            NodeEntry(
                name=name,
                zone=name,
                title=f"Cụm loa {name}",
                public_key=NODE_KEYS[name].public_hex,
                password=f"password-of-{name}",
            )
            for name in NODES
        ),
    }
    return StationSettings.model_validate(values | changes)


class FakeLink:
    """A link that remembers what it was handed, and refuses while it is down."""

    def __init__(self) -> None:
        self.up = True
        self.sent: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        if self.up:
            self.sent.append((topic, payload, retain))
        return self.up

    def wait_room(self, timeout_s: float) -> bool:
        return self.up

    def topics(self) -> list[str]:
        return [topic.removeprefix(TOPICS.root + "/") for topic, _, _ in self.sent]


def registered(store: Store, commune: StationSettings) -> Store:
    for zone in commune.zones:
        store.put_zone(zone.zone())
    for node in commune.nodes:
        store.put_node(node.node())
    return store


def spoken_of(store: Store, bulletin: str) -> tuple[Mapping[str, Any], ...]:
    """Return a bulletin's spoken lines as the store keeps them."""
    return store._database.read(lambda connection: texts.spoken_lines(connection, bulletin))


def recording_of(objects: Objects, bulletin: str, sounds: Sequence[bytes], duration_s: float = 2.0) -> Recording:
    segments = tuple(
        Segment(objects.put(sound), len(sound), duration_s, 0.5, SegmentKind.SENTENCE, "xin chào") for sound in sounds
    )
    identity = "".join(f"{ord(letter):02x}" for letter in bulletin).ljust(64, "0")
    return Recording(identity, bulletin, "vi", segments)


def shelved(store: Store, objects: Objects, name: str, sounds: Sequence[bytes], duration_s: float = 2.0) -> Recording:
    """Put a bulletin with its recording on the shelf."""
    store.put_bulletin(Bulletin(name, f"Bản tin {name}", "Xin chào."), [])
    recording = recording_of(objects, name, sounds, duration_s)
    store.put_recording(recording, {}, NOON)
    return recording


def airing_of(recording: Recording, starts_at: datetime, **changes: Any) -> Airing:
    values: dict[str, Any] = {
        "id": secrets.token_hex(8),
        "bulletin_id": recording.bulletin_id,
        "recording_id": recording.id,
        "starts_at": starts_at,
        "expires_at": starts_at + timedelta(seconds=60),
        "priority": Priority.PROGRAMME,
        "zones": NODES,
        "nodes": NODES,
    }
    return Airing(**(values | changes))


def planned_in(store: Store, airing: Airing) -> Airing:
    assert store.plan_airing(airing, [Evidence(airing.id, "", Step.PLANNED, NOON, "station")])
    return airing


def report(node: str, step: Step, airing: str | None, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "report": secrets.token_hex(8),
        "station": STATION,
        "node": node,
        "boot": "boot-1",
        "seq": 1,
        "airing": airing,
        "step": step,
        "at": NOON,
    }
    return Report.model_validate(values | changes)


def sealed_report(message: Report, *, by: str | None = None) -> tuple[str, bytes]:
    topic = TOPICS.node(message.node, "report")
    return topic, seal(NODE_KEYS[by or message.node], topic, message)


def sealed_state(node: str, at: datetime, **changes: Any) -> tuple[str, bytes]:
    topic = TOPICS.node(node, "state")
    values: dict[str, Any] = {
        "station": STATION,
        "node": node,
        "status": "online",
        "boot": "boot-1",
        "at": at,
        "clock_trusted": True,
        "version": "0.1.0",
    }
    return topic, seal(NODE_KEYS[node], topic, NodeState.model_validate(values | changes))


@dataclass
class Acks:
    """The acknowledgements a node was sent."""

    reports: list[str] = field(default_factory=list)
    clips: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, link: FakeLink, node: str) -> Acks:
        acks = cls()
        topic = TOPICS.node(node, "ack")
        for sent, payload, retained in link.sent:
            if sent == topic:
                ack = unseal(Ack, topic, payload, STATION_KEY.public_hex)
                assert not retained
                acks.reports += ack.reports
                acks.clips += ack.clips
        return acks


def run(work: Callable[[], Awaitable[None]], timeout_s: float = 30.0) -> None:
    """Run one test's work in an event loop of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(timeout_s):
            await work()

    asyncio.run(bounded())


async def until(holds: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait until something holds; fails the test when it does not come to hold."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
