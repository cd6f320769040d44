"""Read-back: the figures of the written line are found again in what is said, and compared by value.

What is written is taken apart by `figures`, what is said by `number_words`; neither knows the rules that made the
reading. The pieces of a line say only which words belong to which stretch, and they are held against the sentences
that the voice gets. Compared, in order: every number written in figures with its decimals, sign and scale word
(times, dates, levels, alarm levels, telephone numbers, money, percentages, codes), and Roman numerals after a word that
calls for one. Not compared: numbers written in words (they are read as written, which is checked word by word), number
words in the full names of acronyms, other Roman numerals, most units, and entries of the lexicon that hold figures,
which are taken on trust. Where a writing has two values either is accepted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.figures import Figure, find_figures
from smartradio.speech.spoken.lexicon import BUILT_IN_RULE, COMMUNE_RULE
from smartradio.speech.spoken.lines import AS_WRITTEN, SpokenLine
from smartradio.speech.spoken.number_match import Said
from smartradio.speech.spoken.number_words import NUMBER_WORDS

_WORD = re.compile(r"[^\W\d_]+")
_WRITTEN_WORD = re.compile(r"[^\W_]+")
_LONGEST_SHOWN_CHARS = 100
_LONGEST_MUDDLE_WORDS = 400
_ON_TRUST = (COMMUNE_RULE, BUILT_IN_RULE)


@dataclass(frozen=True)
class Difference:
    """A figure that is not said as it is written; `line` counts from one, offsets are in the written line."""

    line: int
    start: int
    end: int
    written: str
    wanted: str
    heard: str


class ReadBackError(BadInputError):
    """What would be said is not what is written; the message names the first place, `differences` all."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        self.differences = tuple(differences)
        first = self.differences[0]
        more = len(self.differences) - 1
        super().__init__(
            f"line {first.line}, character {first.start + 1}: {_short(first.written)!r} would be read "
            f"{_short(first.heard)!r}, which is not {_short(first.wanted)}; write it in words"
            + (f" (and {more} more figure{'s' if more > 1 else ''})" if more else "")
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN_CHARS else text[: _LONGEST_SHOWN_CHARS - 1] + "…"


@dataclass
class _Part:
    """A stretch of the written line and the words said for it."""

    start: int
    end: int
    words: list[str]
    trusted: bool = False
    altered: bool = False


def read_back(lines: Iterable[SpokenLine]) -> tuple[Difference, ...]:
    """Return every figure whose value is not found again in what is said, in order; empty is good."""
    found: list[Difference] = []
    for number, line in enumerate(lines, 1):
        found += _read_line_back(number, line)
    return tuple(found)


def check_read_back(lines: Iterable[SpokenLine]) -> None:
    """Raise ReadBackError if any figure would be said with another value."""
    differences = read_back(lines)
    if differences:
        raise ReadBackError(differences)


def _read_line_back(number: int, line: SpokenLine) -> list[Difference]:
    figures = find_figures(line.written)
    said = {tuple(_WORD.findall(" ".join(line.sentences))), tuple(_WORD.findall(line.spoken))}
    found: dict[tuple[int, int], Difference] = {}
    for words in said:
        parts = _hold_against(_parts(line), list(words))
        before = ""
        for cluster, inside in _clusters(parts, figures):
            for each in _compare(number, line.written, cluster, inside, before):
                found.setdefault((each.start, each.end), each)
            before = next((part.words[-1] for part in reversed(cluster) if part.words), before)
    return [found[place] for place in sorted(found)]


def _parts(line: SpokenLine) -> list[_Part]:
    parts: list[_Part] = []
    for piece in line.pieces:
        words = _WORD.findall(piece.spoken)
        if piece.rule == AS_WRITTEN:
            parts += _word_by_word(piece.start, line.written[piece.start : piece.end], words)
        else:
            parts.append(_Part(piece.start, piece.end, words, trusted=piece.rule in _ON_TRUST))
    return parts or [_Part(0, len(line.written), [])]


def _word_by_word(start: int, written: str, words: list[str]) -> list[_Part]:
    spans = list(_WRITTEN_WORD.finditer(written))
    if [found[0].lower() for found in spans] != words:
        return [_Part(start, start + len(written), words, altered=True)]
    return [_Part(start + found.start(), start + found.end(), [word]) for found, word in zip(spans, words, strict=True)]


def _hold_against(parts: list[_Part], words: list[str]) -> list[_Part]:
    """Give the parts the words that are really said; parts on which the two disagree become one."""
    told = [(index, word) for index, part in enumerate(parts) for word in part.words]
    if [word for _, word in told] == words:
        return parts
    out = [_Part(part.start, part.end, [], part.trusted, part.altered) for part in parts]
    joined: list[tuple[int, int]] = []
    for tag, a, a_end, b, b_end in _changes([word for _, word in told], words):
        if tag == "equal":
            for step in range(a_end - a):
                out[told[a + step][0]].words.append(words[b + step])
            continue
        first = told[a][0] if a < len(told) else len(parts) - 1
        last = told[a_end - 1][0] if a_end > a else first
        if a_end == a and a:  # said beside: it may belong to either neighbour
            first = told[a - 1][0]
            last = max(first, told[a][0] if a < len(told) else first)
        out[first].words.extend(words[b:b_end])
        joined.append((first, last))
    for first, last in reversed(joined):
        merged = out[first : last + 1]
        one = _Part(merged[0].start, merged[-1].end, [word for part in merged for word in part.words], altered=True)
        out[first : last + 1] = [one]
    return out


def _changes(told: list[str], said: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What became of the words told, as difflib's opcodes; a large muddle counts as one change."""
    shorter = min(len(told), len(said))
    head = next((index for index in range(shorter) if told[index] != said[index]), shorter)
    most = shorter - head
    tail = next((index for index in range(most) if told[-1 - index] != said[-1 - index]), most)
    told_end, said_end = len(told) - tail, len(said) - tail
    between: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, told_end - head, 0, said_end - head)]
    if max(told_end, said_end) - head <= _LONGEST_MUDDLE_WORDS:
        between = SequenceMatcher(None, told[head:told_end], said[head:said_end], autojunk=False).get_opcodes()
    return [
        ("equal", 0, head, 0, head),
        *((tag, a + head, a_end + head, b + head, b_end + head) for tag, a, a_end, b, b_end in between),
        ("equal", told_end, len(told), said_end, len(said)),
    ]


