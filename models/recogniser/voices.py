"""The voices the recogniser learns from and those held back, through espeak-ng's own bindings in this process."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from smartradio.speech.voices.espeak_worker import BUFFER_MS, DONT_EXIT, VOLUME

Signal = NDArray[np.float32]

RATE = 16_000
REGIONS = {"north": "vi", "central": "vi-vn-x-central", "south": "vi-vn-x-south"}
TRAINED_VARIANTS = (
    "m1", "m2", "m3", "m4", "m6", "m8", "f1", "f2", "f3", "f5", "Andy", "Annie", "Alex", "adam",
    "aunty", "benjamin", "boris", "ed", "edward", "grandma", "grandpa", "john", "linda", "Michael", "Mike",
    "pablo", "paul", "quincy", "sandro", "steph", "victor", "Gene", "Denis", "klatt2", "klatt4",
)  # fmt: skip
HELD_BACK_VARIANTS = ("m5", "m7", "f4", "belinda", "max", "robert", "Andrea", "ian", "klatt3")
TRAINED_SPEEDS = ((110, 138), (146, 182), (190, 225))
HELD_BACK_SPEEDS = ((139, 145), (183, 189), (226, 240))
TRAINED_PITCHES = ((28, 44), (48, 60), (66, 76))
HELD_BACK_PITCHES = ((45, 47), (61, 65), (77, 84))


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks and how: espeak's names and units, then what the resampler does to it.

    `stretch` above 1 lowers voice and pace together, as a larger throat and a slow tape do.
    """

    voice: str
    speed_wpm: int = 155
    pitch: int = 50
    pitch_range: int = 50
    stretch: float = 1.0


def drawn_manner(random: np.random.Generator) -> Manner:
    """Return a manner among those trained on: three in five the plain voices the product speaks with."""
    region = REGIONS[str(random.choice(("north", "central", "south"), p=(0.42, 0.26, 0.32)))]
    # The middle speeds are those that bulletins are read at.
    slow, usual, quick = TRAINED_SPEEDS
    speed_wpm = _drawn(random, (slow, usual, usual, quick))
    if random.random() < 0.6:
        return Manner(region, speed_wpm)
    voice = region
    if random.random() < 0.7:
        voice += "+" + str(random.choice(TRAINED_VARIANTS))
    stretch = float(random.uniform(0.88, 1.14)) if random.random() < 0.4 else 1.0
    return Manner(voice, speed_wpm, _drawn(random, TRAINED_PITCHES), int(random.integers(35, 70)), stretch)


def held_back_manner(random: np.random.Generator, region: str) -> Manner:
    """Return a variant, speed and pitch that no training clip had."""
    voice = f"{REGIONS[region]}+{random.choice(HELD_BACK_VARIANTS)}"
    return Manner(voice, _drawn(random, HELD_BACK_SPEEDS), _drawn(random, HELD_BACK_PITCHES))


class Speaker:
    """espeak-ng in this very process: fast, and fit for a process that may be started again."""

    def __init__(self) -> None:
        library = Path(espeakng_loader.get_library_path())
        ctypes.CDLL(str(library.with_name("libespeak-ng.so.1")), mode=ctypes.RTLD_GLOBAL)
        self._data = Path(espeakng_loader.get_data_path())
        os.environ["ESPEAK_DATA_PATH"] = str(self._data)
        from pyttsx3.drivers import _espeak  # noqa: PLC0415 - importing it looks for the library loaded above

        self._library = _espeak
        self._samples = bytearray()
        self.rate: int = _espeak.Initialize(_espeak.AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, None, DONT_EXIT)
        _espeak.SetSynthCallback(self._collect)

    def say(self, text: str, manner: Manner) -> Signal:
        """Return `text` as float32 [n] at `rate`, full scale 1."""
        library = self._library
        variant = manner.voice.partition("+")[2]
        if variant and not (self._data / "voices" / "!v" / variant).is_file():
            raise ValueError(f"espeak-ng has no variant {variant!r}")
        if library.SetVoiceByName(manner.voice.encode()) != library.EE_OK:
            raise ValueError(f"espeak-ng has no voice {manner.voice!r}")
        for parameter, value in (
            (library.RATE, manner.speed_wpm),
            (library.VOLUME, VOLUME),
            (library.PITCH, manner.pitch),
            (library.RANGE, manner.pitch_range),
        ):
            library.SetParameter(parameter, value)
        self._samples.clear()
        if library.Synth(text.encode(), flags=library.CHARS_UTF8) != library.EE_OK:
            raise ValueError(f"espeak-ng does not say {text!r}")
        return np.frombuffer(bytes(self._samples), dtype="<i2").astype(np.float32) / np.float32(32_768)

    def _collect(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 0


def resampled(pcm: Signal, from_rate: int, stretch: float = 1.0) -> Signal:
    """Return `pcm` at RATE and `stretch` times as long, through one Fourier transform of the whole."""
    ratio = RATE * stretch / from_rate
    size = scipy.fft.next_fast_len(pcm.size + from_rate // 50, real=True)
    wanted = scipy.fft.next_fast_len(round(size * ratio), real=True)
    # Both sizes are free to a few samples, so the ratio is off by less than one in ten thousand.
    spectrum = scipy.fft.rfft(pcm, size)
    kept = np.zeros(wanted // 2 + 1, dtype=np.complex64)
    count = min(kept.size, spectrum.size)
    kept[:count] = spectrum[:count]
    sound = scipy.fft.irfft(kept, wanted) * np.float32(wanted / size)
    return np.asarray(sound[: round(pcm.size * wanted / size)], dtype=np.float32)


def _drawn(random: np.random.Generator, ranges: tuple[tuple[int, int], ...]) -> int:
    low, high = ranges[int(random.integers(len(ranges)))]
    return int(random.integers(low, high + 1))
