"""Reference match: how much of a recording a clip holds, when, how clearly, and what else is there.

Everything rests on coherence with the recording at one delay. A horn on the own pole is heard within
milliseconds of the planned start; one 100–400 m away 290–1,170 ms later, and does not count as aired.
numpy only: the same code runs on the node and at the station.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.arrivals import find_arrivals
from smartradio.audio.coherence import (
    BAND_HZ,
    FAR_TAPS,
    FIRST_BIN,
    PER_FRAME,
    RATE,
    WINDOW,
    Fit,
    Pair,
    Sources,
    by_frame,
    fit_own,
    residual,
    tilt_db,
)
from smartradio.audio.errors import AudioError
from smartradio.audio.spectrum import SILENCE_DB, band_level_db, power_db
from smartradio.audio.voicing import voiced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

FRAME_S = 0.1
OWN_WINDOW_S = (-0.05, 0.08)
_STRETCH = 300  # frames: 30 s; the response may wander over minutes, and memory stays small
_ACTIVE_BELOW_PEAK_DB = 22.0
_LEAST_HEARD = 0.02
"""Below this share an arrival at the own delay is taken for a chance likeness."""
_LATE_SOUND_S = 1.3  # the last word of a pole 400 m away is still on its way
_ABOVE_BACKGROUND = 4.0  # in power, 6 dB
_MIN_OUTSIDE_S = 0.25


@dataclass(frozen=True, slots=True)
class Match:
    """What a clip shows of a recording; None means that a figure could not be computed.

    Levels are RMS in BAND_HZ, dBFS. `frames` has one value per 100 ms of the recording, true where heard at
    the own delay; `active` says where the recording sounds at all; `coverage` is the share of active frames
    that are heard. `snr_db` is the power that follows the recording against all other power, while heard.
    `tilt_db` is the gain of 1–4 kHz against 250–400 Hz; `gain_db` how loud the own horn is in the clip against the
    recording itself, whatever else is there. `other_speech` is the share of the airing that has
    a voice instead of the recording's, `other_db` the level of what is not the recording while the own horn
    is not heard. `observed` is the share of the recording's time that the clip covers. Delays are against
    the planned start, confidences 0 (chance) to 1; `drift` is by how much the own delay grows (s/s).
    """

    own_heard: bool
    delay_s: float | None
    delay_confidence: float
    coverage: float
    coverage_by_segment: tuple[float, ...]
    frames: tuple[bool, ...]
    active: tuple[bool, ...]
    level_db: float
    background_db: float | None
    snr_db: float | None
    tilt_db: float | None
    high_band_coverage: float
    far_delay_s: float | None
    far_confidence: float
    other_speech: float
    other_db: float
    observed: float
    gain_db: float | None = None
    drift: float = 0.0


def match(
    clip: Signal,
    reference: Signal,
    *,
    clip_starts_s: float,
    expected_delay_s: tuple[float, float] = OWN_WINDOW_S,
    segments: Sequence[tuple[float, float]] = (),
) -> Match:
    """Compare a clip with the recording that should have been heard.

    Shapes: clip [n], reference [m], float32 at 16 kHz. `clip_starts_s` is the clip's first sample against the
    planned start of the recording (−2.0 for two seconds before). `segments` are (start_s, end_s) within the
    recording. Raises AudioError for an unusable clip or a recording too short or silent to match against.
    """
    clip, reference = _checked(clip, "clip"), _checked(reference, "recording")
    if reference.size < RATE // 2 or not np.any(np.abs(reference) > 1e-4):
        raise AudioError("the recording is shorter than half a second or silent: nothing to match against")
    arrivals = find_arrivals(clip, reference, RATE, clip_starts_s=clip_starts_s, own_window_s=expected_delay_s)
    own, origin = arrivals.own, -clip_starts_s * RATE
    pair = Pair(clip, reference, origin, arrivals.drift)
    active = _active(pair)
    far: Sources = [(arrival.delay_s, FAR_TAPS) for arrival in arrivals.far]
    fits = _fits(pair, own.delay_s, far[:2], active) if own else []
    frames = np.concatenate([fit.present for fit in fits]) if fits else np.zeros_like(active)
    if own is not None and (_snr_db(fits) is None or _share(frames, active) < _LEAST_HEARD):
        own, fits, frames = None, [], np.zeros_like(active)
    high_frames = np.concatenate([fit.high_present for fit in fits]) if fits else frames
    level_db, background_db = _levels(clip, reference.size, origin)
    other_speech, other_db = _other(pair, far, frames, background_db)
    return Match(
        own_heard=own is not None,
        delay_s=own.delay_s if own else None,
        delay_confidence=arrivals.own_confidence if own else 0.0,
        coverage=_share(frames, active),
        coverage_by_segment=tuple(_segment_share(frames, active, segment) for segment in segments),
        frames=tuple(frames.tolist()),
        active=tuple(active.tolist()),
        level_db=level_db,
        background_db=background_db,
        snr_db=_snr_db(fits),
        tilt_db=_tilt_db(fits),
        high_band_coverage=_share(high_frames, active),
        far_delay_s=arrivals.far[0].delay_s if arrivals.far else None,
        far_confidence=arrivals.far_confidence,
        other_speech=other_speech,
        other_db=other_db,
        observed=_observed(clip.size, reference.size, origin),
        gain_db=_gain_db(fits),
        drift=arrivals.drift if own else 0.0,
    )


def longest_gap_s(frames: Sequence[bool], active: Sequence[bool], covered: Sequence[bool] = ()) -> float:
    """Return how long (seconds) the recording sounds on end without being heard; pauses do not count.

    `frames` and `active` as in Match; where `covered` says so, something else may have drowned it: that is no gap.
    """
    gap = longest = 0
    for heard, sounds, drowned in zip(frames, active, covered or (False,) * len(frames), strict=True):
        if sounds:
            gap = 0 if heard or drowned else gap + 1
            longest = max(longest, gap)
    return longest * FRAME_S


def _checked(signal: Signal, what: str) -> Signal:
    if signal.ndim != 1:
        raise AudioError(f"the {what} must be mono, its shape is {signal.shape}")
    if not np.all(np.isfinite(signal)):
        raise AudioError(f"the {what} holds samples that are not numbers")
    return signal.astype(np.float32, copy=False)


def _stretches(frames: int) -> list[tuple[int, int]]:
    """Return the short-time frames' bounds of stretches of about 30 s, equal to within a frame."""
    edges = np.linspace(0, frames, max(round(frames / _STRETCH), 1) + 1).astype(int) * PER_FRAME
    return [(int(at), int(end)) for at, end in itertools.pairwise(edges)]


