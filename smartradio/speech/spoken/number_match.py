"""Whether a row of words says a row of figures: every number word is accounted for, and nothing is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from smartradio.speech.spoken.figures import Atom, Figure
from smartradio.speech.spoken.number_words import (
    DECIMAL_MARK,
    HALF,
    MINUS,
    NUMBER_WORDS,
    SCALES,
    cardinal_value,
    digit_string,
)

_NOT_NUMBERS = frozenset(
    {
        ("phần", "trăm"), ("phần", "nghìn"), ("phần", "triệu"), ("thông", "tư"), ("đầu", "tư"), ("vật", "tư"),
        ("hàng", "không"), ("công", "tư"), ("dân", "tư"), ("thống", "nhất"), ("bộ", "tư"), ("li", "ba"),
    }
)  # fmt: skip
"""A word before, and what is then no number."""
_NO_NUMBERS = frozenset(
    {
        ("tư", "pháp"), ("tư", "lệnh"), ("tư", "vấn"), ("tư", "nhân"), ("tỷ", "lệ"), ("tỷ", "số"), ("âm", "lịch"),
        ("không", "quân"), ("không", "dùng"), ("không", "gian"), ("năm", "học"), ("một", "cửa"), ("ba", "na"),
    }
)  # fmt: skip
"""What is no number, and the word after it."""
_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_CENTURIES_SPELT = (19, 20)
_LONGEST_WORDS = 32
_LONGEST_NAMED = 24
"""So many figures may have a number's name; a longer row is only said figure by figure."""


