"""Which units of a syllable a voice speaks alike, and posteriors in which such units are one.

espeak's northern voice says ch and tr alike, its southern one final n and ng: no ear can tell which was written, so a
right word must not be doubted for its spelling. What sounds different stays apart, tones above all.
Source: the phonemes espeak-ng 1.52 gives for every onset and rhyme of each voice.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from smartradio.listening import syllables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]

_SAME_ONSETS = {
    "north": "ch:tr d:gi d:r s:x",
    "central": "d:gi s:x",
    "south": "ch:tr d:gi d:v g:r s:x",
}
_FINALS = "an:ang ăn:ăng en:eng iên:iêng oan:oang oăn:oăng un:ung uân:uâng uôn:uông ươn:ương ưu:iu ich:âc"
_SAME_RHYMES = {
    "north": "ưu:iu",
    "central": _FINALS + " ân:âng",
    "south": _FINALS + " ân:âng in:âng ên:ơn",
}
_LEAST_P = 1e-13
_REGION_OF = {"vi": "north", "vi-vn-x-central": "central", "vi-vn-x-south": "south"}


def folds(voice: str) -> NDArray[np.int64]:
    """Return for each unit [UNITS] the number of its class: units that `voice` speaks alike share one.

    Variants such as vi+f3 speak as their voice does. Of a voice that is not known everything counts as alike that
    any of the known ones speaks so. Classes are numbered without gaps and the blank is class 0.
    """
    return _folds(_REGION_OF.get(voice.partition("+")[0], ""))


def folded(log_posteriors: NDArray[np.float16] | Table, classes: NDArray[np.int64]) -> Table:
    """Return log posteriors [frames, classes] of rows [frames, units]: those of a class added up."""
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], np.arange(int(classes.max()) + 1))
    p = np.exp(log_posteriors.astype(np.float32))[:, order]
    return np.log(np.add.reduceat(p, starts, axis=1) + np.float32(_LEAST_P))


@functools.cache
def _folds(region: str) -> NDArray[np.int64]:
    leader = list(range(syllables.UNITS))
    names = {name: number for number, name in enumerate(syllables.unit_names())}
    for kind, table in (("onset", _SAME_ONSETS), ("rhyme", _SAME_RHYMES)):
        for one, other in _pairs(table, region):
            _join(leader, names[f"{kind}:{one}"], names[f"{kind}:{other}"])
    return np.unique(leader, return_inverse=True)[1].astype(np.int64)


def _pairs(table: Mapping[str, str], region: str) -> Sequence[tuple[str, str]]:
    told = table[region] if region else " ".join(table.values())
    return [(pair.partition(":")[0], pair.partition(":")[2]) for pair in told.split()]


def _join(leader: list[int], one: int, other: int) -> None:
    kept, gone = sorted((leader[one], leader[other]))
    leader[:] = [kept if each == gone else each for each in leader]
