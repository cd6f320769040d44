"""Where in a clip each sentence of a text may lie, when nobody tells: from the words that the bare posteriors spell.

The likeliest unit of every frame makes words of a sort; those that stand in the text, in its order, are anchors. A
sentence without anchors may lie between its neighbours', and nowhere else: one that was not said drags no other.
Source: Needleman and Wunsch, 1970 (the best common order of two rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from smartradio.listening.syllables import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]
    Units = tuple[int, ...]
    Span = tuple[int, int]

ROOM_S = 0.5
"""How far beyond its likely place a sentence is looked for."""
_USUAL_WORD_S = 0.27
_MOST_UNITS = 3
_LEAST_ANCHORS = 2
_LEAST_ANCHORED = 0.2
_SAME, _RHYME, _ALIKE = 1.0, 0.5, 0.25
_BLOCK = 256


def sentence_places(
    table: Table, frame_s: float, sentences: Sequence[Sequence[Units]], ends: frozenset[int]
) -> tuple[Span, ...]:
    """Return frames [first, end) for each sentence, room included; equal ones where there is no room for it.

    `table` is [frames, units] of log posteriors, blank first; `sentences` are the units of their words, and `ends`
    the units that end a word.
    """
    heard = tuple(_heard(table, ends))
    owner = np.repeat(np.arange(len(sentences)), [len(words) for words in sentences])
    number_in = np.concatenate([np.arange(len(words)) for words in sentences] or [np.zeros(0, dtype=np.int64)])
    pairs = _common([word for words in sentences for word in words], [word for word, _ in heard])
    frames_a_word = _USUAL_WORD_S / frame_s
    anchors: list[list[tuple[int, int]]] = [[] for _ in sentences]
    for text, sound in pairs:
        anchors[owner[text]].append((int(number_in[text]), heard[sound][1]))
    found = [_likely(len(words), near, frames_a_word) for words, near in zip(sentences, anchors, strict=True)]
    room = round(ROOM_S / frame_s)
    filled = _filled(found, [len(words) for words in sentences], table.shape[0])
    return tuple((max(0, first - room), min(table.shape[0], end + room)) for first, end in filled)


def _heard(table: Table, ends: frozenset[int]) -> Iterator[tuple[Units, int]]:
    """Yield words as units, each with the frame it ends in; nothing is asked of what makes a word but its end."""
    best = table.argmax(axis=1)
    word: list[int] = []
    for frame in np.flatnonzero(np.diff(best, prepend=-1)):
        unit = int(best[frame])
        if unit == BLANK:
            continue
        word.append(unit)
        if unit in ends:
            yield tuple(word[-_MOST_UNITS:]), int(frame)
            word = []


def _common(text: Sequence[Units], heard: Sequence[Units]) -> list[tuple[int, int]]:
    """Return pairs of places in both rows that go together best, in order."""
    if not text or not heard:
        return []
    alike = _Likeness(heard)
    kept = [np.zeros(len(heard) + 1, dtype=np.float32)]
    for at in range(0, len(text), _BLOCK):
        kept.append(_rows(text[at : at + _BLOCK], alike, kept[-1])[-1])
    pairs = []
    column = len(heard)
    # Only each block's beginning is kept: all of them would take gigabytes for an hour of speech.
    for number in range(len(kept) - 2, -1, -1):
        at = number * _BLOCK
        rows = [kept[number], *_rows(text[at : at + _BLOCK], alike, kept[number])]
        row = len(rows) - 1
        while row and column:
            if rows[row][column] == rows[row - 1][column]:
                row -= 1
            elif rows[row][column] == rows[row][column - 1]:
                column -= 1
            else:
                row, column = row - 1, column - 1
                pairs.append((at + row, column))
    return pairs[::-1]


def _rows(text: Sequence[Units], alike: _Likeness, row: Table) -> list[Table]:
    rows = []
    for word in text:
        grown = row.copy()
        np.maximum(grown[1:], row[:-1] + alike.to(word), out=grown[1:])
        row = np.maximum.accumulate(grown)
        rows.append(row)
    return rows


class _Likeness:
    """How alike a word of the text is to each word heard."""

    def __init__(self, heard: Sequence[Units]) -> None:
        self._ids: dict[Units, int] = {}
        self._whole = np.array([self._ids.setdefault(word, len(self._ids)) for word in heard])
        self._tail = np.array([self._ids.setdefault(word[-2:], len(self._ids)) for word in heard])
        self._head = np.array([self._ids.setdefault((*word[:-1], -1), len(self._ids)) for word in heard])

    def to(self, word: Units) -> Table:
        """Return 1 for the same word, less for one that differs in onset or tone, 0 for others."""
        score = np.where(self._head == self._ids.get((*word[:-1], -1), -1), _ALIKE, 0.0)
        score = np.where(self._tail == self._ids.get(word[-2:], -1), _RHYME, score)
        return np.where(self._whole == self._ids.get(word, -1), _SAME, score).astype(np.float32)


def _likely(words: int, anchors: Sequence[tuple[int, int]], frames_a_word: float) -> Span | None:
    """Return where a sentence of so many words lies by its anchors (word, frame), or None by too few."""
    if not anchors or len(anchors) < min(max(_LEAST_ANCHORS, _LEAST_ANCHORED * words), words):
        return None
    numbers, frames = np.array(anchors).T
    starts = frames - (numbers + 1) * frames_a_word
    # An anchor in the wrong place must not draw the sentence out over its neighbours.
    near = np.abs(starts - np.median(starts)) <= max(2 * frames_a_word, 0.35 * words * frames_a_word)
    if near.sum() < min(_LEAST_ANCHORS, words):
        return None
    numbers, frames = numbers[near], frames[near]
    first = frames[0] - (numbers[0] + 1.5) * frames_a_word
    end = frames[-1] + (words - numbers[-1] - 0.5) * frames_a_word
    return int(first), int(end) + 1


def _filled(found: Sequence[Span | None], words: Sequence[int], frames: int) -> list[Span]:
    """Return a place for each sentence: those without one share what lies between their neighbours by their words."""
    filled: list[Span] = []
    at = 0
    for number, span in enumerate(found):
        if span is not None:
            filled.append(span)
            at = max(at, span[1])
            continue
        run_end = next((later for later in range(number, len(found)) if found[later] is not None), len(found))
        limit = next((later[0] for later in found[number:] if later is not None), frames)
        share = words[number] / max(1, sum(words[number:run_end]))
        end = at + round(max(0, limit - at) * share)
        filled.append((at, end))
        at = end
    return filled
