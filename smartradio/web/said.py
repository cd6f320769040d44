"""What happened to the words of a bulletin, laid out for the eye: nothing is judged here, only put in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.station.views import AiringView, NodeAiring

MOST_HEARD_IN_A_ROW: Final = 3
"""More heard sentences than this, one after the other, are folded: a person looks for what went wrong."""

SIGNS: Final[Mapping[WordState, str]] = {
    WordState.HEARD: "M2 5.4l2.2 2.2L8.2 2.8",
    WordState.DOUBTFUL: "M3.2 3.6a1.9 1.9 0 1 1 2.8 1.7c-.7.4-1 .8-1 1.5M5 8.6v.1",
    WordState.MISSING: "M2.4 2.4l5.2 5.2M7.6 2.4L2.4 7.6",
    WordState.DIFFERENT: "M1.8 3.8h6.4M1.8 6.4h6.4M6.6 1.6L3.4 8.6",
    WordState.UNPROVEN: "M2 5h.1M5 5h.1M8 5h.1",
}
"""A sign for each state as strokes on a square of 10: states are told by shape, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row with the same fate, as they are read; `at_s` is where they lie in the clip, if that is known."""

    text: str
    state: WordState
    at_s: float | None = None
    weighs: bool = False
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence by its number from 1 on, its fate and its words."""

    number: int
    state: WordState
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences in a row; a folded one holds nothing but heard sentences."""

    sentences: tuple[Said, ...]
    folded: bool


@dataclass(frozen=True, slots=True)
class Told:
    """All sentences at a node; `counts` has the states that occur, `proof` says whether anything proves speech."""

    stretches: tuple[Stretch, ...]
    counts: tuple[tuple[WordState, int], ...]
    proof: bool


def told(node: NodeAiring) -> Told:
    """Lay out the sentences of a node; a judgement without sentences proves no speech, and none is made up for it."""
    sentences = tuple(_said(number, sentence) for number, sentence in enumerate(node.sentences, start=1))
    states = [sentence.state for sentence in sentences]
    counts = tuple((state, states.count(state)) for state in WordState if state in states)
    proof = any(state is not WordState.UNPROVEN for state in states)
    return Told(tuple(_stretches(sentences)), counts, proof)


def spans_of(view: AiringView, node: NodeAiring) -> list[tuple[float, float] | None]:
    """Return where each sentence of a node lies, in seconds from the planned instant; None where nobody knows.

    That is where the recording has it; where sentences and recording do not fit together, where its words were found.
    """
    spoken = [
        span for segment, span in zip(view.recording.segments, view.recording.spans(), strict=True) if segment.spoken
    ]
    if len(spoken) == len(node.sentences):
        return list(spoken)
    if node.clip_starts_s is None:
        return [None] * len(node.sentences)
    return [_found(sentence, node.clip_starts_s) for sentence in node.sentences]


def _found(sentence: JudgedSentence, clip_starts_s: float) -> tuple[float, float] | None:
    begins = [word.start_s for word in sentence.words if word.start_s is not None]
    ends = [word.end_s for word in sentence.words if word.end_s is not None]
    return (clip_starts_s + min(begins), clip_starts_s + max(ends)) if begins and ends else None


def _said(number: int, sentence: JudgedSentence) -> Said:
    if not sentence.words:
        return Said(number, sentence.state, (Run(sentence.text, sentence.state),))
    return Said(number, sentence.state, tuple(_runs(sentence)))


def _runs(sentence: JudgedSentence) -> Iterator[Run]:
    """Group words of one fate and one weight."""
    held: list[tuple[str, JudgedWord]] = []
    for text, word in zip(_as_written(sentence), sentence.words, strict=True):
        if held and (word.state, word.weighs) != (held[-1][1].state, held[-1][1].weighs):
            yield _run(held)
            held = []
        held.append((text, word))
    yield _run(held)


def _run(held: Sequence[tuple[str, JudgedWord]]) -> Run:
    text, first = " ".join(text for text, _ in held), held[0][1]
    known = [word.confidence for _, word in held if word.confidence is not None]
    return Run(text, first.state, first.start_s, first.weighs, min(known) if known else None)


def _as_written(sentence: JudgedSentence) -> list[str]:
    """Return the words with the capitals and stops of the sentence where they are found in it in order."""
    pieces = sentence.text.split()
    plain = [_bare(piece) for piece in pieces]
    words = [word.text for word in sentence.words]
    return pieces if plain == [_bare(word) for word in words] else words


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _stretches(sentences: Sequence[Said]) -> Iterator[Stretch]:
    """Fold long rows of heard sentences; where all are heard, the whole row is one fold."""
    at = 0
    while at < len(sentences):
        heard = sentences[at].state is WordState.HEARD
        end = at
        while end < len(sentences) and (sentences[end].state is WordState.HEARD) == heard:
            end += 1
        yield Stretch(tuple(sentences[at:end]), heard and end - at > MOST_HEARD_IN_A_ROW)
        at = end
