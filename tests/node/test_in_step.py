"""Two poles start together, behind a line that jitters and with crystals that are off."""

from __future__ import annotations

import statistics

import pytest

from tests.node.two_poles import Pole, pair

SWITCHED_ON_S = 900.0
PLANNED_S = SWITCHED_ON_S + 15.0


def aired(pole: Pole, duration_s: float) -> list[float]:
    """Air a recording a quarter of an hour after the pole was switched on; returns how late each pulse sounded (s)."""
    pole.run(SWITCHED_ON_S)
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


def test_a_crystals_speed_is_known_again_after_the_machine_was_switched_off() -> None:
    pole = pair(3)[0]
    pole.run(3_600.0)
    rate = pole.clock._discipline.line.rate  # type: ignore[union-attr]
    assert rate == pytest.approx(-50e-6, abs=4e-6)
    pole.boot_again()
    pole.run(pole.true_s + 5.0)
    assert pole.clock._discipline.line.rate == pytest.approx(rate, abs=1e-6)  # type: ignore[union-attr]
