"""An emergency's words as they are typed: their mark, the title that pages show, and how they are said again."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Final

from smartradio.domain.errors import BadInputError
from smartradio.station.commune_rules import WALL_CLOCK

MAX_TEXT: Final = 4_000
"""Characters of an emergency: more than this nobody listens to under a horn in the rain."""
_LONGEST_TITLE: Final = 80
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s|\n")
_SAID_AGAIN: Final = "Nhắc lại tin khẩn cấp phát lúc "
_AGAIN: Final = "Nhắc lại: "


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
    """Return the first sentence as a title, cut at a word where it is long; a repetition is called one."""
    if is_said_again(text):
        _, _, said = text.partition("\n")
        return _AGAIN + _shortened(said or text, _LONGEST_TITLE - len(_AGAIN))
    return _shortened(text, _LONGEST_TITLE)


def _shortened(text: str, most: int) -> str:
    first = " ".join(_SENTENCE.split(text, maxsplit=1)[0].split())
    if len(first) <= most:
        return first
    cut = first[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(",;:") + "…"


def is_said_again(text: str) -> bool:
    """Say whether words are those of an alert that was repeated."""
    return text.startswith(_SAID_AGAIN)


def said_again(text: str, at: datetime) -> str:
    """Return the words of an alert that is repeated: they begin with when it was first aired.

    What was a repetition itself keeps the time it names.
    """
    if is_said_again(text):
        return text
    wall = at.astimezone(WALL_CLOCK)
    return f"{_SAID_AGAIN}{wall.hour} giờ {wall.minute:02d} ngày {wall:%d/%m/%Y}.\n{text}"
