"""A programme's days, seasons and slot as one JSON value, as they stand in its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from smartradio.domain.day_rules import Holidays, Leap, LunarRule, Season
from smartradio.domain.programme import Programme, Turn


def days_row(item: Programme) -> dict[str, Any]:
    """Return what a programme says of its days as plain JSON values."""
    lunar = item.lunar
    return {
        "valid_from": item.valid_from and item.valid_from.isoformat(),
        "valid_until": item.valid_until and item.valid_until.isoformat(),
        "except_on": [day.isoformat() for day in item.except_on],
        "also_on": [day.isoformat() for day in item.also_on],
        "seasons": [
            {"first": list(season.first), "last": list(season.last), "at": season.at.isoformat()}
            for season in item.seasons
        ],
        "holidays": str(item.holidays),
        "lunar": lunar and {"days": list(lunar.days), "months": list(lunar.months), "leap": str(lunar.leap)},
        "slot_s": item.slot and item.slot.total_seconds(),
        "order": int(item.order),
    }


def days_fields(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of a Programme that a row's value tells; none for a row from before there were any."""
    if row is None:
        return {}
    lunar = row["lunar"]
    return {
        "valid_from": row["valid_from"] and date.fromisoformat(row["valid_from"]),
        "valid_until": row["valid_until"] and date.fromisoformat(row["valid_until"]),
        "except_on": tuple(date.fromisoformat(day) for day in row["except_on"]),
        "also_on": tuple(date.fromisoformat(day) for day in row["also_on"]),
        "seasons": tuple(_season(each) for each in row["seasons"]),
        "holidays": Holidays(row["holidays"]),
        "lunar": lunar and LunarRule(tuple(lunar["days"]), tuple(lunar["months"]), Leap(lunar["leap"])),
        "slot": None if row["slot_s"] is None else timedelta(seconds=row["slot_s"]),
        "order": Turn(row["order"]),
    }


def _season(row: Mapping[str, Any]) -> Season:
    (first_month, first_day), (last_month, last_day) = row["first"], row["last"]
    return Season((first_month, first_day), (last_month, last_day), time.fromisoformat(row["at"]))
