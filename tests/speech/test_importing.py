from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from smartradio.domain.errors import BadInputError
from smartradio.speech.importing import MAX_STRETCH_S, import_sound, imported_sounds

RATE = 16_000


def wav(pcm: np.ndarray) -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(pcm, -1, 1) * 32_767).astype("<i2").tobytes())
    return sink.getvalue()


def speech(duration_s: float, *, level: float = 0.3) -> np.ndarray:
    """Harmonics under noise, sounding throughout."""
    t = np.arange(round(duration_s * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 150 * k * t + k * k) / k for k in range(1, 12))
    return level * voice / np.abs(voice).max() * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t))


def silence(duration_s: float, noise: float = 0.0) -> np.ndarray:
    return noise * np.random.default_rng(1).standard_normal(round(duration_s * RATE))


def sentences(count: int, length_s: float = 4.0, pause_s: float = 0.5, noise: float = 0.0) -> np.ndarray:
    parts = [part for _ in range(count) for part in (speech(length_s), silence(pause_s, noise))]
    return np.concatenate(parts[:-1])


def test_a_short_recording_is_one_stretch_without_its_silent_ends() -> None:
    report = import_sound(wav(np.concatenate([silence(3), speech(5), silence(4)])), "tin.wav")
    assert len(report.sounds) == 1
    assert report.duration_s == pytest.approx(5.2, abs=0.1)
    assert len(report.sounds[0].pcm) == round(report.duration_s * RATE)
    assert report.warnings == ()


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_a_long_recording_is_cut_in_its_pauses_and_keeps_its_length(noise: float) -> None:
    pcm = sentences(20, noise=noise)
    sounds = imported_sounds(wav(pcm), "tin.wav")
    assert len(sounds) >= 3
    assert all(1.0 <= len(sound.pcm) / RATE <= MAX_STRETCH_S for sound in sounds)
    # Every cut lies in a pause: each stretch holds whole sentences.
    for sound in sounds:
        sentences_there = (len(sound.pcm) / RATE + 0.5) / 4.5
        assert abs(sentences_there - round(sentences_there)) < 0.03
    whole_s = sum(len(sound.pcm) / RATE + sound.pause_after_s for sound in sounds[:-1]) + len(sounds[-1].pcm) / RATE
    assert whole_s == pytest.approx(len(pcm) / RATE, abs=0.25)
    assert [sound.pause_after_s for sound in sounds[:-1]] == pytest.approx([0.5] * (len(sounds) - 1), abs=0.05)


def test_speech_without_a_pause_is_cut_where_it_is_quietest_and_loses_nothing() -> None:
    pcm = speech(70)
    sounds = imported_sounds(wav(pcm), "nhac.wav")
    assert len(sounds) >= 3
    assert all(len(sound.pcm) / RATE <= MAX_STRETCH_S for sound in sounds)
    assert all(sound.pause_after_s == 0 for sound in sounds[:-1])
    joined = np.concatenate([sound.pcm for sound in sounds])
    assert len(joined) == len(pcm)
    assert np.abs(joined - pcm).max() < 0.01


@pytest.mark.parametrize(
    ("pcm", "line"),
    [
        (speech(0.6), r"tin\.wav: lasts 0\.6 s; a recording must last 1 s"),
        (silence(5), r"tin\.wav: is silent from beginning to end"),
        (silence(5, noise=0.0005), r"tin\.wav: is silent from beginning to end"),
        (np.concatenate([silence(60), speech(2), silence(60)]), r"silent for the most part, only 2\.\d s of 122 s"),
        (speech(5, level=4.0), r"tin\.wav: was recorded too loud, \d+\.\d % of it is cut off"),
    ],
)
def test_what_nobody_should_air_is_one_clear_line(pcm: np.ndarray, line: str) -> None:
    with pytest.raises(BadInputError, match=line) as refused:
        imported_sounds(wav(pcm), "tin.wav")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_sound_is_refused_with_its_name() -> None:
    with pytest.raises(BadInputError, match=r"^loi-nhan\.mp3: the file is not a sound file"):
        imported_sounds(b"xin chao", "loi-nhan.mp3")


def test_a_little_clipping_and_a_long_silence_are_told_and_taken() -> None:
    loud = speech(30)
    loud[: 2 * RATE] *= 8
    report = import_sound(wav(np.concatenate([loud, silence(12), speech(5)])), "tin.wav")
    assert any("cut off at full scale; it may rattle" in line for line in report.warnings)
    assert any("is silent for 12 s from 0:30" in line for line in report.warnings)
    assert report.sounds


def test_a_soft_recording_over_room_noise_is_taken_whole() -> None:
    pcm = sentences(3, noise=0.0) * 0.03 + silence(13.0, noise=0.0002)[: len(sentences(3))]
    assert import_sound(wav(pcm), "tin.wav").duration_s == pytest.approx(13.0, abs=0.2)


@pytest.mark.parametrize("noise", [0.0, 0.003, 0.015])
def test_pauses_are_found_over_the_noise_of_a_room(noise: float) -> None:
    pcm = sentences(20)
    report = import_sound(wav(pcm + silence(len(pcm) / RATE, noise=noise)), "tin.wav")
    assert report.warnings == ()
    assert all(sound.pause_after_s == pytest.approx(0.5, abs=0.1) for sound in report.sounds[:-1])


def test_noise_almost_as_loud_as_the_voice_is_told_and_nothing_is_lost() -> None:
    pcm = sentences(20)
    report = import_sound(wav(pcm + silence(len(pcm) / RATE, noise=0.05)), "tin.wav")
    assert report.warnings and "noise or music" in report.warnings[0]
    kept_s = sum(len(sound.pcm) / RATE + sound.pause_after_s for sound in report.sounds[:-1])
    assert kept_s + len(report.sounds[-1].pcm) / RATE == pytest.approx(len(pcm) / RATE, abs=0.1)


@pytest.mark.parametrize("before_s", [3.0, 9.0, 25.0])
def test_where_nobody_speaks_for_long_there_is_silence_and_no_stretch_of_noise(before_s: float) -> None:
    said = np.concatenate([speech(before_s), silence(60), speech(15)])
    sounds = imported_sounds(wav(said + silence(before_s + 75, noise=0.003)), "tin.wav")
    assert [len(sound.pcm) / RATE for sound in sounds] == pytest.approx([before_s + 0.1, 15.1], abs=0.3)
    assert sounds[0].pause_after_s == pytest.approx(60, abs=0.5)


def test_single_words_far_apart_are_all_kept_and_a_click_between_them_is_not() -> None:
    word, click = speech(0.3), 0.5 * np.ones(160)
    said = [speech(3.0), silence(4), word, silence(4), word, silence(4), click, silence(4), speech(3.0)]
    sounds = imported_sounds(wav(np.concatenate(said) + silence(22.61, noise=0.001)), "dem.wav")
    assert [len(sound.pcm) / RATE for sound in sounds] == pytest.approx([3.1, 0.5, 0.5, 3.1], abs=0.1)
