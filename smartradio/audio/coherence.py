"""How a clip follows a recording at a known delay: present, how far above the rest, how tilted; numpy only.

The response from recording to microphone is estimated in short-time spectra, with taps for the early echoes,
and every second is predicted by a response learnt from other seconds only: chance cannot flatter itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.spectrum import HORN_BAND_HZ, power_db, stft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Spectra = NDArray[np.complex64]

RATE = 16000
BAND_HZ = HORN_BAND_HZ
WINDOW = 1024
HOP = 320
PER_FRAME = 5
"""Short-time spectra in one 100 ms frame."""

OWN_TAPS = range(-1, 6)
"""Hops of 20 ms: the direct sound and echoes up to 120 ms; what comes later counts against the signal."""
FAR_TAPS = range(-1, 3)

FIRST_BIN = int(BAND_HZ[0] * WINDOW / RATE)
BINS = slice(FIRST_BIN, int(BAND_HZ[1] * WINDOW / RATE) + 1)
LOW_HZ = (250.0, 400.0)
HIGH_HZ = (1000.0, 4000.0)

_HANN = np.hanning(WINDOW).astype(np.float32)
_CENTRE = (WINDOW - HOP) // 2
_FOLD = 50  # 1 s
_FOLDS = 4
_LEAST = 25  # half a second: less teaches nothing about a response
_PLENTY = 500  # 10 s: from so much on, every third frame tells whether the own horn is there
_EVERY = 3
_RIDGE = 1e-3
_ALIKE = 0.3
_STRENGTH = 0.3
_TINY = 1e-20
_TILT_SHARE = 1e-3
"""A pure chime has no treble to lose; speech has far more than this share in either band."""

Sources = Sequence[tuple[float, range]]
"""Delays in seconds, and the taps around each."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip and the recording it may hold, a stretch of time at a time.

    `origin` is where in the clip (samples) the recording's first sample is planned; `drift` is how much later
    than planned an arrival gets with each second (s/s), where two clocks differ.
    """

    clip: Signal
    reference: Signal
    origin: float
    drift: float

    def heard(self, start: int, end: int) -> Spectra:
        """Return the clip's spectra [end − start, f] of the short-time frames start..end of the recording."""
        starts = np.arange(start, end, dtype=np.int64) * HOP - _CENTRE + round(self.origin)
        return stft(self.clip, starts, _HANN)[:, BINS]

    def played(self, start: int, end: int) -> Spectra:
        """Return the recording's own spectra, undelayed."""
        return stft(self.reference, np.arange(start, end, dtype=np.int64) * HOP - _CENTRE, _HANN)[:, BINS]

    def predictors(self, sources: Sources, start: int, end: int) -> NDArray[np.complex64]:
        """Return [t, f, taps] spectra of the recording as it would arrive at all the sources' taps."""
        columns = []
        for delay_s, taps in sources:
            arriving = self._arriving(delay_s, start - taps[-1], end - taps[0])
            columns += [arriving[taps[-1] - tap : taps[-1] - tap + end - start] for tap in taps]
        return np.stack(columns, axis=2)

    def _arriving(self, delay_s: float, start: int, end: int) -> Spectra:
        index = np.arange(start, end)
        late = delay_s * RATE + self.drift * index * HOP + (self.origin - round(self.origin))
        exact = index * HOP - _CENTRE - late
        starts = np.round(exact).astype(np.int64)
        spectra = stft(self.reference, starts, _HANN)[:, BINS]
        bins = np.arange(BINS.start, BINS.stop)
        turn = np.exp(2j * np.pi / WINDOW * (exact - starts)[:, None] * bins)
        turned: Spectra = (spectra * turn).astype(np.complex64)
        return turned


@dataclass(frozen=True, slots=True)
class Fit:
    """What one stretch of a clip holds of the recording at one delay.

    Frames are 100 ms; the sums are over the frames that are present and active: coherent and other power,
    and by bin coherent power and the recording's power.
    """

    present: NDArray[np.bool_]
    high_present: NDArray[np.bool_]
    own_power: float
    rest_power: float
    coherent_by_bin: NDArray[np.float64]
    played_by_bin: NDArray[np.float64]


def fit_own(pair: Pair, delay_s: float, *, far: Sources, start: int, end: int, active: NDArray[np.bool_]) -> Fit:
    """Fit the own horn in the short-time frames start..end; `active` has their 100 ms frames.

    Arrivals from `far` are fitted along and not counted: a recording that repeats itself (a jingle, a chime)
    would else make another pole's sound look like the own horn's.
    """
    spectra = pair.heard(start, end)
    predictors = pair.predictors([(delay_s, OWN_TAPS), *far], start, end)
    predicted = predict(spectra, predictors, keep=len(OWN_TAPS), every=_EVERY)
    present = _presence(spectra, predicted)
    use = np.repeat(present, PER_FRAME)
    nothing = np.zeros(BINS.stop - BINS.start)
    if use.sum() < _LEAST:
        return Fit(present, np.zeros_like(present), 0.0, 0.0, nothing, nothing)
    if not use.all():
        # What was not there must not dilute the response: learn again from where the recording was heard.
        predicted = predict(spectra, predictors, use, keep=len(OWN_TAPS), every=_EVERY)
        present = _presence(spectra, predicted)
    high = int(HIGH_HZ[0] * WINDOW / RATE) - FIRST_BIN
    sounding = np.repeat(present & active, PER_FRAME)
    own, rest = predicted[sounding], spectra[sounding] - predicted[sounding]
    direct = predictors[sounding, :, -OWN_TAPS.start]
    return Fit(
        present=present,
        high_present=_presence(spectra[:, high:], predicted[:, high:]),
        own_power=_power(own),
        rest_power=_power(rest),
        coherent_by_bin=(spectra[sounding].conj() * own).real.sum(axis=0, dtype=np.float64),
        played_by_bin=(np.abs(direct) ** 2).sum(axis=0, dtype=np.float64),
    )


