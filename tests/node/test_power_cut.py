"""After a power cut: which clock may let a node play what stands in its plan, and which may not let it obey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from smartradio.node.clock_source import hardware_clock
from tests.node.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, rtc=True)
    yield made
    made.crash()


def cut_power(world: World, dark_s: float = 5.0) -> None:
    """Cut the power and give it back; the link stays away, and the machine's clock begins anew."""
    world.crash()
    world.run_dark(dark_s)
    world.clock.boot_token = "boot-b"
    world.boot()


def with_plan(world: World, in_s: float = 30.0) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=in_s))
    world.run(3.0)


def test_with_both_clocks_away_nothing_is_played(world: World) -> None:
    with_plan(world)
    cut_power(world)
    world.run(60.0, step_s=0.05)
    assert not world.sound.sounding()


def test_a_clock_module_lets_it_play_what_stands_in_the_plan(world: World) -> None:
    with_plan(world)
    world.clock.rtc_error_s = 2.0
    cut_power(world)
    world.run(40.0, step_s=0.05)
    assert len(world.sound.sounding(join_s=0.5)) == 1


def test_a_module_that_the_settings_do_not_name_is_not_asked(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        with_plan(world)
        world.clock.rtc_error_s = 0.0
        cut_power(world)
        world.run(60.0, step_s=0.05)
        assert not world.sound.sounding()
    finally:
        world.crash()


@pytest.mark.parametrize("error_s", [-3_600.0, 500 * 86_400.0], ids=["behind what was signed", "years ahead"])
def test_a_module_that_has_lost_its_time_is_not_believed(world: World, error_s: float) -> None:
    with_plan(world)
    world.clock.rtc_error_s = error_s
    cut_power(world)
    world.run(60.0, step_s=0.05)
    assert not world.sound.sounding()


def test_a_module_weeks_ahead_costs_nothing_of_the_week_once_the_station_answers(world: World) -> None:
    with_plan(world, in_s=40.0)
    world.clock.rtc_error_s = 40 * 86_400.0
    cut_power(world)
    world.run(10.0)
    world.up()
    world.run(30.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_a_module_weeks_ahead_makes_a_node_forget_nothing(world: World) -> None:
    with_plan(world, in_s=5.0)
    world.run(15.0)
    assert world.agent._parts.journal.entry("a1") is not None
    world.clock.rtc_error_s = 40 * 86_400.0
    cut_power(world)
    world.run(5.0)
    assert world.agent._clock.trusted
    assert world.agent._parts.journal.entry("a1") is not None


def test_what_is_over_by_a_module_s_time_is_given_up_when_the_station_answers(world: World) -> None:
    with_plan(world, in_s=10.0)
    world.clock.rtc_error_s = 0.0
    cut_power(world, dark_s=90.0)
    world.run(5.0)
    assert "a1" in world.agent._broadcast.pending
    world.up()
    world.run(3.0)
    assert world.station.told("a1") == ["delivered", "skipped too_late"]


def test_ntp_alone_lets_it_play_what_stands_in_the_plan(world: World) -> None:
    with_plan(world)
    cut_power(world)
    world.run(5.0)
    assert not world.agent._clock.trusted
    # The line is back, the station is not.
    world.clock.os_error_s, world.clock.synchronised = 0.3, True
    world.run(40.0, step_s=0.05)
    ((start, _),) = world.sound.sounding(join_s=0.5)
    assert start == pytest.approx(1000.0 + 1.0 + 30.0 - 0.3, abs=0.1)


def test_ntp_that_had_contradicted_the_station_is_not_believed(world: World) -> None:
    world.clock.os_error_s, world.clock.synchronised = 60.0, True
    with_plan(world)
    cut_power(world)
    world.run(60.0, step_s=0.05)
    assert not world.sound.sounding()


def test_no_order_is_obeyed_by_a_clock_that_the_station_does_not_stand_behind(world: World) -> None:
    with_plan(world, in_s=300.0)
    world.clock.rtc_error_s = 0.0
    cut_power(world)
    world.station.answers_time = False
    world.run(2.0)
    assert world.agent._clock.trusted
    world.link.rise()
    order = world.station.order(action="play", airing=world.station.airing("flood", in_s=12.0, priority=100))
    world.station.send("order", order)
    world.run(11.0)
    told = [str(report.reason) for report in world.station.reports if report.step is Step.REFUSED]
    assert told == ["clock_untrusted"]
    assert "flood" not in world.agent._broadcast.pending


def test_the_station_s_answer_makes_it_obey_again_and_play_what_is_still_valid(world: World) -> None:
    with_plan(world, in_s=10.0)
    world.clock.rtc_error_s = 40.0
    cut_power(world, dark_s=20.0)
    world.run(2.0)
    assert not world.agent._clock.vouched
    world.up()
    world.station.send("order", world.station.order(action="test_tone"))
    world.run(12.0)
    assert world.agent._clock.vouched
    assert abs((world.agent._clock.now() - world.clock.true_utc()).total_seconds()) < 0.1
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def test_a_clock_that_lags_behind_what_the_station_signs_is_dropped(world: World) -> None:
    with_plan(world)
    world.clock.rtc_error_s = 0.0
    cut_power(world)
    world.run(2.0)
    clock = world.agent._clock
    clock.seen(world.clock.true_utc() + timedelta(minutes=5))
    assert not clock.trusted


def test_a_node_that_never_met_a_station_has_no_time_at_all(world: World) -> None:
    world.clock.rtc_error_s = 0.0
    world.clock.os_error_s, world.clock.synchronised = 0.0, True
    world.run(30.0)
    assert not world.agent._clock.trusted


def test_the_first_module_that_still_has_its_time_is_read(tmp_path: Path) -> None:
    for name, text in (("rtc0", "no time"), ("rtc1", "1795500000\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "since_epoch").write_text(text, encoding="ascii")
    found = hardware_clock(tmp_path)
    assert found is not None
    assert found.timestamp() == 1_795_500_000
    assert hardware_clock(tmp_path / "rtc0") is None
