"""Spoken lines to what a voice is given: one utterance a sentence, a longer pause where a line ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

SENTENCE_PAUSE_S = 0.45
LINE_PAUSE_S = 0.8


@dataclass(frozen=True)
class Utterance:
    """A spoken sentence, the pause after it in seconds, and its language (ISO 639)."""

    spoken: str
    pause_after_s: float = SENTENCE_PAUSE_S
    language: str = "vi"


@dataclass(frozen=True, eq=False)
class ImportedSound:
    """A sound brought in (float32 mono, 16 kHz), the pause after it in seconds, and what it says, if known."""

    pcm: npt.NDArray[np.float32]
    pause_after_s: float = LINE_PAUSE_S
    spoken: str = ""


class Pace(StrEnum):
    """How a bulletin is spoken; an alert is for people half awake, in the rain, among echoes."""

    NORMAL = "normal"
    ALERT = "alert"

    @property
    def rate_factor(self) -> float:
        """Share of the voice's own speed."""
        return 0.8 if self is Pace.ALERT else 1.0

    @property
    def pause_factor(self) -> float:
        """How many times as long the pauses are."""
        return 2.0 if self is Pace.ALERT else 1.0


def utterances(lines: Iterable[Sequence[str]], language: str = "vi") -> list[Utterance]:
    """Return the sentences of each line in order, with the pauses an announcer makes; empty lines add nothing."""
    return [
        Utterance(sentence, LINE_PAUSE_S if number == len(line) else SENTENCE_PAUSE_S, language)
        for line in lines
        for number, sentence in enumerate(line, start=1)
    ]
