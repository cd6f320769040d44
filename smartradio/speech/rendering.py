"""A script → a recording: one Opus object a sentence, a chime before and after, pauses between, as a stream."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from smartradio.audio.chime import ENDING, OPENINGS
from smartradio.audio.chime import chime as chime_sound
from smartradio.audio.codec import DECODED_RATE, decode_opus, encode_opus
from smartradio.audio.errors import AudioError
from smartradio.audio.loudness import integrated_lufs, true_peak_dbtp
from smartradio.audio.resample import resample
from smartradio.audio.siren import SIRENS
from smartradio.domain.bulletin import MAX_TIMES
from smartradio.domain.errors import BadInputError
from smartradio.speech.joining import in_a_row
from smartradio.speech.limiting import Limitable
from smartradio.speech.mastering import CEILING_DBTP, Mastered, mastered, prepared
from smartradio.speech.parts import IMPORTED_RATE, MAX_CHARACTERS, PIECE_PAUSE_S, Part, speakable
from smartradio.speech.pieces import MAX_PIECE_CHARACTERS
from smartradio.speech.script import LINE_PAUSE_S, SENTENCE_PAUSE_S, ImportedSound, Pace, Utterance
from smartradio.speech.voices.port import Voice, VoiceError, shortened

__all__ = [
    "CHIME_PAUSE_S",
    "LINE_PAUSE_S",
    "MAX_CHARACTERS",
    "MAX_PIECE_CHARACTERS",
    "NO_CHIME",
    "PIECE_PAUSE_S",
    "RATE",
    "REPEAT_PAUSE_S",
    "REPEAT_WORDS",
    "SENTENCE_PAUSE_S",
    "ImportedSound",
    "Pace",
    "Part",
    "Playable",
    "RenderedRecording",
    "RenderedSegment",
    "Utterance",
    "assemble",
    "one_object",
    "render",
    "render_segments",
]

RATE = IMPORTED_RATE
NO_CHIME = "none"
CHIME_PAUSE_S = 0.6
ENDING_PAUSE_S = 0.8
REPEAT_PAUSE_S = 2.0
REPEAT_WORDS = "Xin nhắc lại."

# A file is heard once more by an encoder; at this rate that costs nothing an ear would notice.
_FILE_BITRATE = 48_000
_FILE_ENCODINGS = 6
_FILE_STEP_DB = 0.1

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RenderedSegment:
    """One Opus object (16 kHz mono) named by its SHA-256 (hex), the pause that follows, and the voice that spoke it.

    `voice` is empty for chimes and imported sounds.
    """

    kind: Literal["chime", "sentence", "imported"]
    spoken: str
    opus: bytes
    sha256: str
    duration_s: float
    pause_after_s: float
    voice: str = ""


@dataclass(frozen=True)
class RenderedRecording:
    """A finished recording; its figures are measured on what a node will decode, pauses included.

    `voice` names those that spoke, in the order in which they are first heard.
    """

    segments: tuple[RenderedSegment, ...]
    voice: str
    duration_s: float
    loudness_lufs: float
    true_peak_dbtp: float


class Playable(Protocol):
    """What can be joined: an Opus object and the pause after it."""

    @property
    def opus(self) -> bytes:
        """Ogg Opus bytes."""
        ...

    @property
    def pause_after_s(self) -> float:
        """Seconds of silence that follow."""
        ...


def render_segments(
    parts: Sequence[Part],
    voice: Voice,
    *,
    chime: str = "normal",
    ending: bool = True,
    rate_wpm: int | None = None,
    pace: Pace = Pace.NORMAL,
    times: int = 1,
    before_chime: Sequence[Part] = (),
) -> Iterator[RenderedSegment]:
    """Yield the segments of a recording one by one, each complete before the next is begun.

    First the chime, one of `smartradio.audio.chime.OPENINGS`, `smartradio.audio.siren.SIRENS` or NO_CHIME; then the
    parts: a plain string gets SENTENCE_PAUSE_S after it, give an Utterance for another pause. With `times` above 1
    the parts come again as the same objects, after a longer pause and REPEAT_WORDS; with `ending` a closing chime
    comes last. `before_chime` is said once, ahead of the chime: what must be known before anybody is startled.
    `rate_wpm` overrides the speed of `pace`, which sets the pauses too. Each segment has -16 LUFS among its pauses and
    a true peak of at most -1.5 dBTP after decoding, so has the whole. Control characters are dropped, a sentence above
    MAX_PIECE_CHARACTERS becomes several (the first of all is kept shorter), an imported sound above
    30 s is cut at silences, what has neither letter nor digit is left out. The same input gives the same bytes.

    Raises BadInputError at the call when nothing can be spoken, a part is unusable or too long, or the voice does
    not read a part's language; AudioError at the call for an unknown chime; VoiceError from the iterator when the
    voice fails.
    """
    manner = _Manner(chime, ending, rate_wpm, pace, times)
    return (made.segment for made in _checked(before_chime, parts, voice, manner))


def render(
    parts: Sequence[Part],
    voice: Voice,
    *,
    chime: str = "normal",
    ending: bool = True,
    rate_wpm: int | None = None,
    pace: Pace = Pace.NORMAL,
    times: int = 1,
    before_chime: Sequence[Part] = (),
    progress: Callable[[RenderedSegment], object] | None = None,
) -> RenderedRecording:
    """Return the whole recording of `parts` with its figures; see `render_segments`.

    `progress` is told each segment as soon as it is ready.
    """
    made: list[_Made] = []
    for each in _checked(before_chime, parts, voice, _Manner(chime, ending, rate_wpm, pace, times)):
        made.append(each)
        if progress is not None:
            progress(each.segment)
    segments = tuple(each.segment for each in made)
    return RenderedRecording(
        segments=segments,
        voice=", ".join(dict.fromkeys(segment.voice for segment in segments if segment.voice)),
        duration_s=sum(segment.duration_s + segment.pause_after_s for segment in segments),
        loudness_lufs=integrated_lufs(_row(made), RATE),
        true_peak_dbtp=max(each.true_peak_dbtp for each in made),
    )


def assemble(segments: Sequence[Playable], rate: int = RATE) -> Signal:
    """Return the whole recording as it will be heard, float32 mono at `rate` (Hz), pauses included.

    Raises AudioError when an object cannot be decoded.
    """
    return in_a_row([(decode_opus(each.opus, rate), each.pause_after_s) for each in segments], rate)


def one_object(segments: Sequence[Playable]) -> bytes:
    """Return the whole recording as one Ogg Opus object for a file, its true peak held at -1.5 dBTP once more.

    Raises AudioError when an object cannot be decoded.
    """
    whole = Limitable.of(assemble(segments), RATE)
    ceiling_dbtp = CEILING_DBTP
    for _ in range(_FILE_ENCODINGS):
        opus = encode_opus(whole.limited(0.0, ceiling_dbtp), RATE, bitrate=_FILE_BITRATE)
        above_db = true_peak_dbtp(decode_opus(opus), DECODED_RATE) - CEILING_DBTP
        if above_db <= 0:
            return opus
        ceiling_dbtp -= above_db + _FILE_STEP_DB
    raise AudioError(f"the recording keeps peaks {above_db:.1f} dB too high as one file")


@dataclass(frozen=True)
class _Made:
    """A segment beside what is measured of it; `heard` is at RATE."""

    segment: RenderedSegment
    heard: Signal
    true_peak_dbtp: float


@dataclass(frozen=True)
class _Manner:
    """How the parts are to be put on air."""

    chime: str
    ending: bool
    rate_wpm: int | None
    pace: Pace
    times: int


def _checked(before: Sequence[Part], parts: Sequence[Part], voice: Voice, manner: _Manner) -> Iterator[_Made]:
    if not 1 <= manner.times <= MAX_TIMES:
        raise BadInputError(f"a bulletin can be read 1 to {MAX_TIMES} times, not {manner.times}")
    known = tuple(dict.fromkeys(OPENINGS + SIRENS))
    if manner.chime != NO_CHIME and manner.chime not in known:
        raise AudioError(f"there is no chime {manner.chime!r}; use one of {', '.join(known)} or {NO_CHIME}")
    first = speakable(before, voice, manner.pace) if before else []
    ready = speakable(parts, voice, manner.pace)
    if manner.rate_wpm is None and manner.pace is not Pace.NORMAL:
        manner = replace(manner, rate_wpm=round(voice.own_rate_wpm * manner.pace.rate_factor))
    return _stream(first, ready, voice, manner)


def _stream(
    before: Sequence[Utterance | ImportedSound],
    parts: Sequence[Utterance | ImportedSound],
    voice: Voice,
    manner: _Manner,
) -> Iterator[_Made]:
    for part in before:
        yield _made(part, voice, manner.rate_wpm)
    if manner.chime != NO_CHIME:
        yield _chime(manner.chime, CHIME_PAUSE_S)
    # The pause after the last part belongs to what comes next, and to nobody if nothing does.
    last_pause_s = ENDING_PAUSE_S if manner.ending else 0.0
    repeat_pause_s = REPEAT_PAUSE_S * manner.pace.pause_factor
    *others, last = parts
    body: list[_Made] = []
    for part in (*others, replace(last, pause_after_s=repeat_pause_s if manner.times > 1 else last_pause_s)):
        made = _made(part, voice, manner.rate_wpm)
        if manner.times > 1:
            body.append(made)
        yield made
    if manner.times > 1:
        announced = Utterance(REPEAT_WORDS, SENTENCE_PAUSE_S * manner.pace.pause_factor)
        again = _made(announced, voice, manner.rate_wpm)
        for left in reversed(range(manner.times - 1)):
            yield again
            yield from body[:-1]
            yield _with_pause(body[-1], repeat_pause_s if left else last_pause_s)
    if manner.ending:
        yield _chime(ENDING, 0.0)


def _made(part: Utterance | ImportedSound, voice: Voice, rate_wpm: int | None) -> _Made:
    if isinstance(part, Utterance):
        return _spoken(part, voice, rate_wpm)
    sound = prepared(part.pcm, RATE)
    if len(sound) == 0:
        raise BadInputError("a sound brought in holds nothing that a horn can carry; record it again")
    return _segment("imported", mastered(sound, RATE), part.spoken, part.pause_after_s, "")


def _spoken(sentence: Utterance, voice: Voice, rate_wpm: int | None) -> _Made:
    pcm, rate = voice.speak(sentence.spoken, rate_wpm=rate_wpm)
    speaker = voice.name
    if not np.isfinite(pcm).all():
        raise VoiceError(f"the voice {speaker} gave no sound but values that are not numbers")
    try:
        sound = prepared(resample(pcm, rate, RATE), RATE)
        if len(sound) == 0:
            raise VoiceError(f"the voice {speaker} stayed silent on {shortened(sentence.spoken)}")
        opus = mastered(sound, RATE)
    except AudioError as error:
        raise VoiceError(f"the voice {speaker} gave a sound that cannot be used: {error}") from error
    return _segment("sentence", opus, sentence.spoken, sentence.pause_after_s, speaker)


def _segment(
    kind: Literal["chime", "sentence", "imported"], sound: Mastered, spoken: str, pause_s: float, voice: str
) -> _Made:
    segment = RenderedSegment(
        kind=kind,
        spoken=spoken,
        opus=sound.opus,
        sha256=hashlib.sha256(sound.opus).hexdigest(),
        duration_s=len(sound.decoded) / DECODED_RATE,
        pause_after_s=pause_s,
        voice=voice,
    )
    # Encoded at 16 kHz, so nothing is above 8 kHz and every third sample is all there is to measure.
    return _Made(segment, sound.decoded[:: DECODED_RATE // RATE].copy(), sound.true_peak_dbtp)


def _row(made: Sequence[_Made]) -> Signal:
    """Return what is heard with its pauses; for a measurement, so not through 16 bits."""
    row: list[Signal] = []
    for each in made:
        row += [each.heard, np.zeros(round(each.segment.pause_after_s * RATE), dtype=np.float32)]
    return np.concatenate(row)


def _with_pause(made: _Made, pause_s: float) -> _Made:
    return replace(made, segment=replace(made.segment, pause_after_s=pause_s))


def _chime(name: str, pause_s: float) -> _Made:
    return _with_pause(_mastered_chime(name), pause_s)


@functools.cache
def _mastered_chime(name: str) -> _Made:
    # The same for all bulletins, so it is made once a process and sent to a node once.
    return _segment("chime", mastered(chime_sound(name, RATE), RATE), "", 0.0, "")
