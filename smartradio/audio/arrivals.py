"""When a recording arrives at a microphone: from the own horn, and from horns further away; numpy only.

The clip is correlated with the recording in whitened blocks. No sound arrives before it is played, so the
correlation at negative delays shows what chance alone gives, and an arrival must stand out of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_BLOCK_S = 2.0
_SHORT_S = 8.0  # shorter recordings are cut into smaller blocks, enough to see a clock's drift
_REACH_S = 1.5
_BAND_HZ = (250.0, 5000.0)
_CHANCE_S = (-1.45, -0.15)
_GROUP_S = 16.0  # in which 50 ppm of clock error move an arrival by less than a millisecond
_NEAR_S = 0.003
_MAX_DRIFT = 3e-4
_SMOOTH_S = 0.002
_STANDS_OUT = 1.6
_FAR_STANDS_OUT = 2.5  # searched over as long a time as chance is: it must be the surer
_FAR_APART_S = 0.06
_MAX_FAR = 4


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delay at which the recording is heard; `strength` is its peak over the highest chance peak."""

    delay_s: float
    strength: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The own horn's arrival, if any, its drift in seconds a second, and later arrivals, strongest first."""

    own: Arrival | None
    drift: float
    far: tuple[Arrival, ...]
    own_confidence: float
    far_confidence: float


def find_arrivals(
    clip: Signal,
    reference: Signal,
    rate: int,
    *,
    clip_starts_s: float,
    own_window_s: tuple[float, float],
) -> Arrivals:
    """Find when the recording arrives; delays are against the planned start.

    Shapes: clip [n], reference [m], float32. Confidences are 0 (no better than chance) to 1.
    """
    lag_s, raw, times_s = _correlate(clip, reference, rate, clip_starts_s)
    width = max(int(2 * _SMOOTH_S / (lag_s[1] - lag_s[0])), 3) + 2
    kernel = np.hanning(width) / np.hanning(width).sum()
    blocks = np.array([np.convolve(row, kernel, mode="same") for row in raw])
    chance = (lag_s >= _CHANCE_S[0]) & (lag_s <= _CHANCE_S[1])
    window = (lag_s >= own_window_s[0]) & (lag_s <= own_window_s[1])
    later = lag_s > own_window_s[1] + 0.02
    best = 1.0
    instants_s: list[float] = []
    delays_s: list[float] = []
    coarse_s: list[float] = []
    size = max(round(_GROUP_S / (times_s[1] - times_s[0])), 1) if times_s.size > 1 else 1
    for start in range(0, blocks.shape[0], size):
        group = slice(start, start + size)
        found = _peak(blocks[group].mean(axis=0), lag_s, window, chance)
        best = max(best, found.strength)
        if found.strength >= _STANDS_OUT:
            near = np.abs(lag_s - found.delay_s) <= _NEAR_S
            clear = [at for at in range(start, min(start + size, len(raw))) if _clear(raw[at], near, chance)]
            instants_s += [float(times_s[at]) for at in clear]
            delays_s += [_fine_peak(raw[at], lag_s, near) for at in clear]
            coarse_s.append(found.delay_s)
    whole = blocks.mean(axis=0)
    far = _far(whole, lag_s, later, chance)
    if delays_s:
        drift, delay_s = _line(np.array(instants_s), np.array(delays_s))
    else:
        drift, delay_s = 0.0, float(np.median(coarse_s)) if coarse_s else 0.0
    return Arrivals(
        own=Arrival(delay_s, best) if coarse_s else None,
        drift=drift,
        far=far,
        own_confidence=_confidence(best),
        far_confidence=_confidence(far[0].strength if far else 1.0),
    )


def _confidence(strength: float) -> float:
    return float(np.clip(1.0 - 1.0 / max(strength, 1e-9), 0.0, 1.0))


