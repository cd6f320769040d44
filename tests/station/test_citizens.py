"""The public's side of the station: what may be heard, and what is made of what people told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alarm import Alarm, AlarmKind
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.places import Node, Zone
from smartradio.station.citizens import MAX_NOTE, Citizens
from smartradio.station.public_side import ComplaintBell
from smartradio.station.public_sounds import PublicSounds
from smartradio.station.store import Store
from tests.station.commune import NOON, Clock
from tests.station.test_store import AIRING, BULLETIN, RECORDING, SPOKEN
from tests.station.test_store_citizens import air


@dataclass
class Alarms:
    """Remembers what is open, and who closed what."""

    raised: dict[str, Alarm] = field(default_factory=dict)
    closed: list[tuple[str, str]] = field(default_factory=list)

    async def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> None:
        self.raised[subject] = Alarm(kind, subject, NOON, NOON, facts=facts, id=len(subject))

    def open(self) -> list[Alarm]:
        return list(self.raised.values())

    async def close(self, id: int, *, by: Person) -> None:  # noqa: A002
        subject = next(alarm.subject for alarm in self.raised.values() if alarm.id == id)
        del self.raised[subject]
        self.closed.append((subject, by.title))


@dataclass
class Commune:
    """A store with an airing of noon, and the public's desk over it."""

    store: Store
    clock: Clock
    alarms: Alarms = field(default_factory=Alarms)
    made: list[str] = field(default_factory=list)
    news: list[tuple[str, ...]] = field(default_factory=list)

    def desk(self, days: int = 30) -> Citizens:
        bell = ComplaintBell(
            self.store.citizens, self.store.zones, self.alarms, lambda *topics: self.news.append(topics)
        )
        return Citizens(
            self.store.citizens, self.store.zones, is_open=lambda: True, days=days, sound=self.sound, bell=bell,
            clock=self.clock,
        )  # fmt: skip

    def sound(self, recording: str) -> bytes:
        self.made.append(recording)
        return b"OggS"


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[Commune]:
    clock = Clock(NOON + timedelta(minutes=5))
    store = Store.open(tmp_path, clock=clock)
    for number in (1, 2):
        store.put_zone(Zone(f"thon-{number}", f"Thôn {number}"))
        store.put_node(Node(f"loa-{number}", f"thon-{number}", f"Cụm loa {number}", f"{number:064x}"))
    store.put_bulletin(BULLETIN, SPOKEN)
    store.put_recording(RECORDING, {}, NOON)
    air(store, AIRING, starts=("loa-1",))
    yield Commune(store, clock)
    store.close()


def test_a_hamlet_reads_what_sounded_there_and_names_what_it_missed(commune: Commune) -> None:
    air(commune.store, replace(AIRING, id="a2", zones=("thon-2",)), starts=())
    desk = commune.desk()
    assert [each.id for each in desk.aired(10)] == ["a1"]
    assert [each.id for each in desk.aired(10, zone="thon-1")] == ["a1"]
    assert desk.aired(10, zone="thon-2") == []
    assert [each.id for each in desk.lately("thon-2")] == ["a2"]


def test_what_is_still_to_come_and_what_is_too_old_is_not_shown(commune: Commune) -> None:
    air(commune.store, replace(AIRING, id="tonight", starts_at=NOON + timedelta(hours=5)))
    desk = commune.desk(days=1)
    assert desk.airing("tonight") is None
    commune.clock.pass_s(86_400)
    assert desk.airing("a1") is None
    assert [each.id for each in desk.aired(10)] == ["tonight"]


def test_a_sound_is_made_for_what_was_aired_and_for_nothing_else(commune: Commune) -> None:
    assert asyncio.run(commune.desk().sound(RECORDING.id)) == b"OggS"
    with pytest.raises(SmartradioError, match="not for the public"):
        asyncio.run(commune.desk().sound("f" * 64))
    assert commune.made == [RECORDING.id]


def test_three_people_are_one_alarm_that_ends_when_all_are_seen_to(commune: Commune) -> None:
    async def told() -> None:
        desk = commune.desk()
        for _ in range(3):
            assert await desk.complain("thon-1", "a1", "") is not None
        (alarm,) = commune.alarms.open()
        assert (alarm.kind, alarm.subject) == (AlarmKind.COMPLAINT, "a1/thon-1")
        assert alarm.facts == {
            "airing": "a1",
            "zone": "thon-1",
            "title": "Thôn 1",
            "people": 3,
            "bulletin": BULLETIN.title,
        }
        assert commune.news[-1] == ("complaints", "airing/a1")
        await desk.complain("thon-2", None, "rè")
        assert set(commune.alarms.raised) == {"a1/thon-1", "/thon-2"}
        for complaint in desk.complaints_of("a1"):
            assert "a1/thon-1" in commune.alarms.raised
            await desk.see_to(complaint.number, by=Person("Trần Thợ"), answer="Đã thay dây")
        assert set(commune.alarms.raised) == {"/thon-2"}
        assert commune.alarms.closed == [("a1/thon-1", "Trần Thợ")]

    asyncio.run(told())


def test_a_note_that_is_too_long_is_refused(commune: Commune) -> None:
    with pytest.raises(BadInputError, match="500"):
        asyncio.run(commune.desk().complain("thon-1", None, "x" * (MAX_NOTE + 1)))
    assert commune.alarms.open() == []


def test_a_public_sound_is_encoded_once_and_the_oldest_make_room(tmp_path: Path) -> None:
    made: list[str] = []

    def make(recording: str) -> bytes:
        made.append(recording)
        return recording.encode() * 100

    sounds = PublicSounds(tmp_path / "public", make, most_bytes=250)
    assert sounds.get("a") == sounds.get("a") == b"a" * 100
    sounds.get("b")
    sounds.get("a")
    sounds.get("c")
    assert made == ["a", "b", "c"]
    sounds.get("a")
    assert made == ["a", "b", "c"]
    sounds.get("b")
    assert made == ["a", "b", "c", "b"]


def test_a_sound_that_is_not_held_leaves_no_file(tmp_path: Path) -> None:
    def missing(recording: str) -> bytes:
        raise SmartradioError(f"there is no recording {recording}")

    with pytest.raises(SmartradioError):
        PublicSounds(tmp_path / "public", missing).get("a")
    assert not (tmp_path / "public").exists()
