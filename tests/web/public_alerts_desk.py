"""The public's alerts of the tests: what holds, what was cancelled, one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from smartradio.station.alerts.kept import KeptAlert

State = TypeVar("State")


@dataclass
class FakeSource(Generic[State]):
    """Where alerts come from: as it is said to stand."""

    held: list[State] = field(default_factory=list)

    def states(self) -> list[State]:
        return self.held


@dataclass
class FakePublicAlerts:
    """Holds what it is given; `messages` by the name in their addresses."""

    held: list[KeptAlert] = field(default_factory=list)
    over: list[KeptAlert] = field(default_factory=list)
    messages: dict[str, bytes] = field(default_factory=dict)

    def current(self) -> list[KeptAlert]:
        return self.held

    def cancelled(self) -> list[KeptAlert]:
        return self.over

    def cap(self, name: str) -> bytes | None:
        return self.messages.get(name)
