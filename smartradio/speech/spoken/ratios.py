"""Ratios, fractions and scores: two numbers with a stroke that are no date."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.numerals import NUMBER, number
from smartradio.speech.spoken.rules import Rule, after, before, begins_with, ends_with, rule, words
from smartradio.speech.spoken.units import UNIT, unit_words

COUNTED = words(
    "thôn xóm bản ấp khóm tổ xã phường huyện tỉnh thành hộ người đại tiêu chỉ sản phiếu thành đảng "
    "trường lớp học cơ đơn chi đồng em cháu mẫu điểm trạm nhiệm hồ dự công xe tàu thuyền giáo cán hội "
    "câu khu tuyến nhà cơ doanh môn chương cụm loa cuộc vụ ca bộ sở ban ngành mô đội đoàn gia con cây ao "
    "hồ đập cống sao"
)
"""First words of what is counted: `10/10 thôn`."""
PLACES = words("thôn xóm bản ấp khóm tổ xã phường huyện tỉnh")
RATIO_CUES = words(
    "thứ hạng đạt ngõ hẻm kiệt ngách nhà số tỷ_lệ được có khoảng gần hơn chiếm bằng quá trên dưới là tới "
    "giảm tăng nhất khoá sổ thửa lô"
)
COUNT_CUES = words(
    "điểm mây phiếu hộ thôn xóm ấp tổ đạt bàn mức chất_lượng đánh_giá chấm thang_điểm trung_bình thị_lực"
)
"""Words before a part of a whole: `điểm 5/10`, `mây 7/10`."""
_OF_TENTHS = frozenset({"mây"})
_DAYS = words("ngày mùng mồng hôm")
_NEIGHBOUR = re.compile(r"\d{1,2}/\d{1,2} ?(?:-|,|và|hoặc|đến)$")
SHARED = words("ngày_công số diện dân tổng lượng chiều quãng thời nhu sản quân hội")
"""First words of what is divided: `2/3 diện tích`."""
WHOLE_ITEMS = PLACES | words("sao điểm tiêu đội")
_NO_SHARE = PLACES | words("ngõ số thứ hẻm điểm")
_WHOLES = words("dân_số diện_tích tổng_số tổng_diện số_lượng số_hộ số_người quãng_đường")
_DILUTED = words("tỷ_lệ tỉ_lệ pha loãng bản_đồ")
LABELLED = PLACES | words(
    "đợt mũi nhóm khu ca bài kỳ lớp lần hiệp phòng bàn đội mục điều khoản bước ngày tháng cấp mức phần câu trận bảng "
    "lô giải vòng hàng chương phụ_lục danh_mục cụm khối tiêu_chí"
)
"""Words that bear a number as their name."""
_DOSES = words("viên quả trái củ bình gói thìa muỗng đàn cốc chén bát ly lọ chai ống liều xô chậu thùng can tấm mâm")
_WHILE = re.compile(r"(?:ngày|buổi|giờ|tháng|năm)\s*(?:[.,;)]|$)")
SCORE_CUES = frozenset({"tỷ số", "tỉ số", "thắng", "thua", "hòa", "hoà"})


def is_ratio(found: Match[str], first: str, second: str) -> bool:
    """Whether two figures with a stroke are a ratio by the words around them, not a day and a month."""
    said = before(found)
    if neighbour := _NEIGHBOUR.search(said):  # `điểm 5/10 và 6/10`: the cue stands before the first
        said = said[: neighbour.start()].rstrip()
    if begins_with(after(found), COUNTED) and int(first) <= int(second):
        return True
    following = after(found)
    if _small_share(first, second) and (begins_with(following, SHARED | _DOSES) or _WHILE.match(following)):
        return True
    if first == "1" and begins_with(after(found), _WHOLES):
        return True
    if ends_with(said, COUNT_CUES) and int(first) <= int(second):
        return True
    return ends_with(said, RATIO_CUES)


def _ratio(found: Match[str]) -> str:
    first, second = found["a"], found["b"]
    if _is_share(found) or ends_with(before(found), _OF_TENTHS):
        return f"{number(first)} phần {_share(second)}"
    if len(first) == 4 and first.isdecimal() and second.isdecimal() and int(second) - int(first) == 1:
        return f"{number(first)} đến {number(second)}"  # a school year
    return f"{number(first)} trên {number(second)}"


def _is_share(found: Match[str]) -> bool:
    first, second = found["a"], found["b"]
    following = after(found)
    if first == "1" and begins_with(following, _WHOLES):
        return True
    if not _small_share(first, second):
        return False
    return not begins_with(following, WHOLE_ITEMS) and not ends_with(before(found), _NO_SHARE)


def _small_share(first: str, second: str) -> bool:
    return len(first) == len(second) == 1 and "0" < first < second <= "5"


def _share(text: str) -> str:
    return "tư" if text == "4" else number(text)


def _score(found: Match[str]) -> str | None:
    return f"{number(found['a'])} {number(found['b'])}" if ends_with(before(found), SCORE_CUES) else None


def _scale(found: Match[str]) -> str | None:
    """`pha 1:100`; in `Đợt 1: 15 hộ` the colon parts a label from what it says."""
    said = before(found)
    parts = ": " in found[0] and " :" not in found[0]
    if (parts and not ends_with(said, _DILUTED)) or ends_with(said, LABELLED):
        return None
    return f"{number(found['a'])} trên {number(found['b'])}"


def _measured(found: Match[str]) -> str | None:
    """`1/2 lít`, `45,6/50m`, `110/35/22kV`."""
    if ends_with(before(found), _DAYS):
        return None
    third = f" trên {number(found['c'])}" if found["c"] else ""
    return f"{_ratio(found)}{third} {unit_words(found['u'])}"


MEASURED_RULES: tuple[Rule, ...] = (
    rule(
        "ratio-quantity",
        rf"(?<![\w.,/])(?<!\d-)(?P<a>{NUMBER}) ?/ ?(?P<b>{NUMBER})(?:/(?P<c>{NUMBER}))? ?(?P<u>{UNIT})(?![\w/])",
        _measured,
        needs="/",
    ),
)
"""Tried before dates."""

RULES: tuple[Rule, ...] = (
    rule("score", r"(?<![\w.,/\-:])(?P<a>\d{1,2}) ?[-:] ?(?P<b>\d{1,2})(?![\w/]|[.,:\-]\d)", _score, needs="-:"),
    rule(
        "ratio-scale",
        rf"(?<![\w.,/\-:])(?P<a>1|(?<=[tT][ỷỉ] lệ )\d{{1,3}}) ?: ?(?P<b>{NUMBER})(?![\w/]|:\d)",
        _scale,
        needs=":",
    ),
    rule("ratio", rf"(?<![\w.,/\-])(?P<a>{NUMBER}) ?/ ?(?P<b>{NUMBER})(?![\w/]|[.,]\d)", _ratio, needs="/"),
)
