"""The few notes that tell a village to listen, one melody for each class of bulletin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

_ATTACK_S = 0.006


@dataclass(frozen=True, slots=True)
class _Note:
    start_s: float
    pitch_hz: float
    decay_s: float


@dataclass(frozen=True, slots=True)
class _Melody:
    length_s: float
    notes: tuple[_Note, ...]


# Horns carry little below 400 Hz, so the melodies stay above. Rising notes call softly; the emergency's
# quick falling pairs cannot be taken for them.
_MELODIES = {
    "normal": _Melody(1.9, (_Note(0.0, 523.25, 0.5), _Note(0.35, 659.26, 0.5), _Note(0.7, 783.99, 0.7))),
    "emergency": _Melody(
        2.4,
        tuple(
            _Note(0.5 * pair + 0.22 * second, (1046.5, 783.99)[second], 0.22)
            for pair in range(4)
            for second in range(2)
        ),
    ),
}
CHIMES = tuple(_MELODIES)
# Partials of a struck bar, with their strengths; each higher one dies faster.
_PARTIALS = ((1.0, 1.0), (2.0, 0.35), (3.01, 0.15))


def chime(name: str, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Return the chime for a class of bulletin, one of CHIMES, as float32 mono with a peak of 0.5.

    The same samples every time, so its Opus object is sent to a node once. Raises AudioError for an
    unknown name or a rate below 8000 Hz.
    """
    melody = _MELODIES.get(name)
    if melody is None:
        raise AudioError(f"there is no chime {name!r}; use one of {', '.join(CHIMES)}")
    if rate < 8_000:
        raise AudioError(f"a chime needs at least 8000 Hz, not {rate}")
    sound = np.zeros(round(melody.length_s * rate))
    for note in melody.notes:
        start = round(note.start_s * rate)
        at_s = np.arange(len(sound) - start) / rate
        attack = np.minimum(1.0, at_s / _ATTACK_S)
        for ratio, strength in _PARTIALS:
            swing = np.sin(2 * np.pi * ratio * note.pitch_hz * at_s)
            sound[start:] += attack * strength * np.exp(-at_s * ratio / note.decay_s) * swing
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)
