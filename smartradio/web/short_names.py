"""Hamlets' names for small labels: without the word that all of them begin with, then by initials; no two the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

_KINDS: Final = (
    *("tổ dân phố số", "tổ dân phố", "khu dân cư số", "khu dân cư", "khu phố", "tiểu khu", "thôn", "xóm", "bản", "ấp"),
    *("khóm", "buôn", "bon", "làng", "plei", "sóc", "khu", "tổ", "đội"),
)
"""What a hamlet is called before its own name, the longer ones first."""

_MOST_LINES: Final = 2


def short_names(titles: Sequence[str], line: int, *, always: bool = True) -> list[str]:
    """Return a name for each title that fits into two lines of so many characters as well as it can be made to.

    `always` says that also titles are shortened that would have room.
    Titles that would be the same without what they are called keep its first letter: "T. 5" and "X. 5".
    """
    bare = [_bare(title) for title in titles]
    often = Counter(name.casefold() for name in bare)
    own = [
        f"{title[0]}. {name}" if often[name.casefold()] > 1 and name != title else name
        for title, name in zip(titles, bare, strict=True)
    ]
    short = [_fitted(name, line) for name in own]
    known = Counter(short)
    made = [name if known[name] == 1 else whole for name, whole in zip(short, own, strict=True)]
    return [
        title if not always and _lines(title.split(), line) <= _MOST_LINES else name
        for title, name in zip(titles, made, strict=True)
    ]


def _bare(title: str) -> str:
    folded = title.casefold()
    for kind in _KINDS:
        if folded.startswith(f"{kind} ") and title[len(kind) :].strip():
            return title[len(kind) :].strip()
    return title


def _fitted(name: str, line: int) -> str:
    """Return a name with as many of its first words cut to their initials as two lines ask for."""
    words = name.split()
    for number in range(len(words)):
        if _lines(words, line) <= _MOST_LINES:
            break
        if number < len(words) - 1 and not words[number][0].isdigit():
            words[number] = f"{words[number][0]}."
    return " ".join(words)


def _lines(words: Sequence[str], line: int) -> int:
    """Return how many lines words take; a word longer than a line takes one more than there is."""
    lines, left = 1, line
    for word in words:
        if len(word) > line:
            return _MOST_LINES + 1
        if len(word) > left:
            lines, left = lines + 1, line
        left -= len(word) + 1
    return lines
