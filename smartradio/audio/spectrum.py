"""Short-time spectra and small spectral tools shared by the pole and the reference match; numpy only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Spectra = NDArray[np.complex64]

SILENCE_DB = -120.0
"""What an empty or digitally silent signal reads; keeps every level finite."""
HORN_BAND_HZ = (200.0, 5_500.0)
"""What a horn carries; all levels of speech and noise are counted in it, for rumble below it masks nothing."""
_LEVEL_BLOCK = 1 << 20


def power_db(power: float) -> float:
    """Return 10·log10 of a power, never below SILENCE_DB."""
    return float(10.0 * np.log10(max(power, 10.0 ** (SILENCE_DB / 10.0))))


def gain(gain_db: float) -> float:
    """Return the amplitude factor of a gain in dB."""
    return float(10.0 ** (gain_db / 20.0))


def stft(signal: Signal, starts: NDArray[np.int64], window: Signal) -> Spectra:
    """Return the spectra of windows of `signal` that begin at `starts`; outside the signal is silence.

    Shapes: signal [n], starts [t], window [w] → [t, w // 2 + 1], complex64.
    """
    width = window.size
    low = min(int(starts.min(initial=0)), 0)
    high = max(int(starts.max(initial=0)) + width, signal.size)
    padded = np.zeros(high - low, dtype=np.float32)
    padded[-low : -low + signal.size] = signal
    views = np.lib.stride_tricks.sliding_window_view(padded, width)[starts - low]
    return np.fft.rfft(views * window, axis=1).astype(np.complex64)


def minimum_phase(magnitude: NDArray[np.float64], taps: int) -> Signal:
    """Return the FIR of `taps` samples with this magnitude and the least delay (real-cepstrum method).

    Shapes: magnitude [k + 1] from 0 Hz to half the rate, with k much larger than `taps`.
    Source: Oppenheim and Schafer, Discrete-Time Signal Processing, on homomorphic filtering.
    """
    log_magnitude = np.log(np.maximum(magnitude, 1e-6))
    cepstrum = np.fft.irfft(log_magnitude)
    half = cepstrum.size // 2
    cepstrum[1:half] *= 2.0
    cepstrum[half + 1 :] = 0.0
    impulse = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:taps]
    fade = taps // 4
    impulse[-fade:] *= 0.5 * (1.0 + np.cos(np.pi * np.arange(fade) / fade))
    return impulse.astype(np.float32)


def band_pass(rate: int, low_hz: float, high_hz: float, *, order: int = 4, taps_s: float = 0.02) -> Signal:
    """Return a minimum-phase FIR with Butterworth-like slopes of `order` at both edges.

    A `low_hz` of 0 makes it a low-pass; an edge at or above half the rate is left out.
    """
    frequency = np.fft.rfftfreq(8192, 1.0 / rate)
    power = np.ones_like(frequency)
    if low_hz > 0.0:
        ratio = np.maximum(frequency, 1.0) / low_hz
        power *= ratio ** (2 * order) / (1.0 + ratio ** (2 * order))
    if high_hz < rate / 2:
        power /= 1.0 + (frequency / high_hz) ** (2 * order)
    return minimum_phase(np.sqrt(power), int(taps_s * rate))


def band_level_db(signal: Signal, rate: int, low_hz: float, high_hz: float) -> float:
    """Return the RMS level of a signal within a band in dBFS (1.0 is full scale; a full-scale sine is −3)."""
    if signal.size == 0:
        return SILENCE_DB
    energy = 0.0
    # The spectrum of half an hour at once would take a gigabyte.
    for at in range(0, signal.size, _LEVEL_BLOCK):
        block = signal[at : at + _LEVEL_BLOCK]
        power = np.abs(np.fft.rfft(block)) ** 2
        frequency = np.fft.rfftfreq(block.size, 1.0 / rate)
        energy += float(power[(frequency >= low_hz) & (frequency <= high_hz)].sum()) / block.size
    return power_db(2.0 * energy / signal.size)
