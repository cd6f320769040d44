"""Two poles start together and stay together, behind a line that jitters and with crystals that are off."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from smartradio.node.pace import GIVEN_UP_S, LEAST_S, MOST, Pace
from smartradio.node.sound.port import OUTPUT_RATE
from tests.node.two_poles import Pole, pair

SWITCHED_ON_S = 900.0
PLANNED_S = SWITCHED_ON_S + 15.0


def aired(pole: Pole, duration_s: float, *, in_step: bool = True) -> list[float]:
    """Air a recording a quarter of an hour after the pole was switched on; returns how late each pulse sounded (s)."""
    pole.run(SWITCHED_ON_S)
    if not in_step:
        pole.player._times = None
    pole.plan(PLANNED_S, duration_s)
    pole.run(PLANNED_S + duration_s + 1.0)
    assert pole.ended is not None
    return pole.off_s()


def test_they_start_within_ten_milliseconds_of_each_other_whatever_the_line_does() -> None:
    apart_s = []
    for seed in range(20):
        first, second = (aired(pole, 2.0)[0] for pole in pair(seed))
        apart_s.append(abs(first - second))
    assert sorted(apart_s)[-2] < 0.010
    assert statistics.median(apart_s) < 0.004


def test_they_stay_in_step_where_their_crystals_alone_would_part_them() -> None:
    together = [aired(pole, 240.0) for pole in pair(0)]
    apart = [aired(pole, 240.0, in_step=False) for pole in pair(0)]
    assert max(abs(a - b) for a, b in zip(*together, strict=True)) < 0.005
    # Machines and cards of both poles in opposite directions: 200 ppm.
    assert abs(apart[0][-1] - apart[1][-1]) > 0.02


def test_how_far_it_was_out_of_step_is_told() -> None:
    pole = pair(0)[0]
    aired(pole, 60.0)
    assert pole.ended is not None
    assert 0.0 < pole.ended.out_of_step_s < 0.003


def test_a_crystals_speed_is_known_again_after_the_machine_was_switched_off() -> None:
    pole = pair(3)[0]
    pole.run(3_600.0)
    rate = pole.clock._discipline.line.rate  # type: ignore[union-attr]
    assert rate == pytest.approx(-50e-6, abs=4e-6)
    pole.boot_again()
    pole.run(pole.true_s + 5.0)
    assert pole.clock._discipline.line.rate == pytest.approx(rate, abs=1e-6)  # type: ignore[union-attr]


@dataclass
class Times:
    """A clock that tells what a test says; `late_s` is by how much the station is ahead of what was planned with."""

    late_s: float = 0.0

    def base_s(self, monotonic_s: float) -> float:
        return monotonic_s + 1e9

    def newest_s(self, monotonic_s: float) -> float:
        return monotonic_s + 1e9 + self.late_s


@dataclass
class Tone:
    """A tone of one frequency without an end."""

    hz: float = 1_000.0
    taken: int = 0
    given: list[Any] = field(default_factory=list)

    def at(self, places: Any) -> Any:
        return np.sin(2 * np.pi * self.hz * places / OUTPUT_RATE)

    def take(self, out: Any) -> int:
        out[:] = self.at(np.arange(self.taken, self.taken + out.size))
        self.taken += out.size
        return int(out.size)


def played(pace: Pace, tone: Tone, seconds: float, from_s: float = 0.0, block: int = 480) -> Any:
    """Return what sounds in so many seconds, asked for in blocks."""
    blocks = []
    for number in range(round(seconds * OUTPUT_RATE / block)):
        out = np.zeros(block, dtype=np.float32)
        pace.take(tone, out, from_s + number * block / OUTPUT_RATE)
        blocks.append(out)
    return np.concatenate(blocks)


def test_what_is_in_step_goes_through_untouched() -> None:
    tone = Tone()
    out = played(Pace(Times(LEAST_S * 0.9), 0.0), tone, 2.0)
    assert np.array_equal(out, tone.at(np.arange(out.size)).astype(np.float32))


def test_without_a_clock_it_goes_through_untouched() -> None:
    tone = Tone()
    out = played(Pace(None, 0.0), tone, 1.0)
    assert np.array_equal(out, tone.at(np.arange(out.size)).astype(np.float32))


@pytest.mark.parametrize("hz", [300.0, 3_000.0, 7_500.0])
def test_what_is_late_catches_up_as_slowly_as_it_may_and_keeps_its_sound(hz: float) -> None:
    tone, late_s = Tone(hz), 0.01
    out = played(Pace(Times(late_s), 0.0), tone, 5.0)
    places = np.arange(out.size) * (1.0 + MOST)
    noise = out[100:] - tone.at(places)[100:]
    assert 10 * np.log10(0.5 / np.mean(noise**2)) > 65
    assert tone.taken - out.size == pytest.approx(5.0 * OUTPUT_RATE * MOST, abs=30)


def test_it_comes_into_step_and_stays_there() -> None:
    tone, late_s = Tone(), 0.005
    pace = Pace(Times(late_s), 0.0)
    played(pace, tone, 60.0)
    assert (tone.taken - 60.0 * OUTPUT_RATE) / OUTPUT_RATE == pytest.approx(late_s, abs=LEAST_S)
    assert pace.worst_s == pytest.approx(late_s, abs=1e-6)


@pytest.mark.parametrize("set_s", [-3_600.0, 1.0])
def test_a_station_whose_clock_is_set_meanwhile_makes_nothing_run(set_s: float) -> None:
    tone, times = Tone(), Times()
    pace = Pace(times, 0.0)
    played(pace, tone, 1.0)
    times.late_s = set_s
    played(pace, tone, 20.0, from_s=1.0)
    assert tone.taken == 21 * OUTPUT_RATE
    assert pace.worst_s < GIVEN_UP_S


def test_what_had_to_wait_its_turn_keeps_its_own_time() -> None:
    tone = Tone()
    played(Pace(Times(), 0.0), tone, 5.0, from_s=30.0)
    assert tone.taken == 5 * OUTPUT_RATE


def test_what_was_held_is_not_hurried_for_it() -> None:
    tone, pace = Tone(), Pace(Times(), 0.0)
    played(pace, tone, 1.0)
    out = np.zeros(480, dtype=np.float32)
    pace.take(tone, out, 3.0, 2.0)
    assert pace.worst_s < 1e-6
    assert tone.taken == OUTPUT_RATE + 480


@pytest.mark.parametrize("block", [1, 7, 480, 4_096])
def test_the_size_of_blocks_changes_nothing(block: int) -> None:
    one, other = Tone(), Tone()
    length_s = 4_096 * 3 / OUTPUT_RATE
    as_usual = played(Pace(Times(0.02), 0.0), one, length_s, block=4_096)
    cut = played(Pace(Times(0.02), 0.0), other, length_s, block=block)
    count = min(as_usual.size, cut.size)
    assert np.allclose(as_usual[:count], cut[:count], atol=1e-3)
