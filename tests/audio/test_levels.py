from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.errors import AudioError
from smartradio.audio.levels import (
    FLOOR_DBFS,
    gain_factor,
    peak_dbfs,
    rms_dbfs,
    short_time_levels_dbfs,
)

SINE = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)


def test_a_sine_at_full_scale_has_the_textbook_levels() -> None:
    assert rms_dbfs(SINE) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(SINE) == pytest.approx(0.0, abs=0.01)


def test_a_tenth_of_the_amplitude_is_twenty_decibels_less() -> None:
    assert rms_dbfs(SINE / 10) == pytest.approx(-23.01, abs=0.01)
    assert gain_factor(-20) == pytest.approx(0.1)


@pytest.mark.parametrize("silence", [np.zeros(0), np.zeros(1000)], ids=["empty", "zeros"])
def test_silence_has_a_finite_level(silence: np.ndarray) -> None:
    assert rms_dbfs(silence) == peak_dbfs(silence) == FLOOR_DBFS


def test_levels_follow_the_sound_window_by_window() -> None:
    sound = np.concatenate([np.zeros(8000), SINE[:8000], 0.1 * SINE[:8000], SINE[:100]])
    levels = short_time_levels_dbfs(sound, 16_000, window_s=0.1)
    assert len(levels) == 15
    assert levels[:5] == pytest.approx(FLOOR_DBFS)
    assert levels[5:10] == pytest.approx(-3.01, abs=0.05)
    assert levels[10:] == pytest.approx(-23.01, abs=0.05)


def test_a_window_without_a_sample_is_told() -> None:
    with pytest.raises(AudioError, match="holds no sample"):
        short_time_levels_dbfs(SINE, 16_000, window_s=0.00001)
