"""Telephone numbers and hotlines, figure by figure in the groups they are said in."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.letters import spell
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


_ACCOUNT = re.compile(
    r"(?:tài khoản|\bs?tk|căn cước|cccd|cmnd|mã số thuế|mst|định danh|số thẻ|mã hộ|mã khách hàng)[^.!?;\d]{0,40}$"
)
LONGEST_SAID = 12
"""Figures in a row that may still be a count; beyond, nobody follows a number name."""
_SUM = re.compile(r"[1-9]\d{0,2}(?:[. ]\d{3})+")


def _account(found: Match[str]) -> str | None:
    """A number that stands for itself is said figure by figure, a sum of money is not."""
    text = found[0]
    count = sum(char.isdecimal() for char in text)
    if count < 8 or begins_with(after(found), _COUNTED):
        return None
    cued = _ACCOUNT.search(before(found)) and not (_SUM.fullmatch(text) and "." in text)
    if text.isdecimal() and (cued or count > LONGEST_SAID):
        return ", ".join(digits(group) for group in re.findall(r"\d{5}$|\d{1,4}", text))
    return _grouped(text) if cued or (text.startswith("00") and " " in text) else None


def _plate(found: Match[str]) -> str | None:
    """`29B1-123.45`; without the dot the word before must say that it is a vehicle."""
    if "." not in found["n"] and not _VEHICLE.search(before(found)):
        return None
    series = " ".join(digits(char) or spell(char) for char in found["s"])
    return f"{digits(found['p'])} {series}, {digits(found['n'])}"


_VEHICLE = re.compile(r"(?:\bxe(?: \w+){0,2}|biển số|biển kiểm soát|bks|ô tô|mô tô|biển)(?: xe)?:?$")


RULES: tuple[Rule, ...] = (
    rule(
        "plate",
        r"(?<![\w.,/\-])(?P<p>\d{2}) ?-? ?(?P<s>[A-Z](?:[A-Z]|\d)?)[ \-]{1,3}"
        r"(?P<n>\d{3}\.\d{2}|\d{4,5})(?![\w/]|[.,\-]\d)",
        _plate,
        needs="0",
    ),
    rule(
        "account-number",
        r"(?<![\w.,/\-])(?:\d{2,}(?:[ .\-]\d{2,}){1,6}|\d{8,24})(?![\w/%]|[.,\-]\d)",
        _account,
        needs="0",
    ),
    rule(
        "phone",
        r"(?<![\w/])(?<!\d[.,\-])(?:\(?\+84\)?|\(?0)(?:[ .\-)]{0,2}\d){9,10}(?![\w/])",
        _phone,
        needs="0",
    ),
    rule("phone-service", r"(?<![\w.,/\-])1[89]00(?:[ .]?\d{2,4}){1,3}(?![\w/]|[.,\-]\d)", _service, needs="0"),
    rule("hotline", r"(?<![\w.,/\-])\d{3,8}(?![\w/%]|[.,\-]\d)", _hotline, needs="0"),
)
