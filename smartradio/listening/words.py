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
_USUAL_WEIGHT = 1.0
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
    sentences: Sequence[JudgedSentence], otherwise: Sequence[bool], share: float | None, snr_db: float | None
) -> Words:
    """Put into one word what happened to the words of an airing whose own horn is heard.

    `otherwise` says for each sentence whether level and match bear out that others are said; `share` is what an open
    dictation had of the text, `snr_db` that of the match. A recogniser that is weak in noise only doubts.
    """
    if share is not None and share < AGREE and not _mostly_heard(sentences):
        return Words.DISAGREE
    sure = snr_db is not None and snr_db >= SURE_SNR_DB
    states = {word.state for sentence in sentences for word in sentence.words} - {WordState.UNPROVEN}
    differ = [differs(sentence) for sentence in sentences]
    lost = [_number_lost(sentence) for sentence in sentences]
    if any(borne_out and (other or gone) for borne_out, other, gone in zip(otherwise, differ, lost, strict=True)):
        return Words.CHANGED
    if sure and any(differ):
        return Words.DIFFER
    if sure and any(sentence.state is WordState.MISSING for sentence in sentences):
        return Words.MISSING
    if states - {WordState.HEARD}:
        return Words.DOUBTFUL
    return Words.AGREE if states or share is not None else Words.UNKNOWN


def differs(sentence: JudgedSentence) -> bool:
    """Say whether something else was said: for a number, a time or a place one such word is enough."""
    heavy = any(word.state is WordState.DIFFERENT and word.weight > _USUAL_WEIGHT for word in sentence.words)
    return heavy or sentence.state is WordState.DIFFERENT


def _number_lost(sentence: JudgedSentence) -> bool:
    return any(word.state is WordState.MISSING and word.weight > _USUAL_WEIGHT for word in sentence.words)


def _mostly_heard(sentences: Sequence[JudgedSentence]) -> bool:
    states = [word.state for sentence in sentences for word in sentence.words if word.state is not WordState.UNPROVEN]
    return bool(states) and states.count(WordState.HEARD) >= HEARD * len(states)
