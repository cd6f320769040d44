"""A way beside the horns, as the outbox needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from smartradio.domain.alert import Alert
from smartradio.domain.errors import SmartradioError


class ChannelError(SmartradioError):
    """It was not taken, one line says why; with `for_good` another try is of no use."""

    def __init__(self, line: str, *, for_good: bool = False) -> None:
        super().__init__(line)
        self.for_good = for_good


class ChannelEvent(StrEnum):
    """What is told of an alert."""

    SENT = "sent"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """What is told: `at` is when it came to be so, `zones` are titles by names, `station` is (name, title).

    `id` is the same however often the message is sent, so that whoever takes it can tell a second copy.
    """

    id: str
    event: ChannelEvent
    at: datetime
    alert: Alert
    station: tuple[str, str]
    zones: Mapping[str, str]


class Channel(Protocol):
    """One way beside the horns."""

    @property
    def recipients(self) -> Sequence[str]:
        """Who is told one by one; ("",) where there is only one."""
        ...

    @property
    def per_minute(self) -> float:
        """So many messages a minute at most."""
        ...

    async def tell(self, message: ChannelMessage, recipient: str) -> str:
        """Hand a message over and return what was answered, in one line; raises ChannelError. It always ends."""
        ...

    def close(self) -> None:
        """Tell nothing more; does not block."""
        ...
