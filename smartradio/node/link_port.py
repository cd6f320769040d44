"""What the node needs of the link to its station, and what comes in by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from smartradio.wire.client import LinkState


class LinkPort(Protocol):
    """The part of `smartradio.wire.client.Link` that a node uses."""

    def start(self) -> None:
        """Begin to connect."""
        ...

    def stop(self, timeout_s: float = 3.0) -> None:
        """Say goodbye."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""
        ...

    def subscribe(self, topic: str) -> None:
        """Subscribe now and after every reconnect."""
        ...

    def unsubscribe(self, topic: str) -> None:
        """Forget a subscription."""
        ...


OnMessage = Callable[[str, bytes, bool], None]
OnState = Callable[[LinkState], None]
Will = Callable[[], tuple[str, bytes]]
MakeLink = Callable[[list[str], OnMessage, OnState, Will, str], LinkPort]
"""Makes a link of (subscriptions, on_message, on_state, will, boot)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived, with the node's monotonic time of its arrival."""

    topic: str
    payload: bytes
    retained: bool
    at_s: float
