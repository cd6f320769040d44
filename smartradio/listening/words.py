"""How far the words a recogniser heard are the words that were to be read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from smartradio.listening.facts import WORDS_AGREE, WORDS_ENOUGH, Words

_WORD = re.compile(r"\w+")


def agreement(expected: Sequence[str], heard: Sequence[str]) -> float:
    """Return the share of the expected words that were heard in their order; 0 without expected words."""
    if not expected:
        return 0.0
    matcher = difflib.SequenceMatcher(None, list(expected), list(heard), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(expected)


def compare(text: Sequence[str], heard: Sequence[str]) -> Words:
    """Compare spoken lines with the recogniser's words.

    Recognisers miss many words of a horn in the open air: few common words speak against an airing only when
    the recogniser heard enough words to say something else was said.
    """
    expected = [word for line in text for word in _WORD.findall(line.casefold())]
    said = [word.casefold() for word in heard]
    if min(len(expected), len(said)) < WORDS_ENOUGH:
        return Words.UNKNOWN
    return Words.AGREE if agreement(expected, said) >= WORDS_AGREE else Words.DISAGREE
