"""Recordings of the microphone: sent at once, or kept in bounds until the station asks for them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.audio.match import match
from smartradio.domain.evidence import Step
from smartradio.node.clips import Clips, Room
from smartradio.node.journal import Journal, Make
from smartradio.node.measuring import packed
from smartradio.wire.chunks import sha256_hex
from smartradio.wire.messages import PlannedAiring
from smartradio.wire.topics import Topics
from tests.node.fakes import NOW, STATION, World

DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def on_disk(world: World) -> list[str]:
    return sorted(path.name for path in (world.folder / "clips").iterdir())


def aired(world: World, name: str = "a1", **more: Any) -> PlannedAiring:
    """Air something, and let its figures reach the station."""
    airing = world.station.airing(name, in_s=4.0, seconds=(1.5,), **more)
    world.station.plan(airing)
    world.run(12.0)
    return airing


def ask(world: World, airing: str = "a1", **more: Any) -> None:
    order = world.station.order(action="clip", clip_airing=airing, **more)
    world.station.send("order", order)


def test_figures_come_within_seconds_of_the_end_and_the_clip_stays_at_the_node(world: World) -> None:
    world.up()
    airing = aired(world, clip=False)
    measured = world.station.report("a1", Step.MEASURED)
    ends_at = airing.starts_at + timedelta(seconds=1.5)
    # Three seconds belong to listening, the rest to measuring.
    assert measured.at - ends_at < timedelta(seconds=6)
    assert measured.facts["coverage"] > 0.9
    assert "clip" not in measured.facts
    assert not world.station.clips
    assert on_disk(world) == [measured.facts["kept_clip"]["sha256"]]


def test_the_figures_are_those_that_the_station_finds_in_the_clip(world: World) -> None:
    """Else a node's own figures could not be held against those of clips that were sent."""
    world.up()
    airing = aired(world)
    told = world.station.report("a1", Step.MEASURED).facts
    heard = decode_opus(world.station.clips["a1"][0], 16_000)
    reference = decode_opus(world.station.objects[airing.segments[0].sha256], 16_000)
    found = match(heard, reference, clip_starts_s=told["clip"]["starts_s"])
    assert told["snr_db"] == pytest.approx(found.snr_db, abs=0.5)
    assert told["gain_db"] == pytest.approx(found.gain_db, abs=0.3)
    assert told["delay_ms"] == pytest.approx(1000 * found.delay_s, abs=1.0)  # type: ignore[operator]


def test_a_kept_clip_is_sent_when_the_station_asks_and_is_then_gone(world: World) -> None:
    world.up()
    aired(world, clip=False)
    promised = world.station.report("a1", Step.MEASURED).facts["kept_clip"]
    ask(world)
    world.run(3.0)
    clip = b"".join(chunk for _, chunk in sorted(world.station.clips["a1"].items()))
    # The very sound whose hash the node had signed before anybody asked.
    assert (sha256_hex(clip), len(clip)) == (promised["sha256"], promised["size_bytes"])
    assert on_disk(world) == []
    told = world.station.report("a1", Step.CLIP_ASKED)
    assert told.reason is None
    assert told.facts["clips"] == [promised["sha256"]]


def test_asking_for_a_kept_clip_is_no_new_listening(world: World) -> None:
    """Rule 11: no tone, no open microphone; the sound was taken while the airing was on."""
    world.up()
    aired(world, clip=False)
    heard = list(world.sound.opened_input)
    sounded = len(world.sound.sounding())
    assert [what for _, what in heard] == ["open", "close"]
    ask(world)
    world.run(10.0)
    assert world.station.clips["a1"]
    assert world.sound.opened_input == heard
    assert len(world.sound.sounding()) == sounded


def test_a_clip_order_that_names_no_airing_plays_its_tone_before_it_listens(world: World) -> None:
    world.up()
    world.station.send("order", world.station.order(order="anew", action="clip"))
    world.run(8.0)
    assert list(world.station.clips) == ["anew"]
    ((starts_s, ends_s),) = world.sound.sounding()
    (opened_s, _), (closed_s, _) = world.sound.opened_input
    assert opened_s >= starts_s - 2.1
    assert closed_s <= ends_s + 3.2
    # What a tone gave is sent or thrown away, never kept.
    assert on_disk(world) == []


def test_a_clip_that_is_gone_is_told_so_and_asked_twice_is_sent_once(world: World) -> None:
    world.up()
    aired(world, clip=False)
    ask(world, "never-aired", order="o-a")
    world.run(1.0)
    assert world.station.told("never-aired") == ["clip_asked clip_gone"]
    order = world.station.order(action="clip", clip_airing="a1", order="o-b")
    world.station.send("order", order)
    # The same order stands in the plan, for a node that was away when it rang.
    world.station.plan(orders=(order,))
    world.run(3.0)
    assert world.station.told("a1").count("clip_asked") == 1


