"""A node whose audio, disk, sound card or link fails it: told with the reason, tried again, nothing lost."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.wire.chunks import chunk_count
from tests.node.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


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
    refused = [report for report in world.station.reports if report.step is Step.REFUSED]
    assert {report.reason for report in refused} == {Reason.ALTERED_RECORDING}
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
