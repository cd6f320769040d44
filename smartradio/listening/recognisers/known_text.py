"""How well sentences that are known beforehand fit what an acoustic model heard, word by word; numpy only.

The text only says where to look. A word's score compares two explanations of the same frames: the best with the word
in its place, and the best in which anything else at all, or nothing, stands there. Both may take any other word of
the sentence as not said, at a price, so that a word is not blamed for what befell its neighbours. No knowledge of
words or of which word usually follows which enters: the second explanation takes the likeliest unit of every frame.
Sources: Graves and others, Connectionist Temporal Classification, 2006 (rows of units, blanks between them); Witt and
Young, Phone-level pronunciation scoring, 2000 (the known path against the free one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smartradio.listening.syllables import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]
    Places = NDArray[np.int64]
    Units = tuple[int, ...]

NOT_SAID = 12.0
"""What it costs to take a word as not said, in nats; scores are hardly lower than twice this."""
PUT_IN = 12.0
"""What it costs to take something as said between two words, in nats; no gap's score is higher."""
_LOWEST = -14.0
_NEVER = np.float32(-1e9)
_BATCH = 24


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence to look for: units of each word, none of them empty, and frames [first, end) where it may lie."""

    words: tuple[Units, ...]
    first: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How the words of a passage fit, n of them.

    `scores` [n] are nats, 0 at best: the best explanation with the word against the best without it. `first` and
    `end` [n] are the frames of the word's own units there. `put_in` [n + 1] tells of each gap how much better
    the frames are explained if something is said in it that the text does not have, 0 at least; the first and the
    last gap are open to what stands around the sentence and hold 0. `clear` [n] is the logarithm of the probability
    of a word's units where each is likeliest: what nothing explains well, such as noise, no word explains clearly.
    """

    scores: Table
    first: Places
    end: Places
    put_in: Table
    clear: Table


def fit(log_posteriors: Table, passages: Sequence[Passage]) -> tuple[Fit, ...]:
    """Return how each passage fits in posteriors [frames, units], blank first, natural logarithms.

    Time grows with the frames of the passages times the length of their words, all of them counted for itself.
    """
    costs = np.maximum(log_posteriors - log_posteriors.max(axis=1, keepdims=True), np.float32(_LOWEST))
    order = sorted(range(len(passages)), key=lambda number: passages[number].end - passages[number].first)
    found: dict[int, Fit] = {}
    for at in range(0, len(order), _BATCH):
        batch = order[at : at + _BATCH]
        found |= zip(batch, _fit_batch(log_posteriors, costs, [passages[number] for number in batch]), strict=True)
    return tuple(found[number] for number in range(len(passages)))


def _fit_batch(log_posteriors: Table, costs: Table, passages: Sequence[Passage]) -> list[Fit]:
    """Fit some passages at once, each forwards and backwards in time."""
    rows = [each.words for each in passages]
    rows += [tuple(word[::-1] for word in words[::-1]) for words in rows]
    stretches = [costs[each.first : each.end] for each in passages]
    stretches += [stretch[::-1] for stretch in stretches]
    reached, spoken = _paths(_Layout(rows), stretches)
    fits = []
    for number, passage in enumerate(passages):
        words, frames = len(passage.words), passage.end - passage.first
        other = len(passages) + number
        before, ends = reached[: frames + 1, number, : words + 1], spoken[: frames + 1, number, :words]
        after = reached[: frames + 1, other, : words + 1][::-1, ::-1]
        begins = spoken[: frames + 1, other, :words][::-1, ::-1]
        scores, first, end, put_in = _judged(before, ends, begins, after)
        first, end = first + passage.first, end + passage.first
        clear = [
            sum(float(log_posteriors[one : max(last, one + 1), unit].max()) for unit in word)
            for word, one, last in zip(passage.words, first, end, strict=True)
        ]
        fits.append(Fit(scores, first, end, put_in, np.array(clear, dtype=np.float32)))
    return fits


def _judged(before: Table, ends: Table, begins: Table, after: Table) -> tuple[Table, Places, Places, Table]:
    """Put a passage's halves together: scores, first and end frames in it, and what is put in.

    `before` [t, gap] is the best way to the gap at boundary t, `after` from it to the end; `ends` [t, word] the best
    way that ends with the word just there, `begins` the best one from there that begins with it.
    """
    with_word = ends + after[:, 1:]
    best_before = np.maximum.accumulate(before, axis=0)
    without = (best_before[:, :-1] + after[:, 1:]).max(axis=0)
    end = with_word.argmax(axis=0)
    first = (before[:, :-1] + begins).argmax(axis=0)
    put_in = (best_before + after).max(axis=0) - (before + after).max(axis=0)
    put_in[[0, -1]] = 0.0
    put_in = np.maximum(put_in, 0.0)
    # What stands in the word's place may take in what was said beside it as well; the word is not to blame for that.
    scores = with_word.max(axis=0) - without + put_in[:-1] + put_in[1:]
    return np.minimum(scores, 0.0), np.maximum(np.minimum(first, end - 1), 0), end, put_in


