"""Loudspeaker, microphone and the air between simulated poles."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.audio.match import match
from smartradio.audio.pole import Fault, FaultyHorn, Neighbour, PoleScene, SimulatedPole
from smartradio.node.feed import Feed, Piece
from smartradio.node.microphone import CLIP_RATE, Decimator, Microphone
from smartradio.node.player import Ended, Ending, Player, Started
from smartradio.node.sound.air import AIR_RATE, RING_SAMPLES, Radiated
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.node.sound.timeline import Offset, Timeline
from smartradio.node.sound.virtual import VirtualSound
from tests.node.fakes import FakeClock, FakeSound, voice
from tests.node.stage import Stage, feed, steps


@pytest.mark.parametrize("planned", [3.0, 3.004_321, 3.009_99])
def test_a_recording_begins_at_its_instant_to_the_sample_and_is_played_without_a_gap(planned: float) -> None:
    stage = Stage()
    planned_s = stage.clock.now_s + planned
    stage.player.warm()
    stage.run(2.0)
    stage.player.play("a", planned_s, feed(4_801, 333, 20_000))
    stage.run(3.0)
    heard = stage.heard()
    first = int(np.flatnonzero(heard)[0])
    assert abs(stage.first_s() + first / OUTPUT_RATE - planned_s) <= 0.5 / OUTPUT_RATE + 1e-9
    assert np.array_equal(heard[first : first + 25_134], steps(25_134))
    assert not heard[first + 25_134 :].any()
    started, ended = stage.events
    assert isinstance(started, Started)
    assert abs(started.at_s - planned_s) < 1.1e-5
    assert ended == Ended(
        "a", pytest.approx(planned_s + 25_134 / OUTPUT_RATE, abs=1e-4), 25_134 / OUTPUT_RATE, 0.0, Ending.WHOLE
    )


def test_pauses_stand_between_segments_and_not_after_the_last() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 0.5, feed(4_800, 4_800, pause_after_s=0.1))
    stage.run(2.0)
    loud = np.flatnonzero(stage.heard())
    assert loud[-1] - loud[0] + 1 == 4_800 + 4_800 + 4_800


def test_what_is_due_already_begins_at_once_and_says_how_late() -> None:
    stage = Stage()
    planned_s = stage.clock.now_s - 5.0
    stage.player.play("a", planned_s, feed(4_800))
    stage.run(0.5)
    assert isinstance(stage.events[0], Started)
    assert 5.0 <= stage.events[0].at_s - planned_s < 5.1


def test_what_pre_empts_fades_the_other_out_within_milliseconds() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 0.1, feed(OUTPUT_RATE * 3))
    stage.run(1.0)
    now_s = stage.clock.now_s
    stage.player.play("b", now_s + 0.4, feed(4_800))
    stage.run(1.0)
    assert [type(event).__name__ for event in stage.events] == ["Started", "Ended", "Started", "Ended"]
    cut = stage.events[1]
    assert isinstance(cut, Ended)
    assert cut.ending is Ending.STOPPED
    assert now_s < cut.at_s < now_s + 0.08
    between = [block for at_s, block in stage.sound.played if now_s + 0.09 < at_s < now_s + 0.38]
    assert not np.concatenate(between).any()


def test_a_recording_can_be_taken_away_before_its_instant() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 1.0, feed(4_800))
    stage.run(0.2)
    stage.player.stop()
    stage.run(2.0)
    assert not stage.heard().any()
    (ended,) = stage.events
    assert isinstance(ended, Ended)
    assert ended.played_s == 0.0


def test_a_segment_that_cannot_be_decoded_ends_the_airing_as_broken() -> None:
    def spoilt() -> Any:
        raise ValueError("not whole")

    stage = Stage()
    pieces = [Piece(lambda: steps(9_600), 0.2), Piece(spoilt, 1.0)]
    broken = Feed(pieces)
    # Turned time does not wait for the decoder: let it be done.
    broken._thread.join(5.0)
    stage.player.play("a", stage.clock.now_s + 0.2, broken)
    stage.run(1.0)
    ended = stage.events[-1]
    assert isinstance(ended, Ended)
    assert (ended.ending, ended.detail, ended.played_s) == (Ending.BROKEN, "ValueError: not whole", pytest.approx(0.2))


def test_a_slow_disk_is_heard_as_a_gap_and_counted() -> None:
    disk = threading.Event()

    def slow() -> Any:
        disk.wait(5.0)
        return steps(4_800)

    stage = Stage()
    late = Feed([Piece(lambda: steps(4_800), 0.1), Piece(slow, 0.1)])
    assert late.wait_ready(5.0)
    stage.player.play("a", stage.clock.now_s + 0.1, late)
    stage.run(0.5)
    disk.set()
    late._thread.join(5.0)
    stage.run(0.5)
    ended = stage.events[-1]
    assert isinstance(ended, Ended)
    assert ended.starved_s == pytest.approx(0.35, abs=0.06)
    assert ended.played_s == pytest.approx(0.2)


def test_the_output_is_closed_only_when_nothing_stands_ready() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 1.0, feed(4_800))
    stage.player.cool()
    assert stage.sound.output_open
    stage.run(2.0)
    stage.player.cool()
    assert not stage.sound.output_open


@given(st.lists(st.floats(0, 0.003), min_size=150, max_size=150))
def test_the_line_through_a_devices_jitter_is_steadier_than_its_reports(jitter: list[float]) -> None:
    line = Timeline(48_000)
    error_s = [
        line.block(480, 5.0 + 0.01 * number + late) - (5.0 + 0.01 * number) for number, late in enumerate(jitter)
    ]
    assert min(error_s) >= -1e-9
    assert max(error_s[1:]) <= 0.003 + 1e-9
    assert max(abs(a - b) for a, b in pairwise(error_s[101:])) <= 0.003


def test_after_an_underrun_the_line_follows_the_device() -> None:
    line = Timeline(48_000)
    at_s = [line.block(480, 0.01 * number + (0.5 if number >= 150 else 0.0)) for number in range(200)]
    assert at_s[140] == pytest.approx(1.40)
    assert at_s[199] == pytest.approx(2.49)


def test_a_clock_that_was_set_is_followed_and_a_late_reading_is_not() -> None:
    offset = Offset()
    readings = [offset.update(10.0 + 0.01 * n, 3.0 + 0.01 * n + (0.02 if n % 7 else 0.0)) for n in range(100)]
    assert readings[-1] == pytest.approx(-7.0)
    assert [offset.update(5.0 + 0.01 * n, 3.0 + 0.01 * n) for n in range(20)][-1] == pytest.approx(-2.0)


@given(st.lists(st.integers(1, 700), min_size=5, max_size=40))
def test_decimating_in_blocks_is_decimating_at_once(sizes: list[int]) -> None:
    signal = np.random.default_rng(1).normal(size=sum(sizes)).astype(np.float32)
    whole = Decimator(48_000).push(signal)
    blocks, start, decimator = [], 0, Decimator(48_000)
    for size in sizes:
        blocks.append(decimator.push(signal[start : start + size]))
        start += size
    assert np.allclose(np.concatenate(blocks), whole, atol=1e-5)


def test_the_microphone_gives_each_airing_its_own_stretch_with_gaps_left_silent() -> None:
    clock = FakeClock()
    sound = FakeSound(clock)
    microphone = Microphone(sound)
    microphone.open("a", 10.0)
    microphone.open("b", 11.0)
    for number in range(300):
        if not 100 <= number < 120:
            sound._hear(np.full(160, 0.5, dtype=np.float32), 10.0 + 0.01 * number)
    first = microphone.cut("a", 12.0)
    assert first is not None
    assert first.starts_s == pytest.approx(10.0)
    assert first.pcm.size == 2 * CLIP_RATE
    assert first.pcm[:15_900] == pytest.approx(0.5, abs=1e-3)
    assert not first.pcm[16_100:19_000].any()
    second = microphone.cut("b", 13.0)
    assert second is not None
    assert second.starts_s == pytest.approx(11.0)
    assert not microphone.is_open
    assert microphone.cut("c", 13.0) is None


def test_a_horn_is_heard_through_the_air_by_time_and_silence_is_silence(tmp_path: Path) -> None:
    horn, ear = Radiated(tmp_path / "a.f32"), Radiated(tmp_path / "a.f32")
    base = 1_000_000_007
    horn.write(base, steps(1_000))
    horn.write(base + 1_000, steps(500))
    assert np.array_equal(ear.read(base, 1_500), np.concatenate((steps(1_000), steps(500))))
    assert not ear.read(base - 500, 500).any()
    assert not ear.read(base + 1_500, 5_000).any()
    # A turn of the ring later nobody hears the old loop.
    assert not ear.read(base + RING_SAMPLES, 1_500).any()
    horn.write(base + 10_000, steps(100))
    assert not ear.read(base, 1_500).any()
    assert ear.read(base + 10_000, 100).all()


def play_virtual(tmp_path: Path, fault: Fault | None, neighbour: bool = False) -> Any:
    """Play four seconds on a virtual node in real time and return the match of what its microphone heard."""
    pcm16 = voice(4.0)
    pcm48 = np.interp(np.arange(4 * OUTPUT_RATE) / 3, np.arange(pcm16.size), pcm16).astype(np.float32)
    around = (Neighbour.at(200.0),) if neighbour else ()
    scene = PoleScene(noise_db=-60.0, neighbours=around, seed=3)
    heard_from = [Radiated(tmp_path / "other.f32")] if neighbour else []
    sound = VirtualSound(
        SimulatedPole(scene), FaultyHorn(fault, substitute=voice(4.0, seed=9)), ppm=50.0, neighbours=heard_from
    )
    other = VirtualSound(
        SimulatedPole(PoleScene(seed=4)), FaultyHorn(None), ppm=-50.0, radiates=Radiated(tmp_path / "other.f32")
    )
    player, far = Player(sound, time.monotonic), Player(other, time.monotonic)
    microphone = Microphone(sound)
    planned_s = time.monotonic() + 0.8
    microphone.open("a", planned_s - 0.6)
    far.warm()
    player.play("a", planned_s, Feed([Piece(lambda: pcm48, 4.0)]))
    if neighbour:
        far.play("a", planned_s, Feed([Piece(lambda: pcm48, 4.0)]))
    while time.monotonic() < planned_s + 5.5:
        microphone.drain()
        time.sleep(0.1)
    heard = microphone.cut("a", planned_s + 5.0)
    player.close()
    far.close()
    assert heard is not None
    return match(heard.pcm, pcm16, clip_starts_s=heard.starts_s - planned_s)


def test_a_virtual_node_hears_its_own_horn_at_its_instant(tmp_path: Path) -> None:
    found = play_virtual(tmp_path, None)
    assert found.coverage > 0.95
    # The scene's 6 ms from horn to microphone, and the filter's one.
    assert found.delay_s == pytest.approx(0.007, abs=0.002)


def test_a_dead_horn_is_not_saved_by_its_neighbour(tmp_path: Path) -> None:
    found = play_virtual(tmp_path, Fault.NEIGHBOUR, neighbour=True)
    assert found.coverage == 0.0
    assert found.far_delay_s == pytest.approx(200.0 / 343.0, abs=0.02)


def test_a_virtual_horn_that_stops_at_sixty_percent_is_heard_for_as_long(tmp_path: Path) -> None:
    assert play_virtual(tmp_path, Fault.CUT).coverage == pytest.approx(0.6, abs=0.06)


def test_the_air_runs_at_sixteen_kilohertz() -> None:
    assert AIR_RATE == CLIP_RATE == VirtualSound.input_rate


def test_a_window_keeps_no_more_than_its_longest_and_a_later_one_is_heard_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("smartradio.node.microphone.LONGEST_S", 2.0)
    sound = FakeSound(FakeClock())
    microphone = Microphone(sound)

    def hear(from_s: float, until_s: float) -> None:
        for number in range(round((until_s - from_s) * 100)):
            sound._hear(np.full(160, 0.5, dtype=np.float32), from_s + 0.01 * number)
        microphone.drain()

    microphone.open("long", 10.0)
    hear(10.0, 20.0)
    assert sum(stretch.samples for stretch in microphone._stretches) <= 2.1 * 16_000
    microphone.open("later", 20.0)
    hear(20.0, 21.0)
    first, second = microphone.cut("long", 21.0), microphone.cut("later", 21.0)
    assert first is not None
    assert second is not None
    assert (first.starts_s, first.pcm.size) == (pytest.approx(10.0), 2.0 * 16_000)
    assert (second.starts_s, second.pcm.size) == (pytest.approx(20.0), 1.0 * 16_000)


def test_only_the_windows_that_are_named_stay_open() -> None:
    sound = FakeSound(FakeClock())
    microphone = Microphone(sound)
    microphone.open("a", 10.0)
    microphone.open("b", 10.0)
    microphone.keep_only({"b", "c"})
    assert not microphone.listening_for("a")
    assert microphone.is_open
    microphone.keep_only(set())
    assert [what for _, what in sound.opened_input] == ["open", "close"]
