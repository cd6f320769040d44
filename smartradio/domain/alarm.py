"""What somebody must be told of: an alarm from its raising to its end, as a state machine without a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

FLAP_WITHIN: Final = timedelta(minutes=10)
"""What comes back so soon after its end is the same alarm: nobody is rung a second time for it."""
STEADY_TIMES: Final = 3
"""From so many times on an alarm counts as flapping and ends only after it was calm for `CALM`."""
CALM: Final = timedelta(minutes=15)
EVENT_LASTS: Final = timedelta(days=7)
"""An alarm about something that happened ends by itself so long after it happened last."""


class Severity(StrEnum):
    """How much an alarm matters: whether it may wake somebody."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


class AlarmKind(StrEnum):
    """What is wrong; stable codes."""

    EMERGENCY_NOT_HEARD = "emergency_not_heard"
    STATION_DISK_FULL = "station_disk_full"
    BROKER_DOWN = "broker_down"
    ALERT_WAITS = "alert_waits"
    BUTTON_PRESSED = "button_pressed"
    EMERGENCY_UNCLEAR = "emergency_unclear"
    NODE_SILENT = "node_silent"
    DEAD_AIR = "dead_air"
    FORGED = "forged"
    NODE_DISK_FULL = "node_disk_full"
    NODE_DISK_BROKEN = "node_disk_broken"
    UNDERVOLTAGE = "undervoltage"
    CABINET_CONTACT = "cabinet_contact"
    BUTTON_FAULT = "button_fault"
    DATA_BUDGET = "data_budget"
    CLOCK_UNTRUSTED = "clock_untrusted"
    NODE_OUTDATED = "node_outdated"
    RECOGNISER_DOWN = "recogniser_down"
    COMPLAINT = "complaint"
    TREND = "trend"
    BACKUP_OLD = "backup_old"
    ISSUER_CANCELLED = "issuer_cancelled"
    TIME_PASSED = "time_passed"
    CLOCK_JUMPED = "clock_jumped"
    GAUGE_SILENT = "gauge_silent"
    FEED_SILENT = "feed_silent"
    CHANNEL_SILENT = "channel_silent"


CRITICAL: Final = frozenset(
    {
        AlarmKind.EMERGENCY_NOT_HEARD,
        AlarmKind.STATION_DISK_FULL,
        AlarmKind.BROKER_DOWN,
        AlarmKind.ALERT_WAITS,
        AlarmKind.BUTTON_PRESSED,
        AlarmKind.ISSUER_CANCELLED,
    }
)
_NOTICE: Final = frozenset({AlarmKind.TREND, AlarmKind.BACKUP_OLD})
EVENTS: Final = frozenset(
    {
        AlarmKind.EMERGENCY_NOT_HEARD,
        AlarmKind.EMERGENCY_UNCLEAR,
        AlarmKind.DEAD_AIR,
        AlarmKind.FORGED,
        AlarmKind.COMPLAINT,
        AlarmKind.BUTTON_PRESSED,
    }
)
"""What happened and is over; the other kinds last until their cause is gone, whatever a person says."""
_RANK: Final = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}


def severity_of(kind: AlarmKind) -> Severity:
    """Return how much a kind of alarm matters."""
    if kind in CRITICAL:
        return Severity.CRITICAL
    return Severity.NOTICE if kind in _NOTICE else Severity.WARNING


def at_least(severity: Severity, least: Severity) -> bool:
    """Say whether a severity is as grave as another, or graver."""
    return _RANK[severity] <= _RANK[least]


class AlarmState(StrEnum):
    """Raised → seen by somebody → ended; what ended comes back as raised."""

    RAISED = "raised"
    SEEN = "seen"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is or was wrong.

    `subject` says with what: a node, "airing/node", "" for the station itself. `times` counts how often the cause came
    back; `last_at` is when it was last told, `calm_since` since when it is gone while the alarm still waits for calm.
    `facts` are plain JSON values, figures with their unit in the name.
    """

    kind: AlarmKind
    subject: str
    raised_at: datetime
    last_at: datetime
    state: AlarmState = AlarmState.RAISED
    times: int = 1
    calm_since: datetime | None = None
    seen_by: str | None = None
    seen_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return severity_of(self.kind)

    @property
    def is_event(self) -> bool:
        """Whether a person may end it: it happened, and nothing measured says that it is over."""
        return self.kind in EVENTS

    @property
    def flaps(self) -> bool:
        """Whether its cause comes and goes."""
        return self.times >= STEADY_TIMES and not self.is_event


def raised(kind: AlarmKind, subject: str, now: datetime, facts: Mapping[str, Any]) -> Alarm:
    """Return a new alarm."""
    return Alarm(kind, subject, now, now, facts=dict(facts))


def again(alarm: Alarm, now: datetime, facts: Mapping[str, Any]) -> Alarm | None:
    """Return the alarm with its cause there now; None where it ended too long ago to be the same one."""
    came_back = alarm.is_event or alarm.calm_since is not None or alarm.state is AlarmState.ENDED
    if alarm.state is AlarmState.ENDED:
        if alarm.ended_by is not None or alarm.ended_at is None or now - alarm.ended_at >= FLAP_WITHIN:
            return None
        seen = AlarmState.SEEN if alarm.seen_by else AlarmState.RAISED
        alarm = replace(alarm, state=seen, ended_at=None)
    times = alarm.times + 1 if came_back else alarm.times
    return replace(alarm, last_at=now, calm_since=None, times=times, facts={**alarm.facts, **facts})


def gone(alarm: Alarm, now: datetime) -> Alarm:
    """Return the alarm with its cause gone: ended, or waiting for calm where it comes and goes."""
    if alarm.state is AlarmState.ENDED:
        return alarm
    since = alarm.calm_since or now
    if alarm.flaps and now - since < CALM:
        return replace(alarm, calm_since=since)
    return replace(alarm, state=AlarmState.ENDED, calm_since=None, ended_at=now)


def seen(alarm: Alarm, by: str, now: datetime) -> Alarm:
    """Return the alarm as somebody's who looks after it; who was first stays."""
    if alarm.state is not AlarmState.RAISED:
        return alarm
    return replace(alarm, state=AlarmState.SEEN, seen_by=by, seen_at=now)


def closed(alarm: Alarm, by: str, now: datetime) -> Alarm:
    """Return the alarm ended by a person, who has seen it with that; only an event can be."""
    if alarm.state is AlarmState.ENDED or not alarm.is_event:
        return alarm
    return replace(seen(alarm, by, now), state=AlarmState.ENDED, ended_at=now, ended_by=by)
