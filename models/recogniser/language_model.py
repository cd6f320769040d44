"""Builds the language model from the project's own sentences: `python -m models.recogniser.language_model`.

Interpolated Kneser-Ney with one discount, trigrams. Every syllable that the language allows has a share, also those
that stand in no sentence: a village's name must be heard though nobody wrote it here.
Source: Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, 1998.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recogniser.description import held_description, write_description
from models.recogniser.text import Text
from smartradio.listening.recognisers.model_folder import LANGUAGE_MODEL, Decoding
from smartradio.listening.syllables import units_of, word_of
from smartradio.speech.spoken.acronym_table import ACRONYMS

DECODING = Decoding(width=12, weight=0.7, bonus=4.0)
"""What made the fewest errors on `stock/tuning.txt`, which is in neither the training nor the model nor the figures."""
_DISCOUNT = 0.75
_SEED = 11
_PHRASES = Path(__file__).parent / "stock" / "phrases.txt"
_BUILTIN = Path(__file__).parents[2] / "smartradio" / "listening" / "recognisers" / "builtin"

Row = tuple[str, ...]


def arrays_of(lines: Iterable[Sequence[str]], syllables: int) -> dict[str, NDArray[np.generic]]:
    """Return the model's arrays for lines of words, `syllables` being how many words there may be at all."""
    counts: dict[Row, int] = Counter()
    for line in lines:
        for length in (1, 2, 3):
            counts.update(tuple(line[at : at + length]) for at in range(len(line) - length + 1))
    words = sorted({row[0] for row in counts if len(row) == 1})
    if len(words) >= syllables:
        raise ValueError(f"{len(words)} words are more than the {syllables} there may be")
    number = {word: place for place, word in enumerate(words)}
    base = len(words) + 1

    # Below the highest order it counts after how many words a row stands, not how often.
    followed = _continuations(row for row in counts if len(row) == 2)
    pairs = _continuations(row for row in counts if len(row) == 3)
    # A pair that only begins lines follows nothing; it counts as seen once.
    pairs = {row: pairs.get(row, 1) for row in counts if len(row) == 2}
    trigrams = {row: count for row, count in counts.items() if len(row) == 3}

    first = {(word,): followed.get((word,), 1) for word in words}
    total = sum(first.values())
    left = _DISCOUNT * len(words) / total
    p1 = {row: (count - _DISCOUNT) / total + left / syllables for row, count in first.items()}
    p2, left2 = _order(pairs, p1)
    p3, left3 = _order(trigrams, p2)

    unigrams = np.array([[p1[word,], left2.get((word,), 1.0)] for word in words] + [[left / syllables, 1.0]])
    bigram_rows = sorted(p2, key=lambda row: _key(row, number, base))
    trigram_rows = sorted(p3, key=lambda row: _key(row, number, base))
    return {
        "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        "unigrams": np.log(unigrams).astype(np.float32),
        "bigrams": np.log([[p2[row], left3.get(row, 1.0)] for row in bigram_rows]).astype(np.float32).reshape(-1, 2),
        "bigram_keys": np.array([_key(row, number, base) for row in bigram_rows], dtype=np.int64),
        "trigrams": np.log([p3[row] for row in trigram_rows]).astype(np.float32),
        "trigram_keys": np.array([_key(row, number, base) for row in trigram_rows], dtype=np.int64),
    }


def own_lines(seed: int = _SEED) -> list[list[str]]:
    """Return all that the project itself has written, in words that are spelt as the recogniser spells them."""
    text = Text(seed)
    listed = [line for line in _PHRASES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    phrases = [phrase.lower().split() for line in listed for phrase in line.split(",")]
    acronyms = [spoken.lower().split() for spoken in ACRONYMS.values()]
    lines = [*(line.split() for line in text.sentences), *text.words, *text.phrases, *phrases, *acronyms]
    return [run for line in lines for run in _runs(line)]


def _runs(line: Sequence[str]) -> list[list[str]]:
    """Cut a line at what is no word; a comma is a breath and cuts nothing."""
    runs: list[list[str]] = [[]]
    for word in line:
        if word == ",":
            continue
        units = units_of(word)
        spelt = None if units is None else word_of(units)
        if spelt is None:
            runs.append([])
        else:
            runs[-1].append(spelt)
    return [run for run in runs if run]


def _order(counts: Mapping[Row, int], shorter: Mapping[Row, float]) -> tuple[dict[Row, float], dict[Row, float]]:
    """Return the probabilities of these rows, and what is left to the shorter ones after each beginning."""
    totals: dict[Row, int] = defaultdict(int)
    kinds: dict[Row, int] = defaultdict(int)
    for row, count in counts.items():
        totals[row[:-1]] += count
        kinds[row[:-1]] += 1
    left = {before: _DISCOUNT * kinds[before] / totals[before] for before in totals}
    p = {
        row: (count - _DISCOUNT) / totals[row[:-1]] + left[row[:-1]] * shorter[row[1:]] for row, count in counts.items()
    }
    return p, left


def _continuations(rows: Iterable[Row]) -> dict[Row, int]:
    return Counter(row[1:] for row in rows)


def _key(row: Row, number: Mapping[str, int], base: int) -> int:
    key = 0
    for word in row:
        key = key * base + number[word]
    return key


def write(folder: Path) -> str:
    """Write the model beside the weights, its SHA-256 and how much it counts into their model.toml.

    Returns a line of figures. Where there is no model.toml yet, the model alone is written.
    """
    lines = own_lines()
    arrays = arrays_of(lines, len(Text(_SEED).syllables))
    path = folder / LANGUAGE_MODEL
    np.savez_compressed(path, **arrays)
    held = held_description(folder)
    if held is not None:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        write_description(folder, held.model_copy(update={"language_model_sha256": sha256, "decoding": DECODING}))
    words, trigrams = len(arrays["unigrams"]) - 1, len(arrays["trigrams"])
    return f"{len(lines)} lines, {words} words, {trigrams} trigrams, {path.stat().st_size} bytes"


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=_BUILTIN)
    print(write(parser.parse_args().folder))


if __name__ == "__main__":
    main()
