"""Days and hours as people write them in schedule files: dates, spans of dates, days of the year, lunar days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta
from difflib import get_close_matches
from typing import Final, TypeVar

import yaml

from smartradio.domain.day_rules import LAST_DAY, Leap, LunarRule
from smartradio.domain.errors import BadInputError
from smartradio.station.schedule_source import Fields

LUNAR_KEYS: Final = ("days", "months", "leap")
_DATE = re.compile(r"(2[01][0-9]{2})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY_AND_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_LAST = "last"
_LEAPS = {str(word): word for word in Leap}
_LONGEST_SPAN_DAYS = 366
_MOST_DATES = 1_000
# A year with a 29 February, so that a season may end on it.
_LEAP_YEAR = 2024

_Written = TypeVar("_Written")
_Word = TypeVar("_Word")


def written_date(text: str) -> date:
    """Return a date written as 2027-02-06; raises BadInputError for one that does not exist."""
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise BadInputError(f"{text[:40]!r} is not a date; write it as 2027-02-06")
    try:
        return date(*(int(part) for part in parts.groups()))
    except ValueError as error:
        raise BadInputError(f"{text} does not exist: {error}") from error


def written_time(text: str) -> time:
    """Return a time of day written as 5:30 or 05:30; raises BadInputError."""
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise BadInputError(f"{text[:40]!r} is not a time of day; write it as 05:30")
    return time(int(parts[1]), int(parts[2]))


def day_of_year(text: str) -> tuple[int, int]:
    """Return (month, day) of a day written as people here do, 16/4; raises BadInputError, for 31/2 too."""
    parts = _DAY_AND_MONTH.fullmatch(text)
    if parts is None:
        raise BadInputError(f"{text[:40]!r} is not a day of the year; write day and month as 16/4")
    day, month = int(parts[1]), int(parts[2])
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError as error:
        raise BadInputError(f"{text} does not exist: there is no day {day} in a month {month}") from error
    return month, day


def dates_of(fields: Fields, key: str) -> tuple[date, ...]:
    """Return a key's dates in order, spans such as 2027-02-04..2027-02-10 written out; none where it is missing."""
    found: list[date] = []
    for node, span in _each(fields, key, _span):
        for day in span:
            if day in found:
                fields.source.refuse(node, f"{key}: {day} stands twice")
            found.append(day)
        if len(found) > _MOST_DATES:
            fields.source.refuse(node, f"{key}: more than {_MOST_DATES} dates; a recurrence tells them better")
    return tuple(sorted(found))


def lunar_rule_of(fields: Fields, key: str) -> LunarRule | None:
    """Return lunar days written as 'days', 'months' and 'leap' under a key; None where it is missing.

    Where 'leap' is missing, a leap month counts like any other unless the months are named: the anniversary of
    the Hùng kings comes once.
    """
    node = fields.values.get(key)
    if node is None:
        return None
    own = Fields(fields.source, node, LUNAR_KEYS, "a lunar recurrence")
    if "days" not in own.values:
        own.refuse("days", "is missing; write the days of the lunar month, as in [1, 15]")
    days = tuple(day for _, day in _each(own, "days", _lunar_day))
    months = tuple(month for _, month in _each(own, "months", _lunar_month))
    for name, numbers in (("days", days), ("months", months)):
        if len(set(numbers)) < len(numbers):
            own.refuse(name, "one of them stands twice")
    return LunarRule(days, months, word_of(own, "leap", _LEAPS, Leap.SKIP if months else Leap.ALSO))


def word_of(fields: Fields, key: str, words: Mapping[str, _Word], missing: _Word) -> _Word:
    """Return what one of a few words under a key stands for; `missing` where the key is not there."""
    written = fields.text(key)
    if written is None:
        return missing
    if written not in words:
        close = get_close_matches(written[:40], words, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(words)}"
        fields.refuse(key, f"unknown word {written[:40]!r}; {hint}")
    return words[written]


def _each(fields: Fields, key: str, read: Callable[[str], _Written]) -> Iterator[tuple[yaml.Node, _Written]]:
    """Yield what `read` makes of a value or of each item of a list, with the item's place in the file."""
    node = fields.values.get(key)
    if node is None:
        return
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not items:
        fields.refuse(key, "the list is empty; leave the key out, or write a value")
    for item in items:
        if not isinstance(item, yaml.ScalarNode):
            fields.source.refuse(item, f"{key}: write plain values, as in [a, b]")
        try:
            yield item, read(item.value.strip())
        except BadInputError as error:
            fields.source.refuse(item, f"{key}: {error}")


def _span(text: str) -> tuple[date, ...]:
    first, dots, last = text.partition("..")
    begin = written_date(first.strip())
    end = written_date(last.strip()) if dots else begin
    if end < begin:
        raise BadInputError(f"{text[:40]} ends before it begins")
    length = (end - begin).days + 1
    if length > _LONGEST_SPAN_DAYS:
        raise BadInputError(f"{text[:40]} is longer than {_LONGEST_SPAN_DAYS} days; use valid_from and valid_until")
    return tuple(begin + timedelta(days=number) for number in range(length))


def _lunar_day(text: str) -> int:
    if text == _LAST:
        return LAST_DAY
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= 30:
        raise BadInputError(f"{text[:40]!r} is no day of a lunar month; write 1 to 30, or {_LAST}")
    return int(text)


def _lunar_month(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= 12:
        raise BadInputError(f"{text[:40]!r} is no lunar month; write 1 to 12")
    return int(text)
