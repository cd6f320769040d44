"""What of a feed may go on air by itself: what a setting names, and of that only warnings that are surely meant."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from smartradio.alerting.cap.areas import Means
from smartradio.alerting.cap.as_alert import CapDraft
from smartradio.alerting.cap.message import CapAlert, Certainty, Info, ResponseType, Scope, Status, Urgency
from smartradio.alerting.cap.rules import AHEAD
from smartradio.station.alerts.feed_settings import FeedSettings

ENDLESS_HOLDS: Final = timedelta(hours=3)
"""What does not say until when it holds goes on air by itself only so long after it was sent."""
_NOT_MEANT: Final = re.compile(r"\b(diễn tập|thử nghiệm|tin thử|test|exercise|drill)\b", re.IGNORECASE)
"""Words of an exercise that was sent as Actual by mistake."""
_SURE: Final = (Means.POLYGON, Means.CIRCLE, Means.GEOCODE, Means.COMMUNE)
"""A hamlet's name alone is not: there is a "Thôn 2" in the next commune, too."""
_EXCEPT: Final = re.compile(r"\b(trừ|ngoài|except|excluding)\b", re.IGNORECASE)


def may_go_out(feed: FeedSettings, message: CapAlert, made: CapDraft, now: datetime) -> bool:
    """Say whether a message may go out without a person: Actual, Public, in Vietnamese, a warning for now and here."""
    meant = message.status is Status.ACTUAL and message.scope is Scope.PUBLIC and made.language == "vi"
    meant = meant and not _NOT_MEANT.search(f"{message.note}\n{made.alert.text}")
    warns = all(_warns_now(info, now) for info in made.infos)
    lasts = made.alert.expires_at is not None or now - message.sent <= ENDLESS_HOLDS
    where = all(how in _SURE for how in made.means.values()) and not any(map(_leaves_out, made.infos))
    return meant and warns and lasts and where and feed.is_automatic(message.sender, made.severity)


def _leaves_out(info: Info) -> bool:
    return any(_EXCEPT.search(area.description) for area in info.areas)


def _warns_now(info: Info, now: datetime) -> bool:
    """Say whether a siren fits what an info says: neither over, nor all clear, nor unlikely, nor for later."""
    calm = info.urgency is Urgency.PAST or info.certainty is Certainty.UNLIKELY
    clear = ResponseType.ALL_CLEAR in info.responses
    return not calm and not clear and (info.effective is None or info.effective <= now + AHEAD)
