from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from smartradio.audio.errors import AudioError
from smartradio.audio.levels import FLOOR_DBFS, peak_dbfs
from smartradio.audio.loudness import SILENT_LUFS, integrated_lufs, true_peak_dbtp


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
    assert true_peak_dbtp(np.zeros(samples, np.float32), 16_000) == FLOOR_DBFS


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
    for measure in (integrated_lufs, true_peak_dbtp):
        with pytest.raises(AudioError, match="one channel"):
            measure(np.zeros((2, 100), np.float32), 16_000)


def test_a_node_imports_the_audio_room_without_scipy() -> None:
    program = (
        "import sys; sys.modules['scipy'] = sys.modules['pyloudnorm'] = sys.modules['pydub'] = None;"
        "from smartradio.audio import chime, codec, levels, loudness, resample, wavfile"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
