"""The figures of a written line and the values they stand for, found without the rules that read them.

Only what is written in figures (and Roman numerals where a word calls for one) is a figure here; numbers written in
words are read as written. Where a form has two values (`1,500`, `30.9`, `1 500 000`) both are given: which of them is
meant is for the gate to ask, that no third one is said is for read-back to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from re import Match


@dataclass(frozen=True)
class Atom:
    """One number: its figures as written, those after the comma, and the scale word's factor behind it.

    `counted` is a number of two figures that stands by itself: said as a number, never figure by figure.
    """

    whole: str
    fraction: str = ""
    scale: int = 1
    counted: bool = False

    def __str__(self) -> str:
        figures = f"{self.whole},{self.fraction}" if self.fraction else self.whole
        return figures if self.scale == 1 else f"{figures} × {self.scale}"


Ways = tuple[tuple[Atom, ...], ...]
"""The ways a figure may be said, each a row of numbers."""


@dataclass(frozen=True)
class Figure:
    """A stretch of the written line with the ways it may be said, each a row of numbers (none: it goes unsaid).

    Without any way it is no number, only its unit must be said.
    """

    start: int
    end: int
    written: str
    ways: Ways
    negative: bool | None = False
    """Whether a minus stands before it; None where a stroke may be one or part two things."""
    unit: str = ""
    """One of these (`phần nghìn|phần ngàn`) must be said with it, where another unit is near."""


_FORMS = re.compile(
    r"(?P<iso>(?<![\d.,\-])(?:1[5-9]|2[01])\d\d-\d\d?-\d\d?(?![\d\-]))"
    r"|(?P<thousands>(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?(?!\d|[.,]\d))"
    r"|(?P<english>(?<![\d.,])[1-9]\d{0,2}(?:,\d{3}){2,}(?!\d|[.,]\d))"
    r"|(?P<decimal>(?<![\d.,])\d+,\d+(?!\d|[.,]\d))"
    r"|(?P<dotted>(?<![\d.,])\d+\.\d+(?!\d|[.,]\d))"
    r"|(?P<spaced>(?<![\d.,])(?<!\d )[1-9]\d{0,2}(?: \d{3})+(?!\d|[.,]\d| \d))"
    r"|(?P<plain>\d+)"
    r"|(?P<share>[½¼¾])"
    r"|(?<![\w])(?:BĐ)?(?P<roman>[IVXLC]{1,7})(?!\w)"
)
_SCALE = re.compile(
    r"\s?(?:(?P<word>nghìn|ngàn|triệu|tỷ|tỉ|trăm)(?:\s(?P<more>tỷ|tỉ|triệu))?(?!\w)|(?P<short>tr)(?=\.?đ|\b)(?!\w{2})"
    r"|(?P<k>k)(?!\w))",
    re.IGNORECASE,
)
_FACTORS = {"trăm": 100, "nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tr": 10**6, "tỷ": 10**9, "tỉ": 10**9}
_SHARES = {"½": ("1", "2"), "¼": ("1", "4"), "¾": ("3", "4")}
_HOUR_BEFORE = re.compile(r"(?<!\d)\d{1,2}(?:\s?(?:[hg]|giờ)\s?|:)$", re.IGNORECASE)
_SQUARE_OR_CUBE = re.compile(r"(?<![^\W\d_])[kcdmh]?m$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"https?://\S+|[\w.+\-]+@[\w\-.]+|(?:[a-z0-9\-]{2,}\.)+(?:vn|com|net|org)(?:/\S*)?", re.IGNORECASE
)
"""In an address figures are only figures: no unit, scale or thousands."""
_ROMAN_CUES = re.compile(
    r"(?:quý|khóa|khoá|thứ|chương|báo động|bđ|cấp|thế kỷ|thế kỉ|kỳ họp|đại hội|giai đoạn|đợt)\s*$", re.IGNORECASE
)
_ROMAN_FORM = re.compile(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_UNIT = re.compile(r"\s?(?:(?P<sign>[%‰])|(?P<length>[kcm]m|m)(?P<power>[2²3³])?(?!\w))")
_UNIT_WORDS = {
    "%": "phần trăm", "‰": "phần nghìn|phần ngàn", "2": "mét vuông|mét hai", "²": "mét vuông",
    "3": "mét khối|mét ba", "³": "mét khối", "km": "ki|kí|cây", "cm": "xăng|xen|ti|phân", "mm": "mi|ly|li",
}  # fmt: skip
_LISTED = re.compile(
    r"(?:thôn|xóm|bản|ấp|khóm|tổ|khu|đội|phường|xã|lớp|khối|điều|khoản|mục|số|ngày|lô|nhà|phòng|đợt|cấp|mũi|thứ|và)"
    r"\s+$",
    re.IGNORECASE,
)
_PLACES = re.compile(r"(?<!\w)(?:thôn|xóm|ấp|khóm|tổ|đội|khối|lớp|điều|khoản)\s+$", re.IGNORECASE)
_JOINED = re.compile(r"\+#|\(#\)|\d[ .\-]#|#[ .\-]\d|[^\W\d_hHgG]#|#[^\W\d_hHgG]")
"""`#` stands for a number: figures or letters beside it make a code or a telephone number."""
_DEGREES = re.compile(r"\s?(?:°|º|độ c)", re.IGNORECASE)


def find_figures(written: str) -> tuple[Figure, ...]:
    """Return the figures of a line from left to right; they do not overlap."""
    text = re.sub("[‐‑‒–—―−﹣－]", "-", written.replace("\u00a0", " "))
    return tuple(_figures(text))


def _figures(text: str) -> Iterator[Figure]:
    reached = 0
    addresses = [found.span() for found in _ADDRESS.finditer(text)] if "." in text or "@" in text else []
    for found in _FORMS.finditer(text):
        if any(start <= found.start() < end for start, end in addresses):
            for part in re.finditer(r"\d+", found[0]):
                start = found.start() + part.start()
                yield Figure(start, start + len(part[0]), part[0], ((Atom(part[0]),),))
            continue
        if found.start() < reached:  # the figure of m², taken with the number before it
            continue
        kind = str(found.lastgroup)
        if kind == "roman":
            figure = _roman(text, found)
            if figure:
                yield figure
            continue
        if kind == "plain" and _is_exponent(text, found):
            yield Figure(*found.span(), found[0], (), unit=_UNIT_WORDS[found[0]])
        else:
            figure = _figure(text, found, _ways(kind, text, found))
            yield figure
            reached = max(found.end(), figure.end) if figure.unit else found.end()


def _figure(text: str, found: Match[str], ways: Ways) -> Figure:
    start, end = found.span()
    scale = _SCALE.match(text, end)
    if scale:
        end, ways = scale.end(), _scaled(ways, scale)
    sign, unit = _sign(text, start, end), ""
    measure = _UNIT.match(text, end)
    if measure:
        power = measure["power"] or ""
        unit = _UNIT_WORDS.get(power) or _UNIT_WORDS.get(measure["sign"] or measure["length"], "")
        if power in "23" and power and len(found[0]) == 1 and found[0].isdecimal():  # `cao 1m2` is one metre twenty
            ways = (*ways, (Atom(found[0]), Atom(power)))
        end = measure.end() if unit else end
    return Figure(start, end, text[start:end], ways, sign, unit)


def _ways(kind: str, text: str, found: Match[str]) -> Ways:
    if kind == "plain":
        said = ((Atom(found[0], counted=_is_counted(text, found)),),)
        full_hour = set(found[0]) == {"0"} and _HOUR_BEFORE.search(text[max(0, found.start() - 8) : found.start()])
        return (*said, ()) if full_hour else said
    ways = _WAYS[kind](found[0])
    if kind == "decimal" and _LISTED.search(text[max(0, found.start() - 12) : found.start()]):
        listed = tuple(Atom(part) for part in found[0].split(","))
        return (listed,) if _is_row_of_names(text, found) else (*ways, listed)
    return ways


def _is_row_of_names(text: str, found: Match[str]) -> bool:
    """Whether `1,2` are two places' numbers: nobody counts one and a fifth hamlet."""
    if _SCALE.match(text, found.end()) or _UNIT.match(text, found.end()):
        return False
    return len(found[0]) <= 5 and bool(_PLACES.search(text[max(0, found.start() - 8) : found.start()]))


