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
_REACH_S = 1.5
_BAND_HZ = (250.0, 5000.0)
_CHANCE_S = (-1.45, -0.15)
_GROUP_BLOCKS = 8  # 16 s: 50 ppm of clock error move an arrival by less than a millisecond
_SMOOTH_S = 0.002
_STANDS_OUT = 1.6
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
    lag_s, blocks, times_s = _correlate(clip, reference, rate, clip_starts_s)
    chance = (lag_s >= _CHANCE_S[0]) & (lag_s <= _CHANCE_S[1])
    window = (lag_s >= own_window_s[0]) & (lag_s <= own_window_s[1])
    later = lag_s > own_window_s[1] + 0.02
    peaks: list[tuple[float, Arrival]] = []
    for start in range(0, blocks.shape[0], _GROUP_BLOCKS):
        group = slice(start, start + _GROUP_BLOCKS)
        found = _peak(blocks[group].mean(axis=0), lag_s, window, chance)
        if found.strength >= _STANDS_OUT:
            peaks.append((float(times_s[group].mean()), found))
    whole = blocks.mean(axis=0) if blocks.size else np.zeros_like(lag_s)
    far = _far(whole, lag_s, later, chance)
    far_best = _peak(whole, lag_s, later, chance).strength
    best = max((arrival.strength for _, arrival in peaks), default=1.0)
    drift, delay_s = _line(peaks)
    return Arrivals(
        own=Arrival(delay_s, best) if peaks else None,
        drift=drift,
        far=far,
        own_confidence=_confidence(best),
        far_confidence=_confidence(far_best),
    )


def _confidence(strength: float) -> float:
    return float(np.clip(1.0 - 1.0 / max(strength, 1e-9), 0.0, 1.0))


def _correlate(
    clip: Signal, reference: Signal, rate: int, clip_starts_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lags [l], squared correlation of each sounding block [b, l], and the blocks' times [b]."""
    count = max(int(np.ceil(reference.size / rate / _BLOCK_S)), 1)
    block = int(np.ceil(reference.size / count))
    reach = int(_REACH_S * rate)
    size = _good_size(block + 2 * reach)
    low, high = (int(edge * size / rate) for edge in _BAND_HZ)
    lags = 1 << (high - low - 1).bit_length()
    step_s = size / rate / lags
    lag_s = np.arange(int(2 * _REACH_S / step_s)) * step_s - _REACH_S
    loudest = max(float(np.mean(reference[at : at + block] ** 2)) for at in range(0, reference.size, block))
    rows, times_s = [], []
    smooth = np.hanning(max(int(2 * _SMOOTH_S / step_s), 3) + 2)
    for at in range(0, reference.size, block):
        played = reference[at : at + block]
        if float(np.mean(played**2)) < 1e-3 * loudest:
            continue
        heard = _cut(clip, at - round(clip_starts_s * rate) - reach, block + 2 * reach)
        cross = _white(heard, size, low, high) * _white(played, size, low, high).conj()
        row = np.abs(np.fft.ifft(cross, lags)[: lag_s.size]) ** 2
        rows.append(np.convolve(row, smooth / smooth.sum(), mode="same"))
        times_s.append((at + block / 2) / rate)
    return lag_s, np.array(rows), np.array(times_s)


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
        if arrival.strength < _STANDS_OUT:
            break
        found.append(arrival)
        left &= np.abs(lag_s - arrival.delay_s) > _FAR_APART_S
    return tuple(found)


def _line(peaks: list[tuple[float, Arrival]]) -> tuple[float, float]:
    """Return drift (s/s) and the delay at the start of the recording, from the groups' own peaks."""
    if not peaks:
        return 0.0, 0.0
    times_s = np.array([time_s for time_s, _ in peaks])
    delays_s = np.array([arrival.delay_s for _, arrival in peaks])
    middle = float(np.median(delays_s))
    near = np.abs(delays_s - middle) < 0.01
    if near.sum() < 3:
        return 0.0, middle
    drift, delay_s = np.polyfit(times_s[near], delays_s[near], 1)
    return float(drift), float(delay_s)
