"""Sentences cut into what a voice can be given, a node can be sent and an airing can be resumed at."""

from __future__ import annotations

import re
import unicodedata

MAX_PIECE_CHARACTERS = 400
# Of a bulletin's very first piece: speaking and encoding it must not hold up the rest.
MAX_FIRST_CHARACTERS = 160

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]+")
_MARK = re.compile(r"[.;:!?,](?= )")


def pieces(sentence: str, *, first: int = MAX_PIECE_CHARACTERS) -> list[str]:
    """Return `sentence` in order as pieces of at most MAX_PIECE_CHARACTERS, the first of at most `first`.

    Control characters go, spaces are folded (NFC); a piece has at least one letter or digit. Empty when
    there is nothing to say.
    """
    left = " ".join(unicodedata.normalize("NFC", _CONTROL.sub(" ", sentence)).split())
    found: list[str] = []
    most = first
    while len(left) > most:
        end = _best_cut(left[: most + 1], strict=most < MAX_PIECE_CHARACTERS)
        if end == 0:
            most = MAX_PIECE_CHARACTERS
            continue
        found.append(left[:end].strip())
        left = left[end:].strip()
        most = MAX_PIECE_CHARACTERS
    return [piece for piece in [*found, left] if any(map(str.isalnum, piece))]


def _best_cut(text: str, *, strict: bool) -> int:
    """Return where to cut: after the last punctuation in the later half, else at a space, else hard.

    `strict` cuts at punctuation only, wherever it stands in the later two thirds, and returns 0 without:
    what is cut for speed alone must not be heard.
    """
    marks = [match.end() for match in _MARK.finditer(text)]
    if strict:
        return next((mark for mark in reversed(marks) if mark > len(text) // 3), 0)
    marks = [mark for mark in marks if mark > len(text) // 2]
    return marks[-1] if marks else max(text.rfind(" "), 0) or len(text) - 1
