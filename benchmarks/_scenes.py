"""Simulated airings for the verdict benchmark: poles, neighbours, echoes, weather, clocks and faults.

An airing is drawn from its number alone, so that a run can be cut into parts and repeated. What a listener could have
understood of it is measured before anything judges it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from _bulletins import FOREIGN, TEXTS, Text
from _studio import Spoken, Studio, music, relaid

from smartradio.audio.babble import babble
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.intelligibility import intelligibility
from smartradio.audio.noise import Noise, NoiseKind
from smartradio.audio.pole import Neighbour, PoleScene, SimulatedPole, Tap
from smartradio.audio.resample import resample
from smartradio.audio.spectrum import HORN_BAND_HZ, band_level_db, band_pass, gain
from smartradio.domain.verdict import VerdictCode
from smartradio.speech.rendering import RATE
from smartradio.speech.voices.espeak import VIETNAMESE_VOICES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

CLIP_STARTS_S = -2.0
CLIP_ENDS_S = 3.0
FIRST_SEED = 7_400_000
"""Far from the seeds that thresholds, unit tests and the recogniser's training draw from."""
INTELLIGIBLE = 0.5
UNINTELLIGIBLE = 0.42
_HISS_DB = -72.0
_GAP_S = 2.0
_CROWDS = 2
_CROWD_S = 20.0
_CLEAN_DB = (28.0, 40.0)
LIGHT_NOISE_DB = 15.0


class Kind(StrEnum):
    """What happens at a pole."""

    GOOD = "good"
    GOOD_WINDY = "good, moderate wind"
    SILENT = "silent"
    NEIGHBOUR = "neighbour only"
    CUT_START = "cut start"
    CUT_END = "cut end"
    GAPS = "gaps of 2 s"
    OTHER = "other bulletin"
    FOREIGN = "foreign-language radio"
    MUSIC = "music"
    SPEED = "wrong speed"
    TWO_WORDS = "two changed words"
    NUMBER = "changed number"
    MUFFLED = "muffled"
    WIND = "wind"
    CLIPPING = "clipping"
    ECHO = "echo"


GOOD = (Kind.GOOD, Kind.GOOD_WINDY)
WORDS = (Kind.TWO_WORDS, Kind.NUMBER)
MEASURED = (Kind.MUFFLED, Kind.WIND, Kind.CLIPPING, Kind.ECHO)
"""Whether these are faults, and whether a good airing was good, the measure of intelligibility says."""


class Truth(StrEnum):
    """What there was to hear; `between` is neither a proof for nor against whoever judges it."""

    GOOD = "good"
    FAULT = "fault"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Result:
    """What was said of one airing, beside what is known of it."""

    number: int
    kind: Kind
    truth: Truth
    intelligible: float | None
    snr_db: float
    verdict: VerdictCode
    reasons: tuple[str, ...]

    @property
    def aired(self) -> bool:
        """Whether it was called aired."""
        return self.verdict is VerdictCode.AIRED

    @property
    def wrong(self) -> bool:
        """Whether a fault was called aired, or a good airing was not."""
        return self.truth is not Truth.BETWEEN and self.aired is not (self.truth is Truth.GOOD)

    @property
    def noisy(self) -> bool:
        """Whether it is one of those with changed words in light noise."""
        return self.snr_db == LIGHT_NOISE_DB


@dataclass(frozen=True, slots=True)
class Airing:
    """One simulated airing: the clip as it reaches the station, and what is known of it before anyone judges.

    `has_past` says whether the station knows the node's own delay, gain and level, which are always given.
    """

    number: int
    kind: Kind
    truth: Truth
    intelligible: float | None
    snr_db: float
    clip: Signal
    recording: Spoken
    has_past: bool
    own_delay_s: float
    own_gain_db: float
    own_level_db: float

    def result(self, verdict: VerdictCode, reasons: tuple[str, ...]) -> Result:
        """Return what was said of it."""
        return Result(self.number, self.kind, self.truth, self.intelligible, self.snr_db, verdict, reasons)


