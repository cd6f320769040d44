"""Yesterday's clip sent again: the recording is the same every time, the air around it never is; numpy only.

A clip's background before and after the airing is correlated with that of an earlier clip of the same recording. The
spectra are whitened, so that steady tones (mains hum, crickets) count no more than any other bin, and both ends must
be found at the same shift: one clip was moved, not two sounds.
Source: Knapp and Carter, The generalized correlation method for estimation of time delay, 1976.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.coherence import BAND_HZ, RATE
from smartradio.audio.spectrum import band_level_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

STANDS_OUT = 20.0
"""A peak over the correlation's standard deviation; chance reaches 8 in so many shifts, a copy through Opus 130."""
_SAME_SHIFT = 2
_REACH_S = 0.25
_GUARD_S = 0.1
_LATE_SOUND_S = 1.3
_LEAST_S = 0.5
_QUIETER_DB = 10.0


def same_background(clip: Signal, earlier: Signal, recording_size: int, clip_starts_s: float) -> bool:
    """Say whether two clips of one recording have the same background: then one of them is a copy.

    Shapes: clips [n], [m], float32 at 16 kHz, both beginning `clip_starts_s` (seconds, negative for before) against
    the planned start of a recording of `recording_size` samples. False wherever too little quiet is there to tell.
    """
    start = round(-clip_starts_s * RATE)
    pieces = (
        slice(0, start - round(_GUARD_S * RATE)),
        slice(start + recording_size + round(_LATE_SOUND_S * RATE), None),
    )
    during_db = band_level_db(clip[max(start, 0) : start + recording_size], RATE, *BAND_HZ)
    shifts = [_shift(clip[piece], earlier[piece], during_db - _QUIETER_DB) for piece in pieces if _sane(piece)]
    found = [shift for shift in shifts if shift is not None]
    return len(found) == len(pieces) and max(found) - min(found) <= _SAME_SHIFT


def moved(clip: Signal, samples: int) -> Signal:
    """Return a clip that begins so many samples later: silence is put before it, or its beginning taken away."""
    return np.pad(clip, (samples, 0)) if samples > 0 else clip[-samples:]


def _sane(piece: slice) -> bool:
    return piece.stop is None or piece.stop > 0


def _shift(clip: Signal, earlier: Signal, loudest_db: float) -> int | None:
    """Return by how many samples one background is the other moved; None where they are two, or not background."""
    size = min(clip.size, earlier.size)
    if size < _LEAST_S * RATE:
        return None
    if max(band_level_db(each, RATE, *BAND_HZ) for each in (clip, earlier)) > loudest_db:
        # Another airing of this horn, the same every day, is no background.
        return None
    span = 1 << (2 * size - 1).bit_length()
    spectra = [_whitened(each[:size], span) for each in (clip, earlier)]
    correlation = np.fft.irfft(spectra[0] * spectra[1].conj(), span)
    reach = round(_REACH_S * RATE)
    near = np.concatenate((correlation[-reach:], correlation[: reach + 1]))
    peak = int(np.argmax(np.abs(near)))
    strength = abs(float(near[peak])) / max(float(correlation.std()), 1e-12)
    return peak - reach if strength >= STANDS_OUT else None


def _whitened(piece: Signal, span: int) -> NDArray[np.complex128]:
    spectrum = np.fft.rfft(piece * np.hanning(piece.size), span)
    hz = np.fft.rfftfreq(span, 1.0 / RATE)
    inside = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    whitened: NDArray[np.complex128] = np.where(inside, spectrum / (np.abs(spectrum) + 1e-12), 0.0)
    return whitened
