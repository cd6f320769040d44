"""What each word of a spoken line counts: a wrong number, hour or place sends people astray, a wrong "và" nobody.

Pure words, no sound. A person who mishears an ordinary word still knows what is meant from its company; of figures,
hours, places and negations the company tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from smartradio.domain.verdict import USUAL_WEIGHT as USUAL
from smartradio.speech.spoken.number_words import DIGITS, HALF, NUMBER_WORDS
from smartradio.speech.spoken.units import LENGTH_AND_AREA, MONEY, POWER, WEATHER, WEIGHT_AND_VOLUME

PLACE = 2.0
TIME = 2.0
UNIT = 2.0
NUMBER = 3.0
NEGATION = 3.0

NEGATIONS = frozenset({"không", "chưa", "đừng", "chớ", "chẳng", "cấm", "hủy", "huỷ", "hoãn", "ngừng", "dừng"})
_ALWAYS_NUMBERS = frozenset({*DIGITS, "mười", "mươi"})
_TIMES = frozenset({"giờ", "phút", "ngày", "tháng", "tuần", "quý", "thứ", "mùng", "mồng", "rằm", "kém"})
_PARTS_OF_DAY = frozenset({"sáng", "trưa", "chiều", "tối", "đêm", "khuya", "nay", "mai", "kia"})
_WAYS = frozenset({"đông", "tây", "nam", "bắc", "trái", "phải", "trên", "dưới", "trong", "ngoài", "trước", "sau"})
_PLACE_HEADS = """
    thôn xã xóm bản ấp làng khóm buôn huyện tỉnh phường khu tổ đội cụm sông hồ suối kênh mương đầm đèo dốc núi đồi rừng
    đường ngõ hẻm phố cầu cống đập đê bến chợ trạm trường lộ
"""
_PLACES = frozenset(_PLACE_HEADS.split())
_COUNTED = frozenset({"hộ", "người", "nhà", "cấp", "độ", "báo", "động", "tuổi", "lần", "liều", "con", "cây"})
# Heads of places that are oftener part of other words.
_NO_PLACE = frozenset({
    "hồ sơ", "bản tin", "bản thân", "bản đồ", "bản sao", "đường dây", "cầu thủ", "khu vực", "tổ chức", "đội hình",
    "trường hợp", "xã hội",
})  # fmt: skip
_UNIT_WORDS = frozenset(
    word
    for table in (LENGTH_AND_AREA, MONEY, POWER, WEATHER, WEIGHT_AND_VOLUME)
    for name in table.values()
    for word in name.split()
)


def word_weights(words: Sequence[str]) -> tuple[float, ...]:
    """Return what each of the words of one line counts, USUAL at least; names are known by their capitals if any.

    `words` are in their order and without punctuation.
    """
    plain = [word.lower() for word in words]
    weights = [_alone(word) for word in plain]
    _raise_numbers(plain, weights)
    _raise_what_is_counted(plain, weights)
    _raise_names(words, plain, weights)
    return tuple(weights)


def _alone(word: str) -> float:
    """Return what a word counts whatever its company."""
    if word in _ALWAYS_NUMBERS or word == HALF:
        return NUMBER
    if word in NEGATIONS:
        return NEGATION
    if word in _PARTS_OF_DAY:
        return TIME
    return PLACE if word in _WAYS else USUAL


def _raise_numbers(plain: Sequence[str], weights: list[float]) -> None:
    """Raise "trăm", "triệu", "phẩy", "linh" and the like where a number is beside them: they have other meanings."""
    for order in (range(len(plain)), range(len(plain) - 1, -1, -1)):
        for at in order:
            if plain[at] in NUMBER_WORDS and any(
                0 <= near < len(plain) and _is_number(plain[near], weights[near]) for near in (at - 1, at + 1)
            ):
                weights[at] = NUMBER


def _raise_what_is_counted(plain: Sequence[str], weights: list[float]) -> None:
    """Raise units and hours after a number, and what a number follows: "thứ ba", "ngày năm", "cấp bốn"."""
    for at in range(1, len(plain)):
        before_counts = weights[at - 1] > USUAL and (
            _is_number(plain[at - 1], weights[at - 1]) or plain[at - 1] in _UNIT_WORDS
        )
        if before_counts and (plain[at] in _UNIT_WORDS or plain[at] in _TIMES or plain[at] in _COUNTED):
            weights[at] = max(weights[at], UNIT)
    for at in range(len(plain) - 1):
        if plain[at] in _TIMES | _COUNTED | _PLACES and _is_number(plain[at + 1], weights[at + 1]):
            weights[at] = max(weights[at], TIME)


def _raise_names(words: Sequence[str], plain: Sequence[str], weights: list[float]) -> None:
    """Raise the name after thôn, xã, sông, hồ, đường: its capitals, or one word where there are no capitals."""
    has_capitals = any(word[:1].isupper() for word in words[1:])
    for at, head in enumerate(plain[:-1]):
        if head not in _PLACES or f"{head} {plain[at + 1]}" in _NO_PLACE:
            continue
        name = at + 1
        while has_capitals and name < len(words) and words[name][:1].isupper():
            weights[name] = max(weights[name], PLACE)
            name += 1
        if not has_capitals:
            weights[name] = max(weights[name], PLACE)


def _is_number(word: str, weight: float) -> bool:
    return word in NUMBER_WORDS and weight == NUMBER
