"""Telephone numbers and hotlines, figure by figure in the groups they are said in."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.numerals import digits
from smartradio.speech.spoken.rules import Rule, after, before, begins_with, rule, words

HOTLINES = frozenset({"111", "112", "113", "114", "115", "116", "119", "156", "1022", "1080", "1068", "5656", "9191"})
_CUE = re.compile(
    r"(?:gọi|tổng đài|hotline|đường dây nóng|đường dây|liên hệ|liên lạc|điện thoại|sđt|đt|số máy|nhắn tin|"
    r"đầu số|báo tin|alo|số khẩn cấp|(?:\d[ .\-]?){9})(?:[^.!?]|\.(?=\d)){0,40}$"
)
_DIRECT = re.compile(r"(?:tổng đài|hotline|đường dây nóng|đầu số|gọi(?: ngay)?(?: số| theo số| đến số)?)\s*:?\s*$")
_COUNTED = words("người hộ đồng triệu nghìn tỷ lượt cuộc em cháu phút giờ ngày xe mét")


def _grouped(text: str) -> str:
    groups = re.findall(r"\d+", re.sub(r"(?<!\d)(\d)\D(?=\d)", r"\1", text))  # a lone figure joins its neighbour
    if len(groups) == 1 and len(groups[0]) >= 9:
        plain = groups[0]
        groups = [plain[:4], plain[4:7], plain[7:]]
    prefix = "cộng " if text.lstrip("(").startswith("+") else ""
    return prefix + ", ".join(digits(group) for group in groups)


def _phone(found: Match[str]) -> str | None:
    return _grouped(found[0])


def _service(found: Match[str]) -> str | None:
    count = sum(char.isdecimal() for char in found[0])
    return _grouped(found[0]) if 8 <= count <= 10 else None


def _hotline(found: Match[str]) -> str | None:
    said = before(found)
    if begins_with(after(found), _COUNTED):
        return None
    if _DIRECT.search(said) or (found[0] in HOTLINES and _CUE.search(said)):
        return digits(found[0])
    return None


RULES: tuple[Rule, ...] = (
    rule(
        "phone",
        r"(?<![\w/])(?<!\d[.,\-])(?:\(?\+84\)?|\(?0)(?:[ .\-)]{0,2}\d){9,10}(?![\w/])",
        _phone,
        needs="0",
    ),
    rule("phone-service", r"(?<![\w.,/\-])1[89]00(?:[ .]?\d{2,4}){1,3}(?![\w/]|[.,\-]\d)", _service, needs="0"),
    rule("hotline", r"(?<![\w.,/\-])\d{3,8}(?![\w/%]|[.,\-]\d)", _hotline, needs="0"),
)
