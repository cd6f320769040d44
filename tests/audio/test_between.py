import numpy as np
import pytest

from smartradio.audio.between import HALF, read_at, unbent

RATE = 16_000


def tone(places, hz=1_000.0):
    return np.sin(2 * np.pi * hz * places / RATE)


@pytest.mark.parametrize("hz", [100.0, 1_000.0, 2_500.0])
def test_between_its_samples_a_signal_is_what_it_would_be_there(hz):
    places = HALF + np.linspace(0.0, 900.0, 4_001)
    found = read_at(tone(np.arange(1_000), hz).astype(np.float32), places)
    assert np.abs(found - tone(places, hz)).max() < 1e-3


def test_at_its_samples_a_signal_is_itself():
    signal = np.random.default_rng(1).normal(size=200).astype(np.float32)
    assert np.allclose(read_at(signal, np.arange(HALF, 180.0)), signal[HALF:180], atol=1e-6)


def test_a_clip_of_an_even_pace_is_left_as_it_is():
    clip = np.ones(100, np.float32)
    assert unbent(clip, RATE, -2.0, ()) is clip


@pytest.mark.parametrize("starts_s", [-2.0, -0.3, 0.2])
def test_what_was_played_faster_for_a_while_lies_where_it_belongs_again(starts_s):
    # From the first second on 100 ppm faster, from the third on as it should be, 200 µs ahead.
    bends = ((1.0, 0.0), (3.0, 200e-6), (5.0, 200e-6))
    passed_s = starts_s + np.arange(6 * RATE) / RATE
    played_s = passed_s + np.interp(passed_s, [at_s for at_s, _ in bends], [gained_s for _, gained_s in bends])
    clip = tone(RATE * played_s).astype(np.float32)
    whole = slice(100, -100)
    assert np.abs(clip - tone(RATE * passed_s))[whole].max() > 1.0
    assert np.abs(unbent(clip, RATE, starts_s, bends) - tone(RATE * passed_s))[whole].max() < 2e-3


def test_an_empty_clip_stays_empty():
    assert unbent(np.zeros(0, np.float32), RATE, 0.0, ((1.0, 0.0),)).size == 0
