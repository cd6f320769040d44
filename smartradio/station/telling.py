"""Tells what was published, in a task of its own: a slow disk must not hold up doorbells and audio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from smartradio.station.node_plans import Published

_logger = structlog.get_logger()

OnPublished = Callable[[Sequence[Published]], Awaitable[None]]


class Telling:
    """Gathers what was published and tells all of it when that is due; for the event loop."""

    def __init__(self, on_published: OnPublished, *, again_s: float) -> None:
        self._on_published = on_published
        self._again_s = again_s
        self._published: list[Published] = []
        self._due = asyncio.Event()

    def add(self, published: Published) -> None:
        """Learn of a plan that was handed to the link."""
        self._published.append(published)

    def due(self) -> None:
        """Tell what there is: nothing more urgent is being sent."""
        self._due.set()

    async def run(self) -> None:
        """Tell for ever; what could not be told is told again."""
        while True:
            # All nodes at once and after the sending: commits on the way would hold up the last chunk.
            await self._due.wait()
            self._due.clear()
            published, self._published = self._published, []
            if not published:
                continue
            try:
                await self._on_published(published)
            except Exception:
                _logger.exception("published_not_recorded", again_in_s=self._again_s)
                self._published = published + self._published
                await asyncio.sleep(self._again_s)
                self._due.set()
