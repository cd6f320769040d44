"""How usual a syllable is after the two before it: a small trigram model, read from one file of plain arrays."""

from __future__ import annotations

import functools
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from smartradio.listening.recognisers.port import RecogniserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAYS = ("words", "unigrams", "bigrams", "bigram_keys", "trigrams", "trigram_keys")
_REMEMBERED = 50_000
_MOST_BYTES = 64_000_000


class SyllableModel:
    """Back-off trigrams over syllables, natural logarithms.

    Shapes: `unigrams` [V + 1, 2] holds (log p, back-off) of V words and then of any other word; `bigrams` [B, 2]
    likewise beside `bigram_keys` [B], `trigrams` [T] beside `trigram_keys` [T]. The key of a row of words is
    their numbers as digits to the base V + 1, sorted. Raises ValueError when these do not fit together.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        words = bytes(_numbers(arrays, "words").astype(np.uint8)).decode("utf-8").split("\n")
        self._base = len(words) + 1
        self._number = {word: number for number, word in enumerate(words)}
        self._unigrams = _table(arrays, "unigrams", (self._base, 2))
        self._bigram_keys, self._trigram_keys = (_keys(arrays, name) for name in ("bigram_keys", "trigram_keys"))
        self._bigrams = _table(arrays, "bigrams", (self._bigram_keys.size, 2))
        self._trigrams = _table(arrays, "trigrams", (self._trigram_keys.size,))
        self.log_p = functools.lru_cache(maxsize=_REMEMBERED)(self._log_p)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the model; raises RecogniserError that names the file."""
        try:
            return cls(_read(path))
        except _UNREADABLE as error:
            why = " ".join(str(error).split())
            raise RecogniserError(f"{path}: not a language model ({why or type(error).__name__})") from error

    def _log_p(self, before: tuple[str, ...], word: str) -> float:
        """Return the logarithm of the probability of `word` after up to two words before it."""
        other = self._base - 1
        last = self._number.get(word, other)
        context = [self._number.get(each, other) for each in before[-2:]]
        behind = 0.0
        if len(context) == 2:
            pair = context[0] * self._base + context[1]
            place = _place(self._trigram_keys, pair * self._base + last)
            if place is not None:
                return float(self._trigrams[place])
            place = _place(self._bigram_keys, pair)
            if place is not None:
                behind += float(self._bigrams[place, 1])
        if context:
            place = _place(self._bigram_keys, context[-1] * self._base + last)
            if place is not None:
                return behind + float(self._bigrams[place, 0])
            behind += float(self._unigrams[context[-1], 1])
        return behind + float(self._unigrams[last, 0])


# What zipfile and numpy raise for files that were cut, changed, or made to harm.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file that are wanted; a small file can hold gigabytes of zeros."""
    with path.open("rb") as file, zipfile.ZipFile(file) as held:
        names = [name for name in _ARRAYS if f"{name}.npy" in held.namelist()]
        if sum(held.getinfo(f"{name}.npy").file_size for name in names) > _MOST_BYTES:
            raise ValueError(f"it unpacks to more than {_MOST_BYTES / 1e6:g} MB")
        arrays = {}
        for name in names:
            with held.open(f"{name}.npy") as member:
                arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
    return arrays


def _numbers(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    if arrays[name].dtype.kind not in "fiu":
        raise ValueError(f"{name} are no numbers")
    return arrays[name]


def _table(arrays: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    table: NDArray[np.float32] = _numbers(arrays, name).astype(np.float32)
    if table.shape != shape or not np.isfinite(table).all():
        raise ValueError(f"{name} is {table.shape} where {shape} numbers are wanted")
    return table


def _keys(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = _numbers(arrays, name).astype(np.int64)
    if keys.ndim != 1 or (np.diff(keys) <= 0).any():
        raise ValueError(f"{name} are not in their order")
    return keys


def _place(keys: NDArray[np.int64], key: int) -> int | None:
    place = int(np.searchsorted(keys, key))
    return place if place < keys.size and keys[place] == key else None