class _Layout:
    """The states of some sentences side by side, filled up to the longest: units with blanks between, word by word."""

    def __init__(self, rows: Sequence[Sequence[Units]]) -> None:
        self.words = max(len(words) for words in rows)
        states = max(sum(2 * len(word) - 1 for word in words) for words in rows)
        count = len(rows)
        self.symbol = np.zeros((count, states), dtype=np.int64)
        # What is added on the way into a state: 0 where it may be entered so, else never.
        self.from_last = np.full((count, states), _NEVER, dtype=np.float32)
        self.from_last_but_one = np.full((count, states), _NEVER, dtype=np.float32)
        self.from_gap = np.full((count, states), _NEVER, dtype=np.float32)
        self.gap = np.zeros((count, states), dtype=np.int64)
        self.last = np.full((count, self.words), -1, dtype=np.int64)
        for row, words in enumerate(rows):
            self._lay(row, words)

    def _lay(self, row: int, words: Sequence[Units]) -> None:
        at = 0
        for number, word in enumerate(words):
            end = at + 2 * len(word) - 1
            self.symbol[row, at:end:2] = word
            self.from_gap[row, at] = 0.0
            self.gap[row, at] = number
            self.from_last[row, at + 1 : end] = 0.0
            for place in range(1, len(word)):
                if word[place] != word[place - 1]:
                    self.from_last_but_one[row, at + 2 * place] = 0.0
            self.last[row, number] = end - 1
            at = end


def _paths(layout: _Layout, stretches: Sequence[Table]) -> tuple[Table, Table]:
    """Return the best scores at each gap [boundaries, sentences, gaps] and at each word's end [.., words]."""
    count, states = layout.symbol.shape
    frames = max(len(stretch) for stretch in stretches)
    emitted, quiet = _emissions(layout, stretches, frames)
    reached = np.empty((frames + 1, count, layout.words + 1), dtype=np.float32)
    spoken = np.full((frames + 1, count, layout.words), _NEVER, dtype=np.float32)
    gap_at = (layout.gap + (layout.words + 1) * np.arange(count)[:, None]).ravel()
    # A column of impossible states before the first serves the moves from one and two states back.
    wide = states + 2
    old = np.full((count, wide), _NEVER, dtype=np.float32)
    last_at = (np.where(layout.last < 0, 0, layout.last + 2) + wide * np.arange(count)[:, None]).ravel()
    steps = np.arange(layout.words + 1, dtype=np.float32) * np.float32(NOT_SAID)
    gaps = np.tile(-steps, (count, 1))
    other = np.full_like(gaps, _NEVER)
    skipped = np.full_like(gaps[:, 1:], _NEVER)
    for frame in range(frames):
        reached[frame] = gaps
        new = np.maximum(old[:, 2:], old[:, 1:-1] + layout.from_last)
        np.maximum(new, old[:, :-2] + layout.from_last_but_one, out=new)
        np.maximum(new, gaps.ravel()[gap_at].reshape(count, states) + layout.from_gap, out=new)
        new += emitted[frame]
        old[:, 2:] = new
        said = old.ravel()[last_at].reshape(count, layout.words)
        spoken[frame + 1] = said
        # Whatever else is said in a gap costs once; what precedes the sentence costs nothing.
        np.maximum(other, gaps - np.float32(PUT_IN), out=other)
        np.maximum(skipped, gaps[:, :-1] - np.float32(NOT_SAID), out=skipped)
        gaps = gaps + quiet[frame][:, None]
        gaps[:, 0] = 0.0
        np.maximum(gaps, other, out=gaps)
        np.maximum(gaps[:, 1:], np.maximum(said, skipped), out=gaps[:, 1:])
        gaps = np.maximum.accumulate(gaps + steps, axis=1) - steps
    reached[frames] = gaps
    return reached, spoken


def _emissions(layout: _Layout, stretches: Sequence[Table], frames: int) -> tuple[Table, Table]:
    """Return what each state [frames, sentences, states] and the blank [frames, sentences] cost in each frame."""
    count, states = layout.symbol.shape
    emitted = np.full((frames, count, states), _NEVER, dtype=np.float32)
    quiet = np.zeros((frames, count), dtype=np.float32)
    for row, stretch in enumerate(stretches):
        emitted[: len(stretch), row] = stretch[:, layout.symbol[row]]
        quiet[: len(stretch), row] = stretch[:, BLANK]
    return emitted, quiet
