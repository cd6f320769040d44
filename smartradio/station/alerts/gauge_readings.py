"""A gauge's message → a reading, or why it is none."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from smartradio.domain.errors import BadInputError
from smartradio.domain.gauge import Reading
from smartradio.station.alerts.gauge_settings import GaugeSettings

MOST_BYTES: Final = 1_024
AHEAD: Final = timedelta(minutes=2)
"""A clock may be so much ahead of the station's."""


def read_reading(gauge: GaugeSettings, payload: bytes, *, now: datetime, last: datetime | None) -> Reading:
    """Return the reading of `{"at": ISO 8601 with offset, "level_m": number}`; other keys are not looked at.

    Raises BadInputError, in one line, for what is no such message, nonsense by the gauge's settings, from the future,
    too old, or not later than the `last` reading.
    """
    body = _body(payload)
    at, level_m = _instant(body.get("at")), _level(body.get("level_m"))
    if not gauge.lowest_m <= level_m <= gauge.highest_m:
        raise BadInputError(f"level_m {level_m:g} is not from {gauge.lowest_m:g} to {gauge.highest_m:g}")
    if at > now + AHEAD:
        raise BadInputError(f"at {at.isoformat()} is in the future: the gauge's clock or the station's is wrong")
    if now - at > timedelta(minutes=gauge.old_minutes):
        raise BadInputError(f"at {at.isoformat()} is more than {gauge.old_minutes:g} minutes ago")
    if last is not None and at - last < timedelta(seconds=1):
        raise BadInputError(f"at {at.isoformat()} is not later than the reading before")
    return Reading(at, level_m)


def _body(payload: bytes) -> dict[str, Any]:
    if len(payload) > MOST_BYTES:
        raise BadInputError(f"{len(payload)} bytes, more than {MOST_BYTES}")
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadInputError("this is no JSON") from error
    if not isinstance(body, dict):
        raise BadInputError("this is no JSON object")
    return body


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise BadInputError("at is missing: write it as 2026-10-12T03:30:00+07:00")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise BadInputError(f"at {value[:40]!r} has no offset: write it as 2026-10-12T03:30:00+07:00")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"at {value[:40]!r} is no time: write it as 2026-10-12T03:30:00+07:00") from error


def _level(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError("level_m is missing: write it as a number of metres, as 4.52")
    try:
        level_m = float(value)
    except OverflowError as error:
        raise BadInputError("level_m is no level") from error
    if not math.isfinite(level_m):
        raise BadInputError("level_m is no number")
    return level_m
