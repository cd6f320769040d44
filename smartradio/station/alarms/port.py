"""The ways by which somebody is rung, as the bell needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from smartradio.domain.alarm import Severity
from smartradio.domain.errors import SmartradioError


class RingError(SmartradioError):
    """Nobody took the message; one line says why. It is tried again."""


@dataclass(frozen=True, slots=True)
class RingMessage:
    """What is told in one go: `subject` and `text` in the operators' words, `alarms` as plain JSON values.

    `id` is the same however often the message is sent, so that whoever takes it can tell a second copy.
    """

    id: str
    station: str
    at: datetime
    severity: Severity
    subject: str
    text: str
    alarms: Sequence[Mapping[str, Any]]


class Ringer(Protocol):
    """One way to one somebody."""

    def ring(self, message: RingMessage) -> None:
        """Hand a message over; blocking, with an end to every wait. Raises RingError."""
        ...
