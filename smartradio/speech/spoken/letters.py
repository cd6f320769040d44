"""Letters by their names, for what is spelled out."""

from __future__ import annotations

import unicodedata

LETTERS = {
    "A": "a", "Ă": "á", "Â": "ớ", "B": "bê", "C": "xê", "D": "dê", "Đ": "đê", "E": "e", "Ê": "ê", "F": "ép",
    "G": "gờ", "H": "hát", "I": "i", "J": "gi", "K": "ca", "L": "lờ", "M": "mờ", "N": "nờ", "O": "ô",
    "Ô": "ô", "Ơ": "ơ", "P": "pê", "Q": "quy", "R": "rờ", "S": "ét", "T": "tê", "U": "u", "Ư": "ư", "V": "vê",
    "W": "vê kép", "X": "ích", "Y": "y", "Z": "dét",
}  # fmt: skip


def spell(text: str) -> str:
    """Name the letters one by one; tone marks are passed over, other characters too."""
    return " ".join(name for char in text for name in [_letter(char)] if name)


def _letter(char: str) -> str:
    upper = char.upper()
    if upper in LETTERS:
        return LETTERS[upper]
    return LETTERS.get(unicodedata.normalize("NFD", upper)[:1], "")
