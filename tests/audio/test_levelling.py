"""A stream brought to our loudness: near it within seconds, without pumping, and never over the ceiling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from smartradio.audio.levelling import Leveller
from smartradio.audio.loudness import integrated_lufs

RATE = 16_000
TARGET = -16.0
CEILING = -3.0
Signal = npt.NDArray[np.float32]


def programme(seconds: float, seed: int = 1) -> Signal:
    """Noise in the voice's band with syllables."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(seconds * RATE)) / RATE
    noise = np.convolve(rng.standard_normal(len(at_s)), np.hanning(9) / 4, mode="same")
    return np.asarray(0.3 * noise * (0.55 - 0.45 * np.cos(2 * np.pi * 3 * at_s)), dtype=np.float32)


def levelled(sound: Signal, block: int = 3_000) -> Signal:
    leveller = Leveller(RATE, target_lufs=TARGET, ceiling_dbfs=CEILING)
    parts = [leveller.push(sound[at : at + block]) for at in range(0, len(sound), block)]
    return np.concatenate([*parts, leveller.flush()])


@pytest.mark.parametrize("factor", [0.4, 1.0, 4.0])
def test_soft_and_loud_broadcasters_come_out_alike(factor: float) -> None:
    out = levelled(programme(30) * np.float32(factor))
    assert integrated_lufs(out[3 * RATE :], RATE) == pytest.approx(TARGET, abs=1.0)


def test_the_first_seconds_are_near_it_already() -> None:
    assert integrated_lufs(levelled(programme(30))[: 3 * RATE], RATE) == pytest.approx(TARGET, abs=3.0)


def test_as_much_comes_out_as_went_in_however_it_is_cut() -> None:
    sound = programme(5)
    whole = levelled(sound, len(sound))
    assert len(whole) == len(sound)
    for block in (160, 4_567, 32_000):
        assert np.allclose(levelled(sound, block), whole, atol=1e-4)


def test_nothing_is_above_the_ceiling_also_when_a_shout_comes() -> None:
    sound = programme(10)
    sound[5 * RATE :] *= 30
    assert np.abs(levelled(sound)).max() <= 10 ** (CEILING / 20) + 1e-6


def test_a_pause_does_not_pump_up_what_follows_nor_its_noise() -> None:
    sound = programme(30)
    sound[12 * RATE : 18 * RATE] *= 0.001
    leveller = Leveller(RATE, target_lufs=TARGET, ceiling_dbfs=CEILING)
    gains = []
    for at in range(0, len(sound), RATE):
        leveller.push(sound[at : at + RATE])
        gains.append(leveller.gain_db)
    assert max(gains[12:19]) - min(gains[12:19]) < 0.7


def test_the_gain_moves_slowly_once_it_has_been_found() -> None:
    sound = np.concatenate((programme(15), programme(40, 2) * np.float32(0.5)))
    leveller = Leveller(RATE, target_lufs=TARGET, ceiling_dbfs=CEILING)
    gains = []
    for at in range(0, len(sound), RATE):
        leveller.push(sound[at : at + RATE])
        gains.append(leveller.gain_db)
    steps = np.diff(gains[4:])
    assert steps.max() <= 1.3
    assert gains[-1] == pytest.approx(gains[14] + 6, abs=1.0)


def test_silence_stays_silence() -> None:
    assert not levelled(np.zeros(3 * RATE, np.float32)).any()
