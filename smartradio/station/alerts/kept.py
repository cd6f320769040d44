"""An alert as the book keeps it: where it stands, who did what to it, and under which airings it was said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence

CHAIN: Final = "alert:"
TOPIC: Final = "alerts"
"""The topic of the news that tells of a change in the book."""
_ID_DIGITS: Final = 32


def alert_chain(name: str) -> str:
    """Return what an alert's own entries in the log are kept under; its airings have chains of their own."""
    return CHAIN + name


def airing_id(alert: str, occasion: Occasion, key: str) -> str:
    """Return the id of an airing of an alert: asked for again it is the same one."""
    said = f"alert\n{alert}\n{occasion.value}\n{key}"
    return hashlib.sha256(said.encode()).hexdigest()[:_ID_DIGITS]


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """An alert in the book; `version` grows with every act.

    `drafted_by` is a person's title, or "feed:<name>", "gauge:<name>". Where two must answer, `handed_in_by` is the
    first of them and `released_by` the second. `said_at` is when it was last said to all its zones. `ended_by`,
    `ended_at` and `why` tell of its end; `replaced_by` is the id of the alert that took its place. `taken_on` says
    that who sent it answers for places whose reading is not certain.
    """

    alert: Alert
    state: AlertState
    version: int
    drafted_by: str
    drafted_at: datetime
    handed_in_by: Person | None = None
    sent_by: Person | None = None
    released_by: Person | None = None
    sent_at: datetime | None = None
    said_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None
    why: str = ""
    replaced_by: str = ""
    taken_on: bool = False

    @property
    def id(self) -> str:
        """The alert's id."""
        return self.alert.id

    @property
    def is_out(self) -> bool:
        """Whether it holds now."""
        return self.state is AlertState.OUT

    @property
    def cancellation(self) -> str:
        """The id of the airing that says it no longer holds."""
        return airing_id(self.id, Occasion.CANCEL, "")

    @property
    def is_exercise(self) -> bool:
        """Whether it is no real one, and must be counted as none."""
        return self.alert.status is not AlertStatus.ACTUAL

    @property
    def answers(self) -> Person | None:
        """Whoever answers for it on the air: the last whose word let it out."""
        return self.released_by or self.sent_by

    @property
    def again_at(self) -> datetime | None:
        """When it is said again next, None where it is not."""
        every = self.alert.repeat_every
        if not self.is_out or every is None or self.said_at is None:
            return None
        again = self.said_at + every
        return again if self.alert.expires_at is None or again < self.alert.expires_at else None

    def expired(self, now: datetime) -> bool:
        """Say whether its time is over."""
        return self.alert.expires_at is not None and self.alert.expires_at <= now

    def is_handed_in(self, wanted: Alert, by: Person) -> bool:
        """Say whether somebody has handed in just this; with an end of its own where it came without one."""
        if self.handed_in_by is None or not self.handed_in_by.is_same(by):
            return False
        return wanted in (self.alert, replace(self.alert, expires_at=None))

    def may_still_say(self, airing: str, now: datetime) -> bool:
        """Say whether what one of its airings says still holds: of a cancelled alert only that it is cancelled."""
        if self.state is AlertState.CANCELLED:
            return airing == self.cancellation
        return self.is_out and not self.expired(now)


@dataclass(frozen=True, slots=True)
class AlertAiring:
    """One airing of an alert, written before it is planned; `nodes` where it was for these alone, None for its zones.

    `at` is when it was due. `planned` says that the plan has it.
    """

    alert: str
    airing: str
    occasion: Occasion
    at: datetime
    by: str
    nodes: tuple[str, ...] | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class AlertStep:
    """An act on an alert that is committed as one: the alert after it and what the log says.

    `seen` is the version it was done to, None for an alert that must not be there yet. `taken_back` are the withdrawals
    of its airings that go with it.
    """

    kept: KeptAlert
    seen: int | None
    evidence: tuple[Evidence, ...]
    airings: tuple[AlertAiring, ...] = ()
    taken_back: tuple[Evidence, ...] = ()


class AlertRefusal(StrEnum):
    """Why something may not be done to an alert; stable codes."""

    STATE = "state"
    """It is in a `state` in which that is not done."""
    TWO = "two"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    TEST = "test"
    NO_WORDS = "no_words"
    TOO_LONG = "too_long"
    """More than `most` characters."""
    TOO_OFTEN = "too_often"
    """Oftener than every so many `minutes`."""
    NOT_HANDED_IN = "not_handed_in"
    FOREIGN_NODE = "foreign_node"
    """It is not for this `node`."""
    NO_NODE = "no_node"
    CHANGED = "changed"
    EXERCISE = "exercise"
    STILL_OUT = "still_out"
    """An all-clear, while alerts (`titles`) are out that would be said again after it."""


class AlertRefusedError(BadInputError):
    """What was asked may not be done to an alert; `values` go into the pages' sentence."""

    def __init__(self, code: AlertRefusal, line: str, **values: str) -> None:
        super().__init__(line)
        self.code, self.values = code, values


def changed() -> AlertRefusedError:
    """Return the refusal of what was asked about an alert as it is no longer."""
    line = "somebody did something to this alert meanwhile; look at it again"
    return AlertRefusedError(AlertRefusal.CHANGED, line)


SHORTEST_REPEAT: Final = timedelta(minutes=5)
"""Oftener nobody hears anything else, and the sirens' batteries end."""
