"""What the plan says of an airing's end, turn and volume, and what becomes of one that has to give way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.domain.evidence import Step
from smartradio.wire.messages import PlannedAiring
from tests.node.fakes import World

FOUR = (3.0, 3.0, 3.0, 3.0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def programme(world: World, **more: Any) -> PlannedAiring:
    """Four sentences of 3 s with 0.25 s between them, which may go on until 60 s after their instant."""
    airing = world.station.airing("programme", in_s=5.0, seconds=FOUR)
    return airing.model_copy(update={"resume_until": airing.starts_at + timedelta(seconds=60)} | more)


def cut_in(world: World, airing: PlannedAiring, *, seconds: float = 4.0, priority: int = 100) -> None:
    """Let something more urgent begin now."""
    flood = world.station.airing("flood", in_s=0.7, seconds=(seconds,), priority=priority)
    world.station.plan(airing, flood)


def test_of_two_that_begin_together_the_one_whose_turn_it_is_goes_first(world: World) -> None:
    world.up()
    station = world.station
    # The names would order them the other way round.
    opening = station.airing("z-opening", in_s=5.0, seconds=(2.0,))
    bulletin = station.airing("a-bulletin", in_s=5.0, seconds=(2.0,), rank=1)
    station.plan(bulletin, opening)
    world.run(16.0)
    assert station.report("z-opening", Step.STARTED).at < station.report("a-bulletin", Step.STARTED).at


def test_what_must_be_over_is_cut_behind_the_last_sentence_that_ends_in_time(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing.model_copy(update={"ends_by": airing.starts_at + timedelta(seconds=8)}))
    world.run(20.0)
    assert world.station.told("programme") == ["delivered", "started", "finished cut", "measured"]
    finished = world.station.report("programme", Step.FINISHED).facts
    assert (finished["last_sentence"], finished["of"], finished["whole"]) == (2, 4, False)
    ((start, end),) = world.sound.sounding(join_s=0.5)
    assert end - start == pytest.approx(6.25, abs=0.1)


def test_what_was_left_out_by_rule_is_not_measured_as_missing(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing.model_copy(update={"ends_by": airing.starts_at + timedelta(seconds=8)}))
    world.run(20.0)
    measured = world.station.report("programme", Step.MEASURED).facts
    assert measured["played"] == {"begin": 0, "end": 2, "of": 4}
    assert len(measured["coverage_by_segment"]) == 2
    assert measured["coverage"] > 0.9


def test_what_ends_in_time_is_played_whole_and_nothing_is_said_of_parts(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing.model_copy(update={"ends_by": airing.starts_at + timedelta(seconds=13)}))
    world.run(25.0)
    assert world.station.told("programme") == ["delivered", "started", "finished", "measured"]
    assert world.station.report("programme", Step.FINISHED).facts["whole"] is True
    assert "played" not in world.station.report("programme", Step.MEASURED).facts


def test_what_cannot_say_one_sentence_in_its_time_does_not_begin(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing.model_copy(update={"ends_by": airing.starts_at + timedelta(seconds=2)}))
    world.run(12.0)
    assert world.station.told("programme") == ["delivered", "skipped slot_full"]
    assert not world.sound.sounding()


def test_a_quiet_evening_is_played_quieter_and_measured_as_the_same_horn(world: World) -> None:
    world.up()
    station, peaks, gains = world.station, [], []
    for number, gain_db in enumerate((0.0, -12.0)):
        world.sound.played.clear()
        station.plan(station.airing(f"a{number}", in_s=4.0, seconds=(3.0,), said="one text", gain_db=gain_db))
        world.run(12.0)
        peaks.append(max(float(np.abs(block).max()) for _, block in world.sound.played))
        gains.append(station.report(f"a{number}", Step.MEASURED).facts["gain_db"])
    assert 20 * np.log10(peaks[0] / peaks[1]) == pytest.approx(12.0, abs=0.5)
    assert gains[1] == pytest.approx(gains[0], abs=1.5)
    assert station.report("a1", Step.MEASURED).facts["volume_db"] == -12.0


def test_what_had_to_give_way_goes_on_at_the_sentence_in_which_it_was_stopped(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(4.0 + 5.0)  # in the second sentence
    cut_in(world, airing)
    world.run(30.0)
    told = world.station.told("programme")
    assert told[:3] == ["delivered", "started", "interrupted preempted"]
    assert told[-3:] == ["started", "finished", "measured"]
    stopped = world.station.report("programme", Step.INTERRUPTED).facts
    assert (stopped["sentence"], stopped["of"], stopped["resumes"]) == (2, 4, True)
    again = [each for each in world.station.reports if each.airing == "programme" and each.step is Step.STARTED][-1]
    assert again.facts["sentence"] == 2
    assert "offset_ms" not in again.facts
    finished = world.station.report("programme", Step.FINISHED).facts
    assert (finished["last_sentence"], finished["of"], finished["whole"]) == (4, 4, False)
    *_, (start, end) = world.sound.sounding(join_s=0.6)
    assert end - start == pytest.approx(9.5, abs=0.2)


def test_both_stretches_are_measured_by_what_was_said_in_them(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing)
    world.run(30.0)
    figures = [
        each.facts for each in world.station.reports if each.step is Step.MEASURED and each.airing == "programme"
    ]
    assert [each["played"] for each in figures] == [
        {"begin": 0, "end": 1, "of": 4},
        {"begin": 1, "end": 4, "of": 4},
    ]
    assert [len(each["coverage_by_segment"]) for each in figures] == [1, 3]
    assert min(each["coverage"] for each in figures) > 0.9


def test_less_than_a_third_is_not_gone_on_with(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(4.0 + 11.5)  # in the fourth sentence
    cut_in(world, airing)
    world.run(20.0)
    assert world.station.told("programme") == ["delivered", "started", "interrupted preempted", "measured"]
    assert world.station.report("programme", Step.INTERRUPTED).facts["resumes"] is False


def test_what_the_plan_does_not_let_go_on_stays_interrupted(world: World) -> None:
    world.up()
    airing = programme(world, resume_until=None)
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing)
    world.run(20.0)
    assert world.station.told("programme") == ["delivered", "started", "interrupted preempted", "measured"]


def test_what_waited_too_long_to_go_on_is_given_up_and_told(world: World) -> None:
    world.up()
    airing = programme(world)
    airing = airing.model_copy(update={"resume_until": airing.starts_at + timedelta(seconds=8)})
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing, seconds=6.0)
    world.run(20.0)
    assert world.station.told("programme")[-1] == "skipped too_late"
    given_up = world.station.report("programme", Step.SKIPPED).facts
    assert (given_up["sentence"], given_up["of"]) == (2, 4)


def test_a_node_that_restarts_while_a_programme_waits_does_not_go_on_with_half_of_it(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing)
    world.run(3.0)
    world.crash()
    world.boot()
    world.up()
    world.run(30.0)
    told = world.station.told("programme")
    assert told.count("started") == 1
    assert "interrupted preempted" in told
    assert world.station.told("flood")[-3:] == ["started", "finished", "measured"]


def test_a_node_that_restarts_in_what_it_had_gone_on_with_never_starts_it_a_third_time(world: World) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing)
    world.run(9.0)
    assert world.station.told("programme").count("started") == 2
    world.crash()
    world.boot()
    world.up()
    world.run(20.0)
    assert world.station.told("programme").count("started") == 2
    assert world.station.told("programme")[-1] == "interrupted node_restarted"
    assert not world.sound.sounding()


@pytest.mark.parametrize("by_plan", [True, False])
def test_what_was_withdrawn_or_stopped_meanwhile_does_not_go_on(world: World, *, by_plan: bool) -> None:
    world.up()
    airing = programme(world)
    world.station.plan(airing)
    world.run(9.0)
    cut_in(world, airing, seconds=6.0)
    world.run(3.0)
    if by_plan:
        world.station.plan(world.agent._broadcast._horn.playing.airing)
    else:
        world.station.send("order", world.station.order(stop_airing="programme"))
    world.run(20.0)
    assert world.station.told("programme").count("started") == 1
    assert ("skipped withdrawn" if by_plan else "skipped stopped") in world.station.told("programme")
    assert world.station.told("flood")[1:3] == ["started", "finished"]


def test_two_alarms_one_after_the_other_let_it_go_on_behind_the_second(world: World) -> None:
    world.up()
    station = world.station
    airing = programme(world)
    station.plan(airing)
    world.run(9.0)
    first = station.airing("first", in_s=0.7, seconds=(4.0,), priority=100)
    second = station.airing("second", in_s=3.0, seconds=(4.0,), priority=100)
    station.plan(airing, first, second)
    world.run(32.0)
    again = [each for each in station.reports if each.airing == "programme" and each.step is Step.STARTED]
    assert len(again) == 2
    assert again[1].at > station.report("second", Step.FINISHED).at


def two_alarms(world: World) -> None:
    """A long emergency, and 3 s after its begin a short one, each valid for some minutes."""
    station, alarms = world.station, []
    for name, in_s, seconds in (("flood", 2.0, (40.0, 40.0)), ("dam", 5.0, (3.0,))):
        alarm = station.airing(name, in_s=in_s, seconds=seconds, priority=100)
        alarms.append(alarm.model_copy(update={"resume_until": alarm.starts_at + timedelta(minutes=10)}))
    station.plan(*alarms)


def test_an_emergency_behind_a_long_one_waits_for_its_turn_and_is_heard(world: World) -> None:
    world.up()
    two_alarms(world)
    world.run(100.0)
    station = world.station
    assert station.told("dam") == ["delivered", "started", "finished", "measured"]
    assert station.report("dam", Step.STARTED).at >= station.report("flood", Step.FINISHED).at


def test_a_power_cut_in_the_first_of_two_emergencies_takes_none_of_them_away(world: World) -> None:
    world.up()
    two_alarms(world)
    world.run(60.0)
    world.crash()
    world.boot()
    world.up()
    world.run(110.0)
    assert world.station.told("flood")[-2:] == ["finished", "measured"]
    assert world.station.told("dam") == ["delivered", "started", "finished", "measured"]


def test_a_programme_that_finds_the_horn_taken_for_too_long_is_still_let_go(world: World) -> None:
    world.up()
    station = world.station
    long = station.airing("long", in_s=2.0, seconds=(40.0, 40.0))
    late = station.airing("late", in_s=5.0, seconds=(3.0,))
    station.plan(long, late.model_copy(update={"resume_until": late.starts_at + timedelta(minutes=10)}))
    world.run(100.0)
    assert station.told("late") == ["delivered", "skipped busy"]
