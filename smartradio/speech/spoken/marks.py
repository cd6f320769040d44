"""What becomes of a written sign that no rule has claimed: a break, a word, nothing, or an open item."""

from __future__ import annotations

from dataclasses import dataclass

BREAKS = (
    {mark: mark for mark in ",.!?"} | dict.fromkeys(";:()[]{}…-/|\\•·●▪○◦", ",") | dict.fromkeys("\"“”'‘’«»*_`", "")
)
"""What a written sign becomes: a full stop, a short break, or nothing at all."""
SYMBOLS = {
    "+": "cộng", "=": "bằng", ">": "lớn hơn", "<": "nhỏ hơn", "≥": "lớn hơn hoặc bằng",
    "≤": "nhỏ hơn hoặc bằng", "±": "cộng trừ", "×": "nhân", "&": "và", "@": "a còng", "~": "khoảng",
    "≈": "khoảng", "→": "đến", "%": "phần trăm", "‰": "phần nghìn", "°": "độ", "²": "vuông", "³": "khối",
    "½": "một phần hai", "¼": "một phần tư", "¾": "ba phần tư", "#": "thăng", "€": "ơ rô", "$": "đô la",
    "£": "bảng", "№": "số",
}  # fmt: skip
_BETWEEN_FIGURES = frozenset("-/:*_|\\")
_DROPPED = ("Ký tự không đọc được, đã bỏ", "xóa hoặc viết bằng chữ")


@dataclass(frozen=True)
class Mark:
    """A break (`,` `.` `!` `?` or none) or spoken words, with what the editor should look at."""

    words: str = ""
    pause: str = ""
    problem: str = ""
    suggestion: str = ""
    dropped: bool = False


def mark_at(text: str, start: int, end: int) -> Mark:
    """Judge the sign that stands at `start`..`end` of a line."""
    sign = text[start:end]
    if sign in BREAKS:
        problem, suggestion = _doubt(text, start, end)
        return Mark("", _pause(text, start, end), problem, suggestion)
    if sign not in SYMBOLS:
        return Mark("", "", *_DROPPED, dropped=True)
    if sign in "<>" and not (_beside_a_figure(text, start, end)):
        return Mark(SYMBOLS[sign], "", f"Dấu {sign} không rõ nghĩa", "xóa, hoặc viết bằng chữ")
    if sign == "+" and not text[:start].strip() and not text[end : end + 1].isdecimal():
        return Mark()  # makes a list
    return Mark(SYMBOLS[sign])


def _pause(text: str, start: int, end: int) -> str:
    sign, following = text[start:end], text[end : end + 1]
    if sign == "." and _after_an_initial(text, start) and (text[end:].lstrip()[:1] in ("(", ",") or following == "-"):
        return ""  # `chị H. (35 tuổi)`
    if sign == "." and (following.islower() or following.isdecimal()):
        return ","
    if sign == "…" and text[end : end + 2].strip()[:1].isupper():
        return "."
    if sign == "-" and text[start - 1 : start].isalpha() and following.isalpha():
        return ""  # stands inside a word: `vắc-xin`
    return BREAKS[sign]


def _after_an_initial(text: str, start: int) -> bool:
    return text[start - 1 : start].isupper() and not text[max(0, start - 2) : start - 1].strip()


def _doubt(text: str, start: int, end: int) -> tuple[str, str]:
    """A sign glued to figures means something: never pass over it in silence."""
    sign, left, right = text[start:end], text[start - 1 : start], text[end : end + 1]
    if sign in _BETWEEN_FIGURES and left.isdecimal() and right.isdecimal():
        return f"Dấu {sign} giữa hai số không rõ nghĩa", "viết bằng chữ cách đọc mong muốn"
    if sign == "/" and (left.isdecimal() or right.isdecimal()) and left.strip() and right.strip():
        return "Dấu / cạnh số không rõ nghĩa", "viết bằng chữ cách đọc mong muốn"
    if sign in '"”' and left.isdecimal() and _closes_nothing(text, start):
        return "Dấu ngoặc sau số có thể là giây hoặc inch", "viết “giây” hoặc “inch”"
    return "", ""


def _beside_a_figure(text: str, start: int, end: int) -> bool:
    return text[:start].rstrip()[-1:].isdecimal() or text[end:].lstrip()[:1].isdecimal()


def _closes_nothing(text: str, start: int) -> bool:
    said = text[:start]
    return said.count('"') % 2 == 0 and said.count("“") <= said.count("”")
