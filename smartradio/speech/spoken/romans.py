"""Roman numerals after the words that call for them."""

from __future__ import annotations

from re import Match

from smartradio.speech.spoken.numerals import cardinal, ordinal, roman_value
from smartradio.speech.spoken.rules import Rule, before, ends_with, rule, words

CUES = words(
    "khóa khoá thứ quý chương phần mục thế_kỷ kỷ kỉ hội tập cấp hạng loại vùng đợt kỳ giai_đoạn nhóm bậc "
    "quyển độ khu động họp hội_nghị điều phụ_lục lục bảng lần hè tiểu_khu và đến ban_chấp_hành bài tuần "
    "vòng lớp tiết học_kỳ khu_vực chuyên_khoa bậc mốc nhiệm_kỳ đại_đội tổ mức trung_đoàn"
)
_PLAIN_ENOUGH = frozenset(
    {
        "II",
        "III",
        "IV",
        "VII",
        "VIII",
        "IX",
        "XII",
        "XIII",
        "XIV",
        "XV",
        "XVI",
        "XVII",
        "XVIII",
        "XIX",
        "XX",
        "XXI",
        "XXII",
        "XXIII",
    }
)
"""Read as numerals without a cue: no word and no usual acronym looks like them. `VI` and `XI` do."""


def _roman(found: Match[str]) -> str | None:
    value = roman_value(found[0])
    if value is None:
        return None
    said = before(found)
    if ends_with(said, frozenset({"thứ"})):
        return ordinal(value)
    return cardinal(value) if ends_with(said, CUES) or found[0] in _PLAIN_ENOUGH else None


def _roman_range(found: Match[str]) -> str | None:
    first, last = roman_value(found["a"]), roman_value(found["b"])
    if not first or not last or first >= last:
        return None
    known = found["a"] in _PLAIN_ENOUGH or ends_with(before(found), CUES)
    return f"{cardinal(first)} đến {cardinal(last)}" if known else None


def _quarter(found: Match[str]) -> str | None:
    text = found["q"]
    value = int(text) if text.isdecimal() else roman_value(text)
    return f"{cardinal(value)} năm {cardinal(int(found['y']))}" if value else None


def _list_roman(found: Match[str]) -> str | None:
    value = roman_value(found["n"])
    return f"{cardinal(value)}," if value else None


def _term(found: Match[str]) -> str:
    text = found["n"]
    return f"học kỳ {cardinal(int(text) if text.isdecimal() else len(text))}"


RULES: tuple[Rule, ...] = (
    rule("school-term", r"(?<!\w)HK ?(?P<n>I{1,3}|[1-3])(?![\w]|[.,/]\d)", _term, needs="K"),
    rule(
        "quarter-year",
        r"(?i:(?<=quý )|(?<=đợt )|(?<=kỳ ))(?P<q>[IV]{1,3}|[1-4]) ?[/-] ?(?P<y>(?:19|20)\d\d)(?!\w)",
        _quarter,
        needs="0",
    ),
    rule("list-roman", r"\A\s*(?P<n>[IVX]{1,5})[.)](?= )", _list_roman, needs="IVX"),
    rule(
        "roman-range",
        r"(?<![\w&.])(?P<a>[IVXLC]{1,7}) ?- ?(?P<b>[IVXLC]{1,7})(?![\w&])",
        _roman_range,
        needs="-",
    ),
    rule("roman", r"(?<![\w&.])[IVXLC]{1,7}(?![\w&])", _roman, needs="IVX"),
)
