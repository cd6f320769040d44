"""Spoken lines to what a voice is given: one utterance a sentence, a longer pause where a line ends."""

from __future__ import annotations

from collections.abc import Iterable

from smartradio.speech.rendering import LINE_PAUSE_S, SENTENCE_PAUSE_S, Utterance
from smartradio.speech.spoken.text import SpokenLine


def utterances(lines: Iterable[SpokenLine]) -> list[Utterance]:
    """Return the sentences of the lines in order with the pauses an announcer makes; blank lines add nothing."""
    return [
        Utterance(sentence, LINE_PAUSE_S if number == len(line.sentences) else SENTENCE_PAUSE_S)
        for line in lines
        for number, sentence in enumerate(line.sentences, start=1)
    ]
