"""What happened to each sentence of a bulletin, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from smartradio.domain.verdict import JudgedSentence, WordState
from smartradio.words import Words

_STOPS = ".,;:!?…"
_STYLES = {
    WordState.HEARD: "green",
    WordState.DOUBTFUL: "yellow",
    WordState.MISSING: "red strike",
    WordState.DIFFERENT: "bold red",
    WordState.UNPROVEN: "dim",
}


def sentence_lines(sentences: Sequence[JudgedSentence], words: Words) -> list[Text]:
    """Return a line a sentence: its state in an operator's words, then its words, each coloured by its own."""
    lines = []
    for sentence in sentences:
        line = Text("[").append(words.code("word_state", sentence.state), style=_STYLES[sentence.state]).append("]")
        for word in sentence.words:
            line.append(" ").append(word.text, style=_STYLES[word.state])
        named = list(_not_heard(sentence))
        if named and 2 * sum(len(words_in_row) for words_in_row in named) <= len(sentence.words):
            # Colours do not reach a log file; where most words went wrong the sentence itself is the list.
            line.append(f" ({', '.join(' '.join(words_in_row) for words_in_row in named)})")
        lines.append(line)
    return lines


def _not_heard(sentence: JudgedSentence) -> Iterator[list[str]]:
    """Return the words that were not heard, or others in their place: those in a row together, without their stops."""
    for wrong, row in groupby(sentence.words, lambda word: word.state in (WordState.DIFFERENT, WordState.MISSING)):
        if wrong:
            yield [word.text.strip(_STOPS) for word in row]