def _fits(pair: Pair, delay_s: float, far: Sources, active: NDArray[np.bool_]) -> list[Fit]:
    return [
        fit_own(pair, delay_s, far=far, start=at, end=end, active=active[at // PER_FRAME : end // PER_FRAME])
        for at, end in _stretches(active.size)
    ]


def _active(pair: Pair) -> NDArray[np.bool_]:
    frames = max(int(pair.reference.size / RATE / FRAME_S), 1)
    energy = np.concatenate(
        [by_frame((np.abs(pair.played(at, end)) ** 2).sum(axis=1)) for at, end in _stretches(frames)]
    )
    active: NDArray[np.bool_] = energy > np.percentile(energy, 95) * 10.0 ** (-_ACTIVE_BELOW_PEAK_DB / 10.0)
    return active


def _snr_db(fits: Sequence[Fit]) -> float | None:
    own, rest = sum(fit.own_power for fit in fits), sum(fit.rest_power for fit in fits)
    return power_db(own) - power_db(rest) if own > 0.0 else None


def _tilt_db(fits: Sequence[Fit]) -> float | None:
    if not any(fit.own_power > 0.0 for fit in fits):
        return None
    coherent = np.sum([fit.coherent_by_bin for fit in fits], axis=0)
    return tilt_db(coherent, np.sum([fit.played_by_bin for fit in fits], axis=0))


def _gain_db(fits: Sequence[Fit]) -> float | None:
    coherent = sum(float(fit.coherent_by_bin.sum()) for fit in fits)
    played = sum(float(fit.played_by_bin.sum()) for fit in fits)
    return power_db(coherent) - power_db(played) if coherent > 0.0 and played > 0.0 else None


def _share(frames: NDArray[np.bool_], active: NDArray[np.bool_]) -> float:
    return float(frames[active].mean()) if active.any() else 0.0


def _segment_share(frames: NDArray[np.bool_], active: NDArray[np.bool_], segment: tuple[float, float]) -> float:
    inside = slice(max(round(segment[0] / FRAME_S), 0), max(round(segment[1] / FRAME_S), 0))
    # A segment without an active frame of its own (a pause) cannot be missing.
    return _share(frames[inside], active[inside]) if active[inside].any() else 1.0


def _levels(clip: Signal, reference_size: int, origin: float) -> tuple[float, float | None]:
    """Return the clip's level during the airing and outside it, None when the clip has no outside."""
    start, end = max(round(origin), 0), max(round(origin) + reference_size, 0)
    before = clip[: max(start - RATE // 20, 0)]
    after = clip[end + int(_LATE_SOUND_S * RATE) :]
    outside = [piece for piece in (before, after) if piece.size >= _MIN_OUTSIDE_S * RATE]
    background_db = None
    if outside:
        powers = [10.0 ** (band_level_db(piece, RATE, *BAND_HZ) / 10.0) * piece.size for piece in outside]
        background_db = power_db(sum(powers) / sum(piece.size for piece in outside))
    return band_level_db(clip[start:end], RATE, *BAND_HZ), background_db


def _other(pair: Pair, far: Sources, heard: NDArray[np.bool_], background_db: float | None) -> tuple[float, float]:
    """Return the share of the airing with another voice while the own horn is not heard, and its level.

    What the recording explains as coming from far poles is taken away before.
    """
    background = 10.0 ** ((background_db if background_db is not None else SILENCE_DB) / 10.0)
    # Parseval for one side of a Hann-windowed spectrum: the signal's mean square within the band.
    to_mean_square = 2.0 / (WINDOW * float((np.hanning(WINDOW) ** 2).sum()))
    voices, total, count = 0, 0.0, 0
    for at, end in _stretches(heard.size):
        apart = ~np.repeat(heard[at // PER_FRAME : end // PER_FRAME], PER_FRAME)
        if not apart.any():
            continue
        power = np.abs(residual(pair, far, at, end)[apart]) ** 2
        level = to_mean_square * power.sum(axis=1)
        loud = level > _ABOVE_BACKGROUND * background
        voices += int((loud & voiced(power, FIRST_BIN, WINDOW, RATE)).sum())
        total += float(level.sum())
        count += level.size
    if count == 0:
        return 0.0, SILENCE_DB
    return voices / (heard.size * PER_FRAME), power_db(total / count)


def _observed(clip_size: int, reference_size: int, origin: float) -> float:
    seen = min(clip_size - origin, reference_size) - max(-origin, 0.0)
    return float(np.clip(seen / reference_size, 0.0, 1.0))
