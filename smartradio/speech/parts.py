"""A bulletin's parts made ready for a voice: clean text in pieces of bearable length, usable sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from smartradio.domain.errors import BadInputError
from smartradio.speech.pieces import MAX_FIRST_CHARACTERS, MAX_PIECE_CHARACTERS, pieces
from smartradio.speech.script import ImportedSound, Pace, Utterance
from smartradio.speech.voices.port import Voice

IMPORTED_RATE = 16_000
# Between the pieces of one sentence that is too long to be spoken, sent and resumed as one.
PIECE_PAUSE_S = 0.2
# About an hour; nobody stands under a loudspeaker for longer.
MAX_CHARACTERS = 50_000
MAX_IMPORTED_S = 3600.0

_SILENT_PEAK = 0.0005

Part = str | Utterance | ImportedSound


def speakable(parts: Sequence[Part], voice: Voice, pace: Pace) -> list[Utterance | ImportedSound]:
    """Return `parts` with the pauses of `pace`, what says nothing left out, long sentences in pieces; at least one.

    Raises BadInputError when nothing is left, a part is unusable or all are too long, or `voice` reads another
    language.
    """
    given = [Utterance(part) if isinstance(part, str) else part for part in parts]
    _expect_bearable(given)
    ready: list[Utterance | ImportedSound] = []
    for part in given:
        if not part.pause_after_s >= 0:
            raise BadInputError(f"a pause of {part.pause_after_s:g} s is shorter than none")
        if isinstance(part, ImportedSound):
            # Its pauses are the speaker's own.
            _expect_usable(part)
            ready.append(part)
        else:
            slowed = replace(part, pause_after_s=part.pause_after_s * pace.pause_factor)
            ready += _in_pieces(slowed, voice, PIECE_PAUSE_S * pace.pause_factor, is_first=not ready)
    if not ready:
        raise BadInputError("there is nothing to speak: the text has neither letters nor digits")
    return ready


def _expect_bearable(parts: Sequence[Utterance | ImportedSound]) -> None:
    length = sum(len(part.spoken) for part in parts if isinstance(part, Utterance))
    if length > MAX_CHARACTERS:
        raise BadInputError(
            f"the text has {length} characters, more than the {MAX_CHARACTERS} of about an hour; split it"
        )
    seconds = sum(part.pcm.size for part in parts if isinstance(part, ImportedSound)) / IMPORTED_RATE
    if seconds > MAX_IMPORTED_S:
        raise BadInputError(f"the sounds brought in last {seconds:.0f} s, more than {MAX_IMPORTED_S:.0f} s; split them")


def _expect_usable(sound: ImportedSound) -> None:
    if sound.pcm.ndim != 1 or not np.isfinite(sound.pcm).all():
        raise BadInputError("a sound brought in is not one channel of finite samples; bring it in again")
    if float(np.abs(sound.pcm).max(initial=0.0)) < _SILENT_PEAK:
        raise BadInputError("a sound brought in is silent; record it again")


def _in_pieces(utterance: Utterance, voice: Voice, piece_pause_s: float, *, is_first: bool) -> list[Utterance]:
    found = pieces(utterance.spoken, first=MAX_FIRST_CHARACTERS if is_first else MAX_PIECE_CHARACTERS)
    if found and voice.language != utterance.language:
        raise BadInputError(
            f"the voice {voice.name} reads {voice.language!r}, not {utterance.language!r}; "
            "bring in a recording for that part"
        )
    inner = [replace(utterance, spoken=piece, pause_after_s=piece_pause_s) for piece in found[:-1]]
    return inner + [replace(utterance, spoken=piece) for piece in found[-1:]]
