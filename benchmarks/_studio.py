"""What the simulated communes have to play: bulletins as the product renders them, foreign radio, music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from _bulletins import FOREIGN, Changes, Text

from smartradio.audio.codec import decode_opus
from smartradio.audio.resample import resample
from smartradio.audio.spectrum import HORN_BAND_HZ, band_level_db, gain
from smartradio.speech.rendering import RATE, render
from smartradio.speech.script import utterances
from smartradio.speech.spoken.text import clean_text, spoken_text
from smartradio.speech.voices.espeak import VIETNAMESE_VOICES, EspeakVoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_PEAK = 0.84
_BROADCAST_DB = -16.0
_CHORDS_HZ = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (261.6, 329.6, 392.0), (196.0, 246.9, 293.7))
_SCALE_HZ = (440.0, 493.9, 523.3, 587.3, 659.3, 784.0)
_BEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording as a node decodes it; `spans` are its sentences in seconds, chimes left out.

    `level_db` is its RMS in the horn's band, dBFS.
    """

    sound: Signal
    level_db: float
    spans: tuple[tuple[float, float], ...]
    lines: tuple[str, ...]
    voice: str


class Studio:
    """Renders every bulletin and voice once, through the product's own way from text to recording."""

    def __init__(self) -> None:
        self._voices = {name: EspeakVoice(name) for name in VIETNAMESE_VOICES}
        self._rendered: dict[tuple[str, str, Changes], Spoken] = {}
        self._foreign: dict[str, Signal] = {}

    def close(self) -> None:
        """End the voices' children."""
        for voice in self._voices.values():
            voice.close()

    def spoken(self, text: Text, voice: str, changes: Changes = ()) -> Spoken:
        """Return the recording of `text`, with other words in it where `changes` says so, read by `voice`."""
        key = (text.name, voice, changes)
        if key not in self._rendered:
            self._rendered[key] = _rendered(changed(text.lines, changes), self._voices[voice])
        return self._rendered[key]

    def foreign(self, language: str) -> Signal:
        """Return a broadcast in another language, as loud as a bulletin."""
        if language not in self._foreign:
            with EspeakVoice(language, language=language) as voice:
                pcm, rate = voice.speak(FOREIGN[language])
            self._foreign[language] = _broadcast(resample(pcm, rate, RATE))
        return self._foreign[language]


def changed(lines: Sequence[str], changes: Changes) -> tuple[str, ...]:
    """Return `lines` with the first place of each old word given the new one; raises ValueError where none has it."""
    others = list(lines)
    for old, new in changes:
        at = next((at for at, line in enumerate(others) if old in line), None)
        if at is None:
            raise ValueError(f"no line has {old!r}")
        others[at] = others[at].replace(old, new, 1)
    return tuple(others)


def relaid(planned: Spoken, played: Spoken) -> Signal:
    """Return `played` with each sentence where `planned` has it, later only where the one before is still speaking.

    A change of words must be heard in the words: laid end to end, all after it would arrive at another time.
    """
    size = max(planned.sound.size, played.sound.size) + RATE
    sound, free = np.zeros(size, np.float32), 0
    first = round(planned.spans[0][0] * RATE)
    sound[:first] = planned.sound[:first]
    for (start_s, _), (from_s, to_s) in zip(planned.spans, played.spans, strict=True):
        sentence = played.sound[round(from_s * RATE) : round(to_s * RATE)]
        free = max(round(start_s * RATE), free)
        sound[free : free + sentence.size] = sentence
        free += sentence.size
    after = planned.sound[round(planned.spans[-1][1] * RATE) :]
    rest = sound[free : free + after.size]
    rest[:] = after[: rest.size]
    return sound[: max(planned.sound.size, free)]


def music(seconds: float, random: np.random.Generator) -> Signal:
    """Return chords, a tune and drums, as loud as a bulletin; float32 at RATE."""
    beat = round(_BEAT_S * RATE)
    time_s = np.arange(beat) / RATE
    beats = []
    for number in range(int(seconds / _BEAT_S) + 1):
        chord = _CHORDS_HZ[number // 4 % len(_CHORDS_HZ)]
        sound = sum((_tone(hz, time_s, 1.5) for hz in chord), np.zeros(beat))
        sound = sound + 1.5 * _tone(float(random.choice(_SCALE_HZ)), time_s, 4.0)
        sound += 2.0 * np.sin(2 * np.pi * 90.0 * time_s) * np.exp(-25.0 * time_s)
        if number % 2:
            sound += random.standard_normal(beat) * np.exp(-18.0 * time_s)
        beats.append(sound)
    return _broadcast(np.concatenate(beats).astype(np.float32))


def _tone(hz: float, time_s: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    partials = [np.sin(2 * np.pi * hz * order * time_s) / order for order in range(1, 7)]
    tone: NDArray[np.float64] = np.sum(partials, axis=0) * np.exp(-decay * time_s)
    return tone


def _broadcast(sound: Signal) -> Signal:
    loud = sound * gain(_BROADCAST_DB - band_level_db(sound, RATE, *HORN_BAND_HZ))
    return np.clip(loud, -_PEAK, _PEAK).astype(np.float32)


def _rendered(lines: Sequence[str], voice: EspeakVoice) -> Spoken:
    script = utterances(line.sentences for line in spoken_text(clean_text("\n".join(lines))))
    pieces, spans, said, at = [], [], [], 0
    for segment in render(script, voice).segments:
        sound = decode_opus(segment.opus, RATE)
        if segment.kind == "sentence":
            spans.append((at / RATE, (at + sound.size) / RATE))
            said.append(segment.spoken)
        pieces += [sound, np.zeros(round(segment.pause_after_s * RATE), np.float32)]
        at += sound.size + pieces[-1].size
    whole = np.concatenate(pieces)
    level_db = band_level_db(whole, RATE, *HORN_BAND_HZ)
    return Spoken(whole, level_db, tuple(spans), tuple(said), voice.name)
