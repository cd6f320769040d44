"""Bulletins found by their words, with their marks or without: "lu khan cap" finds "lũ khẩn cấp"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

_WORD: Final = re.compile(r"\w+")
_MOST_WORDS: Final = 12
_WITHOUT_BARS: Final = str.maketrans("đĐ", "dD")


@dataclass(frozen=True, slots=True)
class Found:
    """A text that holds the words: a `programme` or a `bulletin`, by its name or id."""

    kind: str
    key: str


def question(words: str) -> str:
    """Return the FTS5 question for what somebody typed: every word, the last one perhaps not yet whole."""
    found = _WORD.findall(words.translate(_WITHOUT_BARS))[:_MOST_WORDS]
    return " ".join(f'"{word}"' for word in found) + "*" if found else ""


def found(connection: Connection, words: str, most: int) -> list[Found]:
    """Return the texts that hold all the words, best first; none for words without a letter."""
    asked = question(words)
    if not asked:
        return []
    # A word in the title says more than one in the text.
    query = text(
        "SELECT kind, key FROM search JOIN search_keys ON number = search.rowid "
        "WHERE search MATCH :asked ORDER BY bm25(search, 5.0, 1.0) LIMIT :most"
    )
    return [Found(row.kind, row.key) for row in connection.execute(query, {"asked": asked, "most": most})]
