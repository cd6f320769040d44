from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.levels import peak_dbfs
from smartradio.audio.loudness import integrated_lufs, true_peak_dbtp
from smartradio.speech.mastering import (
    CODEC_LOSS_LU,
    GAIN_STEP_DB,
    TARGET_LUFS,
    Limitable,
    bulletin_gain_db,
    cleaned,
    joined,
)

RATE = 16_000


def voice(seconds: float, *, pitch_hz: float = 130.0, peak: float = 0.3) -> np.ndarray:
    """Return glottal pulses in syllables: as spiky as synthetic speech."""
    at_s = np.arange(round(seconds * RATE)) / RATE
    pulses = sum(np.cos(2 * np.pi * pitch_hz * k * at_s) for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * at_s), 0, None)
    return (peak * pulses * syllables / np.abs(pulses).max()).astype(np.float32)


def test_direct_current_and_rumble_go_and_the_voice_stays() -> None:
    at_s = np.arange(2 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 500 * at_s)
    dirty = (tone + 0.1 + 0.1 * np.sin(2 * np.pi * 12 * at_s)).astype(np.float32)
    clean = cleaned(dirty, RATE)
    power = np.abs(np.fft.rfft(clean * np.hanning(len(clean)))) ** 2
    pitch_hz = np.fft.rfftfreq(len(clean), 1 / RATE)
    assert abs(clean.mean()) < 0.001
    assert power[pitch_hz < 30].sum() / power.sum() < 0.01
    assert np.sqrt(np.mean(clean[RATE // 2 : RATE] ** 2)) == pytest.approx(0.2 / np.sqrt(2), rel=0.03)


def test_silent_ends_go_but_for_a_breath_and_the_edges_are_soft() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    clean = cleaned(np.concatenate([silence, voice(1), silence]), RATE)
    assert 0.8 < len(clean) / RATE < 1.1
    assert abs(clean[0]) < 1e-4
    assert abs(clean[-1]) < 1e-3


@pytest.mark.parametrize("samples", [0, 1, 5000])
def test_silence_becomes_nothing(samples: int) -> None:
    assert len(cleaned(np.full(samples, 0.2, dtype=np.float32), RATE)) == 0


def test_spreading_the_peaks_leaves_the_loudness_and_lowers_the_peaks() -> None:
    before = voice(3)
    after = cleaned(before, RATE)
    assert integrated_lufs(after, RATE) == pytest.approx(integrated_lufs(before, RATE), abs=0.5)
    assert peak_dbfs(after) < peak_dbfs(before) - 2


@pytest.mark.parametrize("gain_db", [-6.0, 0.0, 6.0, 20.0])
def test_the_limiter_keeps_the_ceiling_at_any_gain(gain_db: float) -> None:
    limited = Limitable.of(voice(2), RATE).limited(gain_db, -3.0)
    assert true_peak_dbtp(limited, RATE) < -2.75


def test_what_is_below_the_ceiling_is_only_amplified() -> None:
    sound = voice(1, peak=0.1)
    limited = Limitable.of(sound, RATE).limited(6.0, -3.0)
    assert limited == pytest.approx(sound * 10 ** (6 / 20), rel=1e-5, abs=1e-9)


def test_the_limiter_turns_down_and_does_not_clip() -> None:
    at_s = np.arange(RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * at_s)).astype(np.float32)
    limited = Limitable.of(tone, RATE).limited(12.0, -3.0)
    power = np.abs(np.fft.rfft(limited)) ** 2
    assert power[995:1006].sum() / power.sum() > 0.9999


@pytest.mark.parametrize("peak", [0.15, 0.3, 0.9])
def test_quiet_and_loud_voices_get_one_loudness(peak: float) -> None:
    parts = [Limitable.of(cleaned(voice(2, pitch_hz=p, peak=peak), RATE), RATE) for p in (110, 140, 220)]
    pauses_s = [0.45, 0.45, 0.0]
    gain_db = bulletin_gain_db(parts, pauses_s)
    whole = joined([part.limited(gain_db, -2.7) for part in parts], pauses_s, RATE)
    assert integrated_lufs(whole, RATE) == pytest.approx(TARGET_LUFS + CODEC_LOSS_LU, abs=0.4)
    assert gain_db % GAIN_STEP_DB == 0


def test_a_whisper_is_not_amplified_without_end() -> None:
    assert bulletin_gain_db([Limitable.of(cleaned(voice(2, peak=0.02), RATE), RATE)], [0.0]) == 40.0


def test_silence_is_not_amplified() -> None:
    assert bulletin_gain_db([Limitable.of(np.zeros(RATE, dtype=np.float32), RATE)], [0.0]) == 0.0


def test_parts_stand_in_a_row_with_their_pauses() -> None:
    row = joined([np.ones(3, np.float32), np.ones(2, np.float32)], [2 / RATE, 0.0], RATE)
    assert row.tolist() == [1, 1, 1, 0, 0, 1, 1]
    assert len(joined([], [], RATE)) == 0
