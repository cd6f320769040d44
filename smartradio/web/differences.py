"""What is new in a text: its words, and those that stood there before, marked for the eye."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_TOKEN: Final = re.compile(r"\n|[^\S\n]+|[^\s]+")
# Longer texts are shown as they stand: comparing them word by word would hold the page up.
_MOST_TOKENS: Final = 8_000


class Mark(StrEnum):
    """What became of a stretch of words."""

    SAME = "same"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that are the same, new or gone."""

    mark: Mark
    text: str


def differences(before: str, now: str) -> list[Stretch]:
    """Return a text as stretches, with what stood there before in its place; one that is the same is one stretch."""
    old, new = _TOKEN.findall(before.strip()), _TOKEN.findall(now.strip())
    if old == new or len(old) + len(new) > _MOST_TOKENS:
        return [Stretch(Mark.SAME, now.strip())]
    found: list[Stretch] = []
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(_is_blank, old, new, autojunk=False).get_opcodes():
        gone, here = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if gone == here:
            found.append(Stretch(Mark.SAME, here))
            continue
        found += [Stretch(mark, text) for mark, text in ((Mark.GONE, gone), (Mark.NEW, here)) if text]
    return found


def differ(stretches: list[Stretch]) -> bool:
    """Say whether anything is new or gone."""
    return any(stretch.mark is not Mark.SAME for stretch in stretches)


def _is_blank(token: str) -> bool:
    return token.isspace()
