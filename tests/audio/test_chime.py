from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.chime import CHIMES, chime
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


def test_an_emergency_does_not_sound_like_every_day() -> None:
    everyday, emergency = (np.abs(np.fft.rfft(chime(name), 65_536)) for name in ("normal", "emergency"))
    assert np.corrcoef(everyday, emergency)[0, 1] < 0.5


def test_it_can_be_had_at_the_rate_of_a_sound_card() -> None:
    assert len(chime("normal", 48_000)) == 3 * len(chime("normal", 16_000))


def test_an_unknown_chime_is_told_with_those_there_are() -> None:
    with pytest.raises(AudioError, match=r"no chime 'disco'; use one of normal, emergency"):
        chime("disco")
    with pytest.raises(AudioError, match="8000 Hz"):
        chime("normal", 4_000)
