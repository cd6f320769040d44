"""Lines written in capitals throughout, put back into the case that the rules know."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Match

from smartradio.speech.spoken.acronym_table import ACRONYMS
from smartradio.speech.spoken.acronyms import TITLES, WRITTEN, is_heading
from smartradio.speech.spoken.codes import ISSUERS, KINDS
from smartradio.speech.spoken.numerals import roman_value
from smartradio.speech.spoken.syllables import has_mark, is_syllable
from smartradio.speech.spoken.units import MONEY, UNIT_NAMES

_NO_LETTER = r"(?![^\W\d_²³])"
_UNIT = rf"[A-ZĐ]{{1,5}}{_NO_LETTER}(?:[23²³](?!\d))?"
_AFTER_FIGURE = re.compile(rf"(?<=\d) ?{_UNIT}(?:/\d{{0,4}} ?{_UNIT}){{0,2}}")
_SHARE = re.compile(r"(?<=[^\W\d_])/(?:KG|HA|KM|M|L|H|S)(?=[23²³]?(?!\w))")
_AREA = re.compile(r"(?<!\w)(?:MM|CM|KM|M)(?=[23²³](?!\w))")
_TIMES = re.compile(r"(?<=\d) ?X ?(?=\d)|(?<=[^\W_]) X (?=\d)")
_DEGREES = re.compile(r"ĐỘ C(?!\w)")
_ADDRESS = re.compile(
    r"(?<![\w.\-])[\w.\-]{1,64}@[\w.\-]{1,190}|(?:HTTPS?://|WWW\.)\S{1,200}"
    r"|(?<!\S)[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,4}\.(?:VN|COM|NET|ORG)(?!\w)\S{0,200}"
)
_WORD = re.compile(r"[^\W\d_]+(?:[&\-.'’/][^\W\d_]+)*")
_LETTERS = re.compile(r"[A-ZĐ]+")
_PRONOUNCED = re.compile(
    r"[B-DF-HJ-NP-TV-XZ]{0,3}[AEIOUY]{1,3}(?:[B-DF-HJ-NP-TV-XZ]{1,3}[AEIOUY]{1,3}){1,5}[B-DF-HJ-NP-TV-XZ]{0,2}"
)
_NAME_FOLLOWS = re.compile(
    rf"(?:(?<![^\W\d_])[^\W\d_]\.|(?<!\w)(?:{'|'.join(re.escape(title.upper()) for title in TITLES)})\.?) ?$"
)
_KEPT = frozenset({"TU", "N", "E", "B", "S", "W", "C", "K", "I", "V", "X"})
"""Not taken for small words: an office, sides of the world, degrees, Roman figures."""
_MONEY = frozenset({"USD", "VNĐ", "VND"})

_UNITS = {name.upper(): name for name in (*UNIT_NAMES, *MONEY, "h", "s") if name.isalpha() and name.upper() != "K"}
_UNITS |= {"MB": "MB", "MW": "MW", "G": "g"}
_NAMED = (*ACRONYMS, *TITLES, *KINDS, *ISSUERS)
_MIXED = {name.upper(): name for name in _NAMED if name.isalpha() and not name.isupper()}
_WRITTEN = {name.upper(): name for name in WRITTEN if name != name.upper() and len(name.upper()) == len(name)}


def plain_case(line: str) -> str:
    """Return a heading with small letters where a bulletin would have them, of the same length.

    Acronyms, Roman numerals and codes stay as they are; any other line comes back untouched.
    """
    if not is_heading(line) or len(line.lower()) != len(line):
        return line
    text = _ADDRESS.sub(lambda found: found[0].lower(), line)
    text = _AFTER_FIGURE.sub(_units, text)
    for pattern in (_SHARE, _AREA, _TIMES):
        text = pattern.sub(lambda found: found[0].lower(), text)
    text = _DEGREES.sub("độ C", text)
    return _WORD.sub(_word, text)


def _units(found: Match[str]) -> str:
    if found[0] == "G" and not found.string[max(0, found.start() - 2) : found.start() - 1].isdecimal():
        return "G"  # `5G`
    return _LETTERS.sub(lambda letters: _UNITS.get(letters[0], letters[0]), found[0])


def _word(found: Match[str]) -> str:
    text, line = found[0], found.string
    if not text.isupper() and "/" not in text:
        return text
    if len(text) == 1 and (line[found.start() - 1 : found.start()].isdecimal() or line[found.end() :][:1].isdecimal()):
        return text  # `QL1A`, `T2`
    if text in _WRITTEN and not is_syllable(text):
        return _WRITTEN[text]
    small = "" if text in ACRONYMS and not is_syllable(text) else _parts(text)
    if not small:
        return text
    if _NAME_FOLLOWS.search(line, max(0, found.start() - 12), found.start()) and is_syllable(text):
        return text[:1] + small[1:]
    return small


def _parts(text: str) -> str:
    """Put the parts of a word joined by signs in their case: `Đ/THÁNG`, `VẮC-XIN`, but `QP-AN` and `TB/ĐU`."""
    out, before = "", ""
    for part in re.split(r"(/)", text):
        pieces = re.split(r"([&\-.'’])", part)
        small = all(_is_small(piece) for piece in pieces[::2])
        if small and before and not (before.islower() or before in _MONEY):
            small = False
        out += part.lower() if small else "".join(_MIXED.get(piece, piece) for piece in pieces)
        before = out.rpartition("/")[2] if part != "/" else before
    return out


@lru_cache(maxsize=4096)
def _is_small(word: str) -> bool:
    """Whether a word in capitals is a word like any other, or a foreign one that can be pronounced."""
    if word.islower():
        return True
    if word in _KEPT or (word in ACRONYMS and not is_syllable(word)) or word in TITLES:
        return False
    if is_syllable(word):
        return has_mark(word) or not roman_value(word)
    return len(word) > 3 and word not in _MIXED and not roman_value(word) and bool(_PRONOUNCED.fullmatch(word))
