"""When a node may begin anew because somebody asked it to: never in the way of what must sound."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from smartradio.domain.evidence import Reason
from smartradio.domain.priority import Priority
from smartradio.wire.messages import PlannedAiring

EMERGENCY_WITHIN: Final = timedelta(minutes=2)
"""A node takes seconds to come back; with an emergency this near it does not go."""


def why_not(
    now: datetime,
    *,
    playing: str | None,
    at_stake: Iterable[PlannedAiring],
    even_while_playing: bool,
    calling: bool = False,
) -> Reason | None:
    """Return why a node must not begin anew now, None if it may.

    `at_stake` is what plays, waits to go on or has not begun. An emergency is never cut, also not by somebody who
    takes the cutting of a programme on themselves (`even_while_playing`); nor is what the button at the pole is
    `calling`.
    """
    soon = now + EMERGENCY_WITHIN
    if calling or any(Priority(each.priority) is Priority.EMERGENCY and each.starts_at <= soon for each in at_stake):
        return Reason.EMERGENCY_DUE
    return Reason.BUSY if playing is not None and not even_while_playing else None
