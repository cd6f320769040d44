"""What was heard, in seven words that scripts and reports rely on; and what happened to each word of a bulletin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VerdictCode(StrEnum):
    """Stable codes of what was heard at a node's microphone, and nothing more than that."""

    AIRED = "aired"
    PARTLY_AIRED = "partly_aired"
    SILENT = "silent"
    OTHER = "other"
    UNINTELLIGIBLE = "unintelligible"
    UNCLEAR = "unclear"
    UNREACHED = "unreached"


class WordState(StrEnum):
    """What happened to a word or a sentence of the bulletin at a node's microphone.

    `different` means that something else is heard in its place; `unproven` that there is no evidence of speech
    either way (no recogniser, a voice it is not calibrated for, a word it has no units for).
    """

    HEARD = "heard"
    DOUBTFUL = "doubtful"
    MISSING = "missing"
    DIFFERENT = "different"
    UNPROVEN = "unproven"


USUAL_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class JudgedWord:
    """A word of the bulletin and what happened to it.

    `start_s` and `end_s` are against the clip's beginning, None where it has no place; `confidence` is the
    calibrated probability 0..1 that this very word was said there, None where unproven. `weight` is what it counts:
    USUAL_WEIGHT for a usual word, more for numbers, times and places.
    """

    text: str
    state: WordState
    start_s: float | None = None
    end_s: float | None = None
    confidence: float | None = None
    weight: float = USUAL_WEIGHT

    @property
    def weighs(self) -> bool:
        """Say whether it counts more than a usual word: alone it may send people astray."""
        return self.weight > USUAL_WEIGHT


@dataclass(frozen=True, slots=True)
class JudgedSentence:
    """A sentence of the bulletin as it was spoken, what happened to it, and to its words in their order."""

    text: str
    state: WordState
    words: tuple[JudgedWord, ...] = ()
