"""Words that were looked for, marked in what was found: accents or none, as the search itself counts them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\w+")
_AROUND: Final = 90
_BARS: Final = str.maketrans("đĐ", "dD")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of text, looked for or not."""

    text: str
    is_found: bool = False


def plain(text: str) -> str:
    """Return a text without marks and capitals, letter by letter as long as the composed one."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", text).translate(_BARS))


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter)[0].lower()
    # Some capitals have more than one small letter; places must not move.
    return bare if len(bare) == 1 else letter


def excerpt(text: str, words: str) -> tuple[Stretch, ...]:
    """Return a text's stretch around the first word that was looked for, or its beginning, its hits marked."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    wanted = set(_WORD.findall(plain(words)))
    hits = [match.span() for match in _WORD.finditer(plain(composed)) if _is_hit(match.group(), wanted)]
    first = max(0, hits[0][0] - _AROUND) if hits else 0
    begin = composed.rfind(" ", 0, first) + 1 if first else 0
    end = min(len(composed), begin + 2 * _AROUND)
    end = end if end == len(composed) else max(composed.rfind(" ", begin, end), begin + _AROUND)
    stretches = [Stretch("… ")] if begin else []
    at = begin
    for start, stop in hits:
        if start >= at and stop <= end:
            stretches += [Stretch(composed[at:start]), Stretch(composed[start:stop], is_found=True)]
            at = stop
    stretches.append(Stretch(composed[at:end] + (" …" if end < len(composed) else "")))
    return tuple(each for each in stretches if each.text)


def _is_hit(word: str, wanted: set[str]) -> bool:
    return any(word.startswith(each) for each in wanted)
