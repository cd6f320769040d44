"""Flood alarm levels and positions at sea."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.numerals import NUMBER, cardinal, number, roman_value
from smartradio.speech.spoken.rules import Reading, Rule, after, before, ends_with, rule, words

_SIDES = {
    "N": "vĩ bắc", "B": "vĩ bắc", "S": "vĩ nam", "E": "kinh đông", "Đ": "kinh đông", "D": "kinh đông",
    "W": "kinh tây", "T": "kinh tây",
}  # fmt: skip
_PARALLELS = words("vĩ_tuyến kinh_tuyến")
_GRID = re.compile(r"\d ?[NB][\W_]{1,6}[\d.,\- ]{1,12} ?[EĐ](?!\w)")
"""`15-17N; 110-112E`: both sides of a position stand together."""
_WINDS = {"Đ": "đông", "T": "tây", "N": "nam", "B": "bắc"}
_LEVEL = r"(?:III|II|I|\d{1,2})(?!\w)"


def _level_value(text: str) -> int:
    return int(text) if text.isdecimal() else roman_value(text) or 0


def _alarm(found: Match[str]) -> Reading:
    first = _level_value(found["a"])
    said = f"báo động {cardinal(first)}"
    highest = first
    if found["b"]:
        highest = max(first, _level_value(found["b"]))
        said += f" đến báo động {cardinal(_level_value(found['b']))}"
    if after(found)[:1].isdecimal():
        said += ","  # "trên BĐ3 0,52m" without a breath would run into one number
    if not 1 <= highest <= 3 or not first:
        return Reading(said, "Chỉ có báo động 1, 2, 3", "kiểm tra lại cấp báo động trong tin gốc")
    return Reading(said)


def _direction(found: Match[str]) -> str:
    return " ".join(_WINDS[char] for char in found[0])


def _number(text: str) -> str:
    return number(text.replace(".", ","))


def _position(found: Match[str]) -> str:
    first = _number(found["a"])
    if found["b"]:
        first += f" đến {_number(found['b'])}"
    minutes = f" {_number(found['min'])} phút" if found["min"] else ""
    if found["sec"]:
        minutes += f" {_number(found['sec'])} giây"
    return f"{first} độ{minutes} {_SIDES[found['side']]}"


def _parallel(found: Match[str]) -> str | None:
    """`vĩ tuyến 15,0-20,0N`: degrees without their sign."""
    if not ends_with(before(found), _PARALLELS) and not _GRID.search(
        found.string, max(0, found.start() - 24), found.end() + 24
    ):
        return None
    last = f" đến {_number(found['b'])}" if found["b"] else ""
    return f"{_number(found['a'])}{last} độ {_SIDES[found['side']]}"


def _pair(found: Match[str]) -> str:
    return f"{_number(found['a'])} độ {_SIDES[found['n']]}, {_number(found['b'])} độ {_SIDES[found['e']]}"


def _degrees(found: Match[str]) -> str:
    first = _number(found["a"])
    return f"{first} đến {_number(found['b'])} độ" if found["b"] else f"{first} độ"


_DEG = r"\d{1,3}(?:[.,]\d{1,2})?"
_SIGN = r"(?:°|o|độ)"

RULES: tuple[Rule, ...] = (
    rule(
        "flood-alarm",
        rf"(?<!\w)(?:BĐ|Bđ|bđ|(?i:báo động))(?: ?cấp)? ?"
        rf"(?P<a>{_LEVEL})(?: ?- ?(?:BĐ ?)?(?P<b>{_LEVEL}))?(?![.,/]\d)",
        _alarm,
    ),
    rule("direction", r"(?i:(?<=hướng )|(?<=phía ))[ĐTNB]{1,3}(?!\w)", _direction, needs="ĐTNB"),
    rule("flood-alarm-word", r"(?<!\w)BĐ(?!\w)", lambda _: "báo động", needs="Đ"),
    rule(
        "position",
        rf"(?<![\w.,])(?P<a>{_DEG}) ?{_SIGN}?(?: ?- ?(?P<b>{_DEG}))? ?{_SIGN} ?"
        rf"(?:(?P<min>{_DEG}) ?['’′] ?(?:(?P<sec>{_DEG}) ?[\"”″] ?)?)?(?P<side>[NBSEĐDWT])(?!\w)",
        _position,
        needs="°oộ",
    ),
    rule(
        "parallel",
        rf"(?<![\w.,])(?P<a>{_DEG})(?: ?- ?(?P<b>{_DEG}))? ?(?P<side>[NBEĐ])(?!\w)",
        _parallel,
        needs="NBEĐ",
    ),
    rule(
        "position-pair",
        rf"(?<![\w.,])(?P<a>{_DEG}) ?(?P<n>[NB]) ?[-;,/ ] ?(?P<b>{_DEG}) ?(?P<e>[EĐ])(?!\w)",
        _pair,
        needs="EĐ",
    ),
    rule(
        "degrees",
        rf"(?<![\w.,])(?P<a>{_DEG})(?: ?- ?(?P<b>{NUMBER}))? ?(?:°|độ)(?= ?(?i:vĩ|kinh))",
        _degrees,
        needs="0",
    ),
)
