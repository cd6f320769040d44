"""From frame posteriors to words: a beam over legal Vietnamese syllables, with a language model if there is one.

A word is an onset and a rhyme or a rhyme alone, then a tone; or letters and their end mark. Paths that are none of
these are not followed, which by itself mends many of the network's slips. What the clip says and what usually
follows what are weighed only here; the posteriors themselves stay what the network heard.
Source: Graves, Sequence Transduction with Recurrent Neural Networks, 2012 (prefix search); Hannun and others, 2014
(language model weight and word bonus).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from smartradio.listening import syllables
from smartradio.listening.recognisers.port import Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]

_NEVER = -1e30
_BLANK = syllables.BLANK
_MOST_WORDS_BACK = 2
_ROOM_S = 0.06
# Where in a word a path stands; the state says which units may follow.
_START, _ONSET, _RHYME, _STOPPED_RHYME, _LETTERS = range(5)


class LanguageModel(Protocol):
    """Tells how usual a word is after those before it."""

    def log_p(self, before: tuple[str, ...], word: str) -> float:
        """Return the natural logarithm of the probability of `word` after up to two words before it."""
        ...


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """How wide to search and how much the language model counts.

    `width` paths are kept; `units` are tried in each frame, none below `least` (natural logarithm). A frame whose
    blank is above `quiet` is taken for a pause at once. `weight` is the language model's, `bonus` is given for each
    word (natural logarithm), since every word costs the language model something; how much both are is a matter of
    the model, whose model.toml tells it.
    """

    width: int = 12
    units: int = 4
    least: float = -9.0
    quiet: float = -0.002
    weight: float = 0.0
    bonus: float = 0.0


class _Node:
    """A row of units: the last of them, where it was heard best, and the row before it."""

    __slots__ = ("before", "extra", "frame", "history", "p", "share", "spelt", "unit", "word")

    def __init__(self, before: _Node | None, unit: int) -> None:
        self.before = before
        self.unit = unit
        # Units of the word that is not complete yet; words before it, newest last; the word this unit completes.
        self.spelt: tuple[int, ...] = ()
        self.history: tuple[str, ...] = ()
        self.word: str | None = None
        self.extra = 0.0
        # The frame in which most of what was heard ends in this very unit, that share, and the unit's probability.
        self.frame = 0
        self.share = _NEVER
        self.p = _NEVER


class BeamDecoder:
    """Finds the likeliest words in frames that come piece by piece; `frame_s` is from frame to frame.

    `allowed` limits it to these words. Memory grows with the words found, not with the paths that were tried.
    """

    def __init__(
        self,
        frame_s: float,
        language_model: LanguageModel | None = None,
        settings: BeamSettings | None = None,
        *,
        allowed: Collection[str] | None = None,
    ) -> None:
        self._frame_s = frame_s
        self._model = language_model
        self._settings = settings or BeamSettings()
        self._allowed = None if allowed is None else frozenset(allowed)
        # (node, log probability ending in a blank, log probability ending in its unit)
        self._beam: list[tuple[_Node, float, float]] = [(_Node(None, _BLANK), 0.0, _NEVER)]

    def hear(self, log_posteriors: Table, first: int) -> None:
        """Go on with frames [frames, units], the first of which is number `first` of the clip."""
        quiet = log_posteriors[:, _BLANK] > self._settings.quiet
        for number, row in enumerate(log_posteriors):
            if quiet[number]:
                self._pause(float(row[_BLANK]))
            else:
                self._step(row, first + number)

    def rest(self) -> None:
        """Take note of a silence that was left out, and settle on the likeliest path so far."""
        self._pause(0.0)
        best = max(self._beam, key=_rank)
        self._beam = [(best[0], 0.0, _NEVER)]

    def words(self) -> tuple[Word, ...]:
        """Return the likeliest words so far; units that make no whole word yet are left out."""
        node: _Node | None = max(self._beam, key=_rank)[0]
        found: list[list[_Node]] = []
        while node is not None:
            if node.word is not None:
                found.append([node])
            elif found and found[-1][-1].before is node and node.spelt:
                found[-1].append(node)
            node = node.before
        return tuple(self._placed(found[::-1]))

    def _placed(self, found: Sequence[Sequence[_Node]]) -> Iterator[Word]:
        """Yield words with their places: a unit is heard at a point, so a word gets half a syllable's room."""
        last_s = 0.0
        for number, nodes in enumerate(found):
            text = nodes[0].word
            assert text is not None
            start_s, end_s = nodes[-1].frame * self._frame_s, (nodes[0].frame + 1) * self._frame_s
            start_s = max(start_s - _ROOM_S, (start_s + last_s) / 2)
            last_s = end_s
            if number + 1 < len(found):
                end_s = min(end_s + _ROOM_S, (end_s + found[number + 1][-1].frame * self._frame_s) / 2)
            else:
                end_s += _ROOM_S
            yield Word(text, start_s, end_s, math.exp(min(node.p for node in nodes)))

    def _pause(self, blank: float) -> None:
        self._beam = [(node, _add(ends_blank, ends_unit) + blank, _NEVER) for node, ends_blank, ends_unit in self._beam]

    def _step(self, row: Table, frame: int) -> None:
        tried = _tried(row, self._settings)
        blank = float(row[_BLANK])
        known = {(id(node.before), node.unit): node for node, _, _ in self._beam}
        blanks: dict[int, float] = {}
        units: dict[int, float] = {}
        nodes: dict[int, _Node] = {}
        for node, ends_blank, ends_unit in self._beam:
            both = _add(ends_blank, ends_unit)
            key = id(node)
            nodes[key] = node
            blanks[key] = _add(blanks.get(key, _NEVER), both + blank)
            if node.unit != _BLANK:
                units[key] = _add(units.get(key, _NEVER), ends_unit + float(row[node.unit]))
            for unit, p in tried[_state(node)]:
                grown = known.get((key, unit)) or self._grown(node, unit)
                if grown is None:
                    continue
                known[key, unit] = grown
                nodes[id(grown)] = grown
                units[id(grown)] = _add(units.get(id(grown), _NEVER), p + (ends_blank if unit == node.unit else both))
        beam = [(node, blanks.get(key, _NEVER), units.get(key, _NEVER)) for key, node in nodes.items()]
        if len(beam) > self._settings.width:
            beam.sort(key=_rank, reverse=True)
            del beam[self._settings.width :]
        best = max(_add(ends_blank, ends_unit) for _, ends_blank, ends_unit in beam)
        for node, _, ends_unit in beam:
            if ends_unit - best > node.share:
                node.share, node.frame, node.p = ends_unit - best, frame, float(row[node.unit])
        self._beam = beam

    def _grown(self, node: _Node, unit: int) -> _Node | None:
        """Return the row with one unit more, or None if no word goes on so."""
        spelt = (*node.spelt, unit)
        grown = _Node(node, unit)
        grown.history, grown.extra = node.history, node.extra
        if not _ends(unit):
            grown.spelt = spelt
            return grown
        word = syllables.word_of(spelt)
        if word is None or (self._allowed is not None and word not in self._allowed):
            return None
        grown.word = word
        grown.extra += self._settings.bonus
        if self._model is not None:
            grown.extra += self._settings.weight * self._model.log_p(node.history, word)
        grown.history = (*node.history, word)[-_MOST_WORDS_BACK:]
        return grown


