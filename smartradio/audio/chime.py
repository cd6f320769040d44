"""The few seconds that tell a village to listen: one sound for each class of bulletin, and one that closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError
from smartradio.audio.siren import SIRENS, siren

_ATTACK_S = 0.006
_FADE_S = 0.3


@dataclass(frozen=True, slots=True)
class _Note:
    start_s: float
    pitch_hz: float
    decay_s: float


@dataclass(frozen=True, slots=True)
class _Melody:
    length_s: float
    notes: tuple[_Note, ...]


# Horns carry little below 400 Hz, so everything stays above. Three rising notes invite; two quick calls of a
# fourth, repeated, press; the falling fifth closes. An emergency is no melody at all but a siren.
_MELODIES: dict[str, _Melody] = {
    "normal": _Melody(1.9, (_Note(0.0, 523.25, 0.5), _Note(0.35, 659.26, 0.5), _Note(0.7, 783.99, 0.7))),
    "priority": _Melody(
        2.0,
        tuple(
            _Note(0.7 * call + 0.18 * second, (698.46, 932.33)[second], (0.2, 0.4)[second])
            for call in range(2)
            for second in range(2)
        ),
    ),
    "ending": _Melody(1.3, (_Note(0.0, 783.99, 0.35), _Note(0.3, 523.25, 0.5))),
}
OPENINGS = ("normal", "priority", "emergency")
ENDING = "ending"
CHIMES = (*OPENINGS, ENDING)
# Partials of a struck bar, with their strengths; each higher one dies faster.
_BAR = ((1.0, 1.0), (2.0, 0.35), (3.01, 0.15))


def chime(name: str, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Return the sound for a class of bulletin (OPENINGS), for its ENDING or one of SIRENS, float32 mono, peak 0.5.

    The same samples every time, so its Opus object is sent to a node once. Raises AudioError for an
    unknown name or a rate below 8000 Hz.
    """
    if name not in (*_MELODIES, *SIRENS):
        raise AudioError(f"there is no chime {name!r}; use one of {', '.join((*CHIMES, *SIRENS[1:]))}")
    if rate < 8_000:
        raise AudioError(f"a chime needs at least 8000 Hz, not {rate}")
    sound = _struck(_MELODIES[name], rate) if name in _MELODIES else siren(name, rate)
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


def _struck(melody: _Melody, rate: int) -> npt.NDArray[np.float64]:
    sound = np.zeros(round(melody.length_s * rate))
    for note in melody.notes:
        start = round(note.start_s * rate)
        at_s = np.arange(len(sound) - start) / rate
        attack = np.minimum(1.0, at_s / _ATTACK_S)
        for ratio, strength in _BAR:
            swing = np.sin(2 * np.pi * ratio * note.pitch_hz * at_s)
            sound[start:] += attack * strength * np.exp(-at_s * ratio / note.decay_s) * swing
    fade = round(_FADE_S * rate)
    sound[-fade:] *= np.linspace(1.0, 0.0, fade)
    return sound
