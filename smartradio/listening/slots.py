"""What stands in the place of words that were not heard: quiet, other speech, or nothing that one could tell."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from smartradio.listening.syllables import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]


class Slot(Enum):
    """What the frames of a place hold; `UNCLEAR` is what noise leaves."""

    QUIET = "quiet"
    SPEECH = "speech"
    UNCLEAR = "unclear"


# Likelier than all else, with a little room.
_SURE = np.log(np.float32(0.6))
_QUIET_SHARE = 0.85
_SPEECH_UNITS_A_WORD = 1.5
_QUIET_UNITS_A_WORD = 0.5


def slot_of(table: Table, first: int, end: int, words: int) -> Slot:
    """Say what the frames [first, end) of log posteriors [frames, units] hold where `words` words should be.

    Speech must be sure: half of the units that so many words have, each likelier than all else. No frames at all
    are quiet: the words around stand side by side.
    """
    if end <= first:
        return Slot.QUIET
    units = len(sure_units(table, first, end))
    if units >= _SPEECH_UNITS_A_WORD * words:
        return Slot.SPEECH
    quiet = float(np.exp(table[first:end, BLANK]).mean())
    if units <= _QUIET_UNITS_A_WORD * words and quiet >= _QUIET_SHARE:
        return Slot.QUIET
    return Slot.UNCLEAR


def sure_units(table: Table, first: int, end: int) -> tuple[int, ...]:
    """Return the units in the frames [first, end) that are likelier than all else together, repeats taken out."""
    place = table[first:end]
    best = place.argmax(axis=1)
    sure = (best != BLANK) & (place.max(axis=1, initial=-np.inf) > _SURE) & (np.diff(best, prepend=-1) != 0)
    return tuple(int(unit) for unit in best[sure])
