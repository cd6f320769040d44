"""From what a voice says to what a horn should get: in its band, even, at one loudness, no peak overloaded.

The chain, in order: band limit and phase rotation, silent ends off, gentle compression, soft edges (`prepared`);
then one gain to TARGET_LUFS with a look-ahead limiter behind it, the encoder, and what a node will decode measured,
its peaks and what the encoder took of it (`mastered`). Each sentence goes through alone, measured as it stands among
pauses: that brings the whole to the target without a second pass, and a sentence has the same bytes in whatever
bulletin it stands, so it is sent to a node once.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.codec import DECODED_RATE, decode_opus, encode_opus
from smartradio.audio.errors import AudioError
from smartradio.audio.loudness import true_peak_dbtp
from smartradio.speech.limiting import Limitable, gain_for

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5
# Opus at 16 kbit/s gives speech back with peaks up to about 1 dB higher, and 0.3 LU softer.
CODEC_HEADROOM_DB = 1.2
CODEC_LOSS_LU = 0.3
# Of a whisper, or of wind behind a voice, it gives back 1 to 2 LU less. From this much on it is encoded once more;
# that costs as much time again.
CODEC_LOSS_WORTH_MENDING_LU = 0.35
# What common 30 W re-entrant horns carry by their data sheets: from 250-300 Hz, falling above 6-7 kHz. Below, the
# diaphragm only moves and heats. By the band importances of ANSI S3.5-1997 (table 3, one-third octaves) the bands
# left out hold 4 % of what makes speech intelligible.
BAND_HZ = (250.0, 6_500.0)
# Above the threshold, 2.5 dB in are 1 dB out, over a knee of 6 dB. Looked ahead by 10 ms, given back at 60 dB/s:
# slower than a syllable rises and falls, quick enough for the next word. Vowels come down to their consonants, which
# carry the words; half the ratio of what broadcasters call heavy, so breath and room noise do not pump.
COMPRESSION_RATIO = 2.5
COMPRESSION_KNEE_DB = 6.0
COMPRESSION_LOOKAHEAD_S = 0.01
COMPRESSION_RELEASE_DB_S = 60.0

_THRESHOLD_BELOW_SPEECH_DB = 3.0
_BLOCK_S = 0.005
_LEVEL_BLOCKS = 4
_PAUSE_BELOW_LOUD_DB = 20.0
_BAND_ORDER = 4
_ROTATOR_HZ = 400.0
_ROTATOR_Q = 0.5
_ROTATOR_STAGES = 8
_SILENT_PEAK = 0.0005
_TRIM_BELOW_PEAK = 10 ** (-50 / 20)
_TRIM_MARGIN_S = 0.02
_FADE_S = 0.005
_ENCODINGS = 8
_CEILING_STEP_DB = 0.2
# So that rounding to 16 bits on the way to a file or a sound card does not reach the ceiling either.
_ROUNDING_DB = 0.01

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mastered:
    """An Opus object and what a node decodes from it (float32 mono, DECODED_RATE)."""

    opus: bytes
    decoded: Signal
    true_peak_dbtp: float


def prepared(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` (float32, mono) in the horn's band, trimmed, compressed, with soft edges; empty if silent."""
    return soft_edged(compressed(trimmed(band_limited(pcm, rate), rate), rate), rate)


def mastered(sound: Signal, rate: int) -> Mastered:
    """Return `sound` (prepared, not empty) encoded at TARGET_LUFS, at most CEILING_DBTP.

    Raises AudioError for a sound whose peaks the encoder keeps raising.
    """
    limitable = Limitable.of(sound, rate)
    wanted_lufs, ceiling_dbtp = TARGET_LUFS + CODEC_LOSS_LU, CEILING_DBTP - CODEC_HEADROOM_DB
    gain_db = gain_for(limitable, wanted_lufs, ceiling_dbtp)
    made, loss_lu = _encoded(limitable, gain_db)
    lacking_lu = loss_lu - CODEC_LOSS_LU
    if lacking_lu >= CODEC_LOSS_WORTH_MENDING_LU:
        made, _ = _encoded(limitable, gain_for(limitable, wanted_lufs + lacking_lu, ceiling_dbtp))
    return made


