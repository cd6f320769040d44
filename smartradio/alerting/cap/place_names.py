"""Hamlets as a warning names them: "Thôn 3", "các thôn 1, 2 và 5", "từ thôn 3 đến thôn 7"; "Hoà" is "Hòa"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

# A tone stands behind its syllable, as a letter that no Vietnamese word has: writers put the mark on either vowel.
_TONES: Final = {"\u0300": "α", "\u0301": "β", "\u0309": "γ", "\u0303": "δ", "\u0323": "ε"}
_WORD: Final = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return " ".join(_WORD.sub(lambda found: _syllable(found[0]), decomposed).split())


def _syllable(word: str) -> str:
    tones = "".join(_TONES[each] for each in word if each in _TONES)
    rest = "".join(each for each in word if each not in _TONES)
    return unicodedata.normalize("NFC", rest) + tones


_NO: Final = _plain("số")
_ALL: Final = _plain("các")
_UP_TO: Final = rf"{_plain('đến')}|{_plain('tới')}|-|–"
_NUMBERED: Final = re.compile(rf"(?P<kind>\D*?\w)(?:\s+{_NO})?\s+0*(?P<number>[0-9]{{1,3}})")
_TO: Final = re.compile(_UP_TO)
_STEP: Final = rf",|;|{_plain('và')}|{_UP_TO}"
_WIDEST_RANGE: Final = 200
_TAKEN: Final = " \N{FULL BLOCK} "


def place_key(name: str) -> str:
    """Return a name as it is compared with another: "Thôn số 03" and "thôn 3" have the same key."""
    plain = _plain(name)
    number = _NUMBERED.fullmatch(plain)
    return plain if number is None else f"{number['kind']} {int(number['number'])}"


def named(text: str, titles: Iterable[str]) -> set[str]:
    """Return those of the titles that a text names: as whole words, alone or in a list or range of numbers.

    "Thôn 1" is not named by "Thôn 12", "Thôn Đông" not by "Thôn Đông Hòa" where there is a title of that name, too.
    """
    known = _titles(tuple(titles))
    left = _plain(text)
    found = set()
    for title, words in known.plain:
        left, count = words.subn(_TAKEN, left)
        if count:
            found.add(title)
    there = {kind: set(_numbers(left, kind)) for kind in {kind for _, kind, _ in known.numbered}}
    return found | {title for title, kind, number in known.numbered if number in there[kind]}


class _Titles(NamedTuple):
    """Titles as they are looked for: by their words, the longest first, or by the word before a number."""

    plain: list[tuple[str, re.Pattern[str]]]
    numbered: list[tuple[str, str, int]]


# A message may name thousands of areas, all of them for the titles of one commune.
@lru_cache(maxsize=8)
def _titles(titles: tuple[str, ...]) -> _Titles:
    read = _Titles([], [])
    for title in sorted(titles, key=len, reverse=True):
        plain = _plain(title)
        number = _NUMBERED.fullmatch(plain)
        if number is not None:
            read.numbered.append((title, number["kind"], int(number["number"])))
        elif plain:
            read.plain.append((title, re.compile(rf"(?<!\w){re.escape(plain)}(?!\w)")))
    return read


def _numbers(text: str, kind: str) -> Iterator[int]:
    """Yield the numbers that stand behind a word such as "thôn", ranges counted out."""
    word = rf"{re.escape(kind)}(?:\s+{_NO})?"
    step = rf"\s*(?:{_STEP})\s*(?:(?:{_ALL}\s+)?{word}\s+)?"
    for listed in re.finditer(rf"(?<!\w){word}\s+([0-9]{{1,3}}(?:{step}[0-9]{{1,3}})*)(?!\w)", text):
        before = None
        for part in re.finditer(r"([^0-9]*)([0-9]{1,3})", listed[1]):
            number = int(part[2])
            if _TO.search(part[1]) and before is not None and number <= before + _WIDEST_RANGE:
                yield from range(before + 1, number)
            yield number
            before = number
