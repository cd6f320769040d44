"""The recurrences a schedule may use: the part of RFC 5545 that comes to an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from smartradio.domain.errors import BadInputError
from smartradio.domain.recurrence import wall_times

_DAY = re.compile(r"(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)")
_PLAIN_DAY = re.compile(r"MO|TU|WE|TH|FR|SA|SU")
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EXAMPLE = "write it as FREQ=DAILY or FREQ=WEEKLY;BYDAY=MO,WE,FR"
_YEARS_LOOKED_AHEAD = 40


def check_recurrence(text: str, first_at: datetime) -> str:
    """Return the rule if a programme starting then can follow it; raise BadInputError with what is wrong.

    A bare date in UNTIL gets the end of its day. Stricter than RFC 5545: hours and minutes come from the
    programme's time, and rules that never come true (30 February, every second day if it is a Monday) are
    refused, since looking for them takes minutes.
    """
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        key, equals, value = part.partition("=")
        if not equals or key not in _CHECKS:
            raise BadInputError(f"{part[:40]!r} is not part of a rule; {_EXAMPLE}")
        if key in parts:
            raise BadInputError(f"{key} stands twice")
        if not _CHECKS[key](value):
            raise BadInputError(f"{key}={value[:40]} cannot be used; {_EXAMPLE}")
        parts[key] = value
    _check_together(parts)
    if len(parts.get("UNTIL", "")) == len("20261231"):
        # People mean the whole day; midnight would leave the last day out.
        parts["UNTIL"] += "T235959"
    rule = ";".join(f"{key}={value}" for key, value in parts.items())
    try:
        last_day = first_at.date() + timedelta(days=366 * _YEARS_LOOKED_AHEAD)
        first = next(wall_times(rule, first_at.replace(tzinfo=None), first_at.date(), last_day), None)
    except BadInputError as error:
        raise BadInputError(f"{rule!r} is not a rule that can be followed: {error.__cause__}") from error
    if first is None:
        raise BadInputError(f"{rule!r} never comes true after {first_at:%Y-%m-%d %H:%M}")
    return rule


def _check_together(parts: dict[str, str]) -> None:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise BadInputError(f"FREQ is missing; {_EXAMPLE}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadInputError("COUNT and UNTIL do not go together")
    days = parts.get("BYDAY", "").split(",")
    if frequency in ("DAILY", "WEEKLY"):
        if "BYMONTHDAY" in parts or "BYMONTH" in parts:
            raise BadInputError("BYMONTH and BYMONTHDAY want FREQ=MONTHLY or FREQ=YEARLY")
        if any(day and not _PLAIN_DAY.fullmatch(day) for day in days):
            raise BadInputError("a numbered day such as 1MO wants FREQ=MONTHLY or FREQ=YEARLY")
        if frequency == "DAILY" and days != [""]:
            raise BadInputError("BYDAY wants FREQ=WEEKLY, as in FREQ=WEEKLY;BYDAY=MO,WE,FR")
    if "BYMONTHDAY" in parts and any(day and not _PLAIN_DAY.fullmatch(day) for day in days):
        raise BadInputError("a numbered day such as 1MO and BYMONTHDAY do not go together")
    months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
    month_days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "1").split(",")]
    if not any(day <= _MONTH_LENGTHS[month - 1] for month in months for day in month_days):
        raise BadInputError("no such month has so many days")


def _every(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: all(check(item) for item in value.split(","))


def _number(low: int, high: int, *, signed: bool = False) -> Callable[[str], bool]:
    pattern = re.compile(r"[+-]?[0-9]{1,4}" if signed else r"[0-9]{1,4}")
    return lambda value: bool(pattern.fullmatch(value)) and low <= abs(int(value)) <= high


_CHECKS: dict[str, Callable[[str], bool]] = {
    "FREQ": lambda value: value in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"),
    "INTERVAL": _number(1, 366),
    "COUNT": _number(1, 9999),
    "UNTIL": lambda value: bool(re.fullmatch(r"2[01][0-9]{6}(?:T[0-9]{6})?", value)),
    "BYDAY": _every(lambda item: bool(_DAY.fullmatch(item))),
    "BYMONTH": _every(_number(1, 12)),
    "BYMONTHDAY": _every(_number(1, 31, signed=True)),
    "WKST": lambda value: bool(_PLAIN_DAY.fullmatch(value)),
}
