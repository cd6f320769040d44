"""The lexicon: written forms whose reading is laid down, found in a line before any rule is asked.

A commune's own lexicon claims first, the built-in one (`lexicon.tsv`) then takes what is left; both take whole
words only, the longest entry first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from smartradio.speech.spoken.lexicon_rows import (
    Entry,
    LexiconError,
    format_lexicon,
    matching_key,
    parse_lexicon,
    tidy_entries,
    tidy_entry,
    word_parts,
)
from smartradio.speech.spoken.rules import Claim, Reading

__all__ = [
    "BUILT_IN_RULE",
    "COMMUNE_RULE",
    "Entry",
    "Lexicon",
    "LexiconError",
    "built_in_lexicon",
    "format_lexicon",
    "lexicon_claims",
    "matching_key",
    "parse_lexicon",
    "tidy_entry",
]

COMMUNE_RULE = "lexicon"
BUILT_IN_RULE = "lexicon-built-in"

_APOSTROPHES = {ord(quote): "'" for quote in "’‘ʼ`´"}
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")


@dataclass(frozen=True)
class _Row:
    """An entry made ready; `forms` is it as written and in capitals where case counts, else empty."""

    forms: frozenset[str]
    reading: Reading


@dataclass(frozen=True)
class _Part:
    """A word or sign of the line; `text` begins with a space where one (or a hyphen) stands before it."""

    text: str
    small: str
    start: int
    end: int


class Lexicon:
    """Entries made ready for finding; raises LexiconError where one cannot stand or stands twice.

    An entry all in small letters is found in any case (`vắc xin` in `Vắc xin`, `VẮC XIN`); one with a capital
    is found as written and all in capitals (`Pleiku`, `PLEIKU`). A hyphen between words counts as a space.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tidy_entries(entries)
        self._rows: dict[str, _Row] = {}
        lengths: dict[str, set[int]] = {}
        for entry in self.entries:
            parts = word_parts(entry.written)
            written = "".join(parts)
            small = written.lower()
            forms = frozenset() if small == written else frozenset({written, written.upper()})
            self._rows[small] = _Row(forms, Reading(entry.spoken))
            lengths.setdefault(parts[0].lower(), set()).add(len(parts))
        # Many names begin alike (Ea, Thôn): by first word only the lengths are kept, each found in one look-up.
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, parts: list[_Part], text: str) -> list[tuple[int, int, Reading]]:
        """Return (first part, part after the last, reading), left to right, the longest entry at each place."""
        found = []
        index = 0
        while index < len(parts):
            match = self._match(parts, index, text)
            if match is None:
                index += 1
                continue
            length, reading = match
            found.append((index, index + length, reading))
            index += length
        return found

    def _match(self, parts: list[_Part], index: int, text: str) -> tuple[int, Reading] | None:
        for length in self._lengths.get(parts[index].small.lstrip(" "), ()):
            here = parts[index : index + length]
            row = self._rows.get("".join(part.small for part in here).lstrip(" ")) if len(here) == length else None
            if row is None or (row.forms and "".join(part.text for part in here).lstrip(" ") not in row.forms):
                continue
            if _is_whole(text, here[0].start, here[-1].end):
                return length, row.reading
        return None


def lexicon_claims(text: str, commune: Lexicon | None = None) -> list[Claim]:
    """Return what the commune's lexicon and then the built-in one lay claim to in a line.

    `text` is the line with its dashes folded to `-` and its spaces to ` `, as the rules get it.
    """
    parts = _parts(text)
    claims = _claims(parts, text, commune, COMMUNE_RULE) if commune else []
    taken = {index for first, end, _ in claims for index in range(first, end)}
    free = [claim for claim in _claims(parts, text, built_in_lexicon(), BUILT_IN_RULE) if claim[0] not in taken]
    return [claim for *_, claim in claims] + [
        claim for first, end, claim in free if taken.isdisjoint(range(first, end))
    ]


@lru_cache(maxsize=1)
def built_in_lexicon() -> Lexicon:
    """The lexicon that comes with the program."""
    table = files("smartradio.speech.spoken").joinpath("lexicon.tsv")
    return Lexicon(parse_lexicon(table.read_bytes(), "lexicon.tsv"))


def _claims(parts: list[_Part], text: str, lexicon: Lexicon, rule: str) -> list[tuple[int, int, Claim]]:
    return [
        (first, end, Claim(parts[first].start, parts[end - 1].end, rule, reading))
        for first, end, reading in lexicon.find(parts, text)
    ]


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    reached = 0
    for found in _TOKEN.finditer(text.translate(_APOSTROPHES)):
        start, end = found.span()
        sign = found[0]
        if sign == "-" and _joins_words(text, start, end):
            continue
        spaced = (" " if start > reached and parts else "") + sign
        parts.append(_Part(spaced, spaced.lower(), start, end))
        reached = end
    return parts


def _joins_words(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isalnum() and text[end : end + 1].isalnum()


def _is_whole(text: str, start: int, end: int) -> bool:
    if text[start - 1 : start] == "_" or text[end : end + 1] == "_":
        return False
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if text[start].isdecimal() and re.search(r"\d[.,:/\-]\Z", before):
        return False
    if text[end - 1].isdecimal() and re.match(r"[.,:/\-]\d", after):
        return False  # `thôn 3` in `thôn 3-5`, `tháng 4` in `tháng 4/2026`
    return not (re.search(r"[^\W_]\.\Z", before) or re.match(r"\.[^\W_]", after))  # `TP` in `TP.HCM`