def _kinds() -> tuple[tuple[NDArray[np.int64], ...], tuple[int, ...]]:
    """Return the units that may follow in each state, and the state each unit leads to."""
    onsets = np.arange(1, syllables.FIRST_RHYME)
    rhymes = np.arange(syllables.FIRST_RHYME, syllables.FIRST_TONE)
    tones = np.arange(syllables.FIRST_TONE, syllables.FIRST_LETTER)
    letters = np.arange(syllables.FIRST_LETTER, syllables.END_UNIT)
    stopped_tones = tones[list(syllables.STOPPED_TONES)]
    end = np.array([syllables.END_UNIT])
    follow = (np.concatenate([onsets, rhymes, letters]), rhymes, tones, stopped_tones, np.concatenate([letters, end]))
    state = [_START] * syllables.UNITS
    for unit in onsets:
        state[unit] = _ONSET
    for unit, rhyme in zip(rhymes, syllables.RHYMES, strict=True):
        state[unit] = _STOPPED_RHYME if syllables.tones_of(rhyme) == syllables.STOPPED_TONES else _RHYME
    for unit in letters:
        state[unit] = _LETTERS
    return follow, tuple(state)


_FOLLOW, _STATE_AFTER = _kinds()


def _state(node: _Node) -> int:
    return _STATE_AFTER[node.unit]


def _ends(unit: int) -> bool:
    return unit == syllables.END_UNIT or syllables.FIRST_TONE <= unit < syllables.FIRST_LETTER


def _tried(row: Table, settings: BeamSettings) -> list[list[tuple[int, float]]]:
    """Return for each state the likeliest units that may follow, with their log probabilities."""
    tried = []
    for follow in _FOLLOW:
        p = row[follow]
        likely = np.flatnonzero(p > settings.least)
        if likely.size > settings.units:
            likely = likely[np.argpartition(p[likely], -settings.units)[-settings.units :]]
        tried.append([(int(follow[place]), float(p[place])) for place in likely])
    return tried


def _rank(path: tuple[_Node, float, float]) -> float:
    node, ends_blank, ends_unit = path
    return _add(ends_blank, ends_unit) + node.extra


def _add(one: float, other: float) -> float:
    """Return log(exp(one) + exp(other))."""
    if one < other:
        one, other = other, one
    return one if other - one < -40.0 else one + math.log1p(math.exp(other - one))
