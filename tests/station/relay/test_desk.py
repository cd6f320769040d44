"""Relays as the plan has them: told to their zones, kept over a crash, put on record when they are over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartradio.audio.codec import decode_opus
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.relay import Relay
from smartradio.station.clip_days import delete_old_clips
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.relay.desk import RelayDesk
from smartradio.station.relay.notebook import Notebook
from smartradio.station.relay.placed import Placed
from smartradio.station.relay.sounded import sounded_recording
from smartradio.station.store import Store
from smartradio.wire.messages import LivePart, unseal
from tests.station.commune import STATION, STATION_KEY, TOPICS, until
from tests.station.relay.taps import AT, RATE, Studio

MINUTES = 0.5
ZONES = ("thon-1", "thon-2")


class Alarms:
    """Rings when it is told that its time has come."""

    def __init__(self) -> None:
        self.set_: dict[str, tuple[datetime, Callable[[], None]]] = {}

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        self.set_[name] = (at, call)

    def ring(self, name: str) -> None:
        self.set_.pop(name)[1]()


class Offers:
    """What nodes may wish for."""

    def __init__(self) -> None:
        self.objects: dict[str, int] = {}

    def offer(self, objects: Mapping[str, int], at: datetime, nodes: Sequence[str]) -> None:
        self.objects |= objects

    def withdraw_offer(self, objects: Iterable[str]) -> None:
        for sha256 in objects:
            self.objects.pop(sha256, None)


class Office:
    """A station's desk with its store on the disk."""

    def __init__(self, folder: Path, *stretches: tuple[float, str]) -> None:
        self.studio = Studio(*stretches)
        self.folder = folder
        self.store = Store.open(folder, clock=self.studio.clock)
        self.objects = Objects(folder / "objects")
        self.alarms = Alarms()
        self.offers = Offers()
        self.parts: list[LivePart] = []
        self.recorder = EvidenceRecorder(self.store)
        self.desk = RelayDesk(
            STATION,
            STATION_KEY,
            self.store,
            self.objects,
            self.recorder,
            offers=self.offers,
            alarms=self.alarms,
            folder=folder / "relays",
            clock=self.studio.clock,
            send=self._send,
            make_tap=lambda: self.studio,
        )
        self.airing = self._planned()

    def _planned(self) -> Airing:
        bulletin = Bulletin("b1", "Thời sự VOV", "Mất sóng.", Priority.RELAY)
        segment = Segment("ab" * 32, 100, 3.0, 0.0, SegmentKind.SENTENCE, "Mất sóng.")
        relay = Relay("http://vov.example/1", MINUTES, "Mất sóng.")
        airing = Airing("a1", "b1", "r1", AT, AT + timedelta(minutes=5), Priority.RELAY, ZONES, ZONES, "vov", relay)
        if self.store.airing("a1") is None:
            self.store.put_bulletin(bulletin, ())
            self.store.put_recording(Recording("r1", "b1", "vi", (segment,)), {}, AT)
            self.store.plan_airing(airing, [])
        return airing

    def _send(self, topic: str, payload: bytes) -> bool:
        part = unseal(LivePart, topic, payload, STATION_KEY.public_hex)
        assert topic == TOPICS.live(part.zone)
        self.parts.append(part)
        return True

    async def air(self) -> None:
        await self.desk.hold([self.airing])
        self.alarms.ring("relay:a1")
        await self.over()

    async def over(self) -> None:
        async with asyncio.timeout(30):
            while "relay over:a1" not in self.alarms.set_:
                for name in [name for name in self.alarms.set_ if name.startswith("relay pause")]:
                    self.studio.now = max(self.studio.now, self.alarms.set_[name][0])
                    self.alarms.ring(name)
                await asyncio.sleep(0.002)

    def account(self) -> Evidence:
        return next(e.evidence for e in self.store.chain("a1") if e.evidence.step is Step.RELAYED)

    def told(self, zone: str = "thon-1") -> list[float]:
        return sorted({piece.at_s for part in self.parts if part.zone == zone for piece in part.pieces})

    def close(self) -> None:
        self.recorder.close()
        self.store.close()


@pytest.fixture
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    one = Office(tmp_path, *getattr(request, "param", [(1_000.0, "sound")]))
    yield one
    one.close()


def test_every_zone_is_told_every_piece_and_its_end(office: Office) -> None:
    asyncio.run(office.air())
    for zone in ZONES:
        assert office.told(zone) == [2.0 * number for number in range(15)]
        parts = [part for part in office.parts if part.zone == zone]
        assert [part.ended for part in parts].count(True) == 1
        assert parts[-1].ended


def test_a_part_says_again_what_came_before_it(office: Office) -> None:
    asyncio.run(office.air())
    last = [part for part in office.parts if part.zone == "thon-1"][-1]
    assert [piece.at_s for piece in last.pieces] == [18.0, 20.0, 22.0, 24.0, 26.0, 28.0]


def test_nodes_may_fetch_the_pieces_until_it_is_over(office: Office) -> None:
    asyncio.run(office.air())
    told = {piece.segment.sha256: piece.segment.size_bytes for part in office.parts for piece in part.pieces}
    assert office.offers.objects == told
    data = office.objects.get(next(iter(told)))
    assert data is not None
    assert len(decode_opus(data, RATE)) == 2 * RATE
    office.alarms.ring("relay over:a1")
    assert office.offers.objects == {}


