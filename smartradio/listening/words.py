"""What a recogniser makes of a bulletin's words, in one fact for the decision table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from smartradio.domain.verdict import JudgedSentence, WordState
from smartradio.listening.facts import Words

AGREE = 0.15
"""Recognisers miss many words of a horn in the open air; fewer in common than this is another text."""
HEARD = 0.5
"""So many of the words in their order are no chance likeness."""
ENOUGH = 5
SURE_SNR_DB = 8.0
"""In more noise than this a recogniser alone does not say that a word was another one."""
SURE_SHARE = 0.75
"""Amid so many words of its sentence that are heard, it says so of a number in any noise."""
SURE_WORDS = 2
"""And of so many usual words where half is heard: of 400 good airings in wind, rain and traffic none had two in one."""
MOST_MISSED = 1.0 / 3.0
"""A sentence that lost so much of its weight is not the sentence any more."""
LOST_WORDS = 2
"""So many are too many where the horn fell silent: half a second holds no fewer, and nobody guesses at two."""
_WORD = re.compile(r"\w+")


def agreement(expected: Sequence[str], heard: Sequence[str]) -> float:
    """Return the share of the expected words that were heard in their order; 0 without expected words."""
    if not expected:
        return 0.0
    matcher = difflib.SequenceMatcher(None, list(expected), list(heard), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(expected)


def dictated(text: Sequence[str], heard: Sequence[str]) -> float | None:
    """Return the share of the text's words among those of an open dictation, None where either has under five.

    `text` are spoken lines, `heard` the recogniser's words.
    """
    expected = [word for line in text for word in _WORD.findall(line.casefold())]
    said = [word.casefold() for word in heard]
    return agreement(expected, said) if min(len(expected), len(said)) >= ENOUGH else None


def words_of(
    sentences: Sequence[JudgedSentence],
    otherwise: Sequence[bool],
    silent: Sequence[bool],
    share: float | None,
    snr_db: float | None,
) -> Words:
    """Put into one word what happened to the words of an airing whose own horn is heard.

    `otherwise` says for each sentence whether level and match bear out that others are said, `silent` whether they
    bear out that the horn fell silent in it; `share` is what an open dictation had of the text, `snr_db` that of the
    match. A recogniser that is weak in noise only doubts.
    """
    if share is not None and share < AGREE and not _mostly_heard(sentences):
        return Words.DISAGREE
    clear = snr_db is not None and snr_db >= SURE_SNR_DB
    found = [_of_one(*each, clear=clear) for each in zip(sentences, otherwise, silent, strict=True)]
    for worst in (Words.CHANGED, Words.LOST, Words.DIFFER, Words.MISSING):
        if worst in found:
            return worst
    states = {word.state for sentence in sentences for word in sentence.words} - {WordState.UNPROVEN}
    if states - {WordState.HEARD}:
        return Words.DOUBTFUL
    return Words.AGREE if states or share is not None else Words.UNKNOWN


def _of_one(sentence: JudgedSentence, said_otherwise: bool, fell_silent: bool, *, clear: bool) -> Words | None:
    """Return what speaks against one sentence; None where nothing but doubt does."""
    if said_otherwise and (differs(sentence) or _weighs(sentence, WordState.MISSING)):
        return Words.CHANGED
    if fell_silent and (_loses(sentence) or _count(sentence, WordState.MISSING) >= LOST_WORDS):
        return Words.LOST
    sure = _share_heard([sentence]) >= SURE_SHARE
    several = _count(sentence, WordState.DIFFERENT) >= SURE_WORDS and _share_heard([sentence]) >= HEARD
    if several or (clear and differs(sentence)) or (sure and _weighs(sentence, WordState.DIFFERENT)):
        return Words.DIFFER
    if (clear and _loses(sentence)) or (sure and _weighs(sentence, WordState.MISSING)):
        return Words.MISSING
    return None


def differs(sentence: JudgedSentence) -> bool:
    """Say whether something else was said: for a number, a time or a place one such word is enough."""
    return _weighs(sentence, WordState.DIFFERENT) or sentence.state is WordState.DIFFERENT


def _loses(sentence: JudgedSentence) -> bool:
    """Say whether more is missing than a listener can do without: a number, a third of it, all of it."""
    missing = sum(word.weight for word in sentence.words if word.state is WordState.MISSING)
    proven = sum(word.weight for word in sentence.words if word.state is not WordState.UNPROVEN)
    third = missing > 0.0 and missing >= MOST_MISSED * proven
    return third or _weighs(sentence, WordState.MISSING) or sentence.state is WordState.MISSING


def _count(sentence: JudgedSentence, state: WordState) -> int:
    return sum(word.state is state for word in sentence.words)


def _weighs(sentence: JudgedSentence, state: WordState) -> bool:
    """Say whether a number, time or place is in that state."""
    return any(word.state is state and word.weighs for word in sentence.words)


def _mostly_heard(sentences: Sequence[JudgedSentence]) -> bool:
    return _share_heard(sentences) >= HEARD


def _share_heard(sentences: Sequence[JudgedSentence]) -> float:
    states = [word.state for sentence in sentences for word in sentence.words if word.state is not WordState.UNPROVEN]
    return states.count(WordState.HEARD) / len(states) if states else 0.0
