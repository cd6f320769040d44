"""What the recogniser sees of a clip: the envelope of the sound, and its pitch apart from it; numpy only.

Vietnamese words differ by tone alone, and tone is pitch: a mel spectrum blurs it. So half of the bands follow the
pitch, each as the strength of one fundamental with its harmonics over a window long enough to part them. A horn
cuts the fundamental off; its harmonics still tell it. A tone is high or low for who speaks, so most pitch bands count
from the middle of the clip's own voice. The recipe that trains the network uses this very code.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

RATE = 16_000
"""Samples a second the clip must have."""
FRAME_S = 0.01
"""Time from one frame to the next; frame i is centred at (i + 0.5) · FRAME_S."""
MEL_BANDS = 64
RELATIVE_BANDS = 36
COARSE_BANDS = 12
BANDS = MEL_BANDS + RELATIVE_BANDS + COARSE_BANDS
"""F, the width of a frame: mel bands first, then pitch against the voice's own middle, then pitch as it is."""
MIDDLE_BAND = 14
"""Which of the relative bands is the middle of the voice; each is 0.75 semitone."""

_HOP = round(FRAME_S * RATE)
_LONG = 1024  # 64 ms: parts the harmonics of a low voice
_SHORT = 512
_SHORT_WINDOW = 400  # 25 ms: parts a consonant from its vowel
_MEL_HZ = (100.0, 7_000.0)
_PITCHES = 48
_PITCH_HZ = 65.0
_PITCH_STEP = 0.75  # semitones; 48 of them reach 490 Hz
_HARMONICS = 12
_HIGHEST_HARMONIC_HZ = 3_500.0
_HARMONIC_DECAY = 0.9
_SMOOTH_HZ = 280.0
_BLOCK = 1_000
# Quieter than this below the loud part of the clip is silence, whatever is left of it after the gain.
_FLOOR = 1e-5
_LOUD_QUANTILE = 0.9
_TINY = 1e-10
# Strengths beyond this are voice; where voices have their middle, and how far around it they are looked for.
_VOICED = 3.0
_LIKELY_MIDDLES = ((0, 3, 26, 34, 42, 47), (0.3, 1.0, 1.0, 0.5, 0.1, 0.02))
_MIDDLE_SMOOTH = 4.0
_MIDDLE_REACH = 9
_MEAN_S = 3.0
_MEL_SCALE = 0.4
_PITCH_SCALE = 3.0


def features(pcm: Signal) -> Signal:
    """Return the frames of a clip [n] (float32, mono, RATE) as float32 [n // 160, BANDS], at least one frame.

    Log mel energies against their own running mean over 6 s, which takes out gain, horn and steady noise; pitch
    strengths in steps of 0.75 semitone about the middle of the clip's voice; the same in steps of three semitones
    from 65 Hz. Every value is finite for finite input, silence included.
    """
    count = max(1, pcm.size // _HOP)
    padded = np.zeros(count * _HOP + _LONG, dtype=np.float32)
    start = (_LONG - _HOP) // 2
    padded[start : start + pcm.size] = pcm[: padded.size - start]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _LONG)[::_HOP][:count]
    energy = np.empty((count, MEL_BANDS), dtype=np.float32)
    pitch = np.empty((count, _PITCHES), dtype=np.float32)
    inner = slice((_LONG - _SHORT) // 2, (_LONG + _SHORT) // 2)
    for at in range(0, count, _BLOCK):
        block = frames[at : at + _BLOCK]
        energy[at : at + _BLOCK] = _power(block[:, inner] * _short_window()) @ _mel_matrix()
        spectrum = _power(block * _long_window())[:, : _pitch_matrix().shape[0]]
        quiet = 1e-3 * spectrum.mean(axis=1, keepdims=True) + np.float32(_TINY)
        pitch[at : at + _BLOCK] = np.log(spectrum + quiet) @ _pitch_matrix()
    loud = float(np.quantile(energy.mean(axis=1), _LOUD_QUANTILE))
    level = np.log(energy + np.float32(_FLOOR * loud + _TINY))
    envelope = (level - _running_mean(level)) * np.float32(_MEL_SCALE)
    coarse = pitch.reshape(count, COARSE_BANDS, -1).mean(axis=2)
    return np.concatenate((envelope, pitch @ _about(_middle(pitch)), coarse), axis=1)


def _middle(pitch: Signal) -> float:
    """Return where the clip's voice has its middle, in steps above the lowest pitch."""
    voiced = np.square(np.maximum(pitch - np.float32(_VOICED), 0.0)).sum(axis=0, dtype=np.float64)
    voiced *= np.interp(np.arange(_PITCHES), *_LIKELY_MIDDLES)
    if not voiced.any():
        return float(MIDDLE_BAND)
    reach = np.arange(-3 * _MIDDLE_SMOOTH, 3 * _MIDDLE_SMOOTH + 1)
    best = int(np.convolve(voiced, np.exp(-0.5 * (reach / _MIDDLE_SMOOTH) ** 2), "same").argmax())
    near = np.arange(max(0, best - _MIDDLE_REACH), min(_PITCHES, best + _MIDDLE_REACH + 1))
    return float((near * voiced[near]).sum() / max(voiced[near].sum(), _TINY))


def _about(middle: float) -> Signal:
    """Return what shifts pitch strengths so that `middle` comes to MIDDLE_BAND: [_PITCHES, RELATIVE_BANDS]."""
    wanted = middle + np.arange(RELATIVE_BANDS) - MIDDLE_BAND
    away = np.abs(np.arange(_PITCHES)[:, None] - wanted[None, :])
    return np.maximum(1.0 - away, 0.0).astype(np.float32)


def _power(frames: Signal) -> Signal:
    spectrum = np.fft.rfft(frames, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def _running_mean(level: Signal) -> Signal:
    reach = round(_MEAN_S / FRAME_S)
    sums = np.zeros((level.shape[0] + 1, level.shape[1]), dtype=np.float64)
    np.cumsum(level, axis=0, out=sums[1:])
    places = np.arange(level.shape[0])
    first, last = np.maximum(places - reach, 0), np.minimum(places + reach + 1, level.shape[0])
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None], dtype=np.float32)


