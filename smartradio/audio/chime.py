"""The few seconds that tell a village to listen: one sound for each class of bulletin, and one that closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

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


@dataclass(frozen=True, slots=True)
class _Siren:
    sweeps: int
    sweep_s: float
    gap_s: float
    from_hz: float
    to_hz: float


# Horns carry little below 400 Hz, so everything stays above. Three rising notes invite; two quick calls of a
# fourth, repeated, press; the falling fifth closes. The emergency is no melody at all: it sweeps upwards as
# slow-whoop evacuation tones do (NEN 2575: 500 to 1200 Hz), only faster, so that the words come soon.
_SOUNDS: dict[str, _Melody | _Siren] = {
    "normal": _Melody(1.9, (_Note(0.0, 523.25, 0.5), _Note(0.35, 659.26, 0.5), _Note(0.7, 783.99, 0.7))),
    "priority": _Melody(
        2.0,
        tuple(
            _Note(0.7 * call + 0.18 * second, (698.46, 932.33)[second], (0.2, 0.4)[second])
            for call in range(2)
            for second in range(2)
        ),
    ),
    "emergency": _Siren(sweeps=3, sweep_s=0.85, gap_s=0.12, from_hz=500.0, to_hz=1200.0),
    "ending": _Melody(1.3, (_Note(0.0, 783.99, 0.35), _Note(0.3, 523.25, 0.5))),
}
OPENINGS = ("normal", "priority", "emergency")
ENDING = "ending"
CHIMES = tuple(_SOUNDS)
# Partials of a struck bar, with their strengths; each higher one dies faster.
_BAR = ((1.0, 1.0), (2.0, 0.35), (3.01, 0.15))
# A siren's whole-numbered ones: they carry where a single tone falls into a notch between two horns.
_REED = ((1.0, 1.0), (2.0, 0.5), (3.0, 0.3))


def chime(name: str, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Return the sound for a class of bulletin (OPENINGS) or for its ENDING, as float32 mono with a peak of 0.5.

    The same samples every time, so its Opus object is sent to a node once. Raises AudioError for an
    unknown name or a rate below 8000 Hz.
    """
    wanted = _SOUNDS.get(name)
    if wanted is None:
        raise AudioError(f"there is no chime {name!r}; use one of {', '.join(CHIMES)}")
    if rate < 8_000:
        raise AudioError(f"a chime needs at least 8000 Hz, not {rate}")
    sound = _struck(wanted, rate) if isinstance(wanted, _Melody) else _swept(wanted, rate)
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


def _swept(siren: _Siren, rate: int) -> npt.NDArray[np.float64]:
    at_s = np.arange(round(siren.sweep_s * rate)) / rate
    pitch_hz = siren.from_hz * (siren.to_hz / siren.from_hz) ** (at_s / siren.sweep_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate
    edges = np.minimum(1.0, np.minimum(at_s, siren.sweep_s - at_s) / (4 * _ATTACK_S))
    sweep = edges * sum(strength * np.sin(ratio * phase) for ratio, strength in _REED)
    gap = np.zeros(round(siren.gap_s * rate))
    return np.concatenate([sweep, *[gap, sweep] * (siren.sweeps - 1)])
