"""What stands in the book of an alert, was never planned, and is still to be said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState
from smartradio.station.alerts.kept import AlertAiring, KeptAlert
from smartradio.station.alerts.voicing import CANCELLATION_HOLDS


def unsaid(kept: KeptAlert, airings: Sequence[AlertAiring], now: datetime) -> list[AlertAiring]:
    """Return the airings that are still to be said, of `airings` in the order in which they were due.

    Of those to all its nodes the last alone: what a repetition was to say once more is not said behind it. What was
    for some nodes has come to them with that.
    """
    if kept.state is AlertState.CANCELLED:
        ends = [each for each in airings if each.occasion is Occasion.CANCEL]
        return [each for each in ends if not each.planned and now - each.at < CANCELLATION_HOLDS]
    if not kept.is_out or kept.expired(now):
        return []
    last = max((number for number, each in enumerate(airings) if each.nodes is None), default=0)
    if not airings[last:] or not airings[last].planned:
        return list(airings[last : last + 1])
    said_at = kept.said_at or airings[last].at
    return [each for each in airings[last + 1 :] if not each.planned and each.at > said_at]
