"""What happens to speech between the voice and the clip: mastering, horn, echoes, weather, microphone, codec."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from models.recogniser.voices import RATE
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.spectrum import HORN_BAND_HZ

Signal = NDArray[np.float32]
Spectrum = NDArray[np.complex64]

_LONGEST_ECHO_S = 1.1


def outdoors(
    speech: Signal, random: np.random.Generator, noises: dict[str, list[Signal]], hardness: float = 1.0
) -> Signal:
    """Return `speech` (float32 [n] at RATE) as some microphone at some pole would have it, as long and as timed.

    `hardness` 0..1 scales how often and how far the sound is spoilt.
    """

    def happens(share: float) -> bool:
        return bool(random.random() < share * hardness)

    sound = speech / (np.abs(speech).max(initial=0.0) + np.float32(1e-9))
    if happens(0.3):
        drive = np.float32(random.uniform(1.0, 6.0))
        sound = np.tanh(drive * sound) / np.tanh(drive)
    size = scipy.fft.next_fast_len(sound.size + round(_LONGEST_ECHO_S * RATE), real=True)
    spectrum: Spectrum = scipy.fft.rfft(sound, size)
    spectrum *= _colour(random, spectrum.size, horn=happens(0.7))
    if happens(0.8):
        spectrum *= scipy.fft.rfft(echoes(random), size)
    level = _band_rms(spectrum, size, sound.size)
    sound = scipy.fft.irfft(spectrum, size)[: sound.size]
    sound = np.asarray(sound / np.float32(level + 1e-9), dtype=np.float32)
    for _ in range(2 if happens(0.15) else 1):
        sound += np.float32(10 ** (-_drawn_snr_db(random, hardness) / 20)) * _noise(random, noises, sound.size)
    sound /= np.abs(sound).max(initial=0.0) + np.float32(1e-9)
    if happens(0.1):
        sound = np.clip(sound, -random.uniform(0.3, 0.9), random.uniform(0.3, 0.9))
    sound *= np.float32(10 ** (random.uniform(-36.0, 0.0) / 20))
    if happens(0.08):
        sound = through_opus(sound, int(random.integers(12_000, 16_001)))
    return np.asarray(sound + np.float32(10 ** (random.uniform(-90, -70) / 20)) * _hiss(random, sound.size), np.float32)


def echoes(random: np.random.Generator) -> Signal:
    """Return an impulse response: the direct sound, a few walls, maybe a diffuse tail and a neighbouring pole."""
    response = np.zeros(round(_LONGEST_ECHO_S * RATE), dtype=np.float32)
    response[0] = 1.0
    for _ in range(int(random.integers(1, 6))):
        delay_s = random.uniform(0.008, 0.05) if random.random() < 0.3 else random.uniform(0.05, 0.4)
        loss_db = random.uniform(4.0, 16.0) + 15.0 * delay_s
        response[round(delay_s * RATE)] += random.choice((-1.0, 1.0)) * 10 ** (-loss_db / 20)
    if random.random() < 0.4:
        rt60_s = random.uniform(0.15, 0.8)
        start = round(random.uniform(0.005, 0.04) * RATE)
        tail = random.standard_normal(response.size - start) * 10 ** (
            -3 * np.arange(response.size - start) / RATE / rt60_s
        )
        below_db = random.uniform(4.0, 20.0)
        response[start:] += (10 ** (-below_db / 20) * tail / np.sqrt(np.sum(tail**2))).astype(np.float32)
    if random.random() < 0.25:
        delay_s = random.uniform(0.3, _LONGEST_ECHO_S - 0.01)
        response[round(delay_s * RATE)] += 10 ** (-random.uniform(14.0, 30.0) / 20)
    return response


def through_opus(sound: Signal, bitrate: int) -> Signal:
    """Return `sound` after the codec, as long as before."""
    decoded = decode_opus(encode_opus(sound, RATE, bitrate=bitrate), RATE)
    return np.resize(decoded, sound.size) if decoded.size < sound.size else decoded[: sound.size]


def _colour(random: np.random.Generator, bins: int, *, horn: bool) -> Signal:
    """Return the gain of horn, microphone and taste at each bin."""
    hz = np.linspace(0.0, RATE / 2, bins, dtype=np.float32)
    low_hz, steep = random.uniform(40.0, 120.0), 2
    high_hz = random.uniform(6_500.0, 9_000.0)
    if horn:
        low_hz, high_hz, steep = (
            random.uniform(150.0, 500.0),
            random.uniform(2_800.0, 7_000.0),
            int(random.integers(2, 6)),
        )
    gain = 1.0 / np.sqrt((1.0 + (low_hz / np.maximum(hz, 1.0)) ** (2 * steep)) * (1.0 + (hz / high_hz) ** (2 * steep)))
    knots_hz = np.array([100, 250, 500, 1000, 2000, 3000, 4500, 8000])
    curve_db = np.interp(np.log2(np.maximum(hz, 50.0)), np.log2(knots_hz), random.normal(0.0, 4.0, knots_hz.size))
    return np.asarray(gain * 10 ** (curve_db / 20), dtype=np.float32)


def _band_rms(spectrum: Spectrum, size: int, samples: int) -> float:
    low, high = (round(hz * size / RATE) for hz in HORN_BAND_HZ)
    inside = spectrum[low:high]
    return float(np.sqrt(2.0 * np.sum(inside.real**2 + inside.imag**2) / (size * samples)))


def _drawn_snr_db(random: np.random.Generator, hardness: float) -> float:
    if random.random() > 0.25 + 0.6 * hardness:
        return float(random.uniform(28.0, 50.0))
    return float(random.uniform(20.0 - 15.0 * hardness, 28.0))


def _noise(random: np.random.Generator, noises: dict[str, list[Signal]], count: int) -> Signal:
    kinds = list(noises)
    clips = noises[kinds[int(random.integers(len(kinds)))]]
    clip = clips[int(random.integers(len(clips)))]
    start = int(random.integers(clip.size))
    return np.take(clip, np.arange(start, start + count), mode="wrap")


def _hiss(random: np.random.Generator, count: int) -> Signal:
    return random.standard_normal(count, dtype=np.float32)
