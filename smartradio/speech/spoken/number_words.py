"""Vietnamese number words back to values: the reverse of saying a number, written without its tables.

Read-back compares what is written with what is said, so nothing here may come from `numerals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

DIGITS = {
    "không": 0, "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
    "mốt": 1, "tư": 4, "lăm": 5, "nhăm": 5,
}  # fmt: skip
"""The words for one figure; the last four are said in the place of ones."""
SCALES = {"nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9}
DECIMAL_MARK = "phẩy"
MINUS = "âm"
HALF = "rưỡi"
NUMBER_WORDS = frozenset({*DIGITS, *SCALES, "mười", "mươi", "trăm", "linh", "lẻ", DECIMAL_MARK, HALF, MINUS})

_IN_ONES = frozenset({"mốt", "tư", "lăm", "nhăm"})
_ONLY_ONES = frozenset({"mốt", "lăm", "nhăm"})
_GAP = ("linh", "lẻ")
_LONGEST_WORDS = 32


def cardinal_value(words: Sequence[str]) -> int | None:
    """Return the value of a number name that takes all the words, None where they are no proper one.

    `hai mươi lăm` is 25 and `hai trăm linh năm` 205; `hai mười`, `mươi sáu`, `hai trăm năm` are none.
    """
    return _cardinal(tuple(words)) if 0 < len(words) <= _LONGEST_WORDS else None


def digit_string(words: Sequence[str]) -> str | None:
    """Return the figures of words said one by one (`hai lăm` too), None where one of them is no figure's name."""
    if not words or any(word not in DIGITS for word in words):
        return None
    if any(word in _IN_ONES for word in (words[:-1] if len(words) == 2 else words)):
        return None
    return "".join(str(DIGITS[word]) for word in words)


@lru_cache(maxsize=8192)
def _cardinal(words: tuple[str, ...]) -> int | None:
    if words[-1] == HALF:
        return _and_a_half(words[:-1])
    for scale in (10**9, 10**6, 10**3):
        place = next((index for index, word in enumerate(words) if SCALES.get(word) == scale), None)
        if place is None:
            continue
        head = _cardinal(words[:place]) if place else None
        tail = _rest(words[place + 1 :], scale)
        # Thousands of milliards are said, millions of millions are not.
        if not head or tail is None or head >= (10**9 if scale == 10**9 else 1000):
            return None
        return head * scale + tail
    return _below_thousand(words)


def _rest(words: tuple[str, ...], scale: int) -> int | None:
    """What follows `nghìn`, `triệu`, `tỷ`: smaller, and never a lone figure, which would stand for hundreds."""
    if not words:
        return 0
    if words[0] in _GAP:
        return _ones(words[1:])
    value = _cardinal(words)
    whole = value is not None and value < scale
    return value if whole and (len(words) > 1 or words[0] == "mười") else None


def _and_a_half(words: tuple[str, ...]) -> int | None:
    step = 100 if words and words[-1] == "trăm" else SCALES.get(words[-1], 0) if words else 0
    value = _cardinal(words) if step else None
    return None if value is None else value + step // 2


def _below_thousand(words: tuple[str, ...]) -> int | None:
    if len(words) == 1 and words[0] in DIGITS and words[0] not in _ONLY_ONES:
        return DIGITS[words[0]]
    if len(words) > 1 and words[1] == "trăm" and words[0] in DIGITS:
        rest = _after_hundred(words[2:])
        return None if rest is None or words[0] in _ONLY_ONES else DIGITS[words[0]] * 100 + rest
    return _tens(words)


def _after_hundred(words: tuple[str, ...]) -> int | None:
    if not words:
        return 0
    return _ones(words[1:]) if words[0] in _GAP else _tens(words)


def _tens(words: tuple[str, ...]) -> int | None:
    if words[0] == "mười":
        return 10 + (_ones(words[1:], after_ten=True) or 0) if _ends_well(words[1:], after_ten=True) else None
    if len(words) > 1 and words[1] == "mươi" and DIGITS.get(words[0], 0) > 1 and words[0] not in _ONLY_ONES:
        return DIGITS[words[0]] * 10 + (_ones(words[2:]) or 0) if _ends_well(words[2:]) else None
    return None


def _ends_well(words: tuple[str, ...], *, after_ten: bool = False) -> bool:
    """Whether the ones are a lone figure in the form it has there: `mươi năm` are years, `mươi lăm` is a number."""
    if not words:
        return True
    wrong = ("năm", "mốt", "tư") if after_ten else ("năm",)
    return words[0] not in wrong and _ones(words, after_ten=after_ten) is not None


def _ones(words: tuple[str, ...], *, after_ten: bool = False) -> int | None:
    if len(words) != 1 or not DIGITS.get(words[0]):
        return None
    return None if after_ten and words[0] == "mốt" else DIGITS[words[0]]
