"""Clock times that an alert's words name and that have passed since it went out: told, never guessed at on the air."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from smartradio.alerting.saying import WALL_CLOCK

# 18 giờ, 18 giờ 30 phút, 18 giờ rưỡi, 18h30, 18:30; not 60km/h, not 1.18 giờ, not 3/11.
_TIME: Final = re.compile(
    r"(?<![\w.,/:-])(?P<hour>\d{1,2})"
    r"(?:\s*giờ(?!\w)(?:\s+(?P<minute>[0-5]?\d)(?!\w|[/.:,-]\d)(?:\s*phút)?|\s+(?P<half>rưỡi))?"
    r"|[hg](?P<short>[0-5]\d)?(?!\w)|:(?P<digits>[0-5]\d)(?![\d:]))",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"\s*(?:buổi\s+)?(sáng|trưa|chiều|tối|đêm)\b", re.IGNORECASE)
_DAY: Final = re.compile(
    r"[\s,(]*(?:(?P<named>hôm nay|nay|hôm qua|ngày mai|mai|ngày kia|ngày mốt)\b"
    r"|(?:ngày\s+)?(?P<day>\d{1,2})\s*(?:/|-|\s+tháng\s+)\s*(?P<month>\d{1,2})(?:\s*(?:/|-|\s+năm\s+)\s*(?P<year>\d{4}))?)",
    re.IGNORECASE,
)
_DAYS_ON: Final = {"hôm qua": -1, "ngày mai": 1, "mai": 1, "ngày kia": 2, "ngày mốt": 2}
# A span of hours, and no hour of the day: "trong 6 giờ", "24 giờ qua", "3 giờ tới", but not "6 giờ tới 18 giờ".
_SPAN_BEFORE: Final = re.compile(r"\b(?:trong|trong vòng|suốt|mỗi|cứ|hơn|thêm|gần)\s*$", re.IGNORECASE)
_SPAN_AFTER: Final = re.compile(r"\s*(?:qua|nữa|liền|đồng hồ|một lần|tới(?!\s*\d))\b", re.IGNORECASE)
_NEAR: Final = 40
"""So many characters before a time are looked at."""
_LONG_PAST: Final = timedelta(days=180)
"""A day that lies so far back is next year's: said in December, of January."""
_AHEAD: Final = re.compile(r"\b(?:trước|đến|tới|từ|sau)\s*(?:lúc\s*)?$", re.IGNORECASE)


def times_passed(text: str, *, since: datetime, now: datetime) -> tuple[str, ...]:
    """Return the times of a written text, as they stand there, that lay ahead at `since` and lie behind at `now`.

    A time without its day is of the day of `since`, by the wall clock of Vietnam; "trước 5 giờ", said in the evening,
    of the next morning. What may be a span of hours is none.
    """
    found = (words for words, at in _times(text, since.astimezone(WALL_CLOCK)) if since < at <= now)
    return tuple(dict.fromkeys(found))


def _times(text: str, said_at: datetime) -> Iterator[tuple[str, datetime]]:
    for match in _TIME.finditer(text):
        before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() :]
        if _SPAN_BEFORE.search(before) or _SPAN_AFTER.match(after):
            continue
        part = _PART.match(after)
        day = _DAY.match(after, part.end() if part else 0)
        end = match.end() + (day.end() if day else part.end() if part else 0)
        at = _instant(match, part[1].casefold() if part else "", day, said_at)
        if at is None:
            continue
        if day is None and at <= said_at and _AHEAD.search(before):
            at += timedelta(days=1)
        yield text[match.start() : end].strip(" ,("), at


def _instant(time: re.Match[str], part: str, day: re.Match[str] | None, said_at: datetime) -> datetime | None:
    """Return the instant that is named, None for what is no hour of any day."""
    minutes = 30 if time["half"] else int(time["minute"] or time["short"] or time["digits"] or 0)
    hour = _hour(int(time["hour"]), part)
    if hour > 24 or minutes > 59:
        return None
    midnight = said_at.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return _of_day(day, midnight) + timedelta(hours=hour, minutes=minutes)
    except (ValueError, OverflowError):
        return None


def _of_day(day: re.Match[str] | None, midnight: datetime) -> datetime:
    """Return the midnight with which the named day begins, said on the day of `midnight`; raises ValueError."""
    if day is None:
        return midnight
    if day["named"]:
        return midnight + timedelta(days=_DAYS_ON.get(day["named"].casefold(), 0))
    named = midnight.replace(year=int(day["year"] or midnight.year), month=int(day["month"]), day=int(day["day"]))
    if not day["year"] and midnight - named > _LONG_PAST:
        return named.replace(year=named.year + 1)
    return named


def _hour(hour: int, part: str) -> int:
    if part in ("chiều", "tối") and hour < 12:
        return hour + 12
    if part == "trưa" and hour <= 2:
        return hour + 12
    if part == "đêm" and 6 <= hour <= 12:
        return hour + 12
    return hour
