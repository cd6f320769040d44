"""Where in a clip there is something to listen to, cut into pieces that a recogniser takes one at a time.

Recognisers guess words in silence, Whisper above all, and their memory grows with the length of what they are
given. So silence is left out by its energy before any of them is asked, and the rest is cut at its quietest places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.spectrum import SILENCE_DB
from smartradio.listening.recognisers.port import RATE, RecogniserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

GATE_DB = -60.0
"""A quarter of a second with less than this in the speech band is silence."""
LONGEST_CLIP_S = 3_600.0
_SPEECH_HZ = (200.0, 4000.0)
_BLOCK = RATE // 4
_BLOCKS_AT_ONCE = 240
# A word's soft beginning and end lie below the gate.
_PAD_BLOCKS = 3
_CUT_WITHIN = 0.15
_HOP = RATE // 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a clip, in samples: listen from `start` to `end`, keep what lies from `keep_from` to `keep_to`."""

    start: int
    end: int
    keep_from: int
    keep_to: int


def checked(clip: Signal, name: str) -> Signal:
    """Return the clip [n] as contiguous float32; raises RecogniserError when it is no sound of one channel."""
    if clip.ndim != 1:
        raise RecogniserError(f"{name}: a clip has one channel, got an array of shape {clip.shape}")
    if clip.size > LONGEST_CLIP_S * RATE:
        raise RecogniserError(f"{name}: the clip lasts longer than {LONGEST_CLIP_S:g} s")
    samples: Signal = np.ascontiguousarray(clip, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise RecogniserError(f"{name}: the clip holds values that are not numbers")
    return samples


def stretches(clip: Signal, *, longest_s: float, margin_s: float = 0.0, grid: int = 1) -> tuple[Stretch, ...]:
    """Return what is not silent in a clip [n] at 16 kHz, in pieces that keep at most `longest_s`.

    What is kept never overlaps; `margin_s` more on both sides is context, where the sound goes on there. All
    places but the clip's end are multiples of `grid` samples.
    """

    def placed(at: int) -> int:
        return at if at == clip.size else at - at % grid

    if clip.size == 0:
        return ()
    margin = round(margin_s * RATE)
    return tuple(
        Stretch(placed(max(first, start - margin)), placed(min(last, end + margin)), placed(start), placed(end))
        for first, last in _sounding(clip)
        for start, end in _pieces(clip, first, last, round(longest_s * RATE))
    )


def _sounding(clip: Signal) -> Iterator[tuple[int, int]]:
    """Yield (first, last) samples of what lies above the gate, with a little more around it."""
    loud = _levels_db(clip) >= GATE_DB
    wide = np.convolve(loud, np.ones(2 * _PAD_BLOCKS + 1), mode="full")[_PAD_BLOCKS : _PAD_BLOCKS + loud.size] > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wide, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        yield int(first) * _BLOCK, min(int(last) * _BLOCK, clip.size)


def _levels_db(clip: Signal) -> NDArray[np.float64]:
    """Return the RMS level in the speech band of each quarter of a second, dBFS."""
    window = np.hanning(_BLOCK).astype(np.float32)
    scale = 2.0 / (_BLOCK * float((window**2).sum()))
    frequency = np.fft.rfftfreq(_BLOCK, 1.0 / RATE)
    inside = (frequency >= _SPEECH_HZ[0]) & (frequency <= _SPEECH_HZ[1])
    powers = []
    # A minute at a time: a spectrum of half an hour would take ten times the clip's memory.
    for at in range(0, clip.size, _BLOCKS_AT_ONCE * _BLOCK):
        piece = clip[at : at + _BLOCKS_AT_ONCE * _BLOCK]
        blocks = np.pad(piece, (0, -piece.size % _BLOCK)).reshape(-1, _BLOCK)
        spectra = np.abs(np.fft.rfft(blocks * window, axis=1)[:, inside]).astype(np.float64)
        powers.append(scale * (spectra**2).sum(axis=1))
    power = np.concatenate(powers)
    levels: NDArray[np.float64] = 10.0 * np.log10(np.maximum(power, 10.0 ** (SILENCE_DB / 10.0)))
    return levels


def _pieces(clip: Signal, first: int, last: int, longest: int) -> Iterator[tuple[int, int]]:
    """Cut first..last into pieces of much the same length, at most `longest`, where the sound is quietest."""
    # Room for the cuts to move: with none, the quietest place could not be waited for.
    count = math.ceil((last - first) / (longest * (1.0 - 2.0 * _CUT_WITHIN))) if last - first > longest else 1
    usual = (last - first) / count
    room = int(_CUT_WITHIN * usual)
    at = first
    for number in range(1, count):
        middle = first + round(number * usual)
        cut = _quietest(clip, middle - room, middle + room)
        yield at, cut
        at = cut
    yield at, last


def _quietest(clip: Signal, first: int, last: int) -> int:
    """Return the middle of the quietest 20 ms between two samples."""
    count = max((last - first) // _HOP, 1)
    energy = (clip[first : first + count * _HOP].astype(np.float64) ** 2)[: count * _HOP]
    hops = np.add.reduceat(energy, np.arange(0, energy.size, _HOP))
    return first + int(np.argmin(hops)) * _HOP + _HOP // 2