class Said:
    """The words said for a stretch of writing; `words_written` are the words that stand in it as words.

    `before` is the word said just before it.
    """

    def __init__(self, words: Sequence[str], words_written: Counter[str], written: str, before: str = "") -> None:
        self.words = list(words)
        self._text = f" {' '.join(self.words)} "
        self._before = before
        self._written = words_written
        self._begins_with_share = written.lstrip()[:1] == "/"
        self._shares = sum(
            1 for index, sign in enumerate(written) if sign == "/" and written[index + 1 :].lstrip()[:1].isalpha()
        )

    def first_wrong(self, figures: Sequence[Figure]) -> Figure | bool | None:
        """Return None where all figures are said; else the first that is not, or True for words left over."""
        places = {0}
        for figure in figures:
            if not figure.ways:
                continue
            reached = set()
            for place in places:
                reached |= self._after(figure, place)
            if not reached:
                return figure
            places = reached
        if any(len(self.words) in self._passed_over(place) for place in places):
            return None
        return figures[-1] if figures else True

    def has_unit(self, figure: Figure) -> bool:
        """Whether the unit is said that the figure has (`phần trăm`, `mét vuông`)."""
        return not figure.unit or any(f" {words} " in self._text for words in figure.unit.split("|"))

    def _after(self, figure: Figure, place: int) -> set[int]:
        ends: set[int] = set()
        for way in figure.ways:
            here = {place}
            for position, atom in enumerate(way):
                negative = figure.negative if position == 0 else False
                here = {
                    end
                    for begun in here
                    for start in self._passed_over(begun)
                    for end in self._said(atom, start, negative)
                }
            ends |= here
        return ends

    def _passed_over(self, place: int) -> Iterable[int]:
        """The places that can be reached from here over words that say no number."""
        yield place
        # `đồng một hộ` for đ/hộ: only behind a figure, or where the writing begins with the stroke.
        shares, used = self._shares if place or self._begins_with_share else 0, Counter[str]()
        while place < len(self.words):
            word = self.words[place]
            if word in NUMBER_WORDS and not self._is_no_number(place):
                if used[word] < self._written[word]:
                    used[word] += 1
                elif shares and word == "một" and self._stands_alone(place):
                    shares -= 1
                else:
                    return
            place += 1
            yield place

    def _stands_alone(self, place: int) -> bool:
        number_before = place > 0 and self.words[place - 1] in NUMBER_WORDS and not self._is_no_number(place - 1)
        return not number_before and not self._number_goes_on(place + 1)

    def _number_goes_on(self, place: int) -> bool:
        word = self.words[place] if place < len(self.words) else ""
        return word in NUMBER_WORDS and not self._written[word]

    def _is_no_number(self, place: int) -> bool:
        word = self.words[place]
        if place and (self.words[place - 1], word) in _NOT_NUMBERS:
            return True
        if tuple(self.words[place : place + 2]) in _NO_NUMBERS:
            return True
        return word == "năm" and self._year_follows(place + 1)

    def _year_follows(self, place: int) -> bool:
        for end in range(place + 1, min(len(self.words), place + _LONGEST_WORDS) + 1):
            words = self.words[place:end]
            value = cardinal_value(words)
            if value is None and len(words) == 4:
                spelt = int(digit_string(words) or 0)
                value = spelt if spelt // 100 in _CENTURIES_SPELT else None  # not any four figures of a telephone
            if value and _FIRST_YEAR <= value <= _LAST_YEAR:
                return True
        return False

    def _said(self, atom: Atom, place: int, negative: bool | None) -> set[int]:
        """The places right after the number, where it is said at this place."""
        minus = self.words[place : place + 1] == [MINUS]
        if minus != bool(negative) and negative is not None:
            return set()
        place += minus
        if atom.fraction:
            return self._with_fraction(atom, place) | self._in_full(atom, place)
        ends = self._in_full(atom, place)
        for end in self._whole(atom, place):
            ends |= self._scale(atom.scale, end)
        return ends

    def _whole(self, atom: Atom, place: int) -> set[int]:
        """Where a whole number ends: as a name, figure by figure, or as the name of a month or an ordinal."""
        figures = atom.whole
        value = int(figures) if len(figures) <= _LONGEST_NAMED else -1
        ends = {end for end in self._numbers(place) if cardinal_value(self.words[place:end]) == value}
        spelt = digit_string(self.words[place : place + len(figures)])
        if not atom.counted and spelt == "".join(str(int(char)) for char in figures):
            ends.add(place + len(figures))
        before = self.words[place - 1] if place else self._before
        if before == "mét" and len(figures) == 2 and figures[0] == "0" and self.words[place : place + 1] == ["linh"]:
            # `7m05`: seven metres and five hundredths
            ends |= {place + 2} if digit_string(self.words[place + 1 : place + 2]) == figures[1] else set()
        if place < len(self.words) and (before, self.words[place], value) in _BY_NAME:
            ends.add(place + 1)
        return ends

    def _in_full(self, atom: Atom, place: int) -> set[int]:
        """A number with its scale as one name: 2,5 triệu as `hai triệu năm trăm nghìn` or `hai triệu rưỡi`."""
        if len(atom.whole) + len(atom.fraction) > _LONGEST_NAMED:
            return set()
        shifted = int(atom.whole + atom.fraction) * atom.scale
        value, rest = divmod(shifted, 10 ** len(atom.fraction))
        if rest or atom.scale == 1:
            return set()
        return {end for end in self._numbers(place) if cardinal_value(self.words[place:end]) == value}

    def _with_fraction(self, atom: Atom, place: int) -> set[int]:
        ends: set[int] = set()
        for end in self._whole(atom, place):
            mark = self.words[end : end + 1]
            if mark == [DECIMAL_MARK] or (mark == ["mét"] and atom.scale == 1):
                for last in self._fraction(atom.fraction, end + 1, split=mark == ["mét"]):
                    ends |= self._scale(atom.scale, last)
            if not atom.fraction.strip("0"):
                ends |= self._scale(atom.scale, end)
        return ends

    def _fraction(self, figures: str, place: int, *, split: bool) -> set[int]:
        """Where the decimals end: figure by figure, or as a number when no nought leads (`linh năm` after `mét`)."""
        ends = set()
        for shown in {figures, figures.rstrip("0") or "0"}:
            if digit_string(self.words[place : place + len(shown)]) == shown:
                ends.add(place + len(shown))
            if not shown.startswith("0") and len(shown) <= _LONGEST_NAMED:
                ends |= {end for end in self._numbers(place) if cardinal_value(self.words[place:end]) == int(shown)}
            elif split and len(shown) == 2 and self.words[place : place + 1] in (["linh"], ["lẻ"]):
                word = self.words[place + 1 : place + 2]
                ends |= {place + 2} if digit_string(word) == shown[1] else set()
        return ends

    def _scale(self, factor: int, place: int) -> set[int]:
        """Where the scale words end; one that is not in the writing is not passed over here."""
        while factor > 1 and place < len(self.words):
            step = 100 if self.words[place] == "trăm" else SCALES.get(self.words[place], 0)
            if not step or factor % step:
                return set()
            factor //= step
            place += 1
        return {place} if factor == 1 else set()

    def _numbers(self, place: int) -> range:
        end = place
        while end < len(self.words) and end < place + _LONGEST_WORDS and self.words[end] in NUMBER_WORDS:
            end += 1
        return range(place + 1, end + 1)


_BY_NAME = frozenset(
    {("tháng", "giêng", 1), ("tháng", "chạp", 12), ("thứ", "nhất", 1), ("thứ", "nhì", 2), ("giờ", HALF, 30)}
)
"""Word before, word, value."""
