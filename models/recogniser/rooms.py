"""Places for the evaluation, made otherwise than the training's: walls with mirror images instead of chance taps."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from models.recogniser.voices import RATE
from smartradio.audio.babble import babble
from smartradio.audio.noise import NOISE_BAND_HZ, Noise, NoiseKind
from smartradio.audio.pole import SPEED_OF_SOUND_M_S
from smartradio.audio.spectrum import band_level_db, band_pass

Signal = NDArray[np.float32]

KINDS = ("wind", "traffic", "crowd", "rain")
_ORDERS = range(-3, 4)
_LENGTH_S = 0.9


def square(random: np.random.Generator) -> Signal:
    """Return the impulse response of a square of house fronts with a pole and a microphone in it.

    Mirror images up to the third order (Allen and Berkley 1979, in the plane), so echoes from 20 to 400 ms.
    """
    size_m = random.uniform(12.0, 60.0, 2)
    horn_m, capsule_m = size_m * random.uniform(0.2, 0.8, 2), size_m * random.uniform(0.2, 0.8, 2)
    kept = random.uniform(0.25, 0.65, 2)
    response = np.zeros(round(_LENGTH_S * RATE), dtype=np.float32)
    direct_m = float(np.hypot(*(horn_m - capsule_m)))
    for across, along in itertools.product(_ORDERS, _ORDERS):
        orders = np.array((across, along))
        images_m = np.where(orders % 2 == 0, orders * size_m + horn_m, (orders + 1) * size_m - horn_m)
        distance_m = float(np.hypot(*(images_m - capsule_m)))
        place = round((distance_m - direct_m) / SPEED_OF_SOUND_M_S * RATE)
        if 0 <= place < response.size:
            response[place] += np.prod(kept ** np.abs(orders)) * direct_m / distance_m
    return response


def heard(speech: Signal, random: np.random.Generator, kind: str, snr_db: float) -> Signal:
    """Return `speech` (float32 [n], RATE) through a horn across a square, `snr_db` above noise in the horn's band."""
    horn = band_pass(RATE, float(random.uniform(220, 380)), float(random.uniform(3_800, 5_500)))
    response = fftconvolve(square(random), horn)
    sound = fftconvolve(speech, response)[: speech.size].astype(np.float32)
    noise = _noise(kind, random, sound.size)
    wanted_db = band_level_db(sound, RATE, *NOISE_BAND_HZ) - snr_db
    noise = noise * np.float32(10 ** ((wanted_db - band_level_db(noise, RATE, *NOISE_BAND_HZ)) / 20))
    return np.asarray((sound + noise) * np.float32(0.3), dtype=np.float32)


def _noise(kind: str, random: np.random.Generator, count: int) -> Signal:
    seed = int(random.integers(2**31))
    match kind:
        case "wind" | "traffic":
            return Noise(NoiseKind(kind), -20.0, RATE, seed).take(count)
        case "crowd":
            voices = [babble(count / RATE + 0.1, seed + person)[:count] for person in range(7)]
            return np.asarray(np.sum(voices, axis=0), dtype=np.float32)
        case _:
            drops = random.standard_normal(count) * (random.random(count) < 0.05) + 0.3 * random.standard_normal(count)
            return np.asarray(np.diff(drops, prepend=0.0) + 0.5 * drops, dtype=np.float32)
