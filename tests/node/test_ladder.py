"""The fallback ladder: the programme, else a standing notice, else silence; never in the place of an alarm."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.audio.codec import encode_opus
from smartradio.domain.evidence import Step
from smartradio.wire.chunks import sha256_hex
from smartradio.wire.messages import LiveSource, PlannedAiring, SegmentRef, StandingNotice
from tests.node.fakes import World, voice

NOTICE_S = 4.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def with_notice(world: World) -> StandingNotice:
    """Let the node fetch its standing notice."""
    pcm = voice(NOTICE_S, seed=zlib.crc32(b"notice"))
    data = encode_opus(pcm)
    world.station.objects[sha256_hex(data)] = data
    segment = SegmentRef(sha256=sha256_hex(data), size_bytes=len(data), duration_s=pcm.size / 16_000)
    notice = StandingNotice(recording=sha256_hex(b"notice"), segments=(segment,))
    world.station.config(standing=notice)
    world.run(2.0)
    return notice


def missing(world: World, name: str = "a1", *, in_s: float = 5.0, **more: Any) -> PlannedAiring:
    """Plan an airing whose audio does not come; it may begin within 20 s."""
    world.station.gives_audio = False
    airing = world.station.airing(name, in_s=in_s, **more)
    return airing.model_copy(update={"expires_at": airing.starts_at + timedelta(seconds=20)})


def rungs(world: World) -> list[str]:
    """Return the rungs that the node's states told, without repetitions."""
    told = [state.rung for state in world.station.states if state.status == "online"]
    return [rung for number, rung in enumerate(told) if number == 0 or rung != told[number - 1]]


def test_a_programme_that_is_not_here_is_replaced_by_the_notice_at_its_instant(world: World) -> None:
    world.up()
    notice = with_notice(world)
    instant_s = world.clock.now_s + 5.0
    world.station.plan(missing(world))
    world.run(30.0)
    ((start, end),) = world.sound.sounding(join_s=0.5)
    assert start == pytest.approx(instant_s, abs=0.2)
    assert end - start == pytest.approx(NOTICE_S, abs=0.2)
    assert world.station.told("a1") == ["skipped fallback"]
    facts = world.station.report("a1", Step.SKIPPED).facts
    assert (facts["rung"], facts["cause"], facts["recording"]) == ("standing", "audio_missing", notice.recording)
    assert rungs(world) == ["programme", "standing"]


def test_nobody_listens_to_a_notice(world: World) -> None:
    world.up()
    with_notice(world)
    world.station.plan(missing(world))
    world.run(30.0)
    assert world.sound.sounding()
    assert not world.sound.opened_input
    assert not [report for report in world.station.reports if report.step is Step.MEASURED]


def test_without_a_notice_there_is_silence_and_it_is_told(world: World) -> None:
    world.up()
    world.station.plan(missing(world))
    world.run(30.0)
    assert not world.sound.sounding()
    assert world.station.told("a1") == ["skipped audio_missing"]
    assert world.station.report("a1", Step.SKIPPED).facts["rung"] == "silence"
    assert rungs(world) == ["programme", "silence"]


def test_the_programme_takes_over_as_soon_as_its_audio_is_here(world: World) -> None:
    world.up()
    with_notice(world)
    world.station.plan(missing(world))
    world.run(6.5)
    assert world.agent._broadcast.rung == "standing"
    world.station.gives_audio = True
    world.run(20.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]
    assert rungs(world) == ["programme", "standing", "programme"]


def test_an_alarm_that_is_not_here_stays_loudly_missing(world: World) -> None:
    world.up()
    with_notice(world)
    world.station.plan(missing(world, priority=100))
    world.run(30.0)
    assert world.station.told("a1") == ["skipped audio_missing"]
    assert not world.sound.sounding()


def test_the_notice_is_heard_every_half_hour_at_most_also_over_a_restart(world: World) -> None:
    world.up()
    with_notice(world)
    first, second, third = (missing(world, f"a{n}", in_s=in_s) for n, in_s in enumerate((5.0, 40.0, 1_900.0)))
    world.station.plan(first, second, third)
    world.run(30.0, step_s=0.05)
    world.crash()
    world.boot()
    world.up()
    world.run(40.0, step_s=0.05)
    assert not world.sound.sounding()
    assert world.station.told("a1") == ["skipped audio_missing"]
    assert world.station.report("a1", Step.SKIPPED).facts["rung"] == "silence"
    world.run(1_850.0, step_s=0.5)
    assert world.station.told("a2") == ["skipped fallback"]


def test_what_must_be_over_is_not_replaced_by_a_notice_that_would_last_longer(world: World) -> None:
    world.up()
    with_notice(world)
    airing = missing(world)
    world.station.plan(airing.model_copy(update={"ends_by": airing.starts_at + timedelta(seconds=3)}))
    world.run(30.0)
    assert not world.sound.sounding()


def test_the_notice_stays_on_the_disk_though_no_airing_needs_it_and_the_link_is_down(tmp_path: Path) -> None:
    world = World(tmp_path, cache_limit_mb=0.06)
    try:
        world.up()
        with_notice(world)
        # Three airings of 20 s take more room than there is beside the notice.
        for number in range(3):
            world.station.plan(world.station.airing(f"a{number}", in_s=5.0, seconds=(10.0,)))
            world.run(30.0, step_s=0.05)
        world.link.fall()
        assert world.agent._broadcast.lineup.standing is not None
        assert all(each.sha256 in world.agent._parts.cache for each in world.agent._broadcast.lineup.standing.segments)
    finally:
        world.crash()


def test_a_withdrawn_programme_is_not_replaced_by_anything(world: World) -> None:
    world.up()
    with_notice(world)
    world.station.plan(missing(world))
    world.run(2.0)
    world.station.plan()
    world.run(30.0)
    assert not world.sound.sounding()
    assert rungs(world) == ["programme"]


def test_a_relay_that_has_not_begun_to_come_is_not_talked_over(world: World) -> None:
    world.up()
    with_notice(world)
    world.station.plan(missing(world, priority=30, live=LiveSource(length_s=60.0, fallback=False)))
    world.run(30.0)
    assert not world.sound.sounding()
    assert rungs(world) == ["programme"]
