"""Looking for a node's own horn: where it always is, and, when it is not there, a second time elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.coherence import BAND_HZ, RATE
from smartradio.audio.match import FRAME_S, OWN_WINDOW_S, Match, match
from smartradio.listening.facts import FAR_POLE_S, Elsewhere

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smartradio.listening.usual import Usual

    Signal = NDArray[np.float32]

_ODD_S = (-0.1, FAR_POLE_S)
_NEAR_S = 0.02
_AS_LOUD = 0.1  # in power, 10 dB: the nearest pole is 14 dB below the own horn


def listen_for(
    clip: Signal,
    reference: Signal,
    segments: Sequence[tuple[float, float]],
    *,
    clip_starts_s: float,
    usual: Usual | None,
) -> tuple[Match, Elsewhere | None]:
    """Match a clip with its recording, at the node's usual delay if that is known.

    Where the own horn is not there, the second value is what is heard of the recording at another delay, and how loud:
    only that tells a horn that is late from another one. Shapes and errors as in `judge`.
    """
    window_s = OWN_WINDOW_S if usual is None else usual.window_s
    found = match(clip, reference, clip_starts_s=clip_starts_s, expected_delay_s=window_s, segments=segments)
    if found.own_heard or usual is None:
        return found, None
    far_s = found.far_delay_s
    pole = far_s is not None and far_s >= FAR_POLE_S
    elsewhere_s = (far_s - _NEAR_S, far_s + _NEAR_S) if pole and far_s is not None else _ODD_S
    second = match(clip, reference, clip_starts_s=clip_starts_s, expected_delay_s=elsewhere_s)
    if not second.own_heard or second.delay_s is None:
        return found, None
    return found, Elsewhere(second.delay_s, second.gain_db)


def loud_frames(clip: Signal, found: Match, *, clip_starts_s: float) -> tuple[bool, ...]:
    """Say for each 100 ms of the recording whether the clip is then as loud as the own horn is, whatever sounds."""
    size = round(FRAME_S * RATE)
    start = round(((found.delay_s or 0.0) - clip_starts_s) * RATE)
    count = len(found.frames)
    padded = np.pad(clip, (max(-start, 0), max(start + count * size - clip.size, 0)))
    frames = padded[max(start, 0) :][: count * size].reshape(count, size)
    hz = np.fft.rfftfreq(size, 1.0 / RATE)
    spectra = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    power = spectra[:, (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])].sum(axis=1)
    own = power[np.array(found.frames, dtype=bool) & np.array(found.active, dtype=bool)]
    if own.size == 0:
        return (False,) * count
    loud: list[bool] = (power >= _AS_LOUD * float(np.median(own))).tolist()
    return tuple(loud)
