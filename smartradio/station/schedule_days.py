"""On which days and at what hour a programme is aired, as a schedule file tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import yaml

from smartradio.domain.day_rules import Holidays, Season
from smartradio.domain.days import DayCalendar
from smartradio.domain.programme import Programme, Turn, instants
from smartradio.station.lunar import LAST_DAY_KNOWN
from smartradio.station.recurrence import check_recurrence
from smartradio.station.schedule_source import Fields
from smartradio.station.written_days import (
    dates_of,
    day_of_year,
    lunar_rule_of,
    word_of,
    written_date,
    written_time,
)

DAY_KEYS: Final = (
    "recurrence",
    "lunar",
    "valid_from",
    "valid_until",
    "except_on",
    "also_on",
    "seasons",
    "holidays",
    "slot_until",
    "order",
)
SEASON_KEYS: Final = ("from", "until", "at")
TURNS: Final = {turn.name.lower(): turn for turn in Turn}
_RECURRING_ONLY: Final = ("valid_from", "valid_until", "except_on", "also_on", "seasons", "holidays")
_YEARS_LOOKED_AHEAD: Final = 40
_LEAP_YEAR: Final = 2024


def days_of(fields: Fields, first_at: datetime) -> Mapping[str, Any]:
    """Return the fields of a Programme that tell its days and its slot; raises BadInputError with the line."""
    if "recurrence" in fields.values and "lunar" in fields.values:
        fields.refuse("lunar", "a programme recurs by 'recurrence' or by 'lunar' days, not by both")
    if "recurrence" not in fields.values and "lunar" not in fields.values:
        for key in _RECURRING_ONLY:
            if key in fields.values:
                fields.refuse(key, "wants a programme that recurs: write a 'recurrence' or 'lunar' days too")
    found = {
        "recurrence": _checked(fields, "recurrence", lambda text: check_recurrence(text, first_at)),
        "lunar": lunar_rule_of(fields, "lunar"),
        "valid_from": _checked(fields, "valid_from", written_date),
        "valid_until": _checked(fields, "valid_until", written_date),
        "except_on": dates_of(fields, "except_on"),
        "also_on": dates_of(fields, "also_on"),
        "seasons": _seasons(fields),
        "holidays": word_of(fields, "holidays", {str(word): word for word in Holidays}, Holidays.AS_USUAL),
        "slot": _slot(fields, first_at),
        "order": word_of(fields, "order", TURNS, Turn.BULLETIN),
    }
    _check_dates(fields, found["valid_from"], found["valid_until"], found["except_on"], found["also_on"])
    if found["also_on"] and found["also_on"][0] < first_at.date():
        fields.refuse("also_on", f"{found['also_on'][0]} lies before the programme's first day, {first_at:%Y-%m-%d}")
    return found


def refuse_if_never_aired(fields: Fields, programme: Programme, days: DayCalendar) -> None:
    """Raise BadInputError, with the line, for a programme that all its rules together leave no day."""
    # A season may bring the first airing forward within its day.
    start = programme.first_at.replace(hour=0, minute=0, second=0, microsecond=0)
    last_day = min(programme.valid_until or LAST_DAY_KNOWN, start.date() + timedelta(days=366 * _YEARS_LOOKED_AHEAD))
    end = datetime.combine(min(last_day, LAST_DAY_KNOWN), time(23, 59), start.tzinfo)
    if next(instants(programme, start, end, days), None) is None:
        named = [key for key in DAY_KEYS if key in fields.values and key not in ("slot_until", "order")]
        fields.refuse(named[0], f"never comes true from {start:%Y-%m-%d} on with {' and '.join(named)} together")


def _checked(fields: Fields, key: str, check: Any) -> Any:
    return fields.checked(key, check) if key in fields.values else None


def _check_dates(
    fields: Fields, begin: date | None, end: date | None, left_out: tuple[date, ...], added: tuple[date, ...]
) -> None:
    if begin and end and end < begin:
        fields.refuse("valid_until", f"{end} lies before valid_from, {begin}")
    for day in added:
        if day in left_out:
            fields.refuse("also_on", f"{day} is also in except_on")
        if (begin and day < begin) or (end and day > end):
            fields.refuse("also_on", f"{day} lies outside valid_from and valid_until")


def _seasons(fields: Fields) -> tuple[Season, ...]:
    node = fields.values.get("seasons")
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        fields.refuse("seasons", "write a list of seasons, as in - {from: 16/4, until: 15/10, at: '05:00'}")
    taken: set[date] = set()
    found = []
    for item in node.value:
        own = Fields(fields.source, item, SEASON_KEYS, "a season")
        season = Season(
            own.checked("from", day_of_year), own.checked("until", day_of_year), own.checked("at", written_time)
        )
        covered = {day for day in _days_of_a_year() if season.covers(day)}
        if twice := covered & taken:
            own.refuse("from", f"{min(twice):%d/%m} lies in another season, too")
        taken |= covered
        found.append(season)
    return tuple(found)


def _days_of_a_year() -> list[date]:
    return [date(_LEAP_YEAR, 1, 1) + timedelta(days=number) for number in range(366)]


def _slot(fields: Fields, first_at: datetime) -> timedelta | None:
    if "slot_until" not in fields.values:
        return None
    if "at" not in fields.values:
        fields.refuse("slot_until", "wants 'at': a slot runs from one time of day to another")
    until = fields.checked("slot_until", written_time)
    slot = datetime.combine(first_at.date(), until) - first_at.replace(tzinfo=None)
    if slot <= timedelta(0):
        fields.refuse("slot_until", f"the slot ends at {until:%H:%M}, before it starts at {first_at:%H:%M}")
    return slot
