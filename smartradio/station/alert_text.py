"""An emergency's words as they are typed: their mark, and the title that pages show."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from smartradio.domain.errors import BadInputError

MAX_TEXT: Final = 4_000
"""Characters of an emergency: more than this nobody listens to under a horn in the rain."""
_LONGEST_TITLE: Final = 80
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s|\n")


def tidied(text: str) -> str:
    """Return the words as they are kept; BadInputError where there are none, or too many."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise BadInputError("the alert has no words")
    if len(text) > MAX_TEXT:
        raise BadInputError(f"the alert has {len(text)} characters; use at most {MAX_TEXT}")
    return text


def mark_of(text: str) -> str:
    """Return the SHA-256 (hex) of tidied words: what a PIN was typed for."""
    return hashlib.sha256(text.encode()).hexdigest()


def title_of(text: str) -> str:
    """Return the first sentence as a title, cut at a word where it is long."""
    first = " ".join(_SENTENCE.split(text, maxsplit=1)[0].split())
    if len(first) <= _LONGEST_TITLE:
        return first
    cut = first[: _LONGEST_TITLE - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(",;:") + "…"
