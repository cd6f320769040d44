"""How many words are wrong, and how well a known text fits what was heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from smartradio.listening.known_words import judged_sentences
from smartradio.listening.recognisers.port import Posteriors

TextScore = tuple[float, float]
"""The least word's confidence, then the mean of all: texts are held against each other in this order."""
_Score = TypeVar("_Score", float, TextScore)


def word_errors(said: Sequence[object], heard: Sequence[object]) -> int:
    """Return how many words must be put in, taken out or changed (Levenshtein)."""
    row = np.arange(len(heard) + 1)
    ids: dict[object, int] = {}
    columns = np.array([ids.setdefault(each, len(ids)) for each in heard], dtype=np.int64)
    for word in said:
        wrong = (columns != ids.get(word, -1)).astype(np.int64)
        best = np.empty_like(row)
        best[0] = row[0] + 1
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + wrong)
        places = np.arange(best.size)
        row = np.minimum.accumulate(best - places) + places
    return int(row[-1])


def text_score(posteriors: Posteriors, words: Sequence[str], voice: str) -> TextScore:
    """Return how well a known text fits, by the product's own confidence in each of its words (known_words.py).

    A word without a place is not there: its confidence is 0.
    """
    (sentence,) = judged_sentences(posteriors, [" ".join(words)], voice=voice)
    confidence = [word.confidence or 0.0 for word in sentence.words]
    return min(confidence), float(np.mean(confidence))


def area_under_curve(better: Sequence[_Score], worse: Sequence[_Score]) -> float:
    """Return how often a score of `better` lies above one of `worse`, ties counted half."""
    place: dict[object, int] = {score: number for number, score in enumerate(sorted({*better, *worse}))}
    high = np.array([place[score] for score in better])[:, None]
    low = np.array([place[score] for score in worse])[None, :]
    return float(np.mean((high > low) + 0.5 * (high == low)))
