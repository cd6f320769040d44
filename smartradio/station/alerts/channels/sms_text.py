"""How long a text is as SMS, and what is left of it in so many parts. Source: 3GPP TS 23.038, section 6."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE: Final = frozenset("^{}\\[~]|€\f")
_PLAIN: Final = str.maketrans({"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Room of one part alone, and of each where there are several."""

    alone: int
    each: int


GSM: Final = Alphabet(160, 153)
UNICODE: Final = Alphabet(70, 67)


def alphabet_of(text: str) -> Alphabet:
    """Return what a text is sent in: one letter outside the GSM alphabet makes all of it Unicode."""
    return GSM if all(letter in _GSM or letter in _GSM_TWICE for letter in text) else UNICODE


def parts_of(text: str) -> int:
    """Return in how many parts a text goes out; a letter is never cut in two."""
    alphabet = alphabet_of(text)
    costs = [_cost(letter, alphabet) for letter in text]
    if sum(costs) <= alphabet.alone:
        return 1
    parts, room = 1, alphabet.each
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, alphabet.each
        room -= cost
    return parts


def plain(text: str) -> str:
    """Return a Vietnamese text without its marks, as ASCII: less than half as many parts, on every telephone."""
    spread = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).translate(_PLAIN))
    bare = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return "".join(letter for letter in unicodedata.normalize("NFKC", bare) if letter.isascii())


def fitted(text: str, most_parts: int) -> str:
    """Return a text cut at a word so that it goes out in so many parts; what was cut shows as "..."."""
    text = unicodedata.normalize("NFC", text)
    if parts_of(text) <= most_parts:
        return text
    words = text.split(" ")
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if parts_of(_cut(words, middle)) <= most_parts else (low, middle - 1)
    if low:
        return _cut(words, low)
    # A single word that is longer than everything: cut it anywhere.
    while parts_of(text + "...") > most_parts:
        text = text[:-1]
    return text + "..."


def _cut(words: list[str], kept: int) -> str:
    return " ".join(words[:kept]).rstrip(" ,;:.-") + "..."


def _cost(letter: str, alphabet: Alphabet) -> int:
    if alphabet is UNICODE:
        return 2 if ord(letter) > 0xFFFF else 1
    return 2 if letter in _GSM_TWICE else 1
