"""What was played a little faster or slower is held against its recording as if it had not been."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.noise import NoiseKind
from smartradio.audio.pole import PoleScene, SimulatedPole
from smartradio.audio.resample import resample
from smartradio.node.feed import Feed, Piece
from smartradio.node.measuring import measure
from smartradio.node.microphone import CLIP_RATE, Decimator
from smartradio.node.pace import Pace
from smartradio.node.sound.port import OUTPUT_RATE

BLOCK = 480
SECONDS = 24.0
AFTER_S = 1.0


class Learning:
    """A node that learns a third into the airing that it is 20 ms late."""

    def base_s(self, monotonic_s: float) -> float:
        return monotonic_s

    def newest_s(self, monotonic_s: float) -> float:
        return monotonic_s + (0.02 if monotonic_s > SECONDS / 3 else 0.0)


@pytest.fixture(scope="module")
def piece() -> Piece:
    sound = resample(babble(SECONDS, 5), CLIP_RATE, OUTPUT_RATE)
    return Piece(lambda: sound, SECONDS)


@pytest.fixture(scope="module")
def aired(piece: Piece) -> tuple[Any, float, Pace]:
    """Return what a microphone heard at 16 kHz, its first instant against that of the airing, and the pace."""
    feed, pace, small = Feed([piece]), Pace(Learning(), 0.0), Decimator(OUTPUT_RATE)
    assert feed.wait_ready(10.0)
    heard = []
    for number in range(round((SECONDS + AFTER_S) * OUTPUT_RATE / BLOCK)):
        out = np.zeros(BLOCK, dtype=np.float32)
        if not feed.ended:
            pace.take(feed, out, number * BLOCK / OUTPUT_RATE)
        heard.append(small.push(out))
    feed.close()
    scene = PoleScene(own_delay_s=0.004, noise_kind=NoiseKind.TRAFFIC, noise_db=-50.0, seed=2)
    return SimulatedPole(scene).hear(np.concatenate(heard)), -small.delay_s, pace


def test_it_is_heard_to_its_end(piece: Piece, aired: tuple[Any, float, Pace]) -> None:
    clip, starts_s, pace = aired
    facts = measure(clip, starts_s, [piece], bitrate=16_000, bends=pace.ended()).facts
    assert facts["coverage"] > 0.97
    as_it_sounded = measure(clip, starts_s, [piece], bitrate=16_000).facts
    assert as_it_sounded["coverage"] < facts["coverage"] - 0.1


def test_how_much_more_was_played_than_time_passed_is_noted(aired: tuple[Any, float, Pace]) -> None:
    *_, pace = aired
    end_s, gained_s = pace.ended()[-1]
    assert end_s == pytest.approx(SECONDS, abs=0.02)
    # From a third on, 250 millionths.
    assert gained_s == pytest.approx(250e-6 * SECONDS * 2 / 3, rel=0.1)
