"""Times of day and spans of time."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.dates import DAY, MONTH, YEAR, checked, date_words
from smartradio.speech.spoken.numerals import cardinal, ordinal
from smartradio.speech.spoken.ratios import COUNTED, LABELLED
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, ends_with, rule, words

_LAST_HOUR = 24
_HOUR = r"(?:[01]?\d|2[0-4])"
_MINUTE = r"[0-5]\d"
_LEFT = r"(?<![\w.,/:])(?<!\d-)"
_MARK = r" ?(?:[hHgG]|giờ)"
_PHUT = r"(?: ?(?:phút|ph|p|'|’|′)(?!\w))?"
_CLOCK_CUES = words("lúc hồi từ đến trước sau vào khoảng hết tới sáng trưa chiều tối đêm và hoặc")
_SPAN_BEFORE = re.compile(r"\d ?(?:[hg]|giờ)? ?\d* ?-$")
_WEEKDAY_AFTER = re.compile(
    r",? ?(?:ngày |\()?\d{1,2}/\d|(?:,|-|và|đến|hoặc)? ?(?:t[2-7]|cn)(?!\w)|hằng tuần|hàng tuần"
)
_WEEKDAY_BEFORE = re.compile(r"(?<!\w)(?:t[2-7]|cn),? ?(?:-|và|đến|hoặc)?$")
_AMOUNTS = words("nghìn ngàn triệu tỷ tỉ đồng phần")
"""No time of day stands before these: `2:35 triệu` is a slip for a decimal."""
_LABELS = LABELLED - {"ngày", "ca"}
_PARTS_OF_DAY = words("sáng trưa chiều tối đêm ngày hằng hàng")


def clock(hour: str, minute: str | None, second: str | None = None) -> str:
    """Read a time; full hours without their zero minutes."""
    words = f"{cardinal(int(hour))} giờ"
    if minute and (int(minute) or (second and int(second))):
        words += f" {cardinal(int(minute))} phút"
    if second and int(second):
        words += f" {cardinal(int(second))} giây"
    return words


def _time(found: Match[str]) -> Reading:
    return _on_the_dial(clock(found["h"], found["m"]), found)


def _on_the_dial(words: str, found: Match[str]) -> Reading:
    """After 24 o'clock there are no minutes."""
    if int(found["h"]) == _LAST_HOUR and int(found["m"] or 0):
        return Reading(words, "Không có giờ này", "sau 24h viết 0h với ngày hôm sau")
    return Reading(words)


def _time_of_date(found: Match[str]) -> Reading:
    return checked(found, f"{clock(found['h'], found['min'])} {date_words(found['d'], found['m'], found['y'])}")


def _range(found: Match[str]) -> str:
    return f"{clock(found['h'], found['m'])} đến {clock(found['h2'], found['m2'])}"


def _hours(found: Match[str]) -> str | None:
    if found["mark"] in "gG" and not found["m2"] and not ends_with(before(found), _CLOCK_CUES):
        return None
    return f"{cardinal(int(found['h']))} đến {clock(found['h2'], found['m2'])}"


def _colon(found: Match[str]) -> Reading | None:
    if begins_with(after(found), _AMOUNTS) or ends_with(before(found), frozenset({"tỷ lệ", "tỉ lệ", "tỷ số", "tỉ số"})):
        return None
    if ends_with(before(found), _LABELS) and begins_with(after(found), COUNTED):
        return None  # `Nhóm 1:20 người`
    return _on_the_dial(clock(found["h"], found["m"], found["s"]), found)


def _hour(found: Match[str]) -> str | None:
    """`7g` is an hour only beside words of time: elsewhere it is seven grams."""
    said = before(found)
    if found["mark"] in "gG" and not (
        ends_with(said, _CLOCK_CUES) or _SPAN_BEFORE.search(said) or begins_with(after(found), _PARTS_OF_DAY)
    ):
        return None
    return clock(found["h"], None)


def _minutes_seconds(found: Match[str]) -> str:
    return f"{cardinal(int(found['m']))} phút {cardinal(int(found['s']))} giây"


def _weekday(found: Match[str]) -> str | None:
    """`T2`, where other weekdays or a part of the day stand beside it."""
    beside = _WEEKDAY_AFTER.match(after(found)) or ends_with(before(found), _PARTS_OF_DAY)
    return f"thứ {ordinal(int(found['d']))}" if beside or _WEEKDAY_BEFORE.search(before(found)) else None


RULES: tuple[Rule, ...] = (
    rule("weekday", r"(?<![\w/])T(?P<d>[2-7])(?!\w|[./]\d)", _weekday, needs="T"),
    rule(
        "time-date",
        rf"{_LEFT}(?P<h>{_HOUR})[hH](?P<min>{_MINUTE})? ?/ ?"
        rf"(?P<d>{DAY})/(?P<m>{MONTH})(?:/(?P<y>{YEAR}))?(?![\w/])",
        _time_of_date,
        needs="/",
    ),
    rule(
        "time-round-the-clock",
        rf"{_LEFT}24 ?/ ?24(?: ?(?:[hH]|giờ)(?!\w))?(?![\w/]|[.,]\d)",
        lambda _: "hai mươi bốn trên hai mươi bốn giờ",
        needs="/",
    ),
    rule(
        "time-every-day",
        rf"{_LEFT}24(?P<h> ?h| giờ)? ?/ ?7(?![\w/]|[.,]\d)",
        lambda found: f"hai mươi bốn {'giờ ' if found['h'] else ''}trên bảy",
        needs="/",
    ),
    rule(
        "time-range",
        rf"{_LEFT}(?P<h>{_HOUR})(?:{_MARK}|:(?=\d)) ?(?P<m>{_MINUTE})?{_PHUT} ?- ?"
        rf"(?P<h2>{_HOUR})(?:{_MARK}|:(?=\d)) ?(?P<m2>{_MINUTE})?{_PHUT}(?!\w)",
        _range,
        needs="-",
    ),
    rule(
        "time-hours",
        rf"{_LEFT}(?P<h>{_HOUR}) ?- ?(?P<h2>{_HOUR})(?P<mark>[hHgG])(?P<m2>{_MINUTE})?(?!\w)",
        _hours,
        needs="-",
    ),
    rule(
        "time-minutes",
        rf"{_LEFT}(?P<h>{_HOUR}){_MARK} ?(?P<m>{_MINUTE}){_PHUT}(?![\w%]|[.,/\-]\d)",
        _time,
        needs="0",
    ),
    rule(
        "time-colon",
        rf"{_LEFT}(?P<h>{_HOUR}):(?P<m>{_MINUTE})(?::(?P<s>{_MINUTE}))?(?: ?[hH](?!\w))?(?!\w|[.,/:]\d)",
        _colon,
        needs=":",
    ),
    rule("time-hour", rf"{_LEFT}(?P<h>\d{{1,3}}) ?(?P<mark>[hHgG])(?!\w)", _hour, needs="hHgG"),
    rule(
        "time-minutes-seconds",
        rf"{_LEFT}(?P<m>\d{{1,3}}) ?['’′] ?(?P<s>{_MINUTE})[\"”″](?!\w)",
        _minutes_seconds,
        needs="'’′",
    ),
    rule(
        "time-minute-mark",
        rf"{_LEFT}(?P<m>\d{{1,3}}) ?['’′](?!\w)",
        lambda found: f"{cardinal(int(found['m']))} phút",
        needs="'’′",
    ),
)