def _iso(text: str) -> Ways:
    year, month, day = (Atom(part) for part in text.split("-"))
    return ((day, month, year), (year, month, day))


def _thousands(text: str) -> Ways:
    whole, _, fraction = text.partition(",")
    return ((Atom(whole.replace(".", ""), fraction),),)


def _decimal(text: str) -> Ways:
    whole, fraction = text.split(",")
    ways = [(Atom(whole, fraction),)]
    if len(fraction) == 3 and not whole.startswith("0") and len(whole) < 4:
        ways.append((Atom(whole + fraction),))
    return tuple(ways)


def _dotted(text: str) -> Ways:
    whole, fraction = text.split(".")
    return ((Atom(whole), Atom(fraction)), (Atom(whole, fraction),))


def _spaced(text: str) -> Ways:
    groups = text.split(" ")
    return ((Atom("".join(groups)),), tuple(Atom(group) for group in groups))


_WAYS: dict[str, Callable[[str], Ways]] = {
    "iso": _iso,
    "thousands": _thousands,
    "english": lambda text: ((Atom(text.replace(",", "")),),),
    "decimal": _decimal,
    "dotted": _dotted,
    "spaced": _spaced,
    "share": lambda text: (tuple(Atom(part) for part in _SHARES[text]), ()),
}


