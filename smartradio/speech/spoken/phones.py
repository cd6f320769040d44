"""Telephone numbers and hotlines, figure by figure in the groups they are said in."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import digits
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, rule, words

HOTLINES = frozenset({"111", "112", "113", "114", "115", "116", "119", "156", "1022", "1080", "1068", "5656", "9191"})
_CUE = re.compile(
    r"(?:gọi|tổng đài|hotline|đường dây nóng|đường dây|liên hệ|liên lạc|điện thoại|sđt|đt|số máy|nhắn tin|"
    r"đầu số|báo tin|alo|số khẩn cấp|bấm|quay số|cấp cứu|cứu hỏa|cứu hoả|cứu thương|cứu nạn|báo cháy|cảnh sát|"
    r"(?:\d[ .\-]?){9})(?:[^.!?]|\.(?=\d)){0,40}$"
)
_DIRECT = re.compile(
    r"(?:tổng đài|máy bàn|di động|hotline|đường dây nóng|đầu số|máy lẻ|số máy|sđt|số điện thoại|đường dây)\s*:?\s*$"
)
_RESCUE = frozenset({"112", "113", "114", "115"})
_KNOWN_BY = re.compile(r"(?:trung tâm|cứu hộ|cứu nạn|lực lượng|công an|đội|xe)$")
"""What is known by its number: `xe 115`, `lực lượng 113`."""
_PERHAPS = re.compile(
    r"(?:(?:gọi|gửi|nhắn)(?: ngay| tin)*(?: đến| tới| về| theo)?(?: số)?|(?:điện thoại|đt|bấm|quay)(?: số)?)\s*:?\s*$"
)
_CALLED = re.compile(r"(?:tổng đài|hotline|đường dây nóng|gọi|liên hệ|điện thoại|sđt|đt)[^.!?\d]{0,30}$")
_COUNTED = words(
    "người hộ đồng triệu nghìn tỷ lượt cuộc em cháu phút giờ ngày xe mét suất phần bộ cuốn tấn thùng chai con cây bản "
    "thư đơn hồ học cán sinh công thanh đoàn hội lần số tin"
)


def _grouped(text: str) -> str:
    groups = re.findall(r"\d+", re.sub(r"(?<!\d)(\d)\D(?=\d)", r"\1", text))  # a lone figure joins its neighbour
    if len(groups) == 1 and len(groups[0]) >= 8:
        plain = groups[0]
        head = 2 if plain.startswith("84") else 4
        groups = [plain[:head], *re.findall(r"\d{2,4}$|\d{3}", plain[head:])]
    prefix = "cộng " if text.lstrip("(").startswith("+") else ""
    return prefix + ", ".join(digits(group) for group in groups)


def _phones(found: Match[str]) -> Reading:
    """One number or several; what follows a stroke may be the last figures of a neighbouring line."""
    parts = re.split(r" ?/ ?|(?<=\d{4})-(?=0\d{8})", found[0])
    words = ", ".join(_grouped(part) for part in parts)
    return Reading(words, *_MISCOUNTED) if any(map(_is_miscounted, parts)) else Reading(words)


_MISCOUNTED = ("Số điện thoại thừa hoặc thiếu chữ số", "xem lại số máy")
_MOBILE, _LANDLINE = 10, 11
"""Figures of a number since 2018."""


def _is_miscounted(part: str) -> bool:
    figures = "".join(char for char in part if char.isdecimal())
    if figures.startswith("02"):
        return len(figures) < _LANDLINE
    return figures.startswith(("03", "07", "08", "09")) and len(figures) != _MOBILE


def _too_short(found: Match[str]) -> Reading | None:
    """`0905 123 45`: begins as a telephone number does and breaks off."""
    said = before(found)
    if _ACCOUNT.search(said) or _CODE.search(said) or begins_with(after(found), _COUNTED):
        return None
    return Reading(_grouped(found[0]), *_MISCOUNTED)


def _service(found: Match[str]) -> str | None:
    count = sum(char.isdecimal() for char in found[0])
    if "-" in found[0] and not _CALLED.search(before(found)):
        return None
    return _grouped(found[0]) if 8 <= count <= 10 else None


def _local(found: Match[str]) -> str | None:
    """`điện thoại: 3860.115`: a line of the province without its area code."""
    count = sum(char.isdecimal() for char in found[0])
    if not 6 <= count <= 11 or begins_with(after(found), _COUNTED):
        return None
    said = before(found)
    return _grouped(found[0]) if _DIRECT.search(said) or _PERHAPS.search(said) else None


def _hotlines(found: Match[str]) -> str | None:
    if begins_with(after(found), _COUNTED):
        return None
    return re.sub(r"\d+", lambda number: digits(number[0]), found[0]).replace("/", ", ")


def _hotline(found: Match[str]) -> str | None:
    said = before(found)
    if begins_with(after(found), _COUNTED):
        return None
    if (
        _DIRECT.search(said)
        or (len(found[0]) > 3 and _PERHAPS.search(said))
        or (found[0] in HOTLINES and _CUE.search(said))
        or (found[0] in _RESCUE and _KNOWN_BY.search(said))
    ):
        return digits(found[0])
    return None


_ACCOUNT = re.compile(
    r"(?:tài khoản|\bs?tk|căn cước|cccd|cmnd|mã số thuế|mst|định danh|số thẻ|mã hộ|mã khách hàng)[^.!?;\d]{0,40}$"
)
LONGEST_SAID = 12
"""Figures in a row that may still be a count; beyond, nobody follows a number name."""
_SUM = re.compile(r"[1-9]\d{0,2}(?:[. ]\d{3})+")


_UNSURE = re.compile(r"[1-9]\d{1,3}(?: \d{2,4}){2,4}")


def _account(found: Match[str]) -> Reading | str | None:
    """A number that stands for itself is said figure by figure, a sum of money is not."""
    text = found[0]
    count = sum(char.isdecimal() for char in text)
    if count < 8 or begins_with(after(found), _COUNTED):
        return None
    cued = _ACCOUNT.search(before(found)) and not (_SUM.fullmatch(text) and "." in text)
    if text.isdecimal() and (cued or count > LONGEST_SAID):
        return ", ".join(digits(group) for group in re.findall(r"\d{5}$|\d{1,4}", text))
    if cued or (text.startswith("00") and " " in text):
        return _grouped(text)
    if 9 <= count <= 11 and _UNSURE.fullmatch(text) and not _SUM.fullmatch(text):
        return Reading(
            _grouped(text), "Dãy số không rõ là số máy hay các số đếm", "ghi rõ “số điện thoại”, hoặc thêm dấu phẩy"
        )
    return None


def _plate(found: Match[str]) -> str | None:
    """`29B1-123.45`; without the dot the word before must say that it is a vehicle."""
    if "." not in found["n"] and not _VEHICLE.search(before(found)):
        return None
    series = " ".join(digits(char) or spell(char) for char in found["s"])
    return f"{digits(found['p'])} {series}, {digits(found['n'])}"


_VEHICLE = re.compile(r"(?:\bxe(?: \w+){0,2}|biển số|biển kiểm soát|bks|ô tô|mô tô|biển)(?: xe)?:?$")


_CODE = re.compile(r"(?:\bmã|số hiệu|seri|ký hiệu|biên lai|hóa đơn|giấy|\bsổ|\bthẻ|lô hàng)[^.!?;\d]{0,20}$")
_NUMBER = r"(?:\(?\+84\)?|\(84\)?|\(?0)(?:[ .\-)]{0,2}\d){9,10}(?!\d)"

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
        rf"(?<![\w/])(?<!\d[.,\-]){_NUMBER}(?: ?/ ?(?:{_NUMBER}|\d{{2,4}})|-{_NUMBER}){{0,4}}(?![\w/])",
        _phones,
        needs="0",
    ),
    rule("phone-service", r"(?<![\w.,/\-])1[89]00(?:[ .\-]?\d{2,4}){1,3}(?![\w/]|[.,\-]\d)", _service, needs="0"),
    rule(
        "phone-too-short",
        r"(?<![\w.,/\-])0[235789]\d(?:[ .\-]?\d){5,6}(?![\w/%]|[ .,\-]?\d)",
        _too_short,
        needs="0",
    ),
    rule("phone-local", r"(?<![\w.,/\-])\d{1,4}(?:[ .]\d{2,4}){1,3}(?![\w/%]|[.,\-]\d)", _local, needs="0"),
    rule(
        "hotline-list",
        r"(?<![\w.,/\-])11[1-5](?:(?:, ?|/| hoặc | và |, hoặc )11[1-5]){1,4}(?![\w/%]|[.,\-]\d)",
        _hotlines,
        needs="1",
    ),
    rule("hotline", r"(?<![\w.,/\-])\d{3,8}(?![\w/%]|[.,\-]\d)", _hotline, needs="0"),
)
