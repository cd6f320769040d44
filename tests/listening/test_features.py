from __future__ import annotations

import numpy as np
import pytest

from smartradio.listening.features import BANDS, FRAME_S, MEL_BANDS, PITCH_BANDS, RATE, features

LOWEST_HZ, SEMITONES = 65.0, 0.75


def hum(pitch_hz: float, duration_s: float = 1.0, *, lowest_hz: float = 0.0) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    partials = [n for n in range(1, 30) if lowest_hz <= n * pitch_hz < 5_000]
    return (0.05 * sum(np.sin(2 * np.pi * n * pitch_hz * time_s) / n**0.5 for n in partials)).astype(np.float32)


def heard_hz(sound: np.ndarray, below_hz: float) -> float:
    strengths = features(sound)[20:-20, MEL_BANDS:].mean(axis=0)
    bands = int(np.log2(below_hz / LOWEST_HZ) * 12 / SEMITONES)
    return float(LOWEST_HZ * 2 ** (strengths[:bands].argmax() * SEMITONES / 12))


def test_ten_milliseconds_are_a_frame_and_a_short_clip_is_one() -> None:
    assert features(np.zeros(RATE, np.float32)).shape == (round(1 / FRAME_S), BANDS)
    assert features(np.zeros(10, np.float32)).shape == (1, BANDS)
    assert features(np.zeros(0, np.float32)).shape == (1, BANDS)


@pytest.mark.parametrize("pitch_hz", [82.0, 110.0, 165.0, 220.0, 330.0])
def test_the_pitch_is_seen_where_it_is(pitch_hz: float) -> None:
    # A third harmonic may look as strong: it is the fundamental of every third partial.
    assert heard_hz(hum(pitch_hz), 2 * pitch_hz) == pytest.approx(pitch_hz, rel=0.045)


def test_a_pitch_is_seen_though_the_horn_cuts_its_fundamental_off() -> None:
    assert heard_hz(hum(120.0, lowest_hz=350.0), 400.0) == pytest.approx(120.0, rel=0.045)


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
    short = long[: 15 * RATE]
    assert np.abs(features(long)[: 11 * 100, MEL_BANDS:] - features(short)[: 11 * 100, MEL_BANDS:]).max() < 1e-3
    assert features(long).shape[1] == MEL_BANDS + PITCH_BANDS
