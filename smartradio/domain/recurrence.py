"""RFC 5545 recurrence rules on the wall clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from smartradio.domain.errors import BadInputError

_NO_STEP = re.compile(r"INTERVAL=0*(;|$)", re.IGNORECASE)
_COUNTED_IN_DAYS = re.compile(r"(?=.*FREQ=(?P<frequency>DAILY|WEEKLY))(?!.*COUNT)[A-Z0-9=;,+-]*", re.IGNORECASE)
_INTERVAL = re.compile(r"INTERVAL=([0-9]{1,4})(?:;|$)", re.IGNORECASE)
_STEP_DAYS = {"DAILY": 1, "WEEKLY": 7}


def wall_times(rule: str, first_at: datetime, first_day: date, last_day: date) -> Iterator[datetime]:
    """Yield the rule's times on days from `first_day` to `last_day`, earliest first, as naive wall time.

    `rule` is an RRULE value without its name, `first_at` naive wall time. Raises BadInputError for what is no
    rule of RFC 5545.
    """
    if _NO_STEP.search(rule):
        # dateutil would look for the second instant for ever.
        raise BadInputError(f"{rule}: INTERVAL must be 1 or more")
    try:
        found = rrulestr(rule, dtstart=_moved_near(rule, first_at, first_day))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInputError(f"recurrence {rule!r} is not an RFC 5545 rule: {error}") from error
    for wall in found.xafter(datetime.combine(first_day, time.min), inc=True):
        if wall.date() > last_day:
            return
        yield wall


def _moved_near(rule: str, first_at: datetime, first_day: date) -> datetime:
    """Return a later first time from which the rule gives the same days, so that years need not be walked."""
    counted = _COUNTED_IN_DAYS.fullmatch(rule)
    if counted is None:
        return first_at
    interval = _INTERVAL.search(rule)
    step_days = _STEP_DAYS[counted["frequency"].upper()] * (int(interval[1]) if interval else 1)
    # One step earlier than need be: the week of a weekly rule begins before its first day.
    steps = (first_day - first_at.date()).days // step_days - 1
    return first_at + timedelta(days=max(steps, 0) * step_days)
