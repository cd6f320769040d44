from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.errors import AudioError
from smartradio.audio.resample import resample, resampled_length

RATES = [16_000, 22_050, 44_100, 48_000]


def tone(pitch_hz: float, rate: int, samples: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(samples) / rate)).astype(np.float32)


@pytest.mark.parametrize("from_rate", RATES)
@pytest.mark.parametrize("to_rate", RATES)
@pytest.mark.parametrize("pitch_hz", [200, 1000, 6500])
def test_a_tone_keeps_its_pitch_level_and_instant(from_rate: int, to_rate: int, pitch_hz: int) -> None:
    converted = resample(tone(pitch_hz, from_rate, 2 * from_rate), from_rate, to_rate)
    wanted = tone(pitch_hz, to_rate, len(converted))
    inner = slice(to_rate // 20, -to_rate // 20)
    error = converted[inner] - wanted[inner]
    assert 10 * np.log10(np.mean(wanted[inner] ** 2) / np.mean(error**2 + 1e-20)) > 80


def test_what_the_lower_rate_cannot_carry_does_not_fold_back() -> None:
    assert np.abs(resample(tone(9_500, 48_000, 48_000), 48_000, 16_000)[800:-800]).max() < 1e-4


@given(
    samples=st.integers(0, 5000),
    from_rate=st.sampled_from([8_000, 11_025, *RATES]),
    to_rate=st.sampled_from([8_000, 11_025, *RATES]),
)
@settings(deadline=None, max_examples=60)
def test_the_length_is_what_was_promised(samples: int, from_rate: int, to_rate: int) -> None:
    converted = resample(np.full(samples, 0.1, dtype=np.float32), from_rate, to_rate)
    assert len(converted) == resampled_length(samples, from_rate, to_rate)
    assert abs(len(converted) - samples * to_rate / from_rate) <= 0.5
    assert converted.dtype == np.float32


def test_the_result_is_the_callers_own() -> None:
    original = tone(440, 16_000, 100)
    resample(original, 16_000, 16_000)[:] = 0
    assert np.abs(original).max() > 0.1


@pytest.mark.parametrize(("from_rate", "to_rate"), [(0, 16_000), (16_000, -1), (16_000, 10_000_000)])
def test_an_impossible_rate_is_told(from_rate: int, to_rate: int) -> None:
    with pytest.raises(AudioError, match="sample rate"):
        resample(np.zeros(10, dtype=np.float32), from_rate, to_rate)


def test_two_channels_are_told() -> None:
    with pytest.raises(AudioError, match="one channel"):
        resample(np.zeros((10, 2), dtype=np.float32), 16_000, 48_000)


def test_a_long_sound_has_no_seams_where_it_went_through_in_parts() -> None:
    time_s = np.arange(10 * 48_000) / 48_000
    sound = np.sin(2 * np.pi * 997 * time_s).astype(np.float32)
    found = resample(sound, 48_000, 16_000)
    ideal = np.sin(2 * np.pi * 997 * np.arange(10 * 16_000) / 16_000)
    assert np.abs(found - ideal)[100:-100].max() < 1e-3
