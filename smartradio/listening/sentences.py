"""Words held against the match: a word is heard only where this node's own horn is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from smartradio.audio.match import FRAME_S, Match, longest_gap_s
from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState

_THERE = 0.3
"""A word of which the match has less than this is not the own horn's."""
_GAP = 0.6
_AMID = 0.5
_LOST = 0.5
_MOST = 0.5
_ALL = 0.9
_LEAST_RUN_S = 0.4
_SILENT_S = 0.5
_ECHO_S = 1.2
"""So late comes the sound of a pole 400 m away."""
_UNHEARD = 0.1
"""A recogniser that gives a word less than this has not heard it, whatever stands in its place."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where in the clip the own horn is heard: frames of 100 ms of the recording, which begins at `starts_s`.

    `loud` says where the clip is as loud as the own horn, whatever it is that sounds.
    """

    frames: tuple[bool, ...]
    active: tuple[bool, ...]
    starts_s: float
    loud: tuple[bool, ...] = ()

    @classmethod
    def of(cls, match: Match, *, clip_starts_s: float, loud: tuple[bool, ...] = ()) -> Coverage:
        """Take it from a match."""
        return cls(match.frames, match.active, (match.delay_s or 0.0) - clip_starts_s, loud)

    def sounds(self, start_s: float, end_s: float) -> bool:
        """Say whether most of a stretch of the clip is as loud as the own horn."""
        loud = self.loud[self._frames(start_s, end_s)]
        return bool(loud) and sum(loud) >= _MOST * len(loud)

    def longest_silence_s(self, place: tuple[float, float] | None = None) -> float:
        """Return how long (seconds) the recording sounds with nothing as loud in the clip, in a place or anywhere."""
        inside = slice(None) if place is None else self._frames(*place)
        return longest_gap_s(self.frames[inside], self.active[inside], self.loud[inside])

    def _frames(self, start_s: float, end_s: float) -> slice:
        first = math.floor((start_s - self.starts_s) / FRAME_S)
        last = max(round((end_s - self.starts_s) / FRAME_S), first + 1)
        return slice(max(first, 0), max(last, 0))

    def share(self, start_s: float, end_s: float) -> float | None:
        """Return how much of a stretch of the clip (seconds from its beginning) is heard; None where it is a pause."""
        inside = self._frames(start_s, end_s)
        pairs = zip(self.frames[inside], self.active[inside], strict=True)
        sounding = [there for there, active in pairs if active]
        return sum(sounding) / len(sounding) if sounding else None


