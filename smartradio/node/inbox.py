"""What other threads hand to the node's one thread: messages and the link's states, in the order they came."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterator

from smartradio.node.link_port import Incoming, limit_bytes
from smartradio.wire.client import LinkState

_logger = logging.getLogger(__name__)

STATE_WITHIN_S = 10.0
ROOM = 20_000
BATCH = 500
BATCH_S = 0.02


class Inbox:
    """A queue with an end to it. `message` and `state` are the link's, `take` and `keep` the node's own thread's."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._queue: queue.Queue[Incoming | LinkState | None] = queue.Queue(ROOM)

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Hand over what arrived; never waits."""
        # Cut off before it takes room or time: a flood of large junk must not stop the loop.
        too_long_bytes = len(payload) if len(payload) > limit_bytes(topic) else 0
        taken = b"" if too_long_bytes else payload
        try:
            self._queue.put_nowait(Incoming(topic, taken, retained, self._monotonic(), too_long_bytes))
        except queue.Full:
            # Everything that matters is said again by the station or asked for again by us.
            _logger.warning("the inbox is full, a message on %s is dropped", topic)

    def state(self, state: LinkState) -> None:
        """Hand over how the link stands, waiting for room at most 10 s."""
        try:
            self._queue.put(state, timeout=STATE_WITHIN_S)
        except queue.Full:
            _logger.exception("the node's loop stands still; it did not learn that the link is %s", state)

    def wake(self) -> None:
        """End a waiting `take`; may be called from a signal handler."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            # The loop is awake anyhow.
            return

    def keep(self, message: Incoming) -> None:
        """Put a message back behind the others, if there is room."""
        if not self._queue.full():
            self._queue.put_nowait(message)

    def empty(self) -> bool:
        """Say whether nothing waits."""
        return self._queue.empty()

    def take(self, timeout_s: float) -> Iterator[Incoming | LinkState]:
        """Wait for the first and give what is there, for so long as what plays and what is due may wait."""
        try:
            item = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return
        until_s = self._monotonic() + BATCH_S
        for _ in range(BATCH):
            if item is not None:
                yield item
            if self._monotonic() >= until_s:
                return
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
        if item is not None:
            yield item
