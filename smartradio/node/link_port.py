"""What the node needs of the link to its station, and what comes in by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from smartradio.wire.chunks import CHUNK_BYTES
from smartradio.wire.client import LinkState


class LinkPort(Protocol):
    """The part of `smartradio.wire.client.Link` that a node uses."""

    @property
    def idle_s(self) -> float:
        """Seconds since the link last tried, waited or listened; 0 while nobody asks that of it."""
        ...

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
class Incoming:
    """What arrived, with the node's monotonic time of its arrival.

    A message above its topic's limit comes without its payload, `too_long_bytes` telling its size.
    """

    topic: str
    payload: bytes
    retained: bool
    at_s: float
    too_long_bytes: int = 0


# What a node takes, in bytes, by the end of the topic; anything longer is no message of this contract.
_LIMITS = {
    "state": 16_000,
    "plan": 4_000_000,
    "config": 64_000,
    "order": 256_000,
    "ack": 64_000,
    "time/answer": 4_000,
}
_LEAST = 4_000
_LIVE = 128_000


def limit_bytes(topic: str) -> int:
    """Return how many bytes a message on a topic may have."""
    if "/audio/" in topic:
        return CHUNK_BYTES
    if "/live/" in topic:
        return _LIVE
    return next((size for leaf, size in _LIMITS.items() if topic.endswith(f"/{leaf}")), _LEAST)
