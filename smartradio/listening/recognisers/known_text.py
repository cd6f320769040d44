"""How well words that are known beforehand fit what an acoustic model heard, each at its place; numpy only.

The text only says where to look. Whether a word is there is the model's opinion alone: CTC gives every row of units
within a word's frames its probability, and all of them sum to one, so a word's odds are those of its own units
against everything else that could have been said there.
Source: Graves and others, Connectionist Temporal Classification, 2006.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from smartradio.listening import syllables
from smartradio.listening.recognisers.port import Posteriors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]
    Units = Sequence[int]

SURE = 12.0
"""Scores lie between -SURE and SURE: 16-bit posteriors tell no finer."""
_BLANK = 0
_NEVER = np.float32(-1e30)
_ROOM_S = 0.16
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """A known word at its likeliest place; `score` is the logarithm of its odds there, None without units."""

    text: str
    start_s: float
    end_s: float
    score: float | None


def align(
    posteriors: Posteriors,
    words: Sequence[str],
    *,
    units_of: Callable[[str], Units | None] = syllables.units_of,
) -> tuple[AlignedWord, ...]:
    """Return each word with its place and score, in order; a word without units is put where the one before it ends.

    A score above 0 says that the word is likelier there than all else together. Time and place are searched over
    the whole clip, in time and memory that grow with its length times the text's. Raises ValueError when the clip
    has fewer frames than the text has units.
    """
    table = np.asarray(posteriors.log_posteriors, dtype=np.float32)
    spelt = [tuple(units_of(word) or ()) for word in words]
    row = [unit for units in spelt for unit in units]
    places = _places(table, row)
    bounds = _bounds(spelt, places, table.shape[0], max(1, round(_ROOM_S / posteriors.frame_s)))
    aligned: list[AlignedWord] = []
    end_s = 0.0
    for word, units, (wide, near) in zip(words, spelt, bounds, strict=True):
        if not units:
            aligned.append(AlignedWord(word, end_s, end_s, None))
            continue
        end_s = near[1] * posteriors.frame_s
        score = _odds(table[wide[0] : wide[1]], units)
        aligned.append(AlignedWord(word, near[0] * posteriors.frame_s, end_s, score))
    return tuple(aligned)


def _bounds(
    spelt: Sequence[Units], places: Sequence[tuple[int, int]], frames: int, room: int
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return for each word the frames that are its own with half the blanks around, and those of its units."""
    near: list[tuple[int, int]] = []
    at = 0
    for units in spelt:
        own = places[at : at + len(units)]
        at += len(units)
        near.append((own[0][0], own[-1][1]) if units else (-1, -1))
    bounds = []
    last = 0
    for number, (first, end) in enumerate(near):
        following = next((place[0] for place in near[number + 1 :] if place[0] >= 0), frames)
        wide = max((last + first + 1) // 2, first - room), min((end + following + 1) // 2, end + room)
        bounds.append((wide, (first, end)))
        last = end if end >= 0 else last
    return bounds


def _odds(table: Table, units: Units) -> float:
    """Return log(p / (1 - p)) with p the probability that these frames say exactly these units."""
    states = _with_blanks(units)
    forward = np.full(len(states), _NEVER, dtype=np.float64)
    forward[:2] = table[0, states[:2]]
    for frame in table[1:]:
        before = np.logaddexp(forward, _moved(forward, 1))
        before = np.where(_may_skip(states), np.logaddexp(before, _moved(forward, 2)), before)
        forward = before + frame[states]
    log_p = min(float(np.logaddexp(forward[-1], forward[-2])), -1e-9)
    return float(np.clip(log_p - np.log(-np.expm1(log_p)), -SURE, SURE))


def _places(table: Table, row: Units) -> list[tuple[int, int]]:
    """Return the frames (first, one past the last) of each unit on the likeliest path through all of them."""
    if not row:
        return []
    states = _with_blanks(row)
    frames = table.shape[0]
    if frames < len(row) + sum(one == next_ for one, next_ in itertools.pairwise(row)):
        raise ValueError(f"{frames} frames are too few for a text of {len(row)} units")
    skip = _may_skip(states)
    best = np.full(len(states), _NEVER, dtype=np.float32)
    best[:2] = table[0, states[:2]]
    kept = [best]
    # Only each block's beginning is kept and its steps worked out again on the way back: half an hour's would
    # take gigabytes.
    for at in range(1, frames, _BLOCK):
        best, _ = _steps(table[at : at + _BLOCK], states, skip, kept[-1])
        kept.append(best)
    state = len(states) - 1 if kept[-1][-1] > kept[-1][-2] else len(states) - 2
    path = np.empty(frames, dtype=np.int64)
    for number in range(len(kept) - 2, -1, -1):
        at = 1 + number * _BLOCK
        _, steps = _steps(table[at : at + _BLOCK], states, skip, kept[number])
        for offset in range(len(steps) - 1, -1, -1):
            path[at + offset] = state
            state -= int(steps[offset][state])
    path[0] = state
    first = np.searchsorted(path, np.arange(1, len(states), 2), side="left")
    last = np.searchsorted(path, np.arange(1, len(states), 2), side="right")
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _steps(
    table: Table, states: NDArray[np.int64], skip: NDArray[np.bool_], best: Table
) -> tuple[Table, list[NDArray[np.int8]]]:
    """Go through these frames; return the best score in each state and how many states each step came up."""
    steps = []
    for frame in table:
        one, two = _moved(best, 1), np.where(skip, _moved(best, 2), _NEVER)
        step = (one > best).astype(np.int8)
        best = np.maximum(best, one)
        step[two > best] = 2
        best = np.maximum(best, two) + frame[states]
        steps.append(step)
    return best, steps


def _with_blanks(units: Units) -> NDArray[np.int64]:
    states = np.full(2 * len(units) + 1, _BLANK, dtype=np.int64)
    states[1::2] = units
    return states


def _may_skip(states: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which states may follow the one before the last: a unit after a different unit, with no blank between."""
    may: NDArray[np.bool_] = states != _BLANK
    may[:2] = False
    may[2:] &= states[2:] != states[:-2]
    return may


def _moved(numbers: NDArray[Any], by: int) -> NDArray[Any]:
    moved = np.full_like(numbers, _NEVER)
    moved[by:] = numbers[:-by]
    return moved
