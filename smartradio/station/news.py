"""What has just changed, told by topic to whoever keeps a page fresh; nothing is said but where to look again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Final

GATHER_S: Final = 0.2
"""How long what follows one piece of news is gathered before it is told."""


class News:
    """A board of topics: `airing/<id>`, `board`, `node/<name>`, `nodes`, `items`, `alarms`, `alerts`, `alert/<id>`.

    `publish` may be called from any thread. A subscriber that is slow misses no topic, only how often it was told.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: set[Subscription] = set()

    def publish(self, *topics: str) -> None:
        """Tell that what stands under these topics has changed."""
        with self._lock:
            readers = tuple(self._readers)
        for reader in readers:
            reader.tell(topics)

    def subscribe(self) -> Subscription:
        """Return the topics told from now on, gathered over 200 ms; to be called and read in an event loop."""
        reader = Subscription(self)
        with self._lock:
            self._readers.add(reader)
        return reader

    def close(self) -> None:
        """End all subscriptions."""
        with self._lock:
            readers, self._readers = tuple(self._readers), set()
        for reader in readers:
            reader.end()

    def leave(self, reader: Subscription) -> None:
        """Tell a subscriber no more."""
        with self._lock:
            self._readers.discard(reader)


class Subscription(AsyncIterator[frozenset[str]]):
    """One reader's view: the first news comes at once, what follows within 200 ms of it comes together."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        self._lock = threading.Lock()
        self._topics: set[str] = set()
        self._ended = False
        self._quiet_until = 0.0

    def tell(self, topics: tuple[str, ...]) -> None:
        """Take topics, on any thread."""
        with self._lock:
            wake = not self._topics
            self._topics.update(topics)
        if wake and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told.set)

    def end(self) -> None:
        """Let the reader come to its end, on any thread."""
        self._ended = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told.set)

    async def aclose(self) -> None:
        """Read no more."""
        self._news.leave(self)
        self.end()

    async def __anext__(self) -> frozenset[str]:
        await self._told.wait()
        wait_s = self._quiet_until - self._loop.time()
        if wait_s > 0 and not self._ended:
            await asyncio.sleep(wait_s)
        if self._ended:
            raise StopAsyncIteration
        with self._lock:
            topics, self._topics = frozenset(self._topics), set()
            self._told.clear()
        self._quiet_until = self._loop.time() + GATHER_S
        return topics
