"""A sentence in pieces that a neural voice speaks in bounded time."""

from __future__ import annotations

import re

# About ten seconds of speech; two to four seconds of computing on one slow core.
MAX_CLAUSE_CHARACTERS = 160
# A word or two alone comes out of a neural voice clipped.
MIN_CLAUSE_CHARACTERS = 15

_AFTER_PUNCTUATION = re.compile(r"(?<=[,;:.!?…])\s+|\s+(?=[–—(])|(?<=\))\s+")


def clauses(sentence: str, *, at_every_mark: bool = False, most: int = MAX_CLAUSE_CHARACTERS) -> tuple[str, ...]:
    """Return `sentence` in pieces of at most `most` characters, cut at punctuation, else between words.

    A sentence that is short enough stays whole, unless `at_every_mark` asks for a cut at each mark, for a voice
    that knows no punctuation and would make no pause. A single word longer than `most` stays whole.
    """
    sentence = " ".join(sentence.split())
    if not sentence:
        return ()
    if len(sentence) <= most and not at_every_mark:
        return (sentence,)
    pieces = [piece for part in _AFTER_PUNCTUATION.split(sentence) for piece in _cut_between_words(part, most)]
    return tuple(_gathered(pieces, MIN_CLAUSE_CHARACTERS if at_every_mark else most, most))


def _cut_between_words(part: str, most: int) -> list[str]:
    return _gathered(part.split(), most, most) if len(part) > most else [part]


def _gathered(pieces: list[str], enough: int, most: int) -> list[str]:
    """Join neighbours until a piece has `enough` characters, never beyond `most`."""
    gathered: list[str] = []
    for piece in pieces:
        if gathered and len(gathered[-1]) < enough and len(gathered[-1]) + 1 + len(piece) <= most:
            gathered[-1] += f" {piece}"
        else:
            gathered.append(piece)
    if len(gathered) > 1 and len(gathered[-1]) < MIN_CLAUSE_CHARACTERS:
        joined = f"{gathered[-2]} {gathered[-1]}"
        if len(joined) <= most:
            gathered[-2:] = [joined]
    return gathered