@functools.cache
def _long_window() -> Signal:
    return np.hanning(_LONG + 1)[:-1].astype(np.float32)


@functools.cache
def _short_window() -> Signal:
    window = np.zeros(_SHORT)
    edge = (_SHORT - _SHORT_WINDOW) // 2
    window[edge : edge + _SHORT_WINDOW] = np.hanning(_SHORT_WINDOW + 1)[:-1]
    return window.astype(np.float32)


@functools.cache
def _mel_matrix() -> Signal:
    """Return triangles evenly spaced in mel (1127 · ln(1 + f/700)), none narrower than a bin: [bins, MEL_BANDS]."""
    low, high = (1127.0 * np.log1p(hz / 700.0) for hz in _MEL_HZ)
    edges_hz = 700.0 * np.expm1(np.linspace(low, high, MEL_BANDS + 2) / 1127.0)
    bins_hz = np.fft.rfftfreq(_SHORT, 1.0 / RATE)
    step_hz = bins_hz[1]
    matrix = np.zeros((bins_hz.size, MEL_BANDS))
    for band in range(MEL_BANDS):
        left, middle, right = edges_hz[band : band + 3]
        rise, fall = max(middle - left, step_hz), max(right - middle, step_hz)
        away = np.where(bins_hz < middle, (middle - bins_hz) / rise, (bins_hz - middle) / fall)
        matrix[:, band] = np.maximum(1.0 - away, 0.0)
    return matrix.astype(np.float32)


@functools.cache
def _pitch_matrix() -> Signal:
    """Return what turns a log spectrum into pitch strengths: [bins, _PITCHES].

    A fundamental is strong where the spectrum stands out of its surroundings at its harmonics and not half-way
    between them; all of that is linear in the log spectrum, so one matrix holds it.
    """
    step_hz = RATE / _LONG
    bins = round((_HIGHEST_HARMONIC_HZ + _SMOOTH_HZ) / step_hz) + 2
    reach = round(_SMOOTH_HZ / step_hz)
    places = np.arange(bins)
    near = np.abs(places[:, None] - places[None, :]) <= reach
    sharpened = np.eye(bins) - near / near.sum(axis=0, keepdims=True)
    comb = np.zeros((bins, _PITCHES))
    for band in range(_PITCHES):
        pitch_hz = _PITCH_HZ * 2.0 ** (band * _PITCH_STEP / 12.0)
        total = 0.0
        for harmonic in range(1, _HARMONICS + 1):
            if harmonic * pitch_hz > _HIGHEST_HARMONIC_HZ:
                break
            weight = _HARMONIC_DECAY**harmonic
            total += weight
            for hz, sign in ((harmonic * pitch_hz, 1.0), ((harmonic - 0.5) * pitch_hz, -0.5)):
                whole, part = divmod(hz / step_hz, 1.0)
                comb[int(whole), band] += sign * weight * (1.0 - part)
                comb[int(whole) + 1, band] += sign * weight * part
        comb[:, band] /= total
    return np.asarray(_PITCH_SCALE / 2.0 * sharpened @ comb, dtype=np.float32)
