"""What happened to each sentence of a bulletin, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from smartradio.domain.verdict import JudgedSentence, WordState
from smartradio.words import Words

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
        named = [word.text for word in sentence.words if word.state in (WordState.DIFFERENT, WordState.MISSING)]
        if named and len(named) < len(sentence.words):
            # Colours do not reach a log file.
            line.append(f" ({', '.join(named)})")
        lines.append(line)
    return lines