def _clusters(parts: list[_Part], figures: Sequence[Figure]) -> Iterable[tuple[list[_Part], list[Figure]]]:
    """Group the parts that share a figure; parts without one come only where their words were altered."""
    waiting = list(figures)
    index = 0
    while index < len(parts):
        cluster = [parts[index]]
        inside: list[Figure] = []
        end = parts[index].end
        while waiting and waiting[0].start < end:
            inside.append(waiting.pop(0))
            while index + 1 < len(parts) and parts[index + 1].start < inside[-1].end:
                index += 1
                cluster.append(parts[index])
            end = cluster[-1].end
        index += 1
        yield cluster, inside
    if waiting:
        yield [], waiting


def _compare(number: int, written: str, cluster: list[_Part], figures: list[Figure], before: str) -> list[Difference]:
    if any(part.trusted for part in cluster):
        return []
    altered = any(part.altered for part in cluster)
    needed = [figure for figure in figures if () not in figure.ways or figure.unit]
    if not altered and not needed:
        return []
    words = [word for part in cluster for word in part.words]
    if altered and not figures and not NUMBER_WORDS.intersection(words):
        return []
    start = min([part.start for part in cluster] + [figure.start for figure in figures])
    end = max([part.end for part in cluster] + [figure.end for figure in figures])
    said = Said(words, Counter(_WRITTEN_WORD.findall(written[start:end].lower())), written[start:end], before)
    wrong = said.first_wrong(figures) or next((figure for figure in figures if not said.has_unit(figure)), None)
    if wrong is None:
        return []
    figure = wrong if isinstance(wrong, Figure) else None
    place = (figure.start, figure.end) if figure else (start, end)
    wanted = _wanted(figure, said) if figure else "in the writing"
    return [Difference(number, *place, written[place[0] : place[1]], wanted, " ".join(words))]


def _wanted(figure: Figure, said: Said) -> str:
    ways = " or ".join(dict.fromkeys(" and ".join(map(str, way)) for way in figure.ways if way))
    unit = "" if said.has_unit(figure) else figure.unit.replace("|", " or ")
    return " ".join(part for part in (ways, unit) if part)
