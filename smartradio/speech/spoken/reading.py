"""From one written line to pieces, sentences and open items."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import chain

from smartradio.speech.spoken import (
    acronyms,
    codes,
    dates,
    numbers,
    phones,
    ratios,
    romans,
    signs,
    times,
    units,
    weather,
    web,
)
from smartradio.speech.spoken.fallback import library_reading
from smartradio.speech.spoken.headings import plain_case
from smartradio.speech.spoken.lexicon import Lexicon, lexicon_claims
from smartradio.speech.spoken.lines import AS_WRITTEN, OpenItem, Piece, SpokenLine
from smartradio.speech.spoken.marks import BREAKS, SYMBOLS, mark_at
from smartradio.speech.spoken.rules import Claim, Rule, claim_all
from smartradio.speech.spoken.syllables import is_plain_word

RULES: tuple[Rule, ...] = tuple(
    chain(
        web.RULES,
        phones.RULES,
        weather.RULES,
        times.RULES,
        codes.RULES,
        ratios.MEASURED_RULES,
        dates.RULES,
        units.RULES,
        ratios.RULES,
        romans.RULES,
        acronyms.RULES,
        numbers.RULES,
        signs.RULES,
    )
)
"""In order of precedence: the more particular form first."""

LONGEST_SENTENCE_CHARS = 400

_DASHES = "÷‐‑‒–—―−﹣－"
_FOLD = (
    {ord(dash): "-" for dash in _DASHES}
    | dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u202f\u3000\t"), " ")
    | dict.fromkeys(map(ord, "º˚⁰"), "°")
    | {ord("μ"): "µ"}
)
_WORD_OR_SIGN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\s+|[^\w\s]|_")
_VOWEL = re.compile(r"[aeiouyăâêôơư]|[^\x00-\x7fđĐ]", re.IGNORECASE)
_OTHER_LETTER = re.compile(r"[^\W\d_a-zA-ZđĐ\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")
_SENTENCE_ENDS = ".!?"
_UNSPEAKABLE = re.compile(r"[^a-zđăâêôơưA-Z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff ,.!?]")


@dataclass
class _Line:
    """The line under way: pieces, and sentences with their breaks."""

    written: str
    pieces: list[Piece] = field(default_factory=list)
    open_items: list[OpenItem] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _room: int = LONGEST_SENTENCE_CHARS

    def say(self, start: int, end: int, words: str, rule: str) -> None:
        """Add spoken words; neighbours read by the same words-as-written rule become one piece."""
        if _UNSPEAKABLE.search(words):
            words = _clean(words)
        self._put(start, end, words, rule)
        for word in words.split():
            plain = word.rstrip(",")
            if self._room <= 0:
                self._close(".")
            if plain:
                self._open.append(plain)
                self._room -= len(plain) + 1
            if plain != word:
                self.pause(",")

    def mark(self, start: int, end: int, mark: str, *, plain: bool) -> None:
        """Add a break written in the line."""
        self._put(start, end, mark, AS_WRITTEN if plain else "punctuation")
        if mark in _SENTENCE_ENDS and mark:
            self._close(mark)
        elif mark:
            self.pause(mark)

    def pause(self, mark: str) -> None:
        """A short break, where something has been said since the last."""
        if not self._open or self._open[-1].endswith(","):
            return
        self._open[-1] += mark
        if self._room < LONGEST_SENTENCE_CHARS // 4:
            self._close(".")

    def report(self, start: int, end: int, problem: str, suggestion: str) -> None:
        """Open an item for the editor."""
        self.open_items.append(OpenItem(start, end, self.written[start:end], problem, suggestion))

    def finish(self) -> SpokenLine:
        """Close the last sentence."""
        self._close(".")
        sentences = tuple(self.sentences)
        return SpokenLine(self.written, " ".join(sentences), tuple(self.pieces), tuple(self.open_items), sentences)

    def _close(self, mark: str) -> None:
        if self._open:
            self.sentences.append(" ".join(self._open).rstrip(",") + mark)
        self._open = []
        self._room = LONGEST_SENTENCE_CHARS

    def _put(self, start: int, end: int, spoken: str, rule: str) -> None:
        last = self.pieces[-1] if self.pieces else None
        if last and rule == AS_WRITTEN == last.rule:
            between = self.written[last.end : start]
            if not between.strip():
                joined = last.spoken + (" " if between or spoken not in BREAKS else "") + spoken
                self.pieces[-1] = Piece(last.start, end, self.written[last.start : end], joined, rule)
                return
        self.pieces.append(Piece(start, end, self.written[start:end], spoken, rule))


def read_line(written: str, lexicon: Lexicon | None = None) -> SpokenLine:
    """Read one written line; blank lines give an empty reading. The commune's lexicon comes before all else."""
    text = written.translate(_FOLD)
    line = _Line(written)
    position = 0
    known = lexicon_claims(text, lexicon)
    text = plain_case(text)
    for claim in claim_all(text, RULES, known):
        _read_gap(line, text, position, claim.start)
        _say_claim(line, claim)
        position = claim.end
    _read_gap(line, text, position, len(text))
    return line.finish()


def _say_claim(line: _Line, claim: Claim) -> None:
    written = line.written[claim.start : claim.end]
    lead = len(written) - len(written.lstrip())
    start = claim.start + lead
    words = claim.reading.words.lower()
    rule = AS_WRITTEN if words == written.strip().lower() else claim.rule
    line.say(start, claim.start + len(written.rstrip()), words, rule)
    if claim.reading.problem:
        line.report(start, claim.end, claim.reading.problem, claim.reading.suggestion)


def _read_gap(line: _Line, text: str, start: int, end: int) -> None:
    for found in _WORD_OR_SIGN.finditer(text, start, end):
        sign = found[0]
        if sign.isspace():
            continue
        if sign[0].isalnum() and sign not in SYMBOLS:
            _read_word(line, sign, *found.span())
        else:
            _read_sign(line, text, *found.span())


def _read_word(line: _Line, sign: str, start: int, end: int) -> None:
    if is_plain_word(sign):
        line.say(start, end, sign.lower(), AS_WRITTEN)
        return
    spoken = _clean(library_reading(sign))
    if not spoken:
        line.say(start, end, "", "dropped")
        line.report(start, end, "Ký tự không đọc được, đã bỏ", "xóa hoặc viết bằng chữ")
        return
    line.say(start, end, spoken, AS_WRITTEN if spoken == sign.lower() else "sea-g2p")
    if any(char.isalpha() for char in _OTHER_LETTER.findall(sign)):
        line.report(start, end, "Có chữ cái lạ, có thể không đọc được", "gõ lại bằng chữ Việt")
    elif any(char.isupper() for char in sign[1:]) or len(sign) > 30 or (len(sign) > 1 and not _VOWEL.search(sign)):
        line.report(start, end, "Chữ lạ", "viết theo cách đọc")


def _read_sign(line: _Line, text: str, start: int, end: int) -> None:
    mark = mark_at(text, start, end)
    if mark.words or mark.dropped:
        line.say(start, end, mark.words, "dropped" if mark.dropped else "symbol")
    else:
        line.mark(start, end, mark.pause, plain=text[start:end] in ",.!?")
    if mark.problem:
        line.report(start, end, mark.problem, mark.suggestion)


def _clean(spoken: str) -> str:
    """Only what a voice can say: no figure, sign or foreign script may pass."""
    composed = unicodedata.normalize("NFC", spoken.lower())
    return " ".join(_UNSPEAKABLE.sub(" ", composed).split())
