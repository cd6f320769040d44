from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from smartradio.audio.spectrum import SILENCE_DB, band_level_db

RATE = 16_000


def tone(seconds: float, hz: float = 1_000.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("seconds", [1.0, 65.0, 65.536, 65.5361, 300.0])
def test_a_tone_at_full_scale_has_its_level_in_its_band_however_long_it_lasts(seconds: float) -> None:
    assert band_level_db(tone(seconds), RATE, 200, 5_500) == pytest.approx(-3.01, abs=0.01)
    assert band_level_db(tone(seconds), RATE, 2_000, 5_500) < -40


def test_a_sound_that_fills_half_the_clip_is_three_decibels_softer() -> None:
    clip = np.concatenate([tone(150), np.zeros(150 * RATE, np.float32)])
    assert band_level_db(clip, RATE, 200, 5_500) == pytest.approx(-6.02, abs=0.01)


def test_silence_and_nothing_have_a_finite_level() -> None:
    for clip in (np.zeros(0, np.float32), np.zeros(1, np.float32), np.zeros(RATE * 70, np.float32)):
        assert band_level_db(clip, RATE, 200, 5_500) == SILENCE_DB


def test_the_level_of_a_long_clip_takes_little_memory() -> None:
    clip = np.zeros(600 * RATE, np.float32)
    tracemalloc.start()
    band_level_db(clip, RATE, 200, 5_500)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50e6
