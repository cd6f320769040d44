from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.levels import peak_dbfs
from smartradio.audio.loudness import integrated_lufs, spoken_lufs, true_peak_dbtp
from smartradio.speech.limiting import Limitable, gain_for
from smartradio.speech.mastering import (
    BAND_HZ,
    CEILING_DBTP,
    COMPRESSION_RATIO,
    TARGET_LUFS,
    band_limited,
    compressed,
    mastered,
    prepared,
    trimmed,
)

RATE = 16_000


def voice(seconds: float, *, pitch_hz: float = 130.0, peak: float = 0.3) -> np.ndarray:
    """Return glottal pulses in syllables: as spiky as synthetic speech."""
    at_s = np.arange(round(seconds * RATE)) / RATE
    pulses = sum(np.cos(2 * np.pi * pitch_hz * k * at_s) for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * at_s), 0, None)
    return (peak * pulses * syllables / np.abs(pulses).max()).astype(np.float32)


def tone(pitch_hz: float, seconds: float = 2.0, peak: float = 0.2) -> np.ndarray:
    at_s = np.arange(round(seconds * RATE)) / RATE
    return (peak * np.sin(2 * np.pi * pitch_hz * at_s)).astype(np.float32)


def rms_db(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64))))


@pytest.mark.parametrize(
    ("pitch_hz", "least_db", "most_db"),
    [
        (60, -80, -40),
        (125, -30, -20),
        (BAND_HZ[0], -3.5, -2.5),
        (400, -0.5, 0.1),
        (3_000, -0.1, 0.1),
        (5_000, -0.5, 0.1),
        (BAND_HZ[1], -3.5, -2.5),
        (7_500, -60, -20),
    ],
)
def test_only_what_a_horn_carries_is_left(pitch_hz: float, least_db: float, most_db: float) -> None:
    sound = tone(pitch_hz)
    change_db = rms_db(band_limited(sound, RATE)[RATE // 2 : RATE]) - rms_db(sound)
    assert least_db < change_db < most_db


def test_direct_current_and_rumble_go_and_the_voice_stays() -> None:
    sound = tone(500)
    dirty = sound + 0.1 + tone(12, peak=0.1)
    clean = band_limited(dirty, RATE)
    assert abs(clean.mean()) < 0.001
    assert rms_db(clean[RATE // 2 : RATE]) == pytest.approx(rms_db(sound), abs=0.3)


def test_silent_ends_go_but_for_a_breath_and_the_edges_are_soft() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    clean = prepared(np.concatenate([silence, voice(1), silence]), RATE)
    assert 0.8 < len(clean) / RATE < 1.1
    assert abs(clean[0]) < 1e-4
    assert abs(clean[-1]) < 1e-3


@pytest.mark.parametrize("samples", [0, 1, 5000])
def test_silence_becomes_nothing(samples: int) -> None:
    assert len(prepared(np.full(samples, 0.2, dtype=np.float32), RATE)) == 0
    assert len(trimmed(np.zeros(samples, dtype=np.float32), RATE)) == 0


def test_spreading_the_peaks_lowers_them_and_leaves_the_loudness() -> None:
    before = voice(3, pitch_hz=300)
    after = band_limited(before, RATE)
    assert integrated_lufs(after, RATE) == pytest.approx(integrated_lufs(before, RATE), abs=0.7)
    assert peak_dbfs(after) < peak_dbfs(before) - 2


def test_a_loud_word_comes_down_to_a_quiet_one() -> None:
    quiet, loud = tone(500, 1.0, 0.02), tone(500, 1.0, 0.2)
    even = compressed(np.concatenate([quiet, loud]), RATE)
    apart_db = rms_db(even[-RATE // 2 :]) - rms_db(even[: RATE // 2])
    assert 20 / COMPRESSION_RATIO < apart_db < 19
    assert even[: RATE // 2] == pytest.approx(quiet[: RATE // 2])


def test_an_even_voice_is_left_in_its_proportions_however_loud_it_is() -> None:
    whisper, shout = (compressed(voice(2, peak=peak), RATE) for peak in (0.01, 0.8))
    assert shout == pytest.approx(80 * whisper, rel=1e-3, abs=1e-4)


def test_compression_is_ahead_of_a_loud_word_and_gives_back_by_the_next() -> None:
    sound = np.concatenate([tone(500, 0.5, 0.02), tone(500, 0.5, 0.3), tone(500, 0.5, 0.02)])
    even = compressed(sound, RATE)
    begins = even[RATE // 2 : RATE // 2 + 160]
    assert rms_db(begins) == pytest.approx(rms_db(even[RATE // 2 + 1600 : RATE - 1600]), abs=1.5)
    assert even[-RATE // 5 :] == pytest.approx(sound[-RATE // 5 :], abs=1e-5)


def test_the_weak_sounds_of_speech_gain_on_the_strong_ones() -> None:
    sound = voice(3)
    even = mastered(prepared(sound, RATE), RATE).decoded[::3]

    def spread_db(pcm: np.ndarray) -> float:
        blocks = pcm[: len(pcm) // 320 * 320].reshape(-1, 320)
        levels_db = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-12)
        loudest_db = levels_db.max()
        return float(loudest_db - np.median(levels_db[levels_db > loudest_db - 30]))

    assert spread_db(even) < spread_db(sound) - 1


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


@pytest.mark.parametrize("peak", [0.1, 0.3, 0.9])
@pytest.mark.parametrize(("seconds", "within_lu"), [(0.5, 1.0), (2, 0.5), (6, 0.5)])
def test_quiet_loud_short_and_long_sounds_get_one_loudness(peak: float, seconds: float, within_lu: float) -> None:
    sound = mastered(prepared(voice(seconds, peak=peak), RATE), RATE)
    assert spoken_lufs(sound.decoded[::3], RATE) == pytest.approx(TARGET_LUFS, abs=within_lu)
    assert true_peak_dbtp(sound.decoded, 48_000) <= CEILING_DBTP


def test_sentences_of_one_loudness_with_pauses_have_it_as_a_whole() -> None:
    row = []
    for seconds in (1.2, 2.0, 5.0, 3.0):
        sound = voice(seconds, pitch_hz=120 + 10 * seconds)
        row += [sound * 10 ** ((TARGET_LUFS - spoken_lufs(sound, RATE)) / 20), np.zeros(round(0.45 * RATE))]
    assert integrated_lufs(np.concatenate(row).astype(np.float32), RATE) == pytest.approx(TARGET_LUFS, abs=0.2)


def test_a_whisper_is_not_amplified_without_end() -> None:
    assert gain_for(Limitable.of(tone(500, peak=0.001), RATE), -16.0, -2.7) == 40.0


def test_a_sound_of_nothing_but_clicks_is_not_crushed_for_the_sake_of_its_loudness() -> None:
    clicks = np.zeros(2 * RATE, dtype=np.float32)
    clicks[::4000] = 0.5
    unlimited_db = -16.0 - spoken_lufs(clicks, RATE)
    assert gain_for(Limitable.of(clicks, RATE), -16.0, -2.7) == pytest.approx(min(40.0, unlimited_db + 6.0))


def test_silence_is_not_amplified() -> None:
    assert gain_for(Limitable.of(np.zeros(RATE, dtype=np.float32), RATE), -16.0, -2.7) == 0.0


@pytest.mark.parametrize(("voiced", "windy"), [(0.0, 0.03), (1.0, 0.03)])
def test_a_whisper_and_a_voice_in_the_wind_are_as_loud_as_any_other(voiced: float, windy: float) -> None:
    wind = np.random.default_rng(1).standard_normal(6 * RATE).astype(np.float32)
    made = mastered(prepared(np.float32(voiced) * voice(6) + np.float32(windy) * wind, RATE), RATE)
    assert spoken_lufs(made.decoded, 48_000) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert made.true_peak_dbtp <= CEILING_DBTP
