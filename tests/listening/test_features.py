from __future__ import annotations

import numpy as np
import pytest

from smartradio.listening.features import (
    BANDS,
    COARSE_BANDS,
    FRAME_S,
    MEL_BANDS,
    MIDDLE_BAND,
    RATE,
    RELATIVE_BANDS,
    features,
)


def hum(pitch_hz: float, duration_s: float = 1.0, *, lowest_hz: float = 0.0) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    partials = [n for n in range(1, 30) if lowest_hz <= n * pitch_hz < 5_000]
    return (0.05 * sum(np.sin(2 * np.pi * n * pitch_hz * time_s) / n**0.5 for n in partials)).astype(np.float32)


def relative(sound: np.ndarray) -> np.ndarray:
    return features(sound)[20:-20, MEL_BANDS : MEL_BANDS + RELATIVE_BANDS]


def test_ten_milliseconds_are_a_frame_and_a_short_clip_is_one() -> None:
    assert features(np.zeros(RATE, np.float32)).shape == (round(1 / FRAME_S), BANDS)
    assert features(np.zeros(10, np.float32)).shape == (1, BANDS)
    assert features(np.zeros(0, np.float32)).shape == (1, BANDS)


@pytest.mark.parametrize("pitch_hz", [82.0, 110.0, 165.0, 220.0, 270.0])
def test_the_middle_of_a_voice_is_the_middle_whatever_its_pitch(pitch_hz: float) -> None:
    assert relative(hum(pitch_hz)).mean(axis=0)[:30].argmax() == MIDDLE_BAND


def test_a_pitch_is_seen_though_the_horn_cuts_its_fundamental_off() -> None:
    assert relative(hum(120.0, lowest_hz=350.0)).mean(axis=0)[:30].argmax() == MIDDLE_BAND


def test_three_semitones_up_are_four_bands() -> None:
    low, high = hum(120.0), hum(120.0 * 2 ** (3 / 12))
    found = features(np.concatenate((low, high)))[:, MEL_BANDS : MEL_BANDS + 30]
    assert found[120:180].mean(axis=0).argmax() - found[20:80].mean(axis=0).argmax() == 4


def test_the_coarse_bands_tell_a_deep_voice_from_a_high_one() -> None:
    deep, high = (features(hum(pitch_hz))[20:-20, -COARSE_BANDS:].mean(axis=0).argmax() for pitch_hz in (85.0, 240.0))
    assert deep < high


def test_a_gain_changes_nothing() -> None:
    random = np.random.default_rng(1)
    sound = hum(140.0, 2.0) * (np.arange(2 * RATE) > RATE) + 0.001 * random.standard_normal(2 * RATE).astype(np.float32)
    assert np.abs(features(sound) - features(0.1 * sound)).max() < 0.05


def test_silence_noise_and_full_scale_give_finite_frames() -> None:
    random = np.random.default_rng(2)
    for sound in (
        np.zeros(RATE),
        np.ones(RATE),
        np.sign(random.standard_normal(RATE)),
        1e-9 * random.standard_normal(RATE),
    ):
        assert np.isfinite(features(sound.astype(np.float32))).all()


def test_a_long_clip_is_seen_as_its_pieces_are() -> None:
    random = np.random.default_rng(3)
    long = random.standard_normal(25 * RATE).astype(np.float32)
    seen, piece = features(long), features(long[: 15 * RATE])
    assert np.abs(seen[:1_100, -COARSE_BANDS:] - piece[:1_100, -COARSE_BANDS:]).max() < 1e-3
