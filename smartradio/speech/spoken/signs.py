"""Signs beside a figure: less and more than, minus, plus, a dash that means `to`."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.rules import Reading, Rule, after, before, ends_with, rule, words

MINUS_ADVICE = "viết “âm” nếu là số âm, thêm dấu cách sau dấu gạch nếu không phải"
_FALLS_TO = words(
    "âm tăng giảm còn là mức đạt khoảng từ đến xuống dưới bằng cao_trình tăng_trưởng nhiệt_độ cốt khoảng_từ"
)
_DEGREES = frozenset({"độ xê", "°", "°C", "℃", "oC", "độ C"})
_WORD_AND_FIGURE = re.compile(r"(?<![^\W_])([^\W\d_]+) ?\d[\d.,]*[^\W\d_]?$")
_PART_OF_DAY = words("sáng trưa chiều tối đêm khuya")
_LIMITS = {">": "trên", "<": "dưới", ">=": "lớn hơn hoặc bằng", "<=": "nhỏ hơn hoặc bằng"}
_CLOCK = re.compile(r"\d{1,2} ?(?:[hg:]|giờ)")


def minus_words(found: Match[str]) -> tuple[str, str]:
    """Return the word for a dash glued to the figure after it, and what is doubtful about it.

    A temperature and what goes up or down may be negative; at the head of a line the dash makes a list.
    """
    unit = found.groupdict().get("u") or ""
    said = before(found)
    if unit in _DEGREES or ends_with(said, _FALLS_TO) or said.endswith("("):
        return "âm", ""
    if said.strip('-*+•“" '):
        return ",", "Dấu gạch trước số: số âm hay gạch nối"
    return ("âm", "Dấu gạch trước số: số âm hay gạch đầu dòng") if unit == "%" else (",", "")


def _minus(found: Match[str]) -> Reading:
    words, doubt = minus_words(found)
    return Reading(words, doubt, MINUS_ADVICE) if doubt else Reading(words)


def _to_the_same(found: Match[str]) -> str | None:
    """`cấp 8 - cấp 9`, `thôn 1 - thôn 3`: the same word stands again behind the dash."""
    first = _WORD_AND_FIGURE.search(before(found))
    return "đến" if first and after(found).startswith(first[1]) else None


def _to_below(_: Match[str]) -> str:
    """`từ 5 - dưới 12 tuổi`."""
    return "đến"


def _to_a_time(found: Match[str]) -> str | None:
    """`5h30 sáng - 7h tối`."""
    return "đến" if ends_with(before(found), _PART_OF_DAY) and _CLOCK.match(after(found)) else None


RULES: tuple[Rule, ...] = (
    rule("limit", r"[<>]=?(?= ?\d)", lambda found: _LIMITS[found[0]], needs="<>"),
    rule("range-same-word", r"(?<=[\w.]) ?- ?(?=[^\W\d_]{1,8} ?\d)", _to_the_same, needs="-"),
    rule("range-below", r"(?<=\d) ?- ?(?=(?:dưới|gần|hơn|trên) \d)", _to_below, needs="-"),
    rule("range-part-of-day", r"(?<=[^\W\d_]) ?- ?(?=\d)", _to_a_time, needs="-"),
    rule("minus", r"(?<![\w)%.,\-])-(?=\d)", _minus, needs="-"),
)
