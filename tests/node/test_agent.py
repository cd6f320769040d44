"""A node's day, in turned time: plan, audio, airing, reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.domain.evidence import Step
from smartradio.wire.messages import seal
from tests.node.fakes import NODE, World


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


def test_what_waited_its_turn_is_heard_against_its_own_start(world: World) -> None:
    world.up()
    station = world.station
    station.plan(station.airing("first", in_s=5.0), station.airing("second", in_s=6.0))
    world.run(30.0)
    found = [report for report in station.reports if report.airing == "second" and report.step is Step.MEASURED]
    assert found[0].facts["coverage"] > 0.9
    # Its clip begins two seconds before it, and not when it should have started.
    assert -2.1 < found[0].facts["clip"]["starts_s"] <= 0.1
