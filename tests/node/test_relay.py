"""A relay at a node: in step with its plan, left for an emergency, and the recording where nothing comes."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from smartradio.audio.codec import encode_opus
from smartradio.domain.evidence import Reason, Step
from smartradio.node.giving_way import HUSHED_FOR_S
from smartradio.node.live_feed import GIVE_UP_S
from smartradio.wire.chunks import sha256_hex
from smartradio.wire.messages import LivePart, LivePiece, LiveSource, PlannedAiring, SegmentRef, seal
from tests.node.alerts import alert, keep, ring
from tests.node.disks import full_disk
from tests.node.fakes import NODE, STATION, World, voice

PIECE_S = 2.0
IN_S = 15.0


class Radio(World):
    """A node whose station relays; `on_air_s` is the time of the airing's first sample."""

    def relay(self, length_s: float = 20.0, *, fallback: bool = True, **more: Any) -> PlannedAiring:
        airing = self.station.airing("vov", IN_S, seconds=(3.0,), priority=30, **more)
        live = LiveSource(length_s=length_s, fallback=fallback)
        airing = airing.model_copy(update={"live": live})
        self.on_air_s = self.clock.now_s + IN_S
        self.station.plan(airing)
        self.run(0.5)
        return airing

    def piece(self, number: int) -> LivePiece:
        data = encode_opus(voice(PIECE_S, seed=zlib.crc32(f"vov {number}".encode())), bitrate=24_000)
        self.station.objects[sha256_hex(data)] = data
        segment = SegmentRef(sha256=sha256_hex(data), size_bytes=len(data), duration_s=PIECE_S, kind="imported")
        return LivePiece(at_s=number * PIECE_S, segment=segment)

    def tell(self, *numbers: int, ended: bool = False, zone: str = NODE, **more: Any) -> None:
        pieces = tuple(self.piece(number) for number in numbers)
        fields: dict[str, Any] = {"station": STATION, "zone": zone, "airing": "vov", "pieces": pieces, "ended": ended}
        part = LivePart.model_validate(fields | more)
        topic = self.station.topics.live(zone)
        assert self.link is not None
        assert topic in self.link.topics
        self.station.deliver(topic, seal(self.station.key, topic, part))

    def air(self, first: int, last: int, *, ended: bool = True) -> None:
        """Tell pieces as a station does: each eight seconds before its place, and let time pass until they are over."""
        for number in range(first, last):
            self.until(self.on_air_s + number * PIECE_S - 8.0)
            self.tell(number, ended=ended and number == last - 1)
            self.run(0.4)
            self.decoded()
        self.until(self.on_air_s + last * PIECE_S)

    def until(self, at_s: float) -> None:
        while self.clock.now_s < at_s:
            self.run(min(0.5, at_s - self.clock.now_s))
            self.decoded()

    def decoded(self) -> None:
        """Wait, in real time, until what has come is decoded: on a pole there are seconds for it."""
        deadline_s = time.monotonic() + 10.0
        for growing in self.agent._broadcast.relays._growing.values():
            feed = growing.feed
            while feed is not None and not feed._closed and (feed._to_decode or self._lags(feed)):
                assert time.monotonic() < deadline_s, "the pieces are not decoded"
                time.sleep(0.002)

    def _lags(self, feed: Any) -> bool:
        waits = feed._quiet > (GIVE_UP_S + 0.2) * 48_000 and not feed._finished
        known = [each for each in feed._known if (each[0] + each[1].duration_s) * 48_000 > feed._position + 48_000]
        laid = [start for start, _ in feed._laid]
        missing = [each for each in known if all(abs(start - each[0] * 48_000) > 50 for start in laid)]
        return bool(waits or missing)

    def heard(self) -> list[tuple[float, float]]:
        """What sounded, in seconds from the airing's instant."""
        spans = self.sound.sounding(join_s=0.5)
        return [(round(a - self.on_air_s, 1), round(b - self.on_air_s, 1)) for a, b in spans]


@pytest.fixture
def radio(tmp_path: Path) -> Radio:
    one = Radio(tmp_path)
    one.up()
    return one


def test_a_relay_sounds_at_its_instant_and_is_measured_whole(radio: Radio) -> None:
    radio.relay()
    radio.air(0, 10)
    radio.run(10.0)
    assert radio.station.told("vov") == ["delivered", "started", "finished", "measured"]
    assert radio.heard() == [(0.0, 20.0)]
    assert abs(radio.station.report("vov", Step.STARTED).facts["offset_ms"]) < 5
    assert radio.station.report("vov", Step.FINISHED).facts["whole"] is True
    assert radio.station.report("vov", Step.MEASURED).facts["coverage"] > 0.9


def test_a_piece_that_comes_too_late_is_a_gap_and_what_follows_is_in_step(radio: Radio) -> None:
    radio.relay()
    radio.air(0, 3, ended=False)
    radio.air(4, 10)
    radio.run(10.0)
    assert radio.heard() == [(0.0, 6.0), (8.0, 20.0)]
    facts = radio.station.report("vov", Step.FINISHED).facts
    assert facts["whole"] is False
    assert facts["starved_s"] == pytest.approx(2.0, abs=0.1)


