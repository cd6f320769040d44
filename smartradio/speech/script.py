"""Spoken lines to what a voice is given: one utterance a sentence, a longer pause where a line ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartradio.speech.rendering import LINE_PAUSE_S, SENTENCE_PAUSE_S, Utterance


def utterances(lines: Iterable[Sequence[str]]) -> list[Utterance]:
    """Return the sentences of each line in order, with the pauses an announcer makes; empty lines add nothing."""
    return [
        Utterance(sentence, LINE_PAUSE_S if number == len(line) else SENTENCE_PAUSE_S)
        for line in lines
        for number, sentence in enumerate(line, start=1)
    ]
