"""Speech that says nothing: syllables of harmonics and hiss, for the demo and for tests; numpy only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.errors import AudioError
from smartradio.audio.spectrum import HORN_BAND_HZ, band_level_db, gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_TOP_HZ = 5000.0
_FORMANTS_HZ = ((300.0, 800.0), (900.0, 2300.0), (2500.0, 3300.0))
_SYLLABLES_A_PHRASE = (5, 10)


def babble(duration_s: float, seed: int, rate: int = 16000, *, level_db: float = -18.0) -> Signal:
    """Return seeded speech-like sound: voiced syllables with tones, hissed onsets, pauses between phrases.

    Shape [duration_s · rate], float32; `level_db` is its RMS in the horn's band, pauses included.
    Raises AudioError for a duration that is not positive.
    """
    if duration_s <= 0.0:
        raise AudioError(f"babble needs a positive duration, not {duration_s:g} s")
    random = np.random.default_rng(seed)
    voice_hz = float(random.uniform(110.0, 240.0))
    wanted = round(duration_s * rate)
    pieces: list[NDArray[np.float64]] = []
    made = 0
    while made < wanted:
        phrase = [_syllable(random, voice_hz, rate) for _ in range(int(random.integers(*_SYLLABLES_A_PHRASE)))]
        phrase.append(np.zeros(int(random.uniform(0.15, 0.35) * rate)))
        pieces += phrase
        made += sum(piece.size for piece in phrase)
    sound = np.concatenate(pieces)[:wanted].astype(np.float32)
    loud: Signal = sound * np.float32(gain(level_db - band_level_db(sound, rate, *HORN_BAND_HZ)))
    return np.clip(loud, -1.0, 1.0)


def _syllable(random: np.random.Generator, voice_hz: float, rate: int) -> NDArray[np.float64]:
    hiss = _onset(random, rate)
    count = int(random.uniform(0.12, 0.22) * rate)
    along = np.linspace(0.0, 1.0, count)
    tone_hz = voice_hz * (1.0 + random.uniform(-0.15, 0.15) + random.uniform(-0.3, 0.3) * along)
    phase = 2 * np.pi * np.cumsum(tone_hz) / rate
    formants = [random.uniform(low, high) for low, high in _FORMANTS_HZ]
    vowel = np.zeros(count)
    for harmonic in range(1, int(_TOP_HZ / tone_hz.max()) + 1):
        hz = harmonic * float(tone_hz.mean())
        strength = sum(1.0 / (1.0 + ((hz - formant) / 90.0) ** 2) / (1 + at) for at, formant in enumerate(formants))
        vowel += (strength + 0.01) * np.sin(harmonic * phase + random.uniform(0.0, 2 * np.pi))
    envelope = np.minimum(along * 8.0, 1.0) * np.minimum((1.0 - along) * 4.0, 1.0)
    return np.concatenate((hiss, vowel * envelope))


def _onset(random: np.random.Generator, rate: int) -> NDArray[np.float64]:
    count = int(random.uniform(0.02, 0.09) * rate)
    noise = np.diff(random.standard_normal(count + 1))
    return float(random.uniform(0.1, 0.5)) * noise * np.hanning(count)