def band_limited(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` (float32, mono) without DC and what lies outside BAND_HZ, its peaks spread, 20 ms longer.

    A synthetic voice fires all its partials in one instant; turning their phases, as broadcast processors do,
    costs the ear nothing and saves the limiter up to 2 dB. The samples added take the filters' tail.
    """
    from scipy.signal import sosfilt  # noqa: PLC0415 - slow to load, and not for every command

    if len(pcm) == 0:
        return pcm
    steady = np.pad(pcm - pcm.mean(dtype=np.float64), (0, round(_TRIM_MARGIN_S * rate)))
    return np.asarray(sosfilt(_sections(rate), steady), dtype=np.float32)


def trimmed(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` without its silent ends but for a breath of 20 ms; empty when all of it is silent."""
    magnitude = np.abs(pcm)
    peak = float(magnitude.max(initial=0.0))
    if peak < _SILENT_PEAK:
        return pcm[:0]
    margin = round(_TRIM_MARGIN_S * rate)
    loud = np.flatnonzero(magnitude > _TRIM_BELOW_PEAK * peak)
    return pcm[max(0, loud[0] - margin) : loud[-1] + margin]


def compressed(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` (float32, mono) with its loud stretches turned down, measured against its own speech level.

    The release falls by a straight line in decibels, so a running maximum finds it without a loop.
    """
    from scipy.ndimage import maximum_filter1d, uniform_filter1d  # noqa: PLC0415 - as above

    block = round(_BLOCK_S * rate)
    count = len(pcm) // block
    if count < _LEVEL_BLOCKS:
        return pcm
    power = np.square(pcm[: count * block].reshape(count, block)).mean(axis=1, dtype=np.float64)
    level_db = 10 * np.log10(uniform_filter1d(power, _LEVEL_BLOCKS, mode="nearest") + 1e-12)
    reduction_db = _reduction_db(level_db - _speech_level_db(level_db) + _THRESHOLD_BELOW_SPEECH_DB)
    ahead = round(COMPRESSION_LOOKAHEAD_S / _BLOCK_S)
    early_db = maximum_filter1d(reduction_db, 2 * ahead + 1, mode="nearest")
    slope_db = COMPRESSION_RELEASE_DB_S * _BLOCK_S * np.arange(count)
    held_db = np.maximum.accumulate(early_db + slope_db) - slope_db
    gliding_db = uniform_filter1d(held_db, 2 * ahead + 1, mode="nearest")
    middles = block * (np.arange(count) + 0.5)
    factor = np.interp(np.arange(len(pcm)), middles, 10 ** (-gliding_db / 20))
    return np.asarray(pcm * factor, dtype=np.float32)


def soft_edged(pcm: Signal, rate: int) -> Signal:
    """Return `pcm` rising from and falling to silence over 5 ms, so that no cut clicks."""
    fade = min(round(_FADE_S * rate), len(pcm) // 2)
    slope = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    soft = pcm.copy()
    soft[:fade] *= slope
    soft[len(soft) - fade :] *= slope[::-1]
    return soft


def _speech_level_db(level_db: npt.NDArray[np.float64]) -> float:
    """Return the mean level of the blocks that are no pause."""
    loud_db = float(np.percentile(level_db, 95))
    active = level_db[level_db > loud_db - _PAUSE_BELOW_LOUD_DB]
    return float(10 * np.log10(np.mean(10 ** (active / 10))))


def _reduction_db(above_db: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what a level `above_db` the threshold is turned down by: nothing, a parabola, then a straight line."""
    share = 1 - 1 / COMPRESSION_RATIO
    inside = np.clip(above_db + COMPRESSION_KNEE_DB / 2, 0, COMPRESSION_KNEE_DB)
    beyond = np.maximum(above_db - COMPRESSION_KNEE_DB / 2, 0)
    return share * (inside**2 / (2 * COMPRESSION_KNEE_DB) + beyond)


@functools.cache
def _sections(rate: int) -> npt.NDArray[np.float64]:
    from scipy.signal import butter  # noqa: PLC0415 - as above

    omega = 2 * np.pi * _ROTATOR_HZ / rate
    alpha, cosine = np.sin(omega) / (2 * _ROTATOR_Q), np.cos(omega)
    allpass = np.array([1 - alpha, -2 * cosine, 1 + alpha, 1 + alpha, -2 * cosine, 1 - alpha]) / (1 + alpha)
    low_hz, high_hz = BAND_HZ
    return np.vstack(
        [
            butter(_BAND_ORDER, low_hz, "highpass", fs=rate, output="sos"),
            butter(_BAND_ORDER, high_hz, "lowpass", fs=rate, output="sos"),
            np.tile(allpass, (_ROTATOR_STAGES, 1)),
        ]
    )


def _encoded(part: Limitable, gain_db: float) -> tuple[Mastered, float]:
    """Return the sound encoded and what the encoder took of its loudness in LU, told by its power."""
    limited = part.limited(gain_db, CEILING_DBTP - CODEC_HEADROOM_DB)
    made = _below_ceiling(part, gain_db, limited)
    sent = float(np.dot(limited, limited)) / part.rate
    heard = float(np.dot(made.decoded, made.decoded)) / DECODED_RATE
    return made, 10 * math.log10(sent / heard) if sent > 0 and heard > 0 else 0.0


def _below_ceiling(part: Limitable, gain_db: float, limited: Signal) -> Mastered:
    """Encode, listen to what comes back, and limit harder until its peaks are where they must be."""
    ceiling_dbtp = CEILING_DBTP - CODEC_HEADROOM_DB
    for attempt in range(_ENCODINGS):
        opus = encode_opus(limited, part.rate)
        decoded = decode_opus(opus)
        peak_dbtp = true_peak_dbtp(decoded, DECODED_RATE, highest_hz=part.rate / 2)
        if peak_dbtp <= CEILING_DBTP - _ROUNDING_DB:
            return Mastered(opus, decoded, peak_dbtp)
        # The encoder answers a small step with other peaks as high; the steps grow until one helps.
        ceiling_dbtp -= peak_dbtp - CEILING_DBTP + _CEILING_STEP_DB * 2**attempt
        limited = part.limited(gain_db, ceiling_dbtp)
    raise AudioError(f"a sound keeps peaks of {peak_dbtp:.1f} dBTP after encoding")
