from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.coherence import WINDOW
from smartradio.audio.errors import AudioError
from smartradio.audio.noise import NOISE_BAND_HZ, Noise, NoiseKind
from smartradio.audio.spectrum import band_level_db, stft
from smartradio.audio.voicing import voiced

RATE = 16000


@pytest.mark.parametrize("kind", list(NoiseKind))
@pytest.mark.parametrize("rate", [16000, 48000])
def test_noise_has_the_level_asked_for_in_the_long_run(kind, rate):
    levels = [band_level_db(Noise(kind, -40.0, rate, s).take(30 * rate), rate, *NOISE_BAND_HZ) for s in range(4)]
    assert np.mean(levels) == pytest.approx(-40.0, abs=2.0)


@pytest.mark.parametrize("kind", list(NoiseKind))
def test_noise_is_the_same_for_the_same_seed_whatever_is_taken_at_once(kind):
    whole = Noise(kind, -40.0, RATE, 5).take(50_000)
    noise = Noise(kind, -40.0, RATE, 5)
    assert np.array_equal(np.concatenate([noise.take(n) for n in (1, 320, 20_000, 29_679)]), whole)
    assert not np.array_equal(Noise(kind, -40.0, RATE, 6).take(50_000), whole)


def test_noise_has_no_steps_where_its_pieces_join():
    noise = Noise(NoiseKind.WIND, -20.0, RATE, 1).take(6 * RATE)
    jumps = np.abs(np.diff(noise))
    assert jumps[[RATE - 1, 2 * RATE - 1, 3 * RATE - 1]].max() < jumps.max()


def test_wind_comes_in_gusts_and_is_deep():
    wind = Noise(NoiseKind.WIND, -30.0, RATE, 2).take(20 * RATE)
    seconds = [band_level_db(wind[at : at + RATE], RATE, *NOISE_BAND_HZ) for at in range(0, wind.size, RATE)]
    assert max(seconds) - min(seconds) > 4.0
    assert band_level_db(wind, RATE, 50, 250) > band_level_db(wind, RATE, 2000, 4000) + 10


@pytest.mark.parametrize("kind", list(NoiseKind))
def test_no_noise_passes_for_a_voice(kind):
    noise = Noise(kind, -30.0, RATE, 3).take(20 * RATE)
    spectra = stft(noise, np.arange(0, noise.size - WINDOW, 320), np.hanning(WINDOW).astype(np.float32))
    assert voiced(np.abs(spectra[:, 12:]) ** 2, 12, WINDOW, RATE).mean() < 0.02


def test_a_rate_too_low_for_speech_is_refused():
    with pytest.raises(AudioError, match="8000"):
        Noise(NoiseKind.QUIET, -50.0, 4000, 1)
