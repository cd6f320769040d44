"""Brings what the link's thread receives into the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from smartradio.station.monitor import Monitor
from smartradio.station.timekeeper import Timekeeper
from smartradio.wire.topics import Topics


class LinkGate:
    """What the station hears of its nodes, sorted on the link's thread; only enqueues."""

    def __init__(self, topics: Topics, loop: asyncio.AbstractEventLoop) -> None:
        self._topics = topics
        self._loop = loop
        self.subscriptions = (
            *(topics.any_node(leaf) for leaf in ("state", "want", "report", "time")),
            topics.any_clip,
            topics.any_gauge,
        )
        # They stand behind the desks, which stand behind the link: put in place before the first message.
        self.gauges: Callable[[str, bytes], None] | None = None

    def sort(self, timekeeper: Timekeeper, monitor: Monitor, topic: str, payload: bytes, retained: bool) -> None:
        """Take a message on the link's thread."""
        levels = self._topics.parse(topic)
        if levels is not None and len(levels) == 3 and levels[2] == "time":
            timekeeper.ask(levels[1], payload)
        elif levels is not None and levels[0] == "gauge" and len(levels) == 2:
            if self.gauges is not None:
                self.call(self.gauges, levels[1], payload)
        else:
            self.call(monitor.take, topic, payload, retained)

    def call(self, work: Callable[..., None], *values: object) -> None:
        """Call something in the event loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work, *values)