def _correlate(
    clip: Signal, reference: Signal, rate: int, clip_starts_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lags [l], squared correlation of each sounding block [b, l], and the blocks' times [b]."""
    block_s = _BLOCK_S if reference.size >= _SHORT_S * rate else _BLOCK_S / 2
    count = max(round(reference.size / rate / block_s), 1)
    block = int(np.ceil(reference.size / count))
    reach = int(_REACH_S * rate)
    size = _good_size(block + 2 * reach)
    low, high = (int(edge * size / rate) for edge in _BAND_HZ)
    lags = 2 << (high - low - 1).bit_length()
    step_s = size / rate / lags
    lag_s: NDArray[np.float64] = np.arange(int(2 * _REACH_S / step_s), dtype=np.float64) * step_s - _REACH_S
    loudest = max(float(np.mean(reference[at : at + block] ** 2)) for at in range(0, reference.size, block))
    rows, times_s = [], []
    for at in range(0, reference.size, block):
        played = reference[at : at + block]
        if float(np.mean(played**2)) < 1e-3 * loudest:
            continue
        heard = _cut(clip, at - round(clip_starts_s * rate) - reach, block + 2 * reach)
        cross = _white(heard, size, low, high) * _white(played, size, low, high).conj()
        rows.append(np.abs(np.fft.ifft(cross, lags)[: lag_s.size]) ** 2)
        times_s.append((at + block / 2) / rate)
    return lag_s, np.array(rows, dtype=np.float64), np.array(times_s, dtype=np.float64)


def _good_size(least: int) -> int:
    """Return the least size of the form 2^a, 3·2^a or 5·2^a that is not below `least`."""
    return min(factor << max(-(-least // factor) - 1, 0).bit_length() for factor in (1, 3, 5))


def _cut(signal: Signal, start: int, count: int) -> Signal:
    piece = np.zeros(count, dtype=np.float32)
    low, high = max(start, 0), min(start + count, signal.size)
    if high > low:
        piece[low - start : high - start] = signal[low:high]
    return piece


def _white(signal: Signal, size: int, low: int, high: int) -> NDArray[np.complex128]:
    """Return the band's spectrum with every bin at about the same strength, very weak ones left weak."""
    spectrum = np.fft.rfft(signal, size)[low:high]
    magnitude = np.abs(spectrum)
    width = 200
    around = np.convolve(magnitude, np.ones(width) / width, mode="same")
    return spectrum / (magnitude + 0.3 * around + 1e-3 * float(around.max(initial=0.0)) + 1e-12)


def _peak(
    power: NDArray[np.float64],
    lag_s: NDArray[np.float64],
    window: NDArray[np.bool_],
    chance: NDArray[np.bool_],
) -> Arrival:
    floor = float(power[chance].max()) + 1e-20
    inside = np.flatnonzero(window)
    best = int(inside[np.argmax(power[inside])])
    return Arrival(float(lag_s[best]), float(power[best]) / floor)


def _far(
    power: NDArray[np.float64],
    lag_s: NDArray[np.float64],
    later: NDArray[np.bool_],
    chance: NDArray[np.bool_],
) -> tuple[Arrival, ...]:
    """Return up to four later arrivals that stand out, strongest first, apart by more than an early echo."""
    left = later.copy()
    found: list[Arrival] = []
    while len(found) < _MAX_FAR and left.any():
        arrival = _peak(power, lag_s, left, chance)
        if arrival.strength < _FAR_STANDS_OUT:
            break
        found.append(arrival)
        left &= np.abs(lag_s - arrival.delay_s) > _FAR_APART_S
    return tuple(found)


def _clear(power: NDArray[np.float64], near: NDArray[np.bool_], chance: NDArray[np.bool_]) -> bool:
    """Return whether a block on its own shows the arrival: one without must not bend the clock's line."""
    return float(power[near].max()) > float(power[chance].max())


def _fine_peak(power: NDArray[np.float64], lag_s: NDArray[np.float64], near: NDArray[np.bool_]) -> float:
    """Return the lag of the highest power among `near`, between the samples by a parabola."""
    inside = np.flatnonzero(near)
    at = int(np.clip(inside[np.argmax(power[inside])], 1, power.size - 2))
    before, top, after = (float(power[at + step]) for step in (-1, 0, 1))
    curve = before - 2.0 * top + after
    shift = 0.5 * (before - after) / curve if curve < 0.0 else 0.0
    return float(lag_s[at] + np.clip(shift, -1.0, 1.0) * (lag_s[1] - lag_s[0]))


def _line(times_s: NDArray[np.float64], delays_s: NDArray[np.float64]) -> tuple[float, float]:
    """Return drift (s/s) and the delay at the recording's start: the median slope between blocks (Theil–Sen).

    The median does not mind a block whose peak is a chance one.
    """
    middle_s = float(np.median(delays_s))
    if delays_s.size < 3:
        return 0.0, middle_s
    first, second = np.triu_indices(delays_s.size, 1)
    apart = times_s[second] - times_s[first]
    slopes = (delays_s[second] - delays_s[first])[apart > 0] / apart[apart > 0]
    sane = slopes[np.abs(slopes) <= _MAX_DRIFT]
    # Slopes all over the place mean that no clock was seen, only noise.
    if sane.size < slopes.size / 2:
        return 0.0, middle_s
    drift = float(np.median(sane))
    return drift, float(np.median(delays_s - drift * times_s))
