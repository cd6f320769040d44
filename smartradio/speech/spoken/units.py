"""Quantities: numbers, ranges and sums of money with the unit they are measured in."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.numerals import NUMBER, number
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, ends_with, rule, words
from smartradio.speech.spoken.signs import MINUS_ADVICE, minus_words

LENGTH_AND_AREA = {
    "mm": "mi li mét", "cm": "xăng ti mét", "dm": "đề xi mét", "m": "mét", "km": "ki lô mét", "ha": "héc ta",
    "mm2": "mi li mét vuông", "cm2": "xăng ti mét vuông", "m2": "mét vuông", "km2": "ki lô mét vuông",
    "cm3": "xăng ti mét khối", "m3": "mét khối", "µm": "mi crô mét",
}  # fmt: skip
WEIGHT_AND_VOLUME = {
    "kg": "ki lô gam", "g": "gam", "gr": "gam", "mg": "mi li gam", "µg": "mi crô gam", "mcg": "mi crô gam",
    "l": "lít", "ml": "mi li lít", "µl": "mi crô lít",
    "cc": "xê xê", "lít": "lít", "tấn": "tấn", "tạ": "tạ", "yến": "yến",
}  # fmt: skip
POWER = {
    "V": "vôn", "kV": "ki lô vôn", "W": "oát", "kW": "ki lô oát", "MW": "mê ga oát", "kWh": "ki lô oát giờ",
    "kVA": "ki lô vôn am pe", "MVA": "mê ga vôn am pe", "kWp": "ki lô oát pích", "Hz": "héc",
    "kHz": "ki lô héc", "MHz": "mê ga héc", "GHz": "gi ga héc", "dB": "đề xi ben", "MB": "mê ga bai",
    "GB": "gi ga bai", "Mbps": "mê ga bít trên giây", "mAh": "mi li am pe giờ", "Ah": "am pe giờ",
}  # fmt: skip
WEATHER = {
    "hPa": "héc tô pát can", "mb": "mi li ba", "mbar": "mi li ba", "mmHg": "mi li mét thủy ngân",
    "°C": "độ xê", "℃": "độ xê", "oC": "độ xê", "độ C": "độ xê", "°": "độ", "%": "phần trăm", "‰": "phần nghìn",
    "ppm": "phần triệu", "m/s": "mét trên giây", "km/h": "ki lô mét trên giờ", "m3/s": "mét khối trên giây",
}  # fmt: skip
MONEY = {
    "đ": "đồng", "đồng": "đồng", "VNĐ": "đồng", "VND": "đồng", "vnđ": "đồng", "vnd": "đồng", "tr": "triệu",
    "trđ": "triệu đồng", "tr.đ": "triệu đồng", "tr đồng": "triệu đồng", "k": "nghìn", "K": "nghìn",
    "USD": "đô la Mỹ", "$": "đô la", "EUR": "ơ rô", "€": "ơ rô",
}  # fmt: skip
PER_WORDS = (
    "người|năm|tháng|ngày|lần|hộ|khẩu|sào|vụ|lượt|suất|tuần|em|cháu|con|buổi|mẫu|công|đợt|quý|đêm|cây|xe|phút|"
    "chỗ|phòng|học sinh|hộ dân|hộ gia đình|lao động|khẩu|thành viên|tiết|ca|chuyến|bao|thùng|gói|hộp|viên|"
    "đồng|khóm|dảnh|thôn|xã|trường|lớp|đơn vị|mũi|liều|bình|gốc|lứa|đầu người|nhà|trạm|cơ sở|mô hình|vùng|đôi|bữa|khóa|"
    "phụ nữ|vạn dân|trẻ|bệnh nhân|giường bệnh|quả|trái|bó|chai|lon|cuốn|tấm|thửa|ngđ|ng.đ"
)

_MEASURES = LENGTH_AND_AREA | WEIGHT_AND_VOLUME | POWER | WEATHER
_LARGE = ("mm", "cm", "km", "kg", "ha", "m2", "m3", "km2", "km/h", "kv", "kw", "kva", "kwh", "ml")
_UPPER = {form: name for name in _LARGE for form in (name.upper(), name[:1].upper() + name[1:])} | {"KWh": "kwh"}
_NAMES = {name.lower(): words for name, words in POWER.items()} | _MEASURES | MONEY
_SUPERSCRIPTS = str.maketrans("²³", "23")
SHARES = {"½": "một phần hai", "¼": "một phần tư", "¾": "ba phần tư"}
_BARE_SCALES = frozenset({"k", "K", "tr"})
_NO_SPACE = frozenset({"k", "K"})
_PER = {"h": "giờ", "s": "giây", "giờ": "giờ", "giây": "giây", "phút": "phút", "ngđ": "ngày đêm", "ng.đ": "ngày đêm"}


def _unit_pattern() -> str:
    names = sorted({*_MEASURES, *_UPPER, *MONEY}, key=len, reverse=True)
    joined = "|".join(re.escape(name) for name in names)
    return joined.replace("2", "[2²]").replace("3", "[3³]").replace(r"\ ", " ")


UNIT = _unit_pattern()
UNIT_NAMES = frozenset(_MEASURES)
_UNITS = rf"(?:{UNIT})"
_LEFT = r"(?<![\w/])(?<!\d[.,\-])"
_PER_PATTERN = (
    rf"(?: ?(?:(?<!\d)(?<!\d )/ ?(?:\d+ ?(?:h|giờ|ngày)|{NUMBER} ?{_UNITS})"
    rf"|/ ?(?:h|s|giờ|giây|{UNIT}|{PER_WORDS}))(?!\w))"
)


_COUNTED = words("đồng người hộ khẩu con cây lượt suất triệu lao em cháu học")
_NUMBERED = words("thôn xóm tổ đội cấp khu lớp đợt ngày tháng năm khóa điều khoản")
_COUNT_BEFORE = re.compile(r"\d[\w.,%²³]*(?: ?[^\W\d]+(?:/[^\W\d]+)?){0,2}$")
_WEEKDAY_BEFORE = re.compile(r"(?:\bthứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|\bt[2-7])$")
_AMOUNT_BEFORE = re.compile(r"\d (?:nghìn|ngàn|triệu|tỷ|tỉ|trăm)(?: đồng)?$")


def unit_words(unit: str) -> str:
    """The name of a unit as written (`m²`, `KM`, `VNĐ`)."""
    plain = unit.translate(_SUPERSCRIPTS)
    plain = plain if plain in _MEASURES or plain in MONEY else _UPPER.get(plain, plain)
    return _NAMES.get(plain, plain)


def _per(written: str, *, measured: bool, unit: str = "", share: str = "một") -> str:
    """Read `/giờ`, `/người/năm`, `/24h`, `/16 lít`; a measure is taken `trên`, a share `một`, a dose `cho`.

    After a scale without `đồng` a share is `mỗi`: `hai triệu một hộ` begins like a larger sum.
    """
    words = []
    for part in (piece.strip() for piece in written.split("/")[1:]):
        span = re.match(r"(\d+) ?(h|giờ|ngày)", part)
        dose = re.match(rf"({NUMBER}) ?(\D.*)", part)
        if span:
            words.append(f"trong {number(span[1])} {_PER.get(span[2], span[2])}")
        elif dose:
            join = "trên" if unit_words(dose[2]) == unit_words(unit) else "cho"
            words.append(f"{join} {number(dose[1])} {unit_words(dose[2])}")
        elif measured and (part in _PER or part.translate(_SUPERSCRIPTS) in _MEASURES):
            words.append(f"trên {_PER.get(part) or unit_words(part)}")
        else:
            words.append(f"{share} {_PER.get(part) or unit_words(part)}")
    return " ".join(words)


def _quantity(found: Match[str]) -> Reading | None:
    unit = found["u"]
    if unit in _NO_SPACE and found["gap"]:
        return None
    sign, doubt = minus_words(found) if found["sign"] else ("", "")
    if unit == "K" and len(found["a"]) == 1 and not found["b"]:
        return Reading(f"{number(found['a'])} ca")  # `thông điệp 5K` is no sum of money
    first = f"{sign} {number(found['a'])}".lstrip()
    last = f" đến {number(found['b'])}" if found["b"] else ""
    between = f" {unit_words(found['ua'])}" if found["ua"] else ""
    if (
        found["ua"]
        and {found["ua"].strip(), unit} & POWER.keys()
        and unit_words(found["ua"].strip()) != unit_words(unit)
    ):
        last = f", {number(found['b'])}"  # `12V - 7Ah` is no range
    words = f"{first}{between}{last} {unit_words(unit)}"
    if found["per"]:
        words += " " + _per(
            found["per"],
            unit=unit,
            share="mỗi" if unit in _BARE_SCALES else "một",
            measured=unit.translate(_SUPERSCRIPTS) in _MEASURES and unit not in "%‰",
        )
    return Reading(words, doubt, MINUS_ADVICE) if doubt else _doubtful(found, words)


def _doubtful(found: Match[str], words: str) -> Reading:
    for part in (found["a"], found["b"] or ""):
        if re.search(r"^[1-9]\d{0,2},\d{3}$", part):
            return Reading(
                words,
                "Dấu phẩy có thể là phần nghìn hoặc phần thập phân",
                f"viết {part.replace(',', '.')} nếu là phần nghìn",
            )
    return Reading(words)


def _dot_decimal(found: Match[str]) -> Reading:
    whole, _, fraction = found["a"].partition(".")
    words = f"{number(f'{whole},{fraction}')} {unit_words(found['u'])}"
    if found["per"]:
        words += " " + _per(found["per"], measured=True)
    return Reading(words, "Dấu chấm thập phân", f"viết {whole},{fraction}")


def _product(found: Match[str]) -> Reading:
    """`3m x 4m x 1,2m`, `4,5% x 2.340.000đ`: each factor with the unit it has."""
    words = []
    for factor in re.split(r" ?[x×] ?", found[0]):
        figures, unit = re.fullmatch(rf"({NUMBER}) ?(.*)", factor).groups()  # type: ignore[union-attr]
        words.append(f"{number(figures)} {unit_words(unit)}".strip())
    return Reading(" nhân ".join(words))


def _spaced(found: Match[str]) -> Reading | None:
    """`1 500 000 đồng`: spaces for the dots; a single space may as well part two numbers."""
    text = found["a"]
    words = f"{number(text.replace(' ', ''))} {unit_words(found['u'] or '')}".strip()
    if text.count(" ") > 1:
        return Reading(words)
    if not (found["u"] or begins_with(after(found), _COUNTED)) or ends_with(before(found), _NUMBERED):
        return None
    return Reading(words, "Khoảng trắng có thể ngăn phần nghìn hoặc hai số", f"viết {text.replace(' ', '.')}")


def _hundredths(text: str) -> str:
    return f"linh {number(text[1])}" if text.startswith("0") and text != "00" else number(text)


def _times_sign(found: Match[str]) -> str | None:
    return "nhân" if _COUNT_BEFORE.search(before(found)) else None


def _weekdays(found: Match[str]) -> str | None:
    return "đến" if _WEEKDAY_BEFORE.search(before(found)) else None


def _degrees_nought(found: Match[str]) -> Reading:
    """`250C`, `25 0C`: the ring of degrees that became a nought on the way."""
    degrees = found["b"]
    glued = "" if " 0C" in found[0] else "0"
    words = f"{number(degrees + glued)} xê" if glued else f"{number(degrees)} không xê"
    first = f"{number(found['a'])} đến " if found["a"] else ""
    return Reading(first + words, "Số 0 có thể là dấu độ", f"viết {degrees}°C nếu là nhiệt độ")


def _share(found: Match[str]) -> str:
    """`½m2`, `1½ kg`."""
    words = f"{SHARES[found['f']]} {unit_words(found['u'])}"
    return f"{number(found['n'])} và {words}" if found["n"] else words


def _unit_alone(found: Match[str]) -> str:
    return unit_words(found["u"])


def _per_word(found: Match[str]) -> str | None:
    """`triệu/người/năm`, `lần/ngày`: a share only after a number, otherwise the stroke separates words."""
    said = before(found)
    if not re.search(r"\d[\w.,]*%?(?: [\w,.]+){0,3} ?$", said) and not re.search(
        r"(?:đồng|triệu|nghìn|tỷ|lần|lượt|kg|mét|tạ|tấn|giờ|phút)$", said
    ):
        return None
    if re.search(r"(?:triệu|nghìn|ngàn|tỷ|tỉ)$", said):
        return _per(found[0], measured=False, share="mỗi")
    return _per(found[0], measured=not re.search(r"(?:đồng|đ)$", said))


RULES: tuple[Rule, ...] = (
    rule(
        "money-sign-first",
        rf"{_LEFT}(?P<u>[$€]) ?(?P<a>{NUMBER})(?![\w]|[.,]\d)",
        lambda found: f"{number(found['a'])} {unit_words(found['u'])}",
        needs="$€",
    ),
    rule(
        "diameter",
        rf"(?<!\w)[Øø⌀] ?(?P<a>{NUMBER})(?: ?(?P<u>{UNIT}))?(?!\w|[.,]\d)",
        lambda found: f"phi {number(found['a'])} {unit_words(found['u'] or '')}".rstrip(),
        needs="Øø⌀",
    ),
    rule(
        "degrees-nought",
        rf"{_LEFT}(?:(?P<a>\d{{1,2}}) ?- ?)?(?P<b>\d{{1,2}}(?:,\d)?) ?0C(?!\w)",
        _degrees_nought,
        needs="C",
    ),
    rule(
        "quantity-share",
        rf"(?<!\w)(?:(?P<n>\d{{1,3}}) ?)?(?P<f>[½¼¾]) ?(?P<u>{UNIT})(?!\w)",
        _share,
        needs="½¼¾",
    ),
    rule(
        "product",
        rf"{_LEFT}{NUMBER}(?: ?{_UNITS})?(?: ?[x×] ?{NUMBER}(?: ?{_UNITS}(?=[\W_]|x ?\d|\Z))?){{1,5}}(?!\w|[.,]\d)",
        _product,
        needs="x×",
    ),
    rule(
        "quantity-spaced",
        rf"{_LEFT}(?P<a>[1-9]\d{{0,2}}(?: \d{{3}})+)(?: ?(?P<u>{UNIT}))?(?!\w|[.,/]\d| \d)",
        _spaced,
        needs=" ",
    ),
    rule(
        "metres-and-more",
        rf"{_LEFT}(?P<a>\d{{1,3}})m(?P<b>\d{{2}}|[14-9])(?![\w/]|[.,]\d)",
        lambda found: f"{number(found['a'])} mét {_hundredths(found['b'])}",
        needs="m",
    ),
    rule("times-sign", r"(?<=[\w%²³)]) ?[x×] ?(?=\d)", _times_sign, needs="x×"),
    rule("range-weekdays", r"(?<=\w) ?- ?(?=[Tt]hứ |[Cc]hủ |CN|T[2-7])", _weekdays, needs="-"),
    rule(
        "quantity",
        rf"{_LEFT}(?P<sign>(?<![\w)%])-(?=\d))?(?P<a>{NUMBER})"
        rf"(?:(?P<ua> ?(?:{UNIT}))? ?- ?(?P<b>{NUMBER}))?"
        rf"(?P<gap> ?)(?P<u>{UNIT})(?!\w)(?P<per>{_PER_PATTERN}{{0,4}})",
        _quantity,
        needs="0",
    ),
    rule(
        "quantity-dot",
        rf"{_LEFT}(?P<a>\d+\.\d{{1,2}}) ?(?P<u>{UNIT})(?!\w)(?P<per>{_PER_PATTERN}{{0,4}})",
        _dot_decimal,
        needs="0",
    ),
    rule(
        "range-between",
        r"(?<=\w) ?- ?(?=\d)",
        lambda found: "đến" if _AMOUNT_BEFORE.search(before(found)) else None,
        needs="-",
    ),
    rule("per", rf"(?<=[^\W_])(?:{_PER_PATTERN}){{1,4}}", _per_word, needs="/"),
    rule(
        "unit",
        r"(?<![\w/])(?P<u>mm|cm|km/h|km[2²]?|kg|m[2²3³]|m[3³]/s|m/s|hPa|kWh|kVA?|VNĐ|°C|%|‰)(?![\w/])",
        _unit_alone,
    ),
)