def test_a_node_that_was_away_finds_the_order_in_its_plan(world: World) -> None:
    world.up()
    aired(world, clip=False)
    assert world.link is not None
    world.link.fall()
    world.run(1.0)
    world.station.plan(orders=(world.station.order(action="clip", clip_airing="a1"),))
    world.crash()
    world.boot()
    world.up()
    world.run(5.0)
    assert world.station.clips["a1"]


def test_a_clip_wanted_at_once_is_sent_with_its_figures(world: World) -> None:
    world.up()
    aired(world, clip=True)
    measured = world.station.report("a1", Step.MEASURED)
    assert "kept_clip" not in measured.facts
    assert sha256_hex(world.station.clips["a1"][0]) == measured.facts["clip"]["sha256"]
    assert on_disk(world) == []


def test_a_station_that_wants_no_recordings_has_none_kept(world: World) -> None:
    world.up()
    aired(world, clip=False)
    assert len(on_disk(world)) == 1
    world.station.config(kept_clip_days=0)
    world.run(1.0)
    assert on_disk(world) == []
    aired(world, "a2", clip=False)
    assert "kept_clip" not in world.station.report("a2", Step.MEASURED).facts
    assert on_disk(world) == []


def test_kept_clips_go_after_their_days(world: World) -> None:
    world.up()
    world.station.config(kept_clip_days=2)
    aired(world, clip=False)
    clips = world.agent._parts.clips
    now = world.clock.true_utc()
    clips.forget_old(now + DAY)
    assert len(on_disk(world)) == 1
    clips.forget_old(now + 2 * DAY + timedelta(minutes=1))
    assert on_disk(world) == []
    ask(world)
    world.run(1.0)
    assert "clip_asked clip_gone" in world.station.told("a1")


def report(name: str) -> Make:
    def build(seq: int) -> tuple[str, Mapping[str, Any]]:
        return name, {"seq": seq}

    return build


def shelf(folder: Path, **room: int) -> tuple[Clips, Journal]:
    journal = Journal(folder / "journal.db")
    topics = Topics(STATION)
    clips = Clips(folder / "clips", journal, topics=topics, node="thon-1", publish=lambda *_: True, room=Room(**room))
    return clips, journal


def test_only_the_last_clips_are_kept_within_their_number_and_their_room(tmp_path: Path) -> None:
    clips, journal = shelf(tmp_path, clips=3, bytes=1_000)
    for number in range(5):
        clips.keep(bytes([number]) * 100, f"a{number}", NOW + number * DAY, report(f"r{number}"))
    assert [clip.airing for clip in journal.kept_clips()] == ["a2", "a3", "a4"]
    clips.keep(b"x" * 850, "large", NOW + 9 * DAY, report("large"))
    assert [clip.airing for clip in journal.kept_clips()] == ["a4", "large"]
    assert {path.name for path in (tmp_path / "clips").iterdir()} == journal.clip_hashes()
    journal.close()


def test_a_clip_too_large_for_its_room_or_the_disk_is_not_kept(tmp_path: Path) -> None:
    clips, journal = shelf(tmp_path, bytes=100)
    with pytest.raises(OSError, match="no room"):
        clips.keep(b"x" * 101, "a1", NOW, report("r1"))
    journal.close()
    clips, journal = shelf(tmp_path, floor_bytes=2**62)
    with pytest.raises(OSError, match="no room"):
        clips.keep(b"x", "a1", NOW, report("r1"))
    assert journal.kept_clips() == []
    assert journal.waiting(10) == []
    journal.close()


def test_a_recording_that_a_power_cut_left_without_its_row_is_deleted(tmp_path: Path) -> None:
    clips, journal = shelf(tmp_path)
    clips.keep(b"kept", "a1", NOW, report("r1"))
    clips.add(b"on its way", "a2", NOW, report("r2"))
    for stray in ("0" * 64, "half-written.tmp"):
        (tmp_path / "clips" / stray).write_bytes(b"a voice")
    journal.close()
    _, journal = shelf(tmp_path)
    assert {path.name for path in (tmp_path / "clips").iterdir()} == {sha256_hex(b"kept"), sha256_hex(b"on its way")}
    journal.close()


def test_a_kept_clip_whose_file_is_gone_is_no_clip(tmp_path: Path) -> None:
    clips, journal = shelf(tmp_path)
    clips.keep(b"kept", "a1", NOW, report("r1"))
    (tmp_path / "clips" / sha256_hex(b"kept")).unlink()
    assert clips.release("a1") == ()
    assert journal.kept_clips() == []
    journal.close()


def test_frames_travel_as_bits(tmp_path: Path) -> None:
    frames = [True] * 600 + [False] * 7 + [True] * 3
    text = packed(frames)
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8))
    assert bits[: len(frames)].astype(bool).tolist() == frames
    assert len(text) < 100