def said_spans(match: Match, segments: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the stretches of the recording (seconds) in which the own horn is heard, within its segments.

    A segment that is heard throughout is one stretch with its pauses; without segments all of the recording counts.
    """
    whole = segments or [(0.0, len(match.frames) * FRAME_S)]
    spans: list[tuple[float, float]] = []
    for start_s, end_s in whole:
        first, last = round(start_s / FRAME_S), round(end_s / FRAME_S)
        quiet = [not active for active in match.active[first:last]]
        said = [there or still for there, still in zip(match.frames[first:last], quiet, strict=True)]
        if sum(said) >= _ALL * len(said):
            spans.append((start_s, end_s))
            continue
        runs = ((heard, len(list(run))) for heard, run in itertools.groupby(match.frames[first:last]))
        at = first
        for heard, length in runs:
            if heard and length * FRAME_S >= _LEAST_RUN_S:
                spans.append((at * FRAME_S, (at + length) * FRAME_S))
            at += length
    return tuple(spans)


def clip_spans(spans: Sequence[tuple[float, float]], starts_s: float) -> tuple[tuple[float, float], ...]:
    """Return spans of the recording (seconds) as spans of a clip in which it begins at `starts_s`."""
    return tuple((start_s + starts_s, end_s + starts_s) for start_s, end_s in spans)


def held_against(
    sentences: Sequence[JudgedSentence], coverage: Coverage, spans: Sequence[tuple[float, float]]
) -> tuple[JudgedSentence, ...]:
    """Return the sentences with the words `missing` that are heard, if at all, where the own horn is not.

    `spans` are where the sentences lie in the clip, one each, or none at all. A sentence less than half covered is
    missing, whatever the recogniser can say of its voice. Words that nobody heard between two that were heard are
    missing if the horn fell silent there: where in such a gap each would be no recogniser can tell. Where something as
    loud as the own horn sounds instead of the recording, the recogniser has the word: a pole far away is never so loud.
    """
    places: Sequence[tuple[float, float] | None] = spans if len(spans) == len(sentences) else [None] * len(sentences)
    return tuple(_held(sentence, coverage, place) for sentence, place in zip(sentences, places, strict=True))


def said_otherwise(sentence: JudgedSentence, coverage: Coverage) -> bool:
    """Say whether level and match bear out that a sentence was said in other words.

    Then most of its words are heard, and some of it sounds as loud as the own horn where the recording is not heard:
    what was said instead, or what follows it, moved by its length.
    """
    proven = [word for word in sentence.words if word.state is not WordState.UNPROVEN]
    if sum(word.state is WordState.HEARD for word in proven) < _AMID * len(proven):
        return False
    return any(
        (share := coverage.share(word.start_s, word.end_s)) is not None
        and share < _GAP
        and coverage.sounds(word.start_s, word.end_s)
        for word in proven
        if word.start_s is not None and word.end_s is not None
    )


def fell_silent(coverage: Coverage, place: tuple[float, float] | None) -> bool:
    """Say whether the own horn fell silent in a stretch of the clip: half a second of the recording is not heard.

    Neither is anything as loud that could have covered it.
    """
    return place is not None and coverage.longest_silence_s(place) >= _SILENT_S


def all_missing(sentences: Sequence[JudgedSentence]) -> tuple[JudgedSentence, ...]:
    """Return the sentences as those of an airing whose own horn was not heard at all."""
    return tuple(_missing(sentence) for sentence in sentences)


def _held(sentence: JudgedSentence, coverage: Coverage, place: tuple[float, float] | None) -> JudgedSentence:
    share = None if place is None else coverage.share(*place)
    little = share is not None and share < _LOST and sentence.state is not WordState.DIFFERENT
    little = little and place is not None and not coverage.sounds(*place)
    words = _lost_in_silence(tuple(_held_word(word, coverage) for word in sentence.words), coverage, place)
    if little and all(word.state is WordState.UNPROVEN for word in words):
        return _missing(sentence)
    lost = sum(word.state is WordState.MISSING for word in words)
    if little or (words != sentence.words and lost >= _LOST * len(words)):
        return replace(sentence, state=WordState.MISSING, words=words)
    doubtful = words != sentence.words and sentence.state is WordState.HEARD
    return replace(sentence, state=WordState.DOUBTFUL if doubtful else sentence.state, words=words)


def _held_word(word: JudgedWord, coverage: Coverage) -> JudgedWord:
    if word.state not in (WordState.HEARD, WordState.DOUBTFUL) or word.start_s is None or word.end_s is None:
        return word
    share = coverage.share(word.start_s, word.end_s)
    if share is None:
        # The own horn says nothing in a pause: it is a late echo's if the horn was not heard before it either.
        share = coverage.share(word.start_s - _ECHO_S, word.end_s)
    if share is None or share >= _THERE or coverage.sounds(word.start_s, word.end_s):
        return word
    # Another pole's echo of it may fill the gap; how sure the recogniser was of that word says nothing here.
    return replace(word, state=WordState.MISSING, confidence=None)


def _lost_in_silence(
    words: tuple[JudgedWord, ...], coverage: Coverage, place: tuple[float, float] | None
) -> tuple[JudgedWord, ...]:
    """Return the words with those `missing` that are not heard between heard ones where the own horn fell silent."""
    if place is None:
        return words
    at_s, out = place[0], list(words)
    for heard, run in itertools.groupby(range(len(words)), lambda at: words[at].state is WordState.HEARD):
        numbers = list(run)
        if heard:
            at_s = words[numbers[-1]].end_s or at_s
            continue
        after = words[numbers[-1] + 1] if numbers[-1] + 1 < len(words) else None
        ends_s = place[1] if after is None or after.start_s is None else after.start_s
        if not fell_silent(coverage, (at_s, ends_s)):
            continue
        for number in numbers:
            word = words[number]
            if word.state is WordState.DOUBTFUL and word.confidence is not None and word.confidence < _UNHEARD:
                out[number] = replace(word, state=WordState.MISSING, confidence=None)
    return tuple(out)


def _missing(sentence: JudgedSentence) -> JudgedSentence:
    words = tuple(replace(word, state=WordState.MISSING, confidence=None) for word in sentence.words)
    return replace(sentence, state=WordState.MISSING, words=words)
