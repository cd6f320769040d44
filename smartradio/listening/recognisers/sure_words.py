"""Words that rest on nothing are left out: over noise or a chime a network still finds syllables, none of them sure."""

from __future__ import annotations

from collections.abc import Sequence

from smartradio.listening.recognisers.port import Word

SURE = 0.3
"""Babble over wind, white noise and chimes stays below this, its middle near 0.1; 95 in 100 words said stay above."""
NEAR_S = 0.6


def sure_words(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words that are sure themselves or stand within NEAR_S of a neighbour that is."""
    sure = [word.confidence >= SURE for word in words]
    return tuple(word for place, word in enumerate(words) if sure[place] or _in_company(words, sure, place))


def _in_company(words: Sequence[Word], sure: Sequence[bool], place: int) -> bool:
    before, after = place - 1, place + 1
    if before >= 0 and sure[before] and words[place].start_s - words[before].end_s < NEAR_S:
        return True
    return after < len(words) and sure[after] and words[after].start_s - words[place].end_s < NEAR_S
