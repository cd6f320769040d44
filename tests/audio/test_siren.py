from __future__ import annotations

import itertools

import numpy as np
import pytest

from smartradio.audio.chime import CHIMES, chime
from smartradio.audio.siren import SIRENS

RATE = 16_000
OF_A_DANGER = tuple(name for name in SIRENS if name != "emergency")


def pitches_hz(name: str) -> np.ndarray:
    """Return the strongest pitch of every 50 ms, 0 where it is silent."""
    windows = np.lib.stride_tricks.sliding_window_view(chime(name), 800)[::800]
    strongest = np.abs(np.fft.rfft(windows * np.hanning(800), RATE, axis=1)).argmax(axis=1).astype(float)
    return np.where(np.abs(windows).max(axis=1) > 0.05, strongest, 0.0)


@pytest.mark.parametrize("name", OF_A_DANGER)
def test_a_siren_is_long_enough_to_wake_somebody_and_ends_before_they_have_heard_enough(name: str) -> None:
    assert 4 <= len(chime(name)) / RATE <= 9


@pytest.mark.parametrize("name", SIRENS)
def test_a_horn_carries_all_of_it_and_it_neither_clips_nor_clicks(name: str) -> None:
    sound = chime(name)
    power = np.abs(np.fft.rfft(sound)) ** 2
    assert power[np.fft.rfftfreq(len(sound), 1 / RATE) >= 400].sum() / power.sum() > 0.999
    assert np.abs(sound).max() == pytest.approx(0.5)
    assert (abs(sound[0]), abs(sound[-1])) < (0.01, 0.01)
    # No step from sample to sample is larger than the highest partial's own.
    assert np.abs(np.diff(sound)).max() < 2 * np.pi * 3 * 1_200 / RATE * 0.5
    assert np.array_equal(sound, chime(name))


@pytest.mark.parametrize("name", SIRENS)
def test_its_pitch_stays_where_danger_signals_are_heard_best(name: str) -> None:
    heard = pitches_hz(name)
    assert heard[heard > 0].min() >= 440
    assert heard.max() <= 1_250


def test_a_flood_s_siren_rises_once_and_stands() -> None:
    heard = pitches_hz("siren_flood")
    assert (heard > 0).all()
    assert np.diff(heard).min() > -15
    assert heard[-40:] == pytest.approx(900, abs=15)


def test_go_now_whoops_twice_and_slowly() -> None:
    heard = pitches_hz("siren_evacuate")
    assert np.count_nonzero(np.diff(heard) < -1_000) == 1
    assert np.mean(np.diff(heard) > 0) > 0.9


def test_a_fire_has_two_tones_and_no_third() -> None:
    heard = pitches_hz("siren_fire")
    assert {round(pitch / 10) * 10 for pitch in heard} <= {800, 970}
    assert np.count_nonzero(np.abs(np.diff(heard)) > 100) == 9


def test_a_test_is_short_dots_with_more_silence_than_sound() -> None:
    assert np.mean(pitches_hz("siren_test") > 0) < 0.35


def test_the_all_clear_neither_moves_nor_pauses() -> None:
    heard = pitches_hz("all_clear")
    assert (heard > 0).all()
    assert np.ptp(heard) <= 2


@pytest.mark.parametrize(("one", "other"), sorted(itertools.combinations(sorted({*SIRENS, *CHIMES}), 2)))
def test_no_siren_and_no_chime_is_taken_for_another(one: str, other: str) -> None:
    first, second = pitches_hz(one), pitches_hz(other)
    together = min(len(first), len(second))
    alike = np.abs(first[:together] - second[:together]) < 20
    assert np.mean(alike[(first[:together] > 0) | (second[:together] > 0)]) < 0.5
