"""Ratios, fractions and scores: two numbers with a stroke that are no date."""

from __future__ import annotations

from re import Match

from smartradio.speech.spoken.numerals import NUMBER, cardinal, number
from smartradio.speech.spoken.rules import Rule, after, before, begins_with, ends_with, rule, words

COUNTED = words(
    "thôn xóm bản ấp khóm tổ xã phường huyện tỉnh thành hộ người đại tiêu chỉ sản phiếu thành đảng "
    "trường lớp học cơ đơn chi đồng em cháu mẫu điểm trạm nhiệm hồ dự công xe tàu thuyền giáo cán hội "
    "câu khu tuyến nhà cơ doanh môn chương cụm loa cuộc vụ ca bộ sở ban ngành mô đội đoàn gia con cây ao "
    "hồ đập cống"
)
"""First words of what is counted: `10/10 thôn`."""
PLACES = words("thôn xóm bản ấp khóm tổ xã phường huyện tỉnh")
RATIO_CUES = words(
    "thứ hạng đạt ngõ hẻm kiệt ngách nhà số tỷ_lệ được có khoảng gần hơn chiếm bằng quá trên dưới là tới "
    "giảm tăng nhất khoá sổ thửa lô"
)
SHARED = words("số diện dân tổng lượng chiều quãng thời nhu sản quân hội")
"""First words of what is divided: `2/3 diện tích`."""
SCORE_CUES = frozenset({"tỷ số", "tỉ số", "thắng", "thua", "hòa", "hoà"})


def is_ratio(found: Match[str], first: str, second: str) -> bool:
    """Whether two figures with a stroke are a ratio by the words around them, not a day and a month."""
    said = before(found)
    if begins_with(after(found), COUNTED) and int(first) <= int(second):
        return True
    if _small_share(first, second) and begins_with(after(found), SHARED):
        return True
    return ends_with(said, RATIO_CUES)


def _ratio(found: Match[str]) -> str:
    first, second = found["a"], found["b"]
    if _is_share(found):
        return f"{number(first)} phần {_share(second)}"
    return f"{number(first)} trên {number(second)}"


def _is_share(found: Match[str]) -> bool:
    first, second = found["a"], found["b"]
    if not _small_share(first, second):
        return False
    following = after(found)
    return not begins_with(following, PLACES) and not ends_with(before(found), frozenset({"ngõ", "số", "thứ", "hẻm"}))


def _small_share(first: str, second: str) -> bool:
    return len(first) == len(second) == 1 and "0" < first < second <= "5"


def _share(text: str) -> str:
    return "tư" if text == "4" else cardinal(int(text))


def _score(found: Match[str]) -> str | None:
    return f"{number(found['a'])} {number(found['b'])}" if ends_with(before(found), SCORE_CUES) else None


RULES: tuple[Rule, ...] = (
    rule("score", r"(?<![\w.,/\-])(?P<a>\d{1,2}) ?- ?(?P<b>\d{1,2})(?![\w/]|[.,\-]\d)", _score, needs="-"),
    rule(
        "ratio-scale",
        rf"(?<![\w.,/\-])(?P<a>1):(?P<b>{NUMBER})(?![\w/:])",
        lambda found: f"một trên {number(found['b'])}",
        needs=":",
    ),
    rule("ratio", rf"(?<![\w.,/\-])(?P<a>{NUMBER}) ?/ ?(?P<b>{NUMBER})(?![\w/]|[.,]\d)", _ratio, needs="/"),
)
