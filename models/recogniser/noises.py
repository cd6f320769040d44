"""A stock of what else is heard at a pole: wind, rain, traffic, motorbikes, crowds, insects; made, not recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.recogniser.voices import RATE, Manner, Speaker, resampled
from smartradio.audio.noise import NOISE_BAND_HZ, Noise, NoiseKind
from smartradio.audio.spectrum import band_level_db

Signal = NDArray[np.float32]

CLIP_S = 16
KINDS = ("wind", "traffic", "quiet", "rain", "motorbike", "crowd", "insects", "gusts", "hiss")


def noise_stock(seed: int, each: int, crowd: Callable[[np.random.Generator], Signal]) -> dict[str, list[Signal]]:
    """Return `each` clips of CLIP_S of every kind, of RMS one in the horn's band; `crowd` gives their voices."""
    stock: dict[str, list[Signal]] = {}
    for number, kind in enumerate(KINDS):
        clips = []
        for index in range(each):
            random = np.random.default_rng((seed, number, index))
            clips.append(_levelled(_made(kind, random, crowd)))
        stock[kind] = clips
    return stock


def espeak_crowd(speaker: Speaker, sentences: list[str]) -> Callable[[np.random.Generator], Signal]:
    """Return a maker of crowds: eight to sixteen people who talk across each other at several distances."""

    def crowd(random: np.random.Generator) -> Signal:
        mixed = np.zeros(CLIP_S * RATE, dtype=np.float32)
        for _ in range(int(random.integers(8, 17))):
            manner = Manner(
                str(random.choice(("vi", "vi-vn-x-south", "vi+f2", "vi+m3", "vi+f5", "vi-vn-x-central+m1"))),
                int(random.integers(130, 210)),
                int(random.integers(25, 80)),
            )
            text = ". ".join(str(each) for each in random.choice(sentences, 4))
            said = resampled(speaker.say(text, manner), speaker.rate)
            places = (np.arange(mixed.size) + int(random.integers(said.size))) % said.size
            mixed += np.float32(10 ** (random.uniform(-12, 0) / 20)) * said[places]
        return mixed

    return crowd


def _made(kind: str, random: np.random.Generator, crowd: Callable[[np.random.Generator], Signal]) -> Signal:
    count = CLIP_S * RATE
    if kind in list(NoiseKind):
        return Noise(NoiseKind(kind), -20.0, RATE, int(random.integers(2**31))).take(count)
    if kind == "crowd":
        return crowd(random)
    if kind == "hiss":
        return _shaped(random, count, lambda hz: hz ** -random.uniform(0.0, 1.0))
    return {"rain": _rain, "motorbike": _motorbike, "insects": _insects, "gusts": _gusts}[kind](random, count)


def _shaped(
    random: np.random.Generator, count: int, amplitude: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Signal:
    hz = np.maximum(np.fft.rfftfreq(count, 1.0 / RATE), 20.0)
    spectrum = np.fft.rfft(random.standard_normal(count)) * amplitude(hz)
    return np.asarray(np.fft.irfft(spectrum, count), dtype=np.float32)


def _unit(sound: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(sound / (np.sqrt(np.mean(np.square(sound))) + 1e-12), dtype=np.float64)


def _rain(random: np.random.Generator, count: int) -> Signal:
    peak_hz = random.uniform(1_500, 5_000)
    steady = _unit(_shaped(random, count, lambda hz: 1.0 / (1.0 + (np.log2(hz / peak_hz) / 1.5) ** 2)))
    drops = np.zeros(count)
    number = int(random.uniform(20, 250) * count / RATE)
    drops[random.integers(0, count, number)] = random.exponential(1.0, number)
    ring = np.exp(-np.arange(400) / random.uniform(10, 60)) * np.sin(
        2 * np.pi * random.uniform(900, 4_000) / RATE * np.arange(400)
    )
    drops = np.convolve(drops, ring)[:count]
    return (steady + random.uniform(0.2, 1.0) * _unit(drops)).astype(np.float32)


def _motorbike(random: np.random.Generator, count: int) -> Signal:
    time_s = np.arange(count) / RATE
    sound = 0.3 * _unit(_shaped(random, count, lambda hz: 1.0 / (1.0 + hz / 500.0)))
    for _ in range(int(random.integers(1, 4))):
        firing_hz = random.uniform(25, 90) * (1 + 0.2 * np.sin(2 * np.pi * random.uniform(0.05, 0.3) * time_s))
        phase = 2 * np.pi * np.cumsum(firing_hz) / RATE
        engine = sum(
            random.uniform(0.3, 1.0) / order**0.7 * np.sin(order * phase + random.uniform(0, 6))
            for order in range(1, 30)
        )
        passing_s = random.uniform(0, count / RATE)
        engine = np.asarray(engine) / (1.0 + ((time_s - passing_s) / random.uniform(0.7, 4.0)) ** 2)
        sound = sound + random.uniform(0.5, 2.0) * _unit(engine)
    return sound.astype(np.float32)


def _insects(random: np.random.Generator, count: int) -> Signal:
    time_s = np.arange(count) / RATE
    sound = 0.1 * _unit(_shaped(random, count, lambda hz: hz**-0.5))
    for _ in range(int(random.integers(1, 4))):
        pitch_hz = random.uniform(2_200, 6_500)
        if random.random() < 0.5:
            width = random.uniform(0.02, 0.15)
            song = _band(random, count, pitch_hz, width)
        else:
            song = np.sin(2 * np.pi * pitch_hz * time_s).astype(np.float32)
        beat = 0.55 + 0.45 * np.sin(2 * np.pi * random.uniform(8, 120) * time_s)
        slow = np.clip(0.5 + np.sin(2 * np.pi * random.uniform(0.1, 1.5) * time_s + random.uniform(0, 6)), 0.05, 1.0)
        sound = sound + random.uniform(0.3, 1.0) * _unit(song * beat * slow)
    return sound.astype(np.float32)


def _band(random: np.random.Generator, count: int, middle_hz: float, octaves: float) -> Signal:
    return _shaped(random, count, lambda hz: np.exp(-((np.log2(hz / middle_hz) / octaves) ** 2)))


def _gusts(random: np.random.Generator, count: int) -> Signal:
    """Wind that strikes the capsule in bursts: the rumble of a blow, near silence between."""
    corner_hz = random.uniform(80, 400)
    roar = _unit(_shaped(random, count, lambda hz: 1.0 / (1.0 + (hz / corner_hz) ** 2)))
    knots = random.exponential(1.0, CLIP_S * 2 + 2) ** 1.5
    swell = np.interp(np.arange(count) / RATE * 2, np.arange(knots.size), knots)
    return (roar * (0.1 + swell)).astype(np.float32)


def _levelled(sound: Signal) -> Signal:
    level_db = band_level_db(sound, RATE, *NOISE_BAND_HZ)
    return (sound * np.float32(10 ** (-level_db / 20))).astype(np.float32)
