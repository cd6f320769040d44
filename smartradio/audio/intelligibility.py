"""How much of the speech in a clip a listener could understand, against the recording as it should sound; numpy only.

ESTOI, the extended short-time objective intelligibility: Jensen and Taal, "An Algorithm for Predicting the
Intelligibility of Speech Masked by Modulated Noise Maskers", IEEE/ACM Trans. Audio, Speech, Lang. Process. 24(11),
2016; bands and frames as in Taal et al., IEEE Trans. Audio, Speech, Lang. Process. 19(7), 2011. Three things differ,
because a horn is no hearing aid:

- Both signals are read at 16 kHz at the moments given, so that a drifting clock costs nothing and nothing is resampled.
- The ear has a floor: ESTOI does not care how faint a band is, and speech behind a closed door would be perfect to it.
  Noise of the recording's own spectrum, EAR_FLOOR_DB below the clip, stands for what is too faint beside the rest
  (the 30 dB range of speech in ANSI S3.5-1997).
- Bands count by their importance for speech (ANSI S3.5-1997, table 3) instead of alike: half of the bands lie below
  800 Hz, a quarter of the words does.

Without the last two the figures are the reference implementation's to within 0.005 (a test holds that).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.coherence import RATE
from smartradio.audio.errors import AudioError
from smartradio.audio.spectrum import stft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Bands = NDArray[np.float64]

EAR_FLOOR_DB = -25.0
FRAME_S = 0.0256
HOP_S = 0.0128
SEGMENT_FRAMES = 30
"""384 ms: shorter stretches hold no modulation, longer ones no syllable."""
LOWEST_BAND_HZ = 150.0
IMPORTANCE = (
    0.0083, 0.0095, 0.0150, 0.0289, 0.0440, 0.0578, 0.0653, 0.0711,
    0.0818, 0.0844, 0.0882, 0.0898, 0.0868, 0.0844, 0.0771,
)  # fmt: skip
"""Of the third-octave bands from 150 Hz to 3.8 kHz, for average speech."""
ALIKE = (1.0,) * len(IMPORTANCE)
"""Weights of the bands as ESTOI was published."""

_SOUNDING_BELOW_PEAK_DB = 40.0
_FFT = 1024
_BLOCK = 2000
_FLOOR_SEED = 0
_FLOOR_FREEDOM = 4.0
_TINY = 1e-20

_WIDTH = round(FRAME_S * RATE)
_WINDOW = np.zeros(_FFT, dtype=np.float32)
_WINDOW[:_WIDTH] = np.hanning(_WIDTH + 2)[1:-1]


def intelligibility(
    clip: Signal,
    reference: Signal,
    *,
    clip_starts_s: float,
    delay_s: float,
    drift: float = 0.0,
    spans: Sequence[tuple[float, float]] = (),
    floor_db: float | None = EAR_FLOOR_DB,
    weights: Sequence[float] = IMPORTANCE,
) -> float | None:
    """Return how intelligible the recording is in the clip at this delay, 0 (not at all) to 1 (as if beside it).

    Shapes: clip [n], reference [m], float32 at 16 kHz; `clip_starts_s`, `delay_s` and `drift` as in audio.match and
    audio.coherence. `spans` are the (start_s, end_s) of the recording that count, its sentences: chimes have no words;
    all of it where none is given. None where less than SEGMENT_FRAMES frames of it sound. `floor_db` None and
    `weights` ALIKE give ESTOI as published. Raises AudioError for samples that are not one channel of numbers.
    """
    for signal, name in ((clip, "clip"), (reference, "recording")):
        if signal.ndim != 1 or not np.isfinite(signal).all():
            raise AudioError(f"the {name} must be one channel of finite samples")
    frames = max(int((reference.size / RATE - FRAME_S) / HOP_S) + 1, 0)
    at_s = np.arange(frames, dtype=np.float64) * HOP_S
    counted = _counted(at_s, spans)
    if counted.sum() < SEGMENT_FRAMES:
        return None
    at_s = at_s[counted]
    played = _bands(reference, at_s)
    energy = (played**2).sum(axis=1)
    sounding = energy > energy.max() * 10.0 ** (-_SOUNDING_BELOW_PEAK_DB / 10.0)
    if sounding.sum() < SEGMENT_FRAMES or energy.max() <= 0.0:
        return None
    played, at_s = played[sounding], at_s[sounding]
    heard = _bands(clip, at_s * (1.0 + drift) + delay_s - clip_starts_s)
    if floor_db is not None:
        heard = _above_floor(heard, played, floor_db)
    return float(np.clip(_likeness(played, heard, np.asarray(weights) / np.sum(weights)), 0.0, 1.0))


def _counted(at_s: NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    counted = np.full(at_s.size, not spans)
    for start_s, end_s in spans:
        counted |= (at_s >= start_s) & (at_s + FRAME_S <= end_s)
    return counted


def _bands(signal: Signal, at_s: NDArray[np.float64]) -> Bands:
    """Return the amplitude of each third-octave band in the frames that begin at these seconds: [t, bands]."""
    centre_hz = LOWEST_BAND_HZ * 2.0 ** (np.arange(len(IMPORTANCE)) / 3.0)
    edges = np.round(np.append(centre_hz, 2.0 * centre_hz[-3]) * 2.0 ** (-1.0 / 6.0) * _FFT / RATE).astype(np.int64)
    starts = np.round(at_s * RATE).astype(np.int64)
    blocks = []
    for first in range(0, starts.size, _BLOCK):
        spectra = stft(signal, starts[first : first + _BLOCK], _WINDOW)[:, : edges[-1]]
        power = (np.abs(spectra) ** 2).astype(np.float64)
        blocks.append(np.sqrt(np.add.reduceat(power, edges[:-1], axis=1)))
    return np.concatenate(blocks)


def _above_floor(heard: Bands, played: Bands, floor_db: float) -> Bands:
    """Return `heard` in the noise that stands for what an ear cannot make out beside the rest; the same every time."""
    overall = float((heard**2).sum() / ((played**2).sum() + _TINY))
    floor = np.mean(played**2, axis=0) * overall * 10.0 ** (floor_db / 10.0)
    chance = np.random.default_rng(_FLOOR_SEED).standard_gamma(_FLOOR_FREEDOM, heard.shape) / _FLOOR_FREEDOM
    above: Bands = np.sqrt(heard**2 + floor * chance)
    return above


def _likeness(played: Bands, heard: Bands, weight: NDArray[np.float64]) -> float:
    """Return the mean correlation of the spectra of all segments, each band brought to one mean and strength."""
    total, count = 0.0, 0
    for first in range(0, played.shape[0] - SEGMENT_FRAMES + 1, _BLOCK):
        block = slice(first, first + _BLOCK + SEGMENT_FRAMES - 1)
        mine, theirs = (_normalised(each[block], weight) for each in (played, heard))
        likeness = np.einsum("tbn,tbn,b->tn", mine, theirs, weight)
        total += float(likeness.sum())
        count += likeness.size
    return total / count


def _normalised(bands: Bands, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return every segment [t, bands, frames] with its bands, then its spectra, at mean 0 and norm 1."""
    segments = np.lib.stride_tricks.sliding_window_view(bands, SEGMENT_FRAMES, axis=0)
    segments = segments - segments.mean(axis=2, keepdims=True)
    segments /= np.sqrt((segments**2).sum(axis=2, keepdims=True) + _TINY)
    segments -= np.einsum("tbn,b->tn", segments, weight)[:, None, :]
    segments /= np.sqrt(np.einsum("tbn,b->tn", segments**2, weight) + _TINY)[:, None, :]
    normalised: NDArray[np.float64] = segments
    return normalised
