"""The plainest reading of posteriors, for figures that owe nothing to a language model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smartradio.listening.syllables import BLANK, END_UNIT, FIRST_LETTER, FIRST_TONE, word_of


def units_heard(posteriors: NDArray[np.floating]) -> list[int]:
    """Return the best unit of every frame [T', U], repeats and blanks taken out."""
    best = posteriors.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    return [int(unit) for unit in best[starts] if unit != BLANK]


def words_of(units: Sequence[int]) -> list[str]:
    """Return the spelling of each word in a row of units; stray units are passed over.

    A word ends with its tone or END; an onset or rhyme that no such unit follows is stray, as is what precedes
    the last three units of a syllable.
    """
    words = []
    begin = 0
    for place, unit in enumerate(units):
        if not (FIRST_TONE <= unit < FIRST_LETTER or unit == END_UNIT):
            continue
        firsts = range(begin if unit == END_UNIT else max(begin, place - 2), place)
        begin = place + 1
        word = next(filter(None, (word_of(units[first : place + 1]) for first in firsts)), None)
        if word is not None:
            words.append(word)
    return words