def airing(number: int, place: int, kind: Kind, studio: Studio) -> Airing:
    """Return the airing at this place of a round, always the same; all of a round share one bulletin and voice."""
    random = np.random.default_rng((FIRST_SEED, number, place))
    texts = [text for text in TEXTS if text.numbers] if kind is Kind.NUMBER else TEXTS
    text = texts[number % len(texts)]
    # Neither 3 alerts nor 8 bulletins may always meet the same of 3 voices.
    voice = VIETNAMESE_VOICES[(number + number // 3) % len(VIETNAMESE_VOICES)]
    recording = studio.spoken(text, voice)
    snr_db = _drawn_snr_db(kind, random)
    scene = _pole(kind, random)
    played = _played(kind, text, recording, studio, random)
    others = np.zeros_like(recording.sound) if kind is Kind.SILENT else recording.sound
    heard = _heard(scene, played, others, recording, _noise_kind(kind, random), snr_db, random)
    drift = float(random.uniform(-50e-6, 50e-6))
    heard = _by_another_clock(heard, drift)
    measured = None
    if kind in (*GOOD, *MEASURED):
        measured = intelligibility(
            heard,
            recording.sound,
            clip_starts_s=CLIP_STARTS_S,
            delay_s=scene.own_delay_s,
            drift=-drift,
            spans=recording.spans,
        )
    own_gain_db = scene.own_gain_db + float(random.normal(0.0, 1.0))
    return Airing(
        number=number,
        kind=kind,
        truth=_truth(kind, measured),
        intelligible=measured,
        snr_db=snr_db,
        clip=decode_opus(encode_opus(np.clip(heard, -1.0, 1.0), RATE), RATE),
        recording=recording,
        has_past=bool(random.random() < 0.5),
        own_delay_s=scene.own_delay_s,
        own_gain_db=own_gain_db,
        own_level_db=recording.level_db + own_gain_db,
    )


def _truth(kind: Kind, measured: float | None) -> Truth:
    if kind not in (*GOOD, *MEASURED):
        return Truth.FAULT
    if measured is None or measured < UNINTELLIGIBLE:
        return Truth.FAULT
    return Truth.GOOD if measured >= INTELLIGIBLE else Truth.BETWEEN


def _drawn_snr_db(kind: Kind, random: np.random.Generator) -> float:
    """Return how far the recording would be above the noise in the horn's band."""
    if kind in WORDS:
        return LIGHT_NOISE_DB if random.random() < 0.5 else float(random.uniform(*_CLEAN_DB))
    low_db, high_db = {Kind.GOOD_WINDY: (6.0, 12.0), Kind.WIND: (-14.0, 2.0)}.get(kind, (14.0, 36.0))
    return float(random.uniform(low_db, high_db))


def _noise_kind(kind: Kind, random: np.random.Generator) -> str:
    if kind in (Kind.WIND, Kind.GOOD_WINDY):
        return "wind"
    return str(random.choice(("quiet", "wind", "traffic", "rain", "market")))


def _pole(kind: Kind, random: np.random.Generator) -> PoleScene:
    early = [Tap(float(random.uniform(0.01, 0.05)), float(random.uniform(-16.0, -8.0))) for _ in range(2)]
    late = [
        Tap(float(random.uniform(0.05, 0.4)), float(random.uniform(-24.0, -13.0)))
        for _ in range(int(random.integers(1, 4)))
    ]
    neighbours = [Neighbour.at(float(random.uniform(100.0, 400.0))) for _ in range(int(random.integers(0, 4)))]
    if kind is Kind.ECHO:
        late = [Tap(float(random.uniform(0.08, 0.4)), float(random.uniform(-4.0, 3.0))) for _ in range(5)]
    if kind is Kind.NEIGHBOUR:
        # As near as the own horn is loud: what the wind brings over is the likeliest false proof.
        near = Neighbour.at(float(random.uniform(100.0, 400.0)))
        neighbours = [replace(near, gain_db=near.gain_db + float(random.uniform(0.0, 10.0))), *neighbours]
    return PoleScene(
        own_gain_db=float(random.uniform(-14.0, -3.0)),
        own_delay_s=float(random.uniform(0.002, 0.02)),
        echoes=(*early, *late),
        horn_band_hz=(float(random.uniform(180.0, 380.0)), float(random.uniform(3_500.0, 6_000.0))),
        noise_kind=NoiseKind.QUIET,
        noise_db=_HISS_DB,
        neighbours=tuple(neighbours),
        seed=int(random.integers(2**31)),
    )


def _heard(
    scene: PoleScene,
    played: Signal,
    others: Signal,
    recording: Spoken,
    noise_kind: str,
    snr_db: float,
    random: np.random.Generator,
) -> Signal:
    size = recording.sound.size + round((CLIP_ENDS_S - CLIP_STARTS_S) * RATE)
    before = round(-CLIP_STARTS_S * RATE)
    own, near = np.zeros(size, np.float32), np.zeros(size, np.float32)
    own[before : before + played.size] = played[: size - before]
    near[before : before + others.size] = others
    heard = SimulatedPole(scene).hear(own, [near] * len(scene.neighbours))
    wanted_db = recording.level_db + scene.own_gain_db - snr_db
    noise = _noise(noise_kind, size, random)
    # A power of two, since the level is read from one transform, and those of odd lengths take long.
    level_db = band_level_db(noise[: 1 << (size.bit_length() - 1)], RATE, *HORN_BAND_HZ)
    noise = noise * gain(wanted_db - level_db)
    return np.asarray(heard + noise, dtype=np.float32)


def _noise(kind: str, count: int, random: np.random.Generator) -> Signal:
    seed = int(random.integers(2**31))
    match kind:
        case "market":
            first = int(random.integers(round(_CROWD_S * RATE)))
            return np.take(_crowd(seed % _CROWDS), np.arange(first, first + count), mode="wrap")
        case "rain":
            drops = random.standard_normal(count) * (random.random(count) < 0.03) + 0.2 * random.standard_normal(count)
            return np.diff(drops, prepend=0.0).astype(np.float32)
        case _:
            return Noise(NoiseKind(kind), -20.0, RATE, seed).take(count)


@functools.cache
def _crowd(number: int) -> Signal:
    voices = [babble(_CROWD_S, FIRST_SEED + 10 * number + person) for person in range(6)]
    return np.asarray(np.sum(voices, axis=0), dtype=np.float32)


def _by_another_clock(heard: Signal, drift: float) -> Signal:
    at = np.arange(heard.size)
    return np.interp(at * (1.0 + drift), at, heard).astype(np.float32)


def _played(kind: Kind, text: Text, recording: Spoken, studio: Studio, random: np.random.Generator) -> Signal:
    """Return what the own horn is given to play."""
    sound, seconds = recording.sound, recording.sound.size / RATE
    match kind:
        case Kind.SILENT | Kind.NEIGHBOUR:
            return np.zeros_like(sound)
        case Kind.CUT_START | Kind.CUT_END | Kind.GAPS:
            return _interrupted(kind, recording, random)
        case Kind.OTHER:
            other = TEXTS[(TEXTS.index(text) + int(random.integers(1, len(TEXTS)))) % len(TEXTS)]
            return studio.spoken(other, str(random.choice(VIETNAMESE_VOICES))).sound
        case Kind.FOREIGN:
            return np.resize(studio.foreign(str(random.choice(list(FOREIGN)))), sound.size)
        case Kind.MUSIC:
            return music(seconds, random)
        case Kind.SPEED:
            factor = 1.0 + float(random.choice((-1.0, 1.0)) * random.uniform(0.04, 0.2))
            return resample(sound, round(RATE * factor), RATE)
        case Kind.TWO_WORDS | Kind.NUMBER:
            versions = text.numbers if kind is Kind.NUMBER else text.changes
            version = versions[int(random.integers(len(versions)))]
            return relaid(recording, studio.spoken(text, recording.voice, version))
        case Kind.MUFFLED:
            return _through(sound, band_pass(RATE, 0.0, float(random.uniform(250.0, 600.0))))
        case Kind.CLIPPING:
            return _clipped(sound, random)
        case _:
            return sound


def _interrupted(kind: Kind, recording: Spoken, random: np.random.Generator) -> Signal:
    """Return the recording with its first or last part missing, or gaps, each in its words and not its chimes."""
    sound = recording.sound.copy()
    begins_s, ends_s = recording.spans[0][0], recording.spans[-1][1]
    if kind is Kind.CUT_START:
        sound[: round(float(random.uniform(begins_s + 2.0, ends_s - 1.0)) * RATE)] = 0.0
    elif kind is Kind.CUT_END:
        sound[round(float(random.uniform(begins_s + 1.0, ends_s - 2.0)) * RATE) :] = 0.0
    else:
        long = [span for span in recording.spans if span[1] - span[0] >= _GAP_S]
        for at in random.permutation(len(long))[: int(random.integers(1, 4))]:
            start_s = float(random.uniform(long[at][0], long[at][1] - _GAP_S))
            sound[round(start_s * RATE) : round((start_s + _GAP_S) * RATE)] = 0.0
    return sound


def _through(sound: Signal, taps: Signal) -> Signal:
    size = 1 << (sound.size + taps.size - 1).bit_length()
    filtered = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(taps, size), size)
    return filtered[: sound.size].astype(np.float32)


def _clipped(sound: Signal, random: np.random.Generator) -> Signal:
    """Return the sound of an amplifier driven far beyond its rails, its hum and hiss with it, as loud as before."""
    hiss = random.standard_normal(sound.size) * gain(float(random.uniform(-42.0, -18.0)))
    drive = gain(float(random.uniform(20.0, 60.0)))
    cut = np.clip(drive * (sound + hiss), -1.0, 1.0)
    loudness_db = band_level_db(sound, RATE, *HORN_BAND_HZ) - band_level_db(cut, RATE, *HORN_BAND_HZ)
    return np.asarray(cut * gain(loudness_db), dtype=np.float32)
