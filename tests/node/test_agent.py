"""A node's day, in turned time: plan, audio, airing, reports."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.wire.chunks import chunk_count
from smartradio.wire.messages import NodeState, TimeAnswer, seal
from smartradio.wire.signing import SigningKey
from tests.node.fakes import NODE, STATION, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def test_a_planned_airing_is_fetched_played_at_its_instant_measured_and_its_clip_sent(world: World) -> None:
    world.up()
    airing = world.station.airing("a1", in_s=8.0)
    world.station.plan(airing)
    world.run(22.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]
    assert abs(world.station.report("a1", Step.STARTED).facts["offset_ms"]) < 0.1
    finished = world.station.report("a1", Step.FINISHED).facts
    assert finished["whole"] is True
    assert finished["played_s"] == pytest.approx(5.25, abs=0.01)
    measured = world.station.report("a1", Step.MEASURED).facts
    assert measured["coverage"] > 0.9
    assert len(measured["coverage_by_segment"]) == 2
    clip = b"".join(chunk for _, chunk in sorted(world.station.clips["a1"].items()))
    assert len(clip) == measured["clip"]["size_bytes"]
    assert measured["clip"]["starts_s"] == pytest.approx(-2.0, abs=0.1)
    assert not list((world.folder / "clips").iterdir())


def refusals(world: World) -> list[str]:
    return [str(report.reason) for report in world.station.reports if report.step is Step.REFUSED]


def test_the_microphone_is_open_from_two_seconds_before_to_three_after_and_never_else(world: World) -> None:
    world.up()
    airing = world.station.airing("a1", in_s=8.0)
    planned_s = world.clock.now_s + 8.0
    world.station.plan(airing)
    world.run(22.0)
    (opened_s, first), (closed_s, second) = world.sound.opened_input
    assert (first, second) == ("open", "close")
    assert planned_s - 2.0 - 1e-6 <= opened_s < planned_s - 1.9
    assert planned_s + 5.25 + 3.0 - 1e-6 <= closed_s < planned_s + 5.25 + 3.1


def test_nothing_is_played_until_the_station_has_answered_a_fresh_nonce(world: World) -> None:
    world.station.answers_time = False
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0))
    world.run(20.0)
    assert not world.sound.played
    assert refusals(world) == ["clock_untrusted"]
    world.station.answers_time = True
    world.run(8.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def test_a_node_whose_own_clock_is_an_hour_off_plays_on_time(world: World) -> None:
    world.up()
    planned_s = world.clock.now_s + 6.0
    world.station.plan(world.station.airing("a1", in_s=6.0))
    world.run(15.0)
    assert world.sound.sounding()[0][0] == pytest.approx(planned_s, abs=0.002)
    assert world.station.report("a1", Step.STARTED).clock_offset_ms == pytest.approx(-3_600_000, abs=1)


def test_an_old_answer_or_a_strangers_nonce_gives_no_trust(world: World) -> None:
    world.station.answers_time = False
    world.up()
    answer = TimeAnswer(station=STATION, node=NODE, nonce="not-ours", at=world.clock.true_utc())
    world.station.send("time/answer", answer)
    world.run(1.0)
    requests = [json.loads(p) for topic, p, _ in world.link.published if topic.endswith("/time")]
    world.run(6.0)
    late = TimeAnswer(station=STATION, node=NODE, nonce=requests[0]["nonce"], at=world.clock.true_utc())
    world.station.send("time/answer", late)
    world.run(1.0)
    assert not world.agent._clock.trusted


def test_replayed_expired_foreign_and_forged_orders_are_refused_and_reported(world: World) -> None:
    world.up()
    station = world.station
    good = station.order(action="stop")
    station.send("order", good)
    station.send("order", good)
    station.send("order", station.order(expires_at=world.clock.true_utc() - timedelta(seconds=1)))
    station.send("order", station.order(station="other"))
    station.send("order", station.order(node="thon-9"))
    station.send("order", station.order(), key=SigningKey.new())
    station.deliver(station.topics.node(NODE, "order"), b"{nonsense")
    station.deliver(f"smartradio/2/{STATION}/node/{NODE}/order", b"{}")
    station.deliver(f"smartradio/1/elsewhere/node/{NODE}/order", b"{}")
    envelope = json.loads(seal(station.key, station.topics.node(NODE, "order"), station.order()))
    station.deliver(station.topics.node(NODE, "order"), json.dumps(envelope | {"v": 3}).encode())
    world.run(1.0)
    assert refusals(world) == [
        "replayed",
        "expired",
        "foreign_station",
        "not_for_this_node",
        "bad_signature",
        "malformed",
        "unknown_version",
        "foreign_station",
        "unknown_version",
    ]


def test_a_flood_of_junk_fills_neither_the_disk_nor_the_link(world: World) -> None:
    world.up()
    for number in range(2_000):
        world.station.deliver(world.station.topics.node(NODE, "order"), b"junk %d" % number)
    world.run(3.0)
    assert len(refusals(world)) <= 20
    world.run(40.0)
    world.station.deliver(world.station.topics.node(NODE, "order"), b"once more")
    world.run(1.0)
    told = [report.facts.get("kept_quiet", 0) for report in world.station.reports]
    assert sum(told) == 1_980


def test_an_older_plan_does_not_come_back(world: World) -> None:
    world.up()
    station = world.station
    kept: list[Any] = []
    deliver = station.deliver
    station.deliver = lambda topic, payload, **more: (kept.append((topic, payload)), deliver(topic, payload))
    station.plan(station.airing("withdrawn", in_s=300.0))
    station.plan(station.airing("valid", in_s=300.0))
    station.deliver = deliver
    world.run(0.5)
    for topic, payload in kept:
        station.deliver(topic, payload, retained=True)
    world.run(0.5)
    # The second one is the plan in force, which the broker hands out again at each connect.
    assert refusals(world) == ["replayed"]
    assert list(world.agent._broadcast.pending) == ["valid"]


def test_an_emergency_cuts_a_programme_off_at_once_and_both_ends_are_told(world: World) -> None:
    world.up()
    station = world.station
    programme = station.airing("programme", in_s=5.0, seconds=(10.0,))
    station.plan(programme)
    world.run(8.0)
    emergency = station.airing("flood", in_s=0.4, priority=100)
    instant_s = world.clock.now_s + 0.4
    station.send("order", station.order(action="play", airing=emergency, priority=100))
    station.plan(programme, emergency)
    world.run(12.0)
    assert station.told("programme") == ["delivered", "started", "interrupted preempted", "measured"]
    assert station.told("flood") == ["delivered", "started", "finished", "measured"]
    spans = world.sound.sounding(join_s=0.02)
    # The horn is free before the emergency's instant.
    assert spans[0][1] < instant_s - 0.1
    assert spans[1][0] >= instant_s - 0.02
    assert station.report("flood", Step.STARTED).facts["offset_ms"] < 30
    assert station.report("programme", Step.INTERRUPTED).facts["played_s"] == pytest.approx(3.2, abs=0.4)


def test_equal_priority_waits_for_its_turn(world: World) -> None:
    world.up()
    station = world.station
    first, second = station.airing("first", in_s=5.0), station.airing("second", in_s=6.0)
    station.plan(first, second)
    world.run(30.0)
    assert station.told("first") == ["delivered", "started", "finished", "measured"]
    assert station.told("second") == ["delivered", "started", "finished", "measured"]
    assert station.report("second", Step.STARTED).at >= station.report("first", Step.FINISHED).at
    assert station.report("second", Step.STARTED).facts["offset_ms"] > 4_000


def test_what_waits_too_long_behind_another_is_skipped_as_busy(world: World) -> None:
    world.up()
    station = world.station
    first = station.airing("first", in_s=4.0, seconds=(9.0,))
    station.plan(
        first,
        station.airing("second", in_s=5.0, expires_at=first.starts_at + timedelta(seconds=3)),
    )
    world.run(20.0)
    assert station.told("second") == ["delivered", "skipped busy"]


def test_a_node_that_was_off_skips_what_has_expired_and_plays_what_is_still_valid(world: World) -> None:
    station = world.station
    expired = station.airing("expired", in_s=-300.0)
    valid = station.airing("valid", in_s=-10.0)
    world.up()
    station.plan(expired, valid)
    world.run(15.0)
    assert station.told("expired") in (["skipped audio_missing"], ["skipped too_late"])
    assert station.told("valid")[:2] == ["delivered", "started"]
    assert station.report("valid", Step.STARTED).facts["offset_ms"] > 9_000


def test_audio_that_never_comes_is_reported_as_missing(world: World) -> None:
    world.up()
    world.station.gives_audio = False
    airing = world.station.airing("a1", in_s=5.0)
    world.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=5)}))
    world.run(15.0)
    assert world.station.told("a1") == ["skipped audio_missing"]
    assert 2 <= len(world.station.wants) <= 8


def test_a_truncated_chunk_is_asked_for_again(world: World) -> None:
    world.up()
    spoilt: list[int] = []

    def spoil(number: int, chunk: bytes) -> bytes:
        if not spoilt:
            spoilt.append(number)
            return chunk[:-1]
        return chunk

    world.station.spoil = spoil
    world.station.plan(world.station.airing("a1", in_s=12.0))
    world.run(8.0)
    assert world.station.told("a1") == ["delivered"]
    assert len(world.station.wants) == 2


def test_an_altered_recording_is_refused_reported_and_asked_for_again(world: World) -> None:
    world.up()
    world.station.spoil = lambda number, chunk: bytes(len(chunk))
    world.station.plan(world.station.airing("a1", in_s=30.0))
    world.run(5.0)
    assert set(refusals(world)) == {"altered_recording"}
    assert world.station.told("a1") == []
    world.station.spoil = lambda number, chunk: chunk
    world.run(40.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def test_a_full_disk_is_told_once_and_the_airing_is_skipped_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.up()

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("smartradio.node.cache.write_whole", full)
    airing = world.station.airing("a1", in_s=5.0)
    world.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=5)}))
    world.run(15.0)
    assert world.station.told("a1") == ["refused disk_full", "skipped disk_full"]


def test_a_sound_card_that_is_not_there_is_tried_until_it_comes(world: World) -> None:
    world.up()
    world.sound.broken = True
    world.station.plan(world.station.airing("a1", in_s=5.0))
    world.run(8.0)
    assert "started" not in world.station.told("a1")
    world.sound.broken = False
    world.run(15.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_a_sound_card_that_stays_away_is_the_reason_for_the_silence(world: World) -> None:
    world.up()
    world.sound.broken = True
    airing = world.station.airing("a1", in_s=5.0)
    world.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=4)}))
    world.run(12.0)
    assert world.station.told("a1") == ["delivered", "skipped sound_device"]


def test_a_sound_card_that_dies_while_playing_ends_the_airing(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0))
    world.run(7.0)
    world.sound.frozen = True
    world.run(8.0)
    assert world.station.told("a1")[:3] == ["delivered", "started", "interrupted sound_device"]


def test_a_stop_order_ends_what_plays(world: World) -> None:
    world.up()
    station = world.station
    airing = station.airing("a1", in_s=5.0, seconds=(10.0,))
    station.plan(airing)
    world.run(8.0)
    station.send("order", station.order(action="stop", stop_airing="a1"))
    world.run(6.0)
    assert station.told("a1") == ["delivered", "started", "interrupted stopped", "measured"]
    assert world.sound.sounding()[-1][1] < world.clock.now_s - 5.0


def test_a_withdrawn_airing_is_not_played(world: World) -> None:
    world.up()
    station = world.station
    station.plan(station.airing("a1", in_s=8.0))
    world.run(2.0)
    station.plan()
    world.run(15.0)
    assert station.told("a1") == ["delivered", "skipped withdrawn"]
    assert not world.sound.sounding()


def test_a_new_plan_does_not_stop_what_has_begun(world: World) -> None:
    world.up()
    station = world.station
    begun = station.airing("a1", in_s=5.0)
    station.plan(begun)
    world.run(7.0)
    station.plan(begun, station.airing("later", in_s=600.0))
    world.run(10.0)
    assert station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_what_plays_falls_silent_when_a_newer_plan_has_withdrawn_it(world: World) -> None:
    world.up()
    station = world.station
    station.plan(station.airing("a1", in_s=5.0, seconds=(10.0,)))
    world.run(8.0)
    station.plan()
    withdrawn_s = world.clock.now_s
    world.run(6.0)
    assert station.told("a1") == ["delivered", "started", "interrupted withdrawn", "measured"]
    assert world.sound.sounding()[-1][1] < withdrawn_s + 0.2


def test_what_began_late_is_not_stopped_by_a_plan_that_no_longer_names_it_because_its_time_is_over(
    world: World,
) -> None:
    world.up()
    station = world.station
    airing = station.airing("a1", in_s=-50.0, seconds=(25.0,))
    station.plan(airing)
    world.run(16.0)
    station.plan()
    world.run(20.0)
    assert station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_a_zone_order_is_an_order_for_this_node(world: World) -> None:
    world.up()
    station = world.station
    order = station.order(node=None, zone=NODE, action="play", airing=station.airing("a1", in_s=3.0))
    topic = station.topics.zone_order(NODE)
    assert topic in world.link.topics
    station.deliver(topic, seal(station.key, topic, order))
    world.run(10.0)
    assert station.told("a1")[:2] == ["delivered", "started"]


def test_a_doorbell_that_rings_before_the_time_is_known_is_answered_when_it_is(world: World) -> None:
    world.station.answers_time = False
    world.up()
    station = world.station
    station.send("order", station.order(action="play", airing=station.airing("a1", in_s=9.0)))
    world.run(2.0)
    assert refusals(world) == []
    station.answers_time = True
    world.run(12.0)
    assert station.told("a1")[:2] == ["delivered", "started"]


def test_the_volume_is_the_stations_but_never_above_the_nodes_own(tmp_path: Path) -> None:
    world = World(tmp_path, volume_db=-6.0)
    try:
        world.up()
        peaks = []
        for number, volume_db in enumerate((0.0, -20.0)):
            world.station.config(volume_db=volume_db)
            world.sound.played.clear()
            world.station.plan(world.station.airing(f"a{number}", in_s=4.0, seconds=(1.0,), said="one text"))
            world.run(10.0)
            peaks.append(max(float(np.abs(block).max()) for _, block in world.sound.played))
        assert peaks[0] == pytest.approx(0.3 * 10 ** (-6 / 20), rel=0.25)
        assert 20 * np.log10(peaks[0] / peaks[1]) == pytest.approx(14.0, abs=0.5)
    finally:
        world.crash()


def test_a_test_tone_is_played_and_measured_and_a_clip_order_sends_what_was_heard(world: World) -> None:
    world.up()
    station = world.station
    station.send("order", station.order(order="tone-1", action="test_tone"))
    world.run(8.0)
    tone = station.report(None, Step.MEASURED)
    assert tone.facts["order"] == "tone-1"
    assert tone.facts["coverage"] > 0.8
    assert not station.clips
    station.send("order", station.order(order="clip-1", action="clip"))
    world.run(8.0)
    assert list(station.clips) == ["clip-1"]


def test_a_broken_link_in_the_middle_of_delivery_loses_nothing(world: World) -> None:
    world.up()
    station = world.station
    airing = station.airing("a1", in_s=60.0, seconds=(40.0, 40.0))
    here = [chunk for segment in airing.segments for chunk in range(chunk_count(segment.size_bytes))]
    given: list[int] = []

    def falls(number: int, chunk: bytes) -> bytes:
        given.append(number)
        if len(given) == len(here) // 2:
            world.link.fall()
        return chunk

    station.spoil = falls
    station.plan(airing)
    world.run(2.0)
    assert 0 < len(given) < len(here) + 1
    assert not world.link.up
    world.run(30.0)
    missing = [number for wanted in world.agent._parts.cache._missing.values() for number in wanted.assembly.missing()]
    assert 0 < len(missing) < len(here)
    station.spoil = lambda number, chunk: chunk
    station.wants.clear()
    world.up()
    world.run(3.0)
    assert station.told("a1") == ["delivered"]
    # What had come before the fall is not fetched again.
    assert sum(len(wanted.chunks) for want in station.wants for wanted in want.objects) == len(missing)


def test_reports_wait_for_the_stations_ack_and_come_again_in_order(world: World) -> None:
    world.up()
    station = world.station
    station.acknowledges = False
    station.plan(station.airing("a1", in_s=4.0, seconds=(1.5,)))
    world.run(12.0)
    world.link.fall()
    world.run(5.0)
    station.reports.clear()
    station.acknowledges = True
    world.link.rise()
    world.run(3.0)
    assert station.told("a1") == ["delivered", "started", "finished", "measured"]
    numbers = [report.seq for report in station.reports]
    assert numbers == sorted(numbers)
    assert station.clips["a1"]
    assert not world.agent._parts.journal.waiting(10)


def test_a_clip_comes_again_until_the_station_has_it(world: World) -> None:
    world.up()
    station = world.station
    station.plan(station.airing("a1", in_s=4.0, seconds=(1.5,)))
    world.run(7.0)
    real, calls = station.on_publish, []

    def forgetful(topic: str, payload: bytes) -> None:
        if "/clip/" in topic:
            calls.append(topic)
            if len(calls) < 3:
                return
        real(topic, payload)

    world.link.on_publish = forgetful
    world.run(45.0)
    assert len(calls) == 3
    assert not world.agent._parts.journal.clips()


def test_the_plan_plays_with_the_link_down_after_a_restart(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=20.0))
    world.run(3.0)
    world.crash()
    world.boot()
    world.run(25.0)
    assert world.sound.sounding()
    world.up()
    world.run(2.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_without_ntp_a_restarted_machine_plays_nothing_until_it_has_the_time(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=20.0))
    world.run(3.0)
    world.crash()
    world.clock.boot_token = "boot-b"
    world.boot()
    world.run(25.0)
    assert not world.sound.sounding()
    world.up()
    world.run(3.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def test_a_programme_cut_off_by_a_crash_is_reported_and_never_starts_twice(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0, seconds=(8.0,)))
    world.run(10.0)
    world.crash()
    world.run_dark(2.0)
    world.boot()
    world.up()
    world.run(20.0)
    assert world.station.told("a1") == ["delivered", "started", "interrupted node_restarted"]
    assert 1.0 <= world.station.report("a1", Step.INTERRUPTED).facts["played_s"] <= 4.5
    assert not world.sound.sounding()


def test_an_emergency_cut_off_by_a_crash_plays_again_from_its_beginning(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("flood", in_s=5.0, seconds=(6.0,), priority=100))
    world.run(8.0)
    world.crash()
    world.boot()
    world.up()
    world.run(20.0)
    steps = world.station.told("flood")
    assert steps[:3] == ["delivered", "started", "interrupted node_restarted"]
    assert steps[3:] == ["started", "finished", "measured"]
    ((start, end),) = world.sound.sounding()
    assert end - start == pytest.approx(6.0, abs=0.3)


def test_an_emergency_whose_time_is_over_is_not_played_again(world: World) -> None:
    world.up()
    airing = world.station.airing("flood", in_s=5.0, seconds=(6.0,), priority=100)
    world.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=5)}))
    world.run(8.0)
    world.crash()
    world.run_dark(10.0)
    world.boot()
    world.up()
    world.run(5.0)
    assert world.station.told("flood")[-1] == "skipped too_late"
    assert not world.sound.sounding()


def test_an_interrupted_emergency_plays_again_for_as_long_as_its_plan_lets_it(world: World) -> None:
    world.up()
    airing = world.station.airing("flood", in_s=5.0, seconds=(6.0,), priority=100)
    start = airing.starts_at
    longer = {"expires_at": start + timedelta(seconds=5), "resume_until": start + timedelta(seconds=60)}
    world.station.plan(airing.model_copy(update=longer))
    world.run(8.0)
    world.crash()
    world.run_dark(20.0)
    world.boot()
    world.up()
    world.run(20.0)
    assert world.station.told("flood")[2:] == ["interrupted node_restarted", "started", "finished", "measured"]


def test_states_tell_what_changes_and_the_last_will_is_signed(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=4.0))
    world.run(6.0)
    states = world.station.states
    assert states[0].clock_trusted is False
    assert any(state.playing == "a1" and state.plan == (1, world.station.counter) for state in states)
    topic, payload = world.link.will()
    assert topic == world.station.topics.node(NODE, "state")
    world.station.on_publish(topic, payload)
    assert world.station.states[-1].status == "offline"
    count = len(world.station.states)
    world.run(100.0, step_s=0.1)
    assert 3 <= len(world.station.states) - count <= 6


def other_state(world: World, boot: str) -> NodeState:
    return NodeState(
        station=STATION,
        node=NODE,
        status="online",
        boot=boot,
        at=world.clock.true_utc(),
        clock_trusted=True,
        version="1",
    )


def test_a_second_node_with_this_name_is_told_once_and_the_later_one_steps_back(world: World) -> None:
    world.up()
    link = world.link
    twin = other_state(world, boot="0000000000000-first")
    for _ in range(3):
        world.station.send("state", twin, key=world.agent._key)
        world.run(0.5)
    assert link.stopped
    world.run(70.0, step_s=0.1)
    assert world.link is not link
    world.up()
    assert refusals(world) == ["name_taken"]


def test_a_stranger_with_the_name_cannot_push_the_real_node_off(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=100.0))
    world.run(1.0)
    world.station.send("state", other_state(world, boot="0000000000000-first"), key=SigningKey.new())
    world.run(1.0)
    assert not world.link.stopped
    assert refusals(world) == ["name_taken"]


def test_its_own_retained_state_of_an_earlier_start_is_no_second_node(world: World) -> None:
    world.up()
    world.station.send("state", other_state(world, boot="zzz"), key=world.agent._key, retained=True)
    world.run(1.0)
    assert refusals(world) == []
    assert Reason.NAME_TAKEN not in [report.reason for report in world.station.reports]


def test_a_journal_that_cannot_be_written_starts_nothing_and_loses_no_plan(world: World) -> None:
    world.up()
    journal = world.agent._parts.journal
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    airings = [world.station.airing(f"a{number}", in_s=8.0 + 3600 * number) for number in range(30)]
    world.station.plan(*airings)
    world.run(4.0)
    assert not world.sound.played
    assert any("journal" in state.health for state in world.station.states)
    journal._db.execute("PRAGMA max_page_count = 100000")
    world.run(10.0)
    assert world.station.told("a0")[:2] == ["delivered", "started"]


def test_the_microphone_stays_closed_for_what_cannot_be_played(world: World) -> None:
    world.up()
    world.station.gives_audio = False
    airing = world.station.airing("a1", in_s=5.0)
    world.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=20)}))
    world.run(30.0)
    assert world.station.told("a1") == ["skipped audio_missing"]
    assert world.sound.opened_input == []


def test_the_microphone_is_closed_while_an_airing_waits_for_a_sound_card(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=6.0))
    world.run(4.6)
    assert world.sound.opened_input[-1][1] == "open"
    world.sound.frozen = True
    world.sound.broken = True
    world.run(20.0)
    opened = [at_s for at_s, what in world.sound.opened_input if what == "open"]
    assert world.sound.opened_input[-1][1] == "close"
    assert max(opened) < 1000.0 + 1.0 + 6.0 + 3.0


def test_the_microphone_is_closed_when_the_time_is_trusted_no_longer(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=6.0))
    world.run(5.0)
    assert world.sound.opened_input[-1][1] == "open"
    world.agent._clock._fix = None
    world.run(1.0)
    assert world.sound.opened_input[-1][1] == "close"


def test_what_waited_its_turn_is_heard_against_its_own_start(world: World) -> None:
    world.up()
    station = world.station
    station.plan(station.airing("first", in_s=5.0), station.airing("second", in_s=6.0))
    world.run(30.0)
    found = [report for report in station.reports if report.airing == "second" and report.step is Step.MEASURED]
    assert found[0].facts["coverage"] > 0.9
    # Its clip begins two seconds before it, and not when it should have started.
    assert -2.1 < found[0].facts["clip"]["starts_s"] <= 0.1


def test_the_time_is_not_moved_under_what_plays(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0, seconds=(6.0,)))
    world.run(7.0)
    world.station.ahead_s = 0.5
    world.agent._clock.connected()
    world.run(3.0)
    assert (world.agent._clock.now() - world.clock.true_utc()).total_seconds() == pytest.approx(0.0, abs=0.01)
    world.run(8.0)
    assert (world.agent._clock.now() - world.clock.true_utc()).total_seconds() == pytest.approx(0.5, abs=0.05)
