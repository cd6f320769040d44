"""What the station sent to each node: the second figure beside what a node counts itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from smartradio.station.surroundings import StationLink
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Want
from smartradio.wire.topics import Topics

_LISTENS_S: Final = 600.0
"""A node listens for the object it wished for until it is whole; later chunks of it are for others."""
_WISHES_KNOWN: Final = 20_000
_HEAD_BYTES: Final = 8


class SentBytes:
    """Bytes of messages by node, taken off as they are asked for. Thread-safe.

    `zones` says which nodes stand in which zone. A chunk of audio counts for all who wished for its object: it is
    published once, and the broker brings it to each of them.
    """

    def __init__(
        self, topics: Topics, zones: Mapping[str, Iterable[str]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._topics = topics
        self._zones = {zone: tuple(nodes) for zone, nodes in zones.items()}
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._sent: dict[str, int] = {}
        self._wishers: dict[str, dict[str, float]] = {}

    def wished(self, want: Want) -> None:
        """Learn who listens for which objects."""
        now_s = self._monotonic()
        with self._lock:
            for wanted in want.objects:
                self._wishers.setdefault(wanted.sha256, {})[want.node] = now_s
            while len(self._wishers) > _WISHES_KNOWN:
                self._wishers.pop(next(iter(self._wishers)))

    def watching(self, wish: Callable[[Want], None]) -> Callable[[Want], None]:
        """Return what notes a node's wishes and hands them on."""

        def noted(want: Want) -> None:
            self.wished(want)
            wish(want)

        return noted

    def published(self, topic: str, payload: bytes) -> None:
        """Count a message that the link took."""
        size = len(topic) + len(payload) + _HEAD_BYTES
        with self._lock:
            for node in self._readers(topic):
                self._sent[node] = self._sent.get(node, 0) + size

    def take(self) -> dict[str, int]:
        """Return the bytes since the last call, by node."""
        with self._lock:
            sent, self._sent = self._sent, {}
        return sent

    def _readers(self, topic: str) -> Iterable[str]:
        match self._topics.parse(topic):
            case ("node", node, *_):
                return (node,)
            case ("zone", zone, _) | ("live", zone):
                return self._zones.get(zone, ())
            case ("audio", sha256, _):
                since_s = self._monotonic() - _LISTENS_S
                return [node for node, at_s in self._wishers.get(sha256, {}).items() if at_s >= since_s]
            case _:
                return ()


class CountedLink:
    """The station's link, each message of which is counted when it is handed over."""

    def __init__(self, link: StationLink, sent: SentBytes) -> None:
        self._link = link
        self._sent = sent
        self.start = link.start
        self.stop = link.stop
        self.wait_room = link.wait_room

    @property
    def state(self) -> LinkState:
        """Where the link stands now."""
        return self._link.state

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""
        taken = self._link.publish(topic, payload, qos=qos, retain=retain)
        if taken:
            self._sent.published(topic, payload)
        return taken
