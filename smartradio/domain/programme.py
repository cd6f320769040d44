"""A recurring slot and the airings that come of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr

from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority

_NO_STEP = re.compile(r"INTERVAL=0*(;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Programme:
    """A recurring or single slot for one bulletin.

    `first_at` is aware local time (the wall clock of the commune); `recurrence` is an RFC 5545 RRULE value
    without its name, such as "FREQ=DAILY", or None for a single airing. `approved_by` names the person who
    answers for it; without a name nothing of it is aired. `parts`, where there are any, are what is aired,
    `text` what of it is written. `override_open_items` says that they take an emergency on themselves whose
    reading is not certain in every place. `times` is how often the bulletin is read in one airing.
    """

    name: str
    title: str
    text: str
    zones: tuple[str, ...]
    first_at: datetime
    recurrence: str | None = None
    priority: Priority = Priority.PROGRAMME
    approved_by: str | None = None
    voice: str | None = None
    start_tolerance: timedelta = timedelta(seconds=60)
    parts: tuple[Part, ...] = ()
    override_open_items: bool = False
    times: int = 1


def instants(programme: Programme, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the programme's planned instants in [start, end) as aware UTC, earliest first."""
    if programme.recurrence is None:
        if start <= programme.first_at < end:
            yield programme.first_at.astimezone(UTC)
        return
    zone = programme.first_at.tzinfo
    # The rule runs on the wall clock, so that 5:00 stays 5:00 whatever the zone does.
    first = programme.first_at.replace(tzinfo=None)
    if _NO_STEP.search(programme.recurrence):
        # dateutil would look for the second instant for ever.
        raise BadInputError(f"programme {programme.name}: {programme.recurrence}: INTERVAL must be 1 or more")
    try:
        rule = rrulestr(programme.recurrence, dtstart=first)
    except (ValueError, TypeError, AttributeError) as error:
        line = f"programme {programme.name}: recurrence {programme.recurrence!r} is not an RFC 5545 rule: {error}"
        raise BadInputError(line) from error
    local_start = start.astimezone(zone).replace(tzinfo=None)
    for wall in rule.xafter(local_start, inc=True):
        at = wall.replace(tzinfo=zone)
        if at >= end:
            return
        if at >= start:
            yield at.astimezone(UTC)