def test_an_emergency_breaks_in_and_the_relay_is_joined_again_where_it_is_by_then(radio: Radio) -> None:
    relay = radio.relay(30.0)
    radio.air(0, 4, ended=False)
    alarm = radio.station.airing("lu", 0.5, seconds=(4.0,), priority=100)
    radio.station.plan(relay, alarm)
    radio.air(4, 15)
    radio.run(10.0)
    steps = [step for step in radio.station.told("vov") if "measured" not in step]
    assert steps == ["delivered", "started", "interrupted preempted", "started", "finished"]
    joined = [r.facts for r in radio.station.reports if r.airing == "vov" and "joined_s" in r.facts]
    assert len(joined) == 1
    assert 12.0 < joined[0]["joined_s"] < 15.0
    assert radio.heard()[-1][1] == 30.0
    assert radio.station.told("lu")[-2:] == ["finished", "measured"]


def test_a_node_that_comes_late_joins_where_it_is(radio: Radio) -> None:
    assert radio.link is not None
    radio.relay(30.0)
    radio.link.fall()
    radio.until(radio.on_air_s + 6.0)
    radio.link.rise()
    radio.run(0.5)
    radio.air(5, 15)
    radio.run(8.0)
    assert radio.heard() == [(pytest.approx(10.0, abs=0.1), 30.0)]
    assert radio.station.report("vov", Step.FINISHED).reason is None


def test_where_nothing_comes_the_recording_is_played_and_said_so(radio: Radio) -> None:
    radio.relay(60.0)
    radio.until(radio.on_air_s + GIVE_UP_S + 12.0)
    finished = radio.station.report("vov", Step.FINISHED)
    assert (finished.reason, finished.facts["fallback"]) == (Reason.RELAY_UNREACHABLE, True)
    assert len(radio.heard()) == 1
    assert radio.heard()[0][0] == pytest.approx(GIVE_UP_S, abs=1.0)
    assert radio.station.report("vov", Step.MEASURED).facts["coverage"] > 0.9


def test_where_nothing_comes_and_nothing_is_to_be_read_there_is_silence_with_its_reason(radio: Radio) -> None:
    radio.relay(60.0, fallback=False)
    radio.until(radio.on_air_s + 65.0)
    assert radio.heard() == []
    assert radio.station.told("vov")[-1] == "skipped relay_unreachable"


def test_a_link_that_breaks_in_its_midst_ends_it_with_the_recording(radio: Radio) -> None:
    assert radio.link is not None
    radio.relay(60.0)
    radio.air(0, 4, ended=False)
    radio.link.fall()
    radio.until(radio.on_air_s + 8.0 + GIVE_UP_S + 8.0)
    radio.up()
    finished = radio.station.report("vov", Step.FINISHED)
    assert (finished.reason, finished.facts["fell_back"], finished.facts["whole"]) == (Reason.RELAY_ENDED, True, False)
    assert radio.heard()[0] == (0.0, 8.0)
    assert len(radio.heard()) == 2


def test_a_relay_that_is_stopped_is_silent_at_once(radio: Radio) -> None:
    radio.relay(30.0)
    radio.air(0, 4, ended=False)
    topic = radio.station.topics.node(NODE, "order")
    radio.tell(4, 5, 6)
    radio.station.deliver(topic, seal(radio.station.key, topic, radio.station.order(stop_airing="vov")))
    radio.run(8.0)
    assert radio.heard() == [(0.0, pytest.approx(8.0, abs=0.5))]
    assert "interrupted stopped" in radio.station.told("vov")


def test_what_is_told_of_an_airing_that_is_not_in_the_plan_is_not_played(radio: Radio) -> None:
    radio.on_air_s = radio.clock.now_s + IN_S
    radio.tell(0, 1, 2, ended=True)
    radio.until(radio.on_air_s + 8.0)
    assert radio.heard() == []


def test_what_another_signed_is_refused(radio: Radio) -> None:
    radio.relay()
    radio.station.key, right = type(radio.station.key).new(), radio.station.key
    radio.tell(0, ended=True)
    radio.station.key = right
    radio.run(1.0)
    assert "refused bad_signature" in radio.station.told(None)


def test_another_zones_relay_is_not_for_this_node(radio: Radio) -> None:
    radio.relay()
    topic = radio.station.topics.live(NODE)
    part = LivePart(station=STATION, zone="thon-9", airing="vov", ended=True)
    radio.station.deliver(topic, seal(radio.station.key, topic, part))
    radio.run(1.0)
    assert "refused not_for_this_node" in radio.station.told(None)


def test_a_relay_hushed_for_an_alert_that_cannot_be_written_down_is_joined_again_in_step(radio: Radio) -> None:
    radio.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
    keep(radio, alert(radio))
    radio.relay()
    radio.tell(*range(10), ended=True)
    radio.until(radio.on_air_s + 10.4)
    with full_disk():
        ring(radio, alert(radio))
        radio.run(HUSHED_FOR_S + 1.0)
        radio.station.send("order", radio.station.order(stop_airing="flood"))
        radio.run(0.2)
    radio.decoded()
    radio.until(radio.on_air_s + 30.0)
    told = radio.station.told("vov")
    assert told[:3] == ["delivered", "started", "interrupted preempted"]
    assert told.count("started") == 2
    # What it missed is not said later: what follows is at its place.
    spans = radio.heard()
    assert (spans[0][0], spans[-1][1]) == (0.0, 20.0)
    assert radio.station.report("vov", Step.INTERRUPTED).facts["played_s"] == pytest.approx(10.4, abs=0.3)
