"""Keeps what nodes tell of themselves: gathered in memory, written together every five minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.station.health_means import HealthMean, HealthMeans
from smartradio.station.node_records import NodeEvent, NodeEventKind
from smartradio.station.store.errors import StoreError

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()


class HealthKeeper:
    """Takes heartbeats and notes starts; all methods are for the event loop.

    `sent` gives the bytes that the station sent to each node since it was called last. A fall of the station loses
    the minutes that were not written yet, never a start.
    """

    def __init__(self, store: Store, *, sent: Callable[[], Mapping[str, int]], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._sent = sent
        self._clock = clock
        self._means = HealthMeans()
        self._known: dict[str, tuple[str | None, str | None]] = {}

    async def take_up(self) -> None:
        """Learn how the nodes were when this station ended last."""
        for node, facts in (await asyncio.to_thread(self._store.nodes.last_told)).items():
            self._means.know(node, facts)
            self._known[node] = (facts.get("boot"), facts.get("version"))

    async def beat(self, node: str, facts: Mapping[str, Any], at: datetime, *, retained: bool) -> None:
        """Take a heartbeat as it was stored; of one that the broker kept only its start is news."""
        if not retained:
            self._means.take(node, facts, at)
        boot, version = self._known.get(node, (None, None))
        self._known[node] = (facts.get("boot"), facts.get("version"))
        news = []
        if facts.get("boot") != boot and facts.get("boot"):
            news.append(NodeEvent(node, at, NodeEventKind.STARTED, str(facts["boot"])))
        if facts.get("version") != version and version is not None:
            news.append(NodeEvent(node, at, NodeEventKind.VERSION, str(facts.get("version"))))
        for event in news:
            await asyncio.to_thread(self._store.nodes.put_event, event)

    async def write(self) -> None:
        """Write the minutes that are over; called every so often."""
        now = self._clock()
        self._means.sent(self._sent(), now)
        await self._put(self._means.take_closed(now))

    async def write_all(self) -> None:
        """Write what was gathered; the station ends."""
        self._means.sent(self._sent(), self._clock())
        await self._put(self._means.take_all())

    async def forget_old(self) -> None:
        """Delete what is past its time; called daily."""
        await asyncio.to_thread(self._store.nodes.forget_old_health, self._clock())

    async def _put(self, means: list[HealthMean]) -> None:
        if not means:
            return
        try:
            await asyncio.to_thread(self._store.nodes.put_health, means)
        except StoreError as error:
            _logger.warning("health_not_written", rows=len(means), reason=str(error))
            self._means.put_back(means)
