"""The figures of an alert: what an officer reads back before sending, and which sentences are said twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n+")
_DIGIT: Final = re.compile(r"\d")
_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_RANGE: Final = rf"{_NUMBER}(?:\s*(?:-|–|đến)\s*{_NUMBER})?"
_UNITS: Final = (
    "mét", "mét khối", "m³/s", "m3/s", "m3/giây", "m³/giây", "m/h", "m/giờ", "m³", "m3", "m",
    "ki-lô-mét", "km/giờ", "km/h", "km²", "km2", "km", "mm/h", "mm", "cm", "hải lý", "hecta", "ha",
    "tấn", "kg", "lít", "độ", "°C", "%", "phần trăm",
)  # fmt: skip
_MEASURED: Final = re.compile(rf"(?<![\w.,]){_RANGE}\s*(?:{'|'.join(re.escape(unit) for unit in _UNITS)})(?![\w/])")
_WORDS_BEFORE: Final = 5
_WORDS_AFTER: Final = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as written, as it will be spoken, and the few words of its sentence before and after it."""

    written: str
    spoken: str
    before: str
    after: str


def figures(lines: Iterable[Mapping[str, Any]]) -> tuple[Figure, ...]:
    """Return each figure of a text once, in their order: what was written with digits, and what is read in its place.

    `lines` are the text's as it will be spoken: `written` and `pieces` (start, end, written, spoken), as a script has.
    """
    found: dict[tuple[str, str], Figure] = {}
    for line in lines:
        for piece in line["pieces"]:
            if not _DIGIT.search(piece["written"]):
                continue
            key = piece["written"], piece["spoken"]
            around = line["written"][: piece["start"]], line["written"][piece["end"] :]
            if key not in found:
                found[key] = Figure(*key, *_nearest(*around))
    return tuple(found.values())


def sentences_with_figures(text: str) -> tuple[str, ...]:
    """Return the sentences in which something is measured ("4,5 m", "200-300 mm"), in their order."""
    return tuple(sentence for sentence in sentences(text) if _MEASURED.search(sentence))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, blanks at their ends left out."""
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]


def _nearest(before: str, after: str) -> tuple[str, str]:
    head, tail = _SENTENCE.split(before)[-1], _SENTENCE.split(after)[0]
    return " ".join(head.split()[-_WORDS_BEFORE:]), " ".join(tail.split()[:_WORDS_AFTER])
