"""An alert from the first word to the last repetition: what it says, where it stands, what may be done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

EMERGENCY_SIREN: Final = "emergency"
"""What opens an alert that names nothing else."""
QUIET_OPENING: Final = "priority"
"""What opens news that should wake nobody: the two quick calls of a bulletin from above, no siren."""


class AlertStatus(StrEnum):
    """Whether it is meant: an exercise says aloud that it is one, a test is heard by nobody."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class RiskLevel(IntEnum):
    """Level of disaster risk as its issuer gave it, never derived; the colour belongs to the level."""

    LIGHT_BLUE = 1
    LIGHT_YELLOW = 2
    ORANGE = 3
    RED = 4
    PURPLE = 5


class Origin(StrEnum):
    """Where an alert's words come from."""

    OFFICER = "officer"
    TEMPLATE = "template"
    CAP = "cap"
    GAUGE = "gauge"


class AlertState(StrEnum):
    """Where an alert stands."""

    DRAFT = "draft"
    """Prepared by a feed or a gauge, or by one of two who must both send it."""
    OUT = "out"
    """It sounds, and is said again as often as was set."""
    UPDATED = "updated"
    """A newer one has taken its place."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DISCARDED = "discarded"
    """A draft that nobody sends."""


class AlertAct(StrEnum):
    """What is done to an alert."""

    SEND = "send"
    UPDATE = "update"
    CANCEL = "cancel"
    EXPIRE = "expire"
    DISCARD = "discard"


TABLE: Final[Mapping[tuple[AlertState, AlertAct], AlertState]] = {
    (AlertState.DRAFT, AlertAct.SEND): AlertState.OUT,
    (AlertState.DRAFT, AlertAct.DISCARD): AlertState.DISCARDED,
    (AlertState.DRAFT, AlertAct.EXPIRE): AlertState.EXPIRED,
    (AlertState.OUT, AlertAct.UPDATE): AlertState.UPDATED,
    (AlertState.OUT, AlertAct.CANCEL): AlertState.CANCELLED,
    (AlertState.OUT, AlertAct.EXPIRE): AlertState.EXPIRED,
}
"""The state after an act; what does not stand here may not be done."""


def after_alert_act(state: AlertState, act: AlertAct) -> AlertState | None:
    """Return the state after an act, None where it may not be done."""
    return TABLE.get((state, act))


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is sent: its words, where and until when it holds, and how it is said again.

    `text` is what is read out, as written, without siren, restated time or the words of an exercise: those are put
    around it at each airing (`smartradio.alerting.saying`). `issuer` is whose information it is, `issued_at` when they
    issued it. `siren` names what opens it, "" the usual one, EMERGENCY_SIREN; none goes out without. It is said again
    every `repeat_every` until it is cancelled, updated or `expires_at` has come; None: said once. `supersedes` is the
    id of the alert whose place it takes. `source` is the template's name, the CAP message's "sender,identifier,sent" or
    the gauge's name. `template` names the template of its words, "" for none, also where they could not all be filled
    in; `values` are its fields as typed.
    """

    id: str
    title: str
    text: str
    zones: tuple[str, ...]
    issued_at: datetime
    issuer: str = ""
    status: AlertStatus = AlertStatus.ACTUAL
    risk_level: RiskLevel | None = None
    siren: str = ""
    expires_at: datetime | None = None
    repeat_every: timedelta | None = None
    supersedes: str = ""
    origin: Origin = Origin.OFFICER
    source: str = ""
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