def _is_exponent(text: str, found: Match[str]) -> bool:
    """Whether the figure is that of m² or m³ with no number before it (`người/km2`)."""
    if found[0] not in ("2", "3") or text[found.end() : found.end() + 1].isalnum():
        return False
    return bool(_SQUARE_OR_CUBE.search(text[max(0, found.start() - 4) : found.start()]))


def _is_counted(text: str, found: Match[str]) -> bool:
    """Whether two figures stand by themselves, beside no other figures or letters as in `0229 38 60` and `29B1`."""
    before, after = text[max(0, found.start() - 2) : found.start()], text[found.end() : found.end() + 2]
    return len(found[0]) == 2 and found[0][0] != "0" and not _JOINED.search(f"{before}#{after}")


def _scaled(ways: Ways, scale: Match[str]) -> Ways:
    if scale["k"]:
        return (*ways, *_times(ways, 1000))
    factor = _FACTORS[(scale["word"] or scale["short"]).lower()]
    return _times(ways, factor * (_FACTORS[scale["more"].lower()] if scale["more"] else 1))


def _times(ways: Ways, factor: int) -> Ways:
    return tuple((*way[:-1], replace(way[-1], scale=factor)) for way in ways if way)


def _sign(text: str, start: int, end: int) -> bool | None:
    if text[start - 1 : start] != "-" or start == 0:
        return False
    before = text[: start - 1]
    if before and not before[-1].isspace() and before[-1] not in "(:;,":
        return False
    parted = bool(re.search(r"[\d%)]\s*$", before))
    return True if _DEGREES.match(text, end) and not parted else None


def _roman(text: str, found: Match[str]) -> Figure | None:
    letters = found["roman"]
    if not _ROMAN_FORM.fullmatch(letters):
        return None
    values = [_ROMAN_VALUES[letter] for letter in letters]
    total = sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
    start = found.start("roman")
    sure = set(letters) <= set("IVX") and _ROMAN_CUES.search(text[max(0, start - 24) : start])
    said = (Atom(str(total)),)
    return Figure(start, found.end(), letters, (said,) if sure else (said, ()))
