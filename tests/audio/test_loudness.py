from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from smartradio.audio.errors import AudioError
from smartradio.audio.levels import FLOOR_DBFS, peak_dbfs
from smartradio.audio.loudness import SILENT_LUFS, integrated_lufs, spoken_lufs, true_peak_dbtp
from smartradio.audio.resample import resample


def tone(pitch_hz: float, rate: int, seconds: float, phase: float = 0.0) -> np.ndarray:
    at_s = np.arange(round(seconds * rate)) / rate
    return np.sin(2 * np.pi * pitch_hz * at_s + phase).astype(np.float32)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_calibration_tone_of_the_standard_reads_as_it_should(rate: int) -> None:
    assert integrated_lufs(tone(997, rate, 5), rate) == pytest.approx(-3.01, abs=0.1)


def test_pauses_do_not_count() -> None:
    speech = 0.1 * tone(997, 16_000, 4)
    with_pauses = np.concatenate([speech, np.zeros(64_000, np.float32), speech])
    assert integrated_lufs(with_pauses, 16_000) == pytest.approx(integrated_lufs(speech, 16_000), abs=0.4)


def test_a_clip_shorter_than_a_gating_block_is_measured_too() -> None:
    assert integrated_lufs(0.1 * tone(997, 16_000, 0.05), 16_000) == pytest.approx(-23.0, abs=0.5)


@pytest.mark.parametrize("samples", [0, 10, 32_000])
def test_silence_is_below_the_gate(samples: int) -> None:
    assert integrated_lufs(np.zeros(samples, np.float32), 16_000) == SILENT_LUFS
    assert spoken_lufs(np.zeros(samples, np.float32), 16_000) == SILENT_LUFS
    assert true_peak_dbtp(np.zeros(samples, np.float32), 16_000) == FLOOR_DBFS


@pytest.mark.parametrize("seconds", [19.7, 20.0, 20.05, 25.3, 41.0])
def test_a_long_recording_is_measured_in_stretches_as_if_in_one(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(3)
    sound = (
        random.standard_normal(round(seconds * 16_000))
        * np.repeat(random.uniform(0, 0.3, 100), 7_000)[: round(seconds * 16_000)]
    )
    from pyloudnorm import Meter

    monkeypatch.setattr("smartradio.audio.loudness._STRETCH_BLOCKS", 50)
    measured = integrated_lufs(sound.astype(np.float32), 16_000)
    assert measured == pytest.approx(Meter(16_000).integrated_loudness(sound), abs=0.02)


def test_among_pauses_a_word_counts_by_its_loudest_block_and_a_sentence_by_all() -> None:
    sentence = 0.1 * tone(997, 16_000, 4)
    assert spoken_lufs(sentence, 16_000) == pytest.approx(-23.3, abs=0.3)
    assert spoken_lufs(sentence[:8_000], 16_000) == pytest.approx(-25.1, abs=0.3)
    assert spoken_lufs(sentence[:3_200], 16_000) == pytest.approx(-26.0, abs=0.2)


@pytest.mark.parametrize("samples", [1, 2, 7, 100])
def test_a_click_does_not_crash_the_meter(samples: int) -> None:
    click = np.full(samples, 0.5, np.float32)
    assert SILENT_LUFS <= spoken_lufs(click, 16_000) < 0


@pytest.mark.parametrize("seed", range(5))
def test_a_sound_without_treble_needs_no_more_than_its_band_says(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(16_000).astype(np.float32)
    decoded_like = resample(0.1 * noise, 16_000, 48_000)
    full = float(np.abs(resample(decoded_like, 48_000, 8 * 48_000)).max())
    measured = true_peak_dbtp(decoded_like, 48_000, highest_hz=8_000)
    assert measured == pytest.approx(20 * np.log10(full), abs=0.1)
    assert measured == pytest.approx(true_peak_dbtp(decoded_like, 48_000), abs=0.001)


def test_a_peak_between_the_samples_is_found() -> None:
    between = 0.5 * tone(4_000, 16_000, 1, phase=np.pi / 4)
    between *= np.hanning(len(between)).astype(np.float32)
    assert peak_dbfs(between) == pytest.approx(-9.03, abs=0.05)
    assert true_peak_dbtp(between, 16_000) == pytest.approx(-6.02, abs=0.1)


def test_a_lone_peak_in_a_long_recording_is_found_wherever_it_lies() -> None:
    for at in (1024 * 5 - 3, 1024 * 5, 1024 * 7 + 500, 20_000):
        sound = 0.05 * tone(300, 16_000, 2)
        burst = tone(4_000, 16_000, 0.01, phase=np.pi / 4) * np.hanning(160)
        sound[at : at + 160] = 0.5 * burst
        assert true_peak_dbtp(sound, 16_000) == pytest.approx(-6.0, abs=0.35)


def test_two_channels_are_told() -> None:
    for measure in (integrated_lufs, spoken_lufs, true_peak_dbtp):
        with pytest.raises(AudioError, match="one channel"):
            measure(np.zeros((2, 100), np.float32), 16_000)


def test_a_node_imports_the_audio_room_without_scipy() -> None:
    program = (
        "import sys; sys.modules['scipy'] = sys.modules['pyloudnorm'] = sys.modules['pydub'] = None;"
        "from smartradio.audio import chime, codec, levels, loudness, resample, wavfile"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
