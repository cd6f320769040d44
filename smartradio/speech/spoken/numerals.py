"""Numerals as words: the arithmetic of Vietnamese number names, no rules of writing."""

from __future__ import annotations

UNITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ("", "nghìn", "triệu")
LONGEST_CARDINAL = 15

NUMBER = r"(?:\d{1,3}(?:\.\d{3})+(?!\d)|\d+)(?:,\d+)?"
"""Dot for thousands, comma for decimals."""

ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def digits(text: str) -> str:
    """Read a string digit by digit; characters that are no digits are passed over."""
    return " ".join(UNITS[int(char)] for char in text if char.isdecimal())


def cardinal(value: int) -> str:
    """Name a whole number, as in `một nghìn năm trăm linh tám`."""
    if value < 0:
        return f"âm {cardinal(-value)}"
    if value == 0:
        return UNITS[0]
    billions, rest = divmod(value, 10**9)
    words = [f"{cardinal(billions)} tỷ"] if billions else []
    started = bool(billions)
    for scale in (2, 1, 0):
        group = rest // 1000**scale % 1000
        if group:
            words.append(f"{_three(group, full=started)} {SCALES[scale]}".strip())
            started = True
    return " ".join(words)


def _three(group: int, *, full: bool) -> str:
    hundreds, rest = divmod(group, 100)
    words = [f"{UNITS[hundreds]} trăm"] if hundreds or full else []
    if not rest:
        return " ".join(words)
    tens, ones = divmod(rest, 10)
    if tens == 0:
        words.append(f"linh {UNITS[ones]}" if words else UNITS[ones])
    else:
        words.append(_two(tens, ones))
    return " ".join(words)


def _two(tens: int, ones: int) -> str:
    head = "mười" if tens == 1 else f"{UNITS[tens]} mươi"
    if ones == 0:
        return head
    if ones == 1 and tens > 1:
        return f"{head} mốt"
    return f"{head} lăm" if ones == 5 else f"{head} {UNITS[ones]}"


def whole(text: str) -> str:
    """Read a written whole number; `02` is hai, `007` and very long ones go digit by digit."""
    plain = text.replace(".", "")
    if len(plain) > LONGEST_CARDINAL or (plain.startswith("0") and len(plain) > 2):
        return digits(plain)
    return cardinal(int(plain))


def number(text: str) -> str:
    """Read a number written with dots for thousands and a comma for decimals (`1.234,56`)."""
    head, comma, fraction = text.partition(",")
    return f"{whole(head)} phẩy {decimals(fraction)}" if comma else whole(head)


def decimals(fraction: str) -> str:
    """Read what stands after the comma: two figures as a number, else figure by figure."""
    if len(fraction) == 2 and fraction[0] != "0":
        return cardinal(int(fraction))
    return digits(fraction)


def roman_value(text: str) -> int | None:
    """The value of a Roman numeral up to CCC, or None where the letters are not one in its proper form."""
    total = 0
    upper = text.upper()
    for char, following in zip(upper, [*upper[1:], ""], strict=True):
        value = ROMAN.get(char)
        if value is None:
            return None
        total += -value if ROMAN.get(following, 0) > value else value
    return total if 0 < total <= 300 and to_roman(total) == upper else None


def to_roman(value: int) -> str:
    """The proper Roman form of a number up to 399."""
    forms = (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    )
    out = ""
    for step, letters in forms:
        count, value = divmod(value, step)
        out += letters * count
    return out


def ordinal(value: int) -> str:
    """The word after `thứ`: nhất, hai, ba, tư, năm."""
    return {1: "nhất", 4: "tư"}.get(value) or cardinal(value)
