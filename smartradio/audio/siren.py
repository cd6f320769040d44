"""Sirens of alerts: a pattern for each kind of danger, kept on the nodes, told apart by ear and through rain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_EDGE_S: Final = 0.024
# Whole-numbered partials: they carry where a single tone falls into a notch between two horns.
_REED: Final = ((1.0, 1.0), (2.0, 0.5), (3.0, 0.3))


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone that glides, evenly to the ear, from one pitch to another, and the silence after it."""

    from_hz: float
    to_hz: float
    length_s: float
    gap_s: float = 0.0


# Horns carry little below 400 Hz and danger signals are heard best up to 2500 Hz (ISO 7731), so all pitches lie
# between 450 and 1200 Hz with partials above. `emergency` is for all that has no siren of its own: quick, so that the
# words come soon. A flood's rises once, long, and stands; "go now" is the slow whoop of evacuation tones (NEN 2575: 500
# to 1200 Hz in 3.5 s); a fire's two tones alternate (800 and 970 Hz, a second for both, as many fire sounders have); a
# test is short dots that nobody takes for danger; the all-clear is the one that neither moves nor pauses.
_PATTERNS: Final[dict[str, tuple[Tone, ...]]] = {
    "emergency": (Tone(500.0, 1200.0, 0.85, 0.12),) * 2 + (Tone(500.0, 1200.0, 0.85),),
    "siren_flood": (Tone(450.0, 900.0, 4.5), Tone(900.0, 900.0, 2.5)),
    "siren_evacuate": (Tone(500.0, 1200.0, 3.5, 0.5), Tone(500.0, 1200.0, 3.5)),
    "siren_fire": (Tone(970.0, 970.0, 0.5), Tone(800.0, 800.0, 0.5)) * 5,
    "siren_test": (Tone(1000.0, 1000.0, 0.2, 0.8),) * 4 + (Tone(1000.0, 1000.0, 0.2),),
    "all_clear": (Tone(660.0, 660.0, 6.0),),
}
SIRENS: Final = tuple(_PATTERNS)


def siren(name: str, rate: int) -> npt.NDArray[np.float64]:
    """Return the sound of one of SIRENS at `rate` (Hz), mono, at no set level; tones without a gap are one call."""
    sound: list[npt.NDArray[np.float64]] = []
    call: list[npt.NDArray[np.float64]] = []
    for tone in _PATTERNS[name]:
        call.append(_pitches_hz(tone, rate))
        if tone.gap_s > 0:
            sound += [_played(call, rate), np.zeros(round(tone.gap_s * rate))]
            call = []
    return np.concatenate([*sound, _played(call, rate)])


def _pitches_hz(tone: Tone, rate: int) -> npt.NDArray[np.float64]:
    at_s = np.arange(round(tone.length_s * rate)) / rate
    return np.asarray(tone.from_hz * (tone.to_hz / tone.from_hz) ** (at_s / tone.length_s))


def _played(call: list[npt.NDArray[np.float64]], rate: int) -> npt.NDArray[np.float64]:
    """Return a call in one breath: its phase runs on from tone to tone, so that nothing clicks."""
    phase = 2 * np.pi * np.cumsum(np.concatenate(call)) / rate
    at_s = np.arange(len(phase)) / rate
    edges = np.minimum(1.0, np.minimum(at_s, len(phase) / rate - at_s) / _EDGE_S)
    return np.asarray(edges * sum(strength * np.sin(ratio * phase) for ratio, strength in _REED))
