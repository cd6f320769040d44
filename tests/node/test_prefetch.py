"""What is fetched first, and what a node does whose disk is nearly full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from tests.node.fakes import World


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A node with room for about two minutes of speech."""
    made = World(tmp_path, cache_limit_mb=0.1)
    yield made
    made.crash()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def test_the_nearest_is_asked_for_first_and_an_alarm_before_everything(world: World) -> None:
    world.up()
    station = world.station
    station.gives_audio = False
    far = station.airing("far", in_s=3 * 86_400.0, seconds=(2.0,))
    near = station.airing("near", in_s=7_200.0, seconds=(2.0,))
    alarm = station.airing("alarm", in_s=86_400.0, seconds=(2.0,), priority=100)
    station.plan(far, near, alarm)
    world.run(2.0)
    names = {each.segments[0].sha256: each.airing for each in (far, near, alarm)}
    assert [names[wanted.sha256] for wanted in station.wants[0].objects] == ["alarm", "near", "far"]


def test_what_is_kept_for_alerts_to_come_holds_up_nothing_that_is_planned(world: World) -> None:
    world.up()
    station = world.station
    sirens = station.airing("sirens", in_s=0.0, seconds=(4.0, 5.0, 6.0)).segments
    station.gives_audio = False
    station.config(kept=sirens)
    world.run(3.0)
    # A little at a time: the line stays free for an order.
    asked = {wanted.sha256 for want in station.wants for wanted in want.objects}
    assert sirens[0].sha256 in asked
    assert sirens[2].sha256 not in asked
    near = station.airing("near", in_s=7_200.0, seconds=(2.0,))
    station.plan(near)
    station.wants.clear()
    world.run(60.0)
    assert {wanted.sha256 for want in station.wants for wanted in want.objects} == {near.segments[0].sha256}
    assert not {station.topics.audio_object(each.sha256) for each in sirens} & set(station.link.topics)
    station.gives_audio = True
    world.run(200.0)
    assert all(each.sha256 in world.agent._parts.cache for each in (*near.segments, *sirens))


def test_a_disk_nearly_full_takes_what_airs_first_and_says_so(small: World) -> None:
    small.up()
    station = small.station
    airings = [station.airing(f"a{n}", in_s=3_600.0 * (n + 1), seconds=(10.0, 10.0)) for n in range(4)]
    station.plan(*airings)
    small.run(60.0, step_s=0.05)
    here = [small.agent._broadcast.lineup.audio_here(airing) for airing in airings]
    assert here == sorted(here, reverse=True)
    assert 0 < sum(here) < 4
    assert station.states[-1].health["disk_nearly_full"] is True
    assert station.states[-1].health["recordings_left_out"] >= 1
    wants = len(station.wants)
    small.run(60.0, step_s=0.05)
    # What has no room is not asked for again and again.
    assert len(station.wants) == wants


def test_what_had_no_room_is_fetched_when_the_first_has_been_played(small: World) -> None:
    small.up()
    station = small.station
    airings = [station.airing(f"a{n}", in_s=20.0 + 60.0 * n, seconds=(10.0, 10.0)) for n in range(4)]
    station.plan(*airings)
    small.run(300.0, step_s=0.05)
    for airing in airings:
        assert station.told(airing.airing)[:3] == ["delivered", "started", "finished"]
    assert "disk_nearly_full" not in station.states[-1].health


def test_what_never_finds_room_is_skipped_with_its_reason(small: World) -> None:
    small.up()
    airing = small.station.airing("a1", in_s=5.0, seconds=(40.0, 40.0))
    small.station.plan(airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=5)}))
    small.run(15.0)
    assert small.station.told("a1") == ["refused disk_full", "skipped disk_full"]


def test_what_waits_to_go_on_keeps_its_recording(small: World) -> None:
    small.up()
    station = small.station
    airing = station.airing("programme", in_s=5.0, seconds=(8.0, 8.0, 8.0))
    airing = airing.model_copy(update={"resume_until": airing.starts_at + timedelta(seconds=90)})
    station.plan(airing)
    small.run(4.0 + 10.0)
    flood = station.airing("flood", in_s=0.7, seconds=(6.0,), priority=100)
    later = station.airing("later", in_s=3_600.0, seconds=(20.0, 20.0))
    station.plan(airing, flood, later)
    small.run(60.0, step_s=0.05)
    assert station.told("programme")[-2:] == ["finished", "measured"]
    assert station.report("programme", Step.FINISHED).facts["last_sentence"] == 3
