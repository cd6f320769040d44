"""A recogniser makes syllables of a chime; nobody said them, and nobody need read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Word
    from smartradio.listening.sentences import Coverage

_HEARD = 0.5


def without_chimes(words: Sequence[Word], coverage: Coverage, spans: Sequence[tuple[float, float]]) -> tuple[Word, ...]:
    """Return the words but those found beside all sentences where the match hears the own horn play its recording.

    `spans` are where the sentences lie in the clip (seconds); without any, all words stay. What somebody says in place
    of the chime is not the recording, so it stays too.
    """
    return tuple(word for word in words if not spans or not _is_chime(word, coverage, spans))


def _is_chime(word: Word, coverage: Coverage, spans: Sequence[tuple[float, float]]) -> bool:
    middle_s = (word.start_s + word.end_s) / 2.0
    if any(start_s <= middle_s <= end_s for start_s, end_s in spans):
        return False
    share = coverage.share(word.start_s, word.end_s)
    return share is not None and share >= _HEARD