def test_afterwards_it_is_on_record_and_nodes_are_judged_by_it(office: Office) -> None:
    asyncio.run(office.air())
    account = office.account()
    assert (account.reason, account.facts["heard_s"], account.facts["fell_back"]) == (None, 30.0, False)
    recording = sounded_recording(office.store, office.airing, "thon-1")
    assert recording is not None
    assert (recording.id, recording.duration_s) == (account.facts["recording"], 30.0)
    assert all(segment.spoken == "" for segment in recording.segments)
    assert Notebook(office.folder / "relays").unfinished() == []


def test_a_node_that_played_the_recording_in_its_place_is_judged_by_that(office: Office) -> None:
    asyncio.run(office.air())
    said = Evidence("a1", "thon-2", Step.FINISHED, AT, "node:thon-2", Reason.RELAY_UNREACHABLE, {"fallback": True})
    office.store.record([said])
    found = sounded_recording(office.store, office.airing, "thon-2")
    assert found is not None
    assert found.id == "r1"


@pytest.mark.parametrize("office", [[(1_000.0, "refused")]], indirect=True)
def test_one_that_cannot_be_reached_is_told_with_its_reason_and_the_recording_is_sent_for(office: Office) -> None:
    asyncio.run(office.air())
    account = office.account()
    assert account.reason == Reason.RELAY_UNREACHABLE
    assert (account.facts["fell_back"], account.facts["heard_s"]) == (True, 0.0)
    assert "web page" in account.facts["detail"]
    assert {piece.segment.sha256 for part in office.parts for piece in part.pieces} == {"ab" * 32}


def test_one_that_is_withdrawn_is_told_no_more(office: Office) -> None:
    async def work() -> None:
        await office.desk.hold([office.airing])
        office.alarms.ring("relay:a1")
        await until(lambda: office.parts)
        await office.desk.hold([])
        told = len(office.parts)
        await asyncio.sleep(0)
        assert len(office.parts) == told
        assert office.studio.closed

    asyncio.run(work())
    assert 0 < len(office.told()) < 15
    assert office.account().reason == Reason.WITHDRAWN
    assert office.account().facts["heard_s"] == 2.0 * len(office.told())
    assert Notebook(office.folder / "relays").unfinished() == []


def test_what_was_relayed_goes_after_its_days_and_what_was_read_in_its_place_stays(office: Office) -> None:
    asyncio.run(office.air())
    recording = sounded_recording(office.store, office.airing, "thon-1")
    assert recording is not None
    for days, there in ((29, True), (31, False), (32, False)):
        delete_old_clips(office.store, office.objects, now=office.studio.now + timedelta(days=days), days=30)
        kept = [office.objects.get(segment.sha256) is not None for segment in recording.segments]
        assert set(kept) == {there}
    assert office.store.old_relays(office.studio.now + timedelta(days=99)) == []
    assert office.store.recording(recording.id) == recording


def test_what_a_slot_cuts_off_is_not_fetched(office: Office) -> None:
    office.airing = replace(office.airing, ends_by=AT + timedelta(seconds=10 + 12))
    asyncio.run(office.air())
    assert office.told() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


def test_a_relay_that_was_planned_for_the_past_is_not_begun(office: Office) -> None:
    office.studio.now = AT + timedelta(minutes=10)
    asyncio.run(office.desk.hold([office.airing]))
    assert office.alarms.set_ == {}


def test_what_was_on_the_air_when_the_station_fell_is_on_record_at_the_next_start(tmp_path: Path) -> None:
    office = Office(tmp_path, (1_000.0, "sound"))
    piece = Placed(4.0, Segment(office.objects.put(b"opus"), 4, 2.0, 0.0, SegmentKind.IMPORTED))
    Notebook(tmp_path / "relays").add("a1", [piece])
    office.studio.now = AT + timedelta(minutes=10)
    asyncio.run(office.desk.take_up())
    account = office.account()
    assert (account.reason, account.facts["heard_s"]) == (Reason.STATION_WAS_DOWN, 2.0)
    assert Notebook(tmp_path / "relays").unfinished() == []
    office.close()


def test_what_is_on_record_is_not_put_there_twice(office: Office) -> None:
    asyncio.run(office.air())
    book = Notebook(office.folder / "relays")
    book.add("a1", [Placed(30.0, Segment("ab" * 32, 4, 2.0, 0.0, SegmentKind.IMPORTED))])
    office.studio.now = AT + timedelta(minutes=10)
    asyncio.run(office.desk.take_up())
    assert [e.evidence.step for e in office.store.chain("a1")].count(Step.RELAYED) == 1
    assert book.unfinished() == []


def test_a_notebook_of_an_airing_nobody_knows_is_thrown_away(office: Office) -> None:
    book = Notebook(office.folder / "relays")
    book.add("gone", [])
    asyncio.run(office.desk.take_up())
    assert book.unfinished() == []


def test_a_station_that_comes_back_in_its_midst_goes_on_behind_what_was_told(tmp_path: Path) -> None:
    office = Office(tmp_path, (1_000.0, "sound"))
    piece = Placed(0.0, Segment(office.objects.put(b"opus"), 4, 2.0, 0.0, SegmentKind.IMPORTED))
    Notebook(tmp_path / "relays").add("a1", [piece])
    office.studio.now = AT + timedelta(seconds=15)

    async def work() -> None:
        await office.desk.take_up()
        await office.air()

    asyncio.run(work())
    assert office.told()[0] == 0.0
    assert office.told()[1] >= 10.0
    recording = sounded_recording(office.store, replace(office.airing), "thon-1")
    assert recording is not None
    assert recording.duration_s == 30.0
    office.close()
