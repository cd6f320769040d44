"""Spoken text → recording: one Opus object a sentence, a chime before, pauses between."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from smartradio.audio.chime import chime as chime_sound
from smartradio.audio.codec import DECODED_RATE, decode_opus, encode_opus
from smartradio.audio.loudness import integrated_lufs, true_peak_dbtp
from smartradio.audio.resample import resample
from smartradio.domain.errors import BadInputError
from smartradio.speech.joining import faded, in_a_row
from smartradio.speech.mastering import (
    CEILING_DBTP,
    CODEC_HEADROOM_DB,
    Limitable,
    bulletin_gain_db,
    cleaned,
    joined,
)
from smartradio.speech.voices.port import Voice, VoiceError

RATE = 16_000
CHIME_PAUSE_S = 0.6
SENTENCE_PAUSE_S = 0.45
LINE_PAUSE_S = 0.8
# Between the pieces of one sentence that is too long to be spoken, sent and resumed as one.
PIECE_PAUSE_S = 0.2
MAX_PIECE_CHARACTERS = 400
# About an hour of speech; nobody stands under a loudspeaker for longer.
MAX_CHARACTERS = 50_000

_CHIME_FADE_IN_S = 0.005
_CHIME_FADE_OUT_S = 0.3
_ENCODINGS = 8
_CEILING_STEP_DB = 0.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]+")

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Utterance:
    """A spoken sentence and the pause after it in seconds; LINE_PAUSE_S fits the end of a written line."""

    spoken: str
    pause_after_s: float = SENTENCE_PAUSE_S


@dataclass(frozen=True)
class RenderedSegment:
    """One Opus object (16 kHz mono) named by its SHA-256 (hex), and the pause that follows it."""

    kind: Literal["chime", "sentence", "imported"]
    spoken: str
    opus: bytes
    sha256: str
    duration_s: float
    pause_after_s: float


@dataclass(frozen=True)
class RenderedRecording:
    """A finished recording; its figures are measured on what a node will decode, pauses included."""

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


def render(
    sentences: Sequence[str | Utterance],
    voice: Voice,
    *,
    chime: str = "normal",
    rate_wpm: int | None = None,
) -> RenderedRecording:
    """Return the recording of spoken `sentences`: -16 LUFS, true peak at most -1.5 dBTP after decoding.

    A plain string gets SENTENCE_PAUSE_S after it; give an Utterance for another pause. `chime` is one of
    `smartradio.audio.chime.CHIMES`. Control characters are dropped, a sentence above
    MAX_PIECE_CHARACTERS becomes several, what has neither letter nor digit is left out. The same input
    gives the same bytes. Raises BadInputError when nothing can be spoken or the text is above
    MAX_CHARACTERS, VoiceError when the voice fails, AudioError for an unknown chime.
    """
    utterances = _speakable(sentences)
    chime_part = _mastered_chime(chime)
    parts = [Limitable.of(_spoken(voice, each.spoken, rate_wpm), RATE) for each in utterances]
    pauses_s = [each.pause_after_s for each in utterances]
    gain_db = bulletin_gain_db(parts, pauses_s)
    encoded = [chime_part] + [_encoded(part, gain_db) for part in parts]
    # The pause after the last sentence belongs to nobody.
    pauses_s = [CHIME_PAUSE_S, *pauses_s[:-1], 0.0]
    words = ["", *(each.spoken for each in utterances)]
    whole = joined([each.decoded for each in encoded], pauses_s, DECODED_RATE)
    return RenderedRecording(
        segments=tuple(
            RenderedSegment(
                kind="chime" if each is chime_part else "sentence",
                spoken=spoken,
                opus=each.opus,
                sha256=hashlib.sha256(each.opus).hexdigest(),
                duration_s=len(each.decoded) / DECODED_RATE,
                pause_after_s=pause_s,
            )
            for each, spoken, pause_s in zip(encoded, words, pauses_s, strict=True)
        ),
        voice=voice.name,
        duration_s=len(whole) / DECODED_RATE,
        # Encoded at 16 kHz, so nothing is above 8 kHz and every third sample is all there is to measure.
        loudness_lufs=integrated_lufs(whole[:: DECODED_RATE // RATE], RATE),
        true_peak_dbtp=max(each.true_peak_dbtp for each in encoded),
    )


def assemble(segments: Sequence[Playable], rate: int = RATE) -> Signal:
    """Return the whole recording as it will be heard, float32 mono at `rate` (Hz), pauses included.

    Raises AudioError when an object cannot be decoded.
    """
    return in_a_row([(decode_opus(each.opus, rate), each.pause_after_s) for each in segments], rate)


@dataclass(frozen=True)
class _Encoded:
    opus: bytes
    decoded: Signal
    true_peak_dbtp: float


def _spoken(voice: Voice, sentence: str, rate_wpm: int | None) -> Signal:
    pcm, rate = voice.speak(sentence, rate_wpm=rate_wpm)
    part = cleaned(resample(pcm, rate, RATE), RATE)
    if len(part) == 0:
        raise VoiceError(f"the voice {voice.name} stayed silent on “{sentence[:40]}”")
    return part


def _encoded(part: Limitable, gain_db: float) -> _Encoded:
    """Encode, listen to what comes back, and limit harder until its peaks are where they must be."""
    ceiling_dbtp = CEILING_DBTP - CODEC_HEADROOM_DB
    for attempt in range(_ENCODINGS):
        opus = encode_opus(part.limited(gain_db, ceiling_dbtp), RATE)
        decoded = decode_opus(opus)
        peak_dbtp = true_peak_dbtp(decoded, DECODED_RATE)
        if peak_dbtp <= CEILING_DBTP:
            return _Encoded(opus, decoded, peak_dbtp)
        # The encoder answers a small step with other peaks as high; the steps grow until one helps.
        ceiling_dbtp -= peak_dbtp - CEILING_DBTP + _CEILING_STEP_DB * 2**attempt
    raise VoiceError(f"a sentence keeps peaks of {peak_dbtp:.1f} dBTP after encoding; use another voice")


@functools.cache
def _mastered_chime(name: str) -> _Encoded:
    # On its own, not with the bulletin's gain: one object for all bulletins, sent to a node once.
    sound = faded(chime_sound(name, RATE), RATE, fade_in_s=_CHIME_FADE_IN_S, fade_out_s=_CHIME_FADE_OUT_S)
    part = Limitable.of(sound, RATE)
    return _encoded(part, bulletin_gain_db([part], [CHIME_PAUSE_S]))


def _speakable(sentences: Sequence[str | Utterance]) -> list[Utterance]:
    """Return what a voice can be given: clean, in pieces of bearable length, at least one."""
    given = [each if isinstance(each, Utterance) else Utterance(each) for each in sentences]
    length = sum(len(each.spoken) for each in given)
    if length > MAX_CHARACTERS:
        raise BadInputError(
            f"the text has {length} characters, more than the {MAX_CHARACTERS} of about an hour; split it"
        )
    utterances: list[Utterance] = []
    for each in given:
        if each.pause_after_s < 0:
            raise BadInputError(f"a pause of {each.pause_after_s:g} s is shorter than none")
        pieces = [piece for piece in _pieces(each.spoken) if any(map(str.isalnum, piece))]
        utterances += [Utterance(piece, PIECE_PAUSE_S) for piece in pieces[:-1]]
        utterances += [Utterance(piece, each.pause_after_s) for piece in pieces[-1:]]
    if not utterances:
        raise BadInputError("there is nothing to speak: the text has neither letters nor digits")
    return utterances


def _pieces(sentence: str) -> Iterator[str]:
    left = " ".join(unicodedata.normalize("NFC", _CONTROL.sub(" ", sentence)).split())
    while len(left) > MAX_PIECE_CHARACTERS:
        end = _best_cut(left[: MAX_PIECE_CHARACTERS + 1])
        yield left[:end].strip()
        left = left[end:].strip()
    if left:
        yield left


def _best_cut(text: str) -> int:
    """Return where to cut: after the last punctuation in the later half, else at a space, else hard."""
    half = len(text) // 2
    marks = [match.end() for match in re.finditer(r"[.;:!?,](?= )", text) if match.end() > half]
    return marks[-1] if marks else max(text.rfind(" "), 0) or MAX_PIECE_CHARACTERS