def tilt_db(coherent_by_bin: NDArray[np.float64], played_by_bin: NDArray[np.float64]) -> float | None:
    """Return the gain from recording to clip in HIGH_HZ against LOW_HZ; None where the recording lacks either.

    From coherent power only, so that noise does not pass for treble; at worst −60.
    """

    least = _TILT_SHARE * float(played_by_bin.sum()) + _TINY

    def band_gain_db(band_hz: tuple[float, float]) -> float | None:
        low, high = (int(edge * WINDOW / RATE) - FIRST_BIN for edge in band_hz)
        # The median over equal shares of the band: no single strong harmonic speaks for all of it.
        shares = np.array_split(np.arange(low, high), 6)
        if float(played_by_bin[low:high].sum()) < least or min(played_by_bin[s].sum() for s in shares) <= 0.0:
            return None
        return float(np.median([power_db(float(coherent_by_bin[s].sum() / played_by_bin[s].sum())) for s in shares]))

    low_db, high_db = band_gain_db(LOW_HZ), band_gain_db(HIGH_HZ)
    return None if low_db is None or high_db is None else max(high_db - low_db, -60.0)


def residual(pair: Pair, sources: Sources, start: int, end: int) -> Spectra:
    """Return what of the clip [t, f] the recording does not explain at any of the sources."""
    spectra = pair.heard(start, end)
    if not sources:
        return spectra
    return spectra - predict(spectra, pair.predictors(sources, start, end))


def predict(
    spectra: Spectra,
    predictors: NDArray[np.complex64],
    use: NDArray[np.bool_] | None = None,
    *,
    keep: int | None = None,
    every: int = 1,
) -> Spectra:
    """Return the linear prediction of the clip, each second by a response learnt from other seconds.

    Shapes: spectra [t, f], predictors [t, f, k], use [t] (what to learn from) → [t, f]. All predictors take
    part in the fit; only the first `keep` of them in what is returned. Of a long stretch only each `every`th
    frame is learnt from: windows overlap by two thirds, so the frames between teach little that is new.
    """
    total, taps = spectra.shape[0], predictors.shape[2]
    fold = (np.arange(total) // min(_FOLD, max(total // (2 * _FOLDS), 1))) % _FOLDS
    learnt = np.ones(total, dtype=bool) if use is None else use.copy()
    if every > 1 and learnt.sum() > _PLENTY:
        learnt &= np.arange(total) % every == 0
    by_bin = np.ascontiguousarray(predictors.transpose(1, 0, 2))
    heard = np.ascontiguousarray(spectra.T)[:, :, None]
    normal = [_normal(by_bin[:, learnt & (fold == each)], heard[:, learnt & (fold == each)]) for each in range(_FOLDS)]
    gram, cross = (np.sum([parts[at] for parts in normal], axis=0) for at in (0, 1))
    power = np.einsum("fkk->f", gram).real / taps
    damping = _RIDGE * power + 1e-9 * float(power.max(initial=0.0)) + _TINY
    damped = damping[:, None, None] * np.eye(taps)
    predicted = np.zeros_like(spectra)
    for each, (own_gram, own_cross) in enumerate(normal):
        response = np.linalg.solve(gram - own_gram + damped, cross - own_cross)[:, :keep].astype(np.complex64)
        predicted[fold == each] = np.matmul(by_bin[:, fold == each, :keep], response)[..., 0].T
    return predicted


def _normal(predictors: NDArray[np.complex64], heard: Spectra) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Return one fold's part of the normal equations: [f, k, k] and [f, k, 1]."""
    adjoint = predictors.conj().transpose(0, 2, 1)
    return adjoint @ predictors, adjoint @ heard


def _presence(clip: Spectra, model: Spectra) -> NDArray[np.bool_]:
    """Return for each 100 ms whether the clip follows the prediction, in shape and in strength.

    Bins count by their coherence over the stretch, so a muffled horn is found by what it still gives.
    """
    cross = (clip.conj() * model).real
    clip_power, model_power = np.abs(clip) ** 2, np.abs(model) ** 2
    coherence = np.clip(cross.sum(axis=0), 0.0, None) ** 2
    coherence = coherence / (clip_power.sum(axis=0) * model_power.sum(axis=0) + _TINY)
    weight = coherence / (clip_power.mean(axis=0) + _TINY)
    agreed, there, due = (smooth(by_frame(power @ weight)) for power in (cross, clip_power, model_power))
    alike = agreed / np.sqrt(there * due + _TINY)
    strength = agreed / (due + _TINY)
    return _without_strays((alike > _ALIKE) & (strength > _STRENGTH))


def _without_strays(present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return frames without a presence of one frame alone: nothing is said in 100 ms."""
    padded = np.pad(present, 1)
    kept: NDArray[np.bool_] = present & (padded[:-2] | padded[2:])
    return kept


def by_frame(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sums over each 100 ms frame of values at every hop."""
    summed: NDArray[np.float64] = values.reshape(-1, PER_FRAME).sum(axis=1, dtype=np.float64)
    return summed


def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each 100 ms frame with half of each neighbour added: a shorter look is all chance."""
    padded = np.pad(values, 1, mode="edge")
    return padded[1:-1] + 0.5 * (padded[:-2] + padded[2:])


def _power(spectra: Spectra) -> float:
    return float((np.abs(spectra) ** 2).sum(dtype=np.float64))
