"""What a neural voice would leave out without a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable

# These make a pause or nothing; what else a vocabulary lacks would be missed by the listener.
SILENT_MARKS = frozenset(".,;:!?…'\"“”‘’()[]{}«»–—-")


def unknown_characters(text: Iterable[str], known: Container[str]) -> tuple[str, ...]:
    """Return, once each and in order, what `known` lacks of `text` and a listener would miss."""
    return tuple(
        dict.fromkeys(each for each in text if each not in known and each not in SILENT_MARKS and not each.isspace())
    )


def in_the_voices_letters(sentence: str, known: Container[str]) -> str:
    """Return `sentence` composed or decomposed, and in lower case, as far as that is what `known` holds."""
    forms = [unicodedata.normalize(form, sentence) for form in ("NFC", "NFD")]
    spelt = ["".join(each if each in known else each.lower() for each in form) for form in forms]
    return min(spelt, key=lambda form: len(unknown_characters(form, known)))


def refusal(unknown: Iterable[str]) -> str:
    """Return the line that names what a voice cannot say."""
    shown = ", ".join(f"{each!r}" if each.isprintable() else f"U+{ord(each[0]):04X}" for each in unknown)
    return f"has no sound for {shown}"
