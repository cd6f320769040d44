"""Plain numbers: counts, ranges, decimals, list numbers, ordinals."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.dates import day_words, month_words
from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import NUMBER, digits, number, ordinal, whole
from smartradio.speech.spoken.ratios import COUNTED
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, ends_with, rule, words
from smartradio.speech.spoken.syllables import is_syllable
from smartradio.speech.spoken.units import SHARES

_LEFT = r"(?<!\w)(?<!\d[.,])"
_RIGHT = r"(?![\w]|[.,]\d)"
_CODE_WORDS = frozenset(
    {"số", "mã", "mã số", "mã otp", "otp", "pin", "cccd", "cmnd", "stk", "tài khoản", "mật khẩu", "biển số"}
)
_MEASURED = words("nghìn ngàn triệu tỷ tỉ trăm lần điểm tuổi giờ phút sào mẫu tạ tấn yến lít độ")
_SCORED = words("điểm điểm_chuẩn trung_bình")
_LINES = words("lộ xuất_tuyến nhánh_rẽ đường_dây")
_EDITION = re.compile(r"[1-9]\.0")
"""`công nghiệp 4.0`: a name, and no decimal is written with that nought."""
_SCALES = words("nghìn ngàn triệu tỷ tỉ")
_SECTIONS = words(
    "mục điều khoản điểm phần chương bảng hình bản phiên_bản bài tiết phụ_lục tiêu_chí lô mẫu biểu đoạn tiểu_mục ý số "
    "chỉ_tiêu nội_dung nhóm bước câu dòng lộ"
)
"""Before a number with a dot that counts parts: `tiêu chí 15.4`."""
_NUMBERED = words(
    "thôn xóm bản ấp khóm tổ đội khu khối lớp phường cụm điều khoản mục đợt cấp tháng quý mũi phòng nhà lô ngõ tuần "
    "vòng bảng tiểu_khu chi_hội chi_bộ trạm máy cống ngày"
)
"""What bears a number as its name: after it a comma parts two of them, `thôn 1,2`."""
_CODE_BEFORE = re.compile(
    r"(?:\bmã(?: số)?(?: thuế| hộ| thẻ| otp| pin)?|tài khoản|căn cước(?: công dân)?|cccd|cmnd|mst|s?tk)"
    r"(?: số| là)?:?$"
)


def _range(found: Match[str]) -> Reading | None:
    first, last = found["a"], found["b"]
    words = f"{number(first)} đến {number(last)}"
    if _value(first) > _value(last):
        return Reading(words, "Khoảng số giảm dần: có thể là tỷ số hoặc mã", "viết bằng chữ cách đọc mong muốn")
    return Reading(words)


def _value(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def _listed(found: Match[str]) -> str | None:
    """`thôn 1,2`: names in a row, not a decimal; elsewhere it takes three, after `ngày` too (`mỗi ngày 2,4 triệu`)."""
    said = before(found)
    if begins_with(after(found), _MEASURED):
        return None
    parts = found[0].split(",")
    if said[-1:] in (",", ";", ".") or not ends_with(said, _NUMBERED):  # `12 thôn, 3,14 héc ta`
        return ", ".join(whole(part) for part in parts) if len(parts) > 2 else None
    if ends_with(said, frozenset({"ngày"})):
        return ", ".join(day_words(int(part)) for part in parts) if len(parts) > 2 else None
    if ends_with(said, frozenset({"tháng"})):
        return ", ".join(month_words(int(part)) for part in parts)
    return ", ".join(whole(part) for part in parts)


def _ordinal(found: Match[str]) -> str:
    return ordinal(int(found[0]))


def _ordinals(found: Match[str]) -> str | None:
    """`thứ 2, 4, 6` and `thứ 2-6`: days of the week; but `kỳ họp thứ 6, 4 đại biểu`."""
    if begins_with(after(found), COUNTED | _MEASURED) and not re.search("[-v]", found[0]):
        return None
    text = re.sub(r" ?- ?", " đến ", found[0]).replace(",", ", ")
    return re.sub(r"\d", lambda figure: ordinal(int(figure[0])), text)


def _plain(found: Match[str]) -> Reading | str:
    text = found[0]
    if text.startswith("0") and text.isdecimal() and ends_with(before(found), _CODE_WORDS):
        return digits(text)
    if text.isdecimal() and len(text) > 3 and _CODE_BEFORE.search(before(found)):
        return digits(text)
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", text) and not begins_with(after(found), _SCALES):
        thousands = begins_with(after(found), COUNTED)
        return Reading(
            whole(text.replace(",", "")) if thousands else number(text),
            "Dấu phẩy có thể là phần nghìn hoặc phần thập phân",
            f"viết {text.replace(',', '.')} nếu là phần nghìn",
        )
    return number(text)


def _english_thousands(found: Match[str]) -> Reading:
    text = found[0].replace(",", "")
    return Reading(whole(text), "Dấu phẩy ngăn phần nghìn", f"viết {found[0].replace(',', '.')}")


def _dotted(found: Match[str]) -> Reading:
    """`mục 2.3.1`; one dot alone may as well be a decimal, unless it numbers a section."""
    text = found[0]
    said = " chấm ".join(map(whole, text.split(".")))
    parts = text.split(".")
    if len(parts) > 2 and max(map(len, parts)) > 2 and not ends_with(before(found), _SECTIONS):
        return Reading(said, "Dấu chấm phần nghìn đặt sai chỗ", "viết lại số, mỗi nhóm ba chữ số")
    if len(parts) > 2 or _EDITION.fullmatch(text) or ends_with(before(found), _SECTIONS) or _heads_section(found):
        return Reading(said)
    return Reading(said, "Dấu chấm giữa hai số không rõ nghĩa", f"viết {text.replace('.', ',')} nếu là số thập phân")


def _unknown_unit(found: Match[str]) -> Reading:
    """`15,73xy`: the figures stay one number, whatever the letters mean."""
    figures, letters = re.fullmatch(r"([\d.,]+)(.+)", found[0]).groups()  # type: ignore[union-attr]
    said = number(figures) if re.fullmatch(NUMBER, figures) else " ".join(map(whole, re.split("[.,]", figures)))
    word = letters.lower() if is_syllable(letters) else spell(letters)
    return Reading(f"{said} {word}", "Đơn vị lạ", "viết đầy đủ tên đơn vị")


def _heads_section(found: Match[str]) -> bool:
    """`1.1 Kết quả`: at the head of the line, before a word with a capital."""
    return not before(found) and found.string[found.end() :].lstrip()[:1].isupper()


def _code(found: Match[str]) -> Reading:
    """Letters and figures mixed (`LT2`, `QL1A`, `H5N1`, `12A`): letters by name, figures as a number."""
    words = []
    for part in re.findall(r"\d+|[^\W\d_]+|\.", found[0]):
        if part.isdecimal():
            words.append(digits(part) if len(part) > 4 or part.startswith("0") else whole(part))
        elif part == ".":
            words.append("chấm")
        elif is_syllable(part) and not part.isupper():
            words.append(part.lower())
        else:
            words.append(spell(part) or part.lower())
    short = re.fullmatch(
        r"[A-ZĐ]{1,4}\d{1,4}[A-ZĐ]?|\d{1,3}(?:[A-ZĐa-eđ]|WG|WP|EC|SC|SL|OD|GR)"
        r"|(?:[A-Z]|\d)\d{0,2}[A-ZĐ]\d{1,3}",
        found[0],
    )
    if short or ends_with(before(found), _LINES):
        return Reading(" ".join(words))
    return Reading(" ".join(words), "Mã lẫn chữ và số", "viết bằng chữ cách đọc mong muốn")


def _post(found: Match[str]) -> str:
    first = _post_words(found["n"], found["m"])
    return f"{first} đến {_post_words(found['n2'], found['m2'])}" if found["n2"] else first


def _post_words(kilometres: str, metres: str | None) -> str:
    words = f"ki lô mét {number(kilometres)}"
    return f"{words} cộng {number(metres)}" if metres else words


def _dot_decimal(found: Match[str]) -> Reading | None:
    """`1.2 triệu`: a dot for the comma, where what follows or goes before is measured and not numbered."""
    if not begins_with(after(found), _MEASURED) and not ends_with(before(found), _SCORED):
        return None
    comma = found[0].replace(".", ",")
    return Reading(number(comma), "Dấu chấm thập phân", f"viết {comma}")


def _list_number(found: Match[str]) -> str:
    return " chấm ".join(whole(part) for part in found["n"].split(".")) + ","


def _list_letter(found: Match[str]) -> str:
    return f"{spell(found['c'])},"


def _mixed(found: Match[str]) -> str:
    return f"{whole(found['n'])} và {SHARES[found['f']]}"


def _fertiliser(found: Match[str]) -> str:
    return ", ".join(number(part) for part in re.split("[-:.]", found[0]))


RULES: tuple[Rule, ...] = (
    rule(
        "fertiliser",
        r"(?:(?<=NPK)|(?<=NPK )|(?<=NPK \())\d{1,2}(?:[-:.]\d{1,2}){2,3}(?!\w|[-:.]\d)",
        _fertiliser,
        needs="K",
    ),
    rule("fraction-mixed", rf"{_LEFT}(?P<n>\d{{1,4}}) ?(?P<f>[½¼¾])(?!\w)", _mixed, needs="½¼¾"),
    rule("list-letter", r"\A\s*\(?(?P<c>[a-zđ](?=[.)/])|[A-EGKLM](?=[.)/])|[A-ZĐ](?=[)/]))[.)/]+(?= )", _list_letter),
    rule(
        "list-number",
        r"\A\s*\(?(?P<n>\d{1,2}(?:\.\d{1,2}){0,3})(?:[.)]|\)\.)+(?= |\Z)",
        _list_number,
        needs="0",
    ),
    rule(
        "kilometre-post",
        r"(?<!\w)(?:[Kk][Mm] ?|K(?=\d+\+\d))(?P<n>\d{1,4})(?: ?\+ ?(?P<m>\d{1,3}))?"
        r"(?: ?- ?[Kk][Mm]? ?(?P<n2>\d{1,4})(?: ?\+ ?(?P<m2>\d{1,3}))?)?(?!\w|[.,]\d)",
        _post,
        needs="Kk",
    ),
    rule("numbers-listed", rf"{_LEFT}\d{{1,2}}(?:,\d{{1,2}})+(?![\w/%]|[.,\-]\d)", _listed, needs=","),
    rule("number-dot", rf"{_LEFT}\d{{1,3}}\.\d{{1,2}}(?![\w]|[.,]\d)", _dot_decimal, needs="."),
    rule(
        "ordinal-list",
        r"(?i:(?<=thứ ))[2-7](?:(?:(?:, | và | ?- ?)[2-7](?!\w|[.,/]\d))+"
        r"|(?:,[2-7](?!\w|[./]\d|,\d\d))+(?: và [2-7](?!\w|[.,/]\d))?)",
        _ordinals,
        needs="0",
    ),
    rule("ordinal", rf"(?i:(?<=thứ )){_LEFT}0?\d(?![\w]|[.,/]\d)", _ordinal, needs="0"),
    rule("range", rf"{_LEFT}(?<!-)(?P<a>{NUMBER}) ?- ?(?P<b>{NUMBER}){_RIGHT}(?!-\d)", _range, needs="-"),
    rule("number-english", rf"{_LEFT}[1-9]\d{{0,2}}(?:,\d{{3}}){{2,}}{_RIGHT}", _english_thousands, needs=","),
    rule(
        "number-dotted",
        rf"{_LEFT}(?!\d{{1,3}}(?:\.\d{{3}})+(?!\.?\d))\d+(?:\.\d+)+(?!\w)",
        _dotted,
        needs=".",
    ),
    rule(
        "number-unknown-unit",
        r"(?<!\w)(?<!\d[.,])\d{1,15}(?:[.,]\d{1,15}){1,5}[^\W\d_]{1,10}(?!\w)",
        _unknown_unit,
        needs=".,",
    ),
    rule("number", rf"{_LEFT}{NUMBER}(?!\w)", _plain, needs="0"),
    rule("code", r"(?=\d{0,40}[^\W\d_])[^\W_]{0,40}\d\.\d{1,2}(?!\w)|[^\W_]{0,40}\d[^\W_]{0,40}", _code, needs="0"),
)
