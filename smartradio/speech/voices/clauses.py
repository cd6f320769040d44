"""A sentence in pieces that a neural voice speaks in bounded time."""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass

# About eight seconds of speech.
MAX_CLAUSE_CHARACTERS = 120
# A word or two alone comes out of a neural voice clipped.
MIN_CLAUSE_CHARACTERS = 15
PAUSE_S = 0.2

_BESIDE_PUNCTUATION = re.compile(r"(?<=[,;:.!?…)])\s+|\s+(?=[–—(])")
_ENDS_IN_A_PAUSE = re.compile(r"[,;:.!?…)]$")
_BEGINS_AFTER_A_PAUSE = re.compile(r"^[–—(]")


@dataclass(frozen=True, slots=True)
class Clause:
    """What is spoken in one go, and the silence in seconds that follows it within its sentence."""

    text: str
    pause_s: float


def clauses(sentence: str, *, at_every_mark: bool = False, most: int = MAX_CLAUSE_CHARACTERS) -> tuple[Clause, ...]:
    """Return `sentence` in pieces of at most `most` characters, cut at punctuation, else between words.

    A sentence that is short enough stays whole, unless `at_every_mark` asks for a cut at each mark, for a voice
    that knows no punctuation and would make no pause. A single word longer than `most` stays whole. Where no
    mark stands there is no pause, and none after the last piece.
    """
    sentence = " ".join(sentence.split())
    if not sentence:
        return ()
    if len(sentence) <= most and not at_every_mark:
        return (Clause(sentence, 0.0),)
    parts = _gathered(_BESIDE_PUNCTUATION.split(sentence), MIN_CLAUSE_CHARACTERS if at_every_mark else most, most)
    pieces = [piece for part in parts for piece in _cut_between_words(part, most)]
    followers = [*pieces[1:], ""]
    return tuple(Clause(piece, _pause_s(piece, after)) for piece, after in zip(pieces, followers, strict=True))


def _pause_s(piece: str, after: str) -> float:
    marked = _ENDS_IN_A_PAUSE.search(piece) or _BEGINS_AFTER_A_PAUSE.search(after)
    return PAUSE_S if after and marked else 0.0


def _cut_between_words(part: str, most: int) -> list[str]:
    if len(part) <= most:
        return [part]
    # Pieces of like length: a last one of a single word would sound like an afterthought.
    even = math.ceil(len(part) / math.ceil(len(part) / most))
    width = min(most, even + MIN_CLAUSE_CHARACTERS)
    return textwrap.wrap(part, width, break_long_words=False, break_on_hyphens=False)


def _gathered(parts: list[str], enough: int, most: int) -> list[str]:
    """Join neighbours until a piece has `enough` characters, never beyond `most`."""
    gathered: list[str] = []
    for part in parts:
        short = gathered and min(len(gathered[-1]), len(part)) < MIN_CLAUSE_CHARACTERS
        if gathered and (short or len(gathered[-1]) < enough) and len(gathered[-1]) + 1 + len(part) <= most:
            gathered[-1] += f" {part}"
        else:
            gathered.append(part)
    return gathered
