"""What waits to be worked off: bounded in bytes for each node, so that none crowds out the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from smartradio.domain.evidence import Reason
from smartradio.wire.chunks import CHUNK_BYTES
from smartradio.wire.signing import RefusedError

Work = Callable[[], Awaitable[None]]

LARGEST_BYTES = {
    "state": 16 * 1024,
    "report": 128 * 1024,
    "clip": CHUNK_BYTES,
    "want": 256 * 1024,
    "time": 4 * 1024,
}
_ROOM = 4_096
_NODE_BYTES = 1024 * 1024
# A message costs something even if it is empty.
_LEAST_BYTES = 1024


def check_size(leaf: str, payload: bytes) -> None:
    """Raise RefusedError for a message that is larger than any of its topic can be."""
    if len(payload) > LARGEST_BYTES[leaf]:
        raise RefusedError(Reason.MALFORMED, f"{leaf} of {len(payload)} bytes, more than {LARGEST_BYTES[leaf]}")


class Inbox:
    """Work in the order it came; for the event loop."""

    def __init__(self, *, room: int = _ROOM, node_bytes: int = _NODE_BYTES) -> None:
        self._node_bytes = node_bytes
        self._waiting: asyncio.Queue[tuple[str, int, Work]] = asyncio.Queue(room)
        self._held: Counter[str] = Counter()

    def put(self, node: str, size_bytes: int, work: Work) -> bool:
        """Take work that holds a message of this size; False: there is no room, nothing was taken."""
        cost = max(size_bytes, _LEAST_BYTES)
        if self._held[node] + cost > self._node_bytes or self._waiting.full():
            return False
        self._held[node] += cost
        self._waiting.put_nowait((node, cost, work))
        return True

    async def get(self) -> Work:
        """Wait for the next piece of work."""
        node, cost, work = await self._waiting.get()
        self._held[node] -= cost
        return work
