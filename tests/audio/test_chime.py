from __future__ import annotations

import itertools

import numpy as np
import pytest

from smartradio.audio.chime import CHIMES, ENDING, OPENINGS, chime
from smartradio.audio.errors import AudioError


@pytest.mark.parametrize("name", CHIMES)
def test_a_chime_is_short_clean_and_the_same_every_time(name: str) -> None:
    sound = chime(name)
    assert sound.dtype == np.float32
    assert 1 < len(sound) / 16_000 < 4
    assert np.abs(sound).max() == pytest.approx(0.5)
    assert abs(sound.mean()) < 0.001
    assert abs(sound[0]) < 0.01
    assert np.array_equal(sound, chime(name))


@pytest.mark.parametrize("name", CHIMES)
def test_a_horn_can_carry_it(name: str) -> None:
    sound = chime(name)
    power = np.abs(np.fft.rfft(sound)) ** 2
    pitch_hz = np.fft.rfftfreq(len(sound), 1 / 16_000)
    assert power[pitch_hz >= 400].sum() / power.sum() > 0.99


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(OPENINGS, 2)))
def test_no_class_of_bulletin_sounds_like_another(one: str, other: str) -> None:
    spectra = [np.abs(np.fft.rfft(chime(name), 65_536)) for name in (one, other)]
    assert np.corrcoef(*spectra)[0, 1] < 0.5


def pitches_hz(name: str) -> np.ndarray:
    """Return the strongest pitch of every 50 ms that is heard."""
    sound = chime(name)
    windows = np.lib.stride_tricks.sliding_window_view(sound, 800)[::800]
    heard = windows[np.abs(windows).max(axis=1) > 0.1] * np.hanning(800)
    return np.abs(np.fft.rfft(heard, 16_000, axis=1)).argmax(axis=1).astype(float)


def test_an_emergency_sweeps_without_rest_where_the_others_stand_on_notes() -> None:
    assert np.mean(np.abs(np.diff(pitches_hz("emergency"))) > 10) > 0.9
    for name in ("normal", "priority", "ending"):
        assert np.mean(np.abs(np.diff(pitches_hz(name))) > 10) < 0.4


def test_an_emergency_stays_where_danger_signals_are_heard_best() -> None:
    assert pitches_hz("emergency").min() >= 480
    assert pitches_hz("emergency").max() <= 1_250


def test_the_ending_is_brief_and_falls() -> None:
    assert len(chime(ENDING)) < 1.5 * 16_000
    assert pitches_hz(ENDING)[0] > pitches_hz(ENDING)[-1]


def test_it_can_be_had_at_the_rate_of_a_sound_card() -> None:
    assert len(chime("normal", 48_000)) == 3 * len(chime("normal", 16_000))


def test_an_unknown_chime_is_told_with_those_there_are() -> None:
    with pytest.raises(AudioError, match=r"no chime 'disco'; use one of normal, priority, emergency"):
        chime("disco")
    with pytest.raises(AudioError, match="8000 Hz"):
        chime("normal", 4_000)
