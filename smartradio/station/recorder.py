"""The one way into the evidence log: commit first, then tell whoever listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence
from smartradio.station.items import CHAIN_PREFIX, ItemStep
from smartradio.station.news import News

if TYPE_CHECKING:
    from smartradio.station.store import NodeJudgement, Store
    from smartradio.station.store.planned import PlanChange

_logger = structlog.get_logger()

_LISTENER_ROOM = 1_000


class EvidenceRecorder:
    """Writes evidence through the store and hands what was committed to listeners in the event loop.

    Store calls run in threads; a listener that falls behind by 1,000 entries misses the oldest. `news` tells pages
    where to look again.
    """

    def __init__(self, store: Store, news: News | None = None) -> None:
        self._store = store
        self._news = news or News()
        self._listeners: set[asyncio.Queue[Evidence | None]] = set()

    async def record(self, evidence: Sequence[Evidence], *, report_id: str | None = None) -> bool:
        """Append evidence in one transaction; False for a report that was recorded before."""
        fresh = await asyncio.to_thread(self._store.record, evidence, report_id=report_id)
        if fresh:
            self._tell(evidence)
        return fresh

    async def plan(self, airing: Airing, evidence: Sequence[Evidence], *, repeats: str | None = None) -> bool:
        """Write a planned airing with its evidence; False if it stood already, or what it repeats was withdrawn."""
        fresh = await asyncio.to_thread(self._store.plan_airing, airing, evidence, repeats=repeats)
        if fresh:
            self._tell(evidence)
        return fresh

    async def change_plan(self, change: PlanChange) -> frozenset[str]:
        """Write a change of the plan at once; returns the ids that were taken and not written again."""
        taken = await asyncio.to_thread(self._store.change_plan, change)
        for airing, evidence in change.add:
            if airing.id not in taken:
                self._tell(evidence)
        for _, evidence in change.withdraw:
            self._tell(evidence)
        return taken

    async def keep_off(self, airing: Airing, evidence: Sequence[Evidence]) -> bool:
        """Write an airing that a rule keeps off the air; False if it already stood there."""
        fresh = await asyncio.to_thread(self._store.keep_off_air, airing, evidence)
        if fresh:
            self._tell(evidence)
        return fresh

    async def take_items(self, steps: Sequence[ItemStep]) -> None:
        """Write steps of items with their evidence, all or none; raises BadInputError."""
        await asyncio.to_thread(self._store.items.take, steps)
        self._news.publish("items")
        for step in steps:
            self._tell((*step.evidence, *step.taken_back, *step.dropped))

    async def withdraw(self, airing_id: str, evidence: Evidence, *, by: str | None = None) -> bool:
        """Withdraw an airing, with `by` for good; False if it did not stand."""
        done = await asyncio.to_thread(self._store.withdraw_airing, airing_id, [evidence], by=by)
        if done:
            self._tell([evidence])
        return done

    async def judge(self, evidence: Evidence, judgement: NodeJudgement) -> None:
        """Write a verdict with its figures."""
        await asyncio.to_thread(self._store.judge, evidence, judgement)
        self._tell([evidence])

    async def settle(self, evidence: Evidence, *, seen: str | None = None) -> None:
        """Write an operator's confirmation or dispute of what has the mark `seen`; raises BadInputError."""
        await asyncio.to_thread(self._store.settle, evidence, seen=seen)
        self._tell([evidence])

    def listen(self) -> AsyncIterator[Evidence]:
        """Return every evidence committed from now on, until the recorder closes."""
        queue: asyncio.Queue[Evidence | None] = asyncio.Queue(_LISTENER_ROOM)
        self._listeners.add(queue)
        return _Listening(queue, lambda: self._listeners.discard(queue))

    def close(self) -> None:
        """End all listening."""
        for queue in self._listeners:
            _put(queue, None)
        self._listeners.clear()

    def _tell(self, evidence: Sequence[Evidence]) -> None:
        self._news.publish(*_topics(evidence))
        for queue in self._listeners:
            for entry in evidence:
                _put(queue, entry)


def _topics(evidence: Sequence[Evidence]) -> set[str]:
    """Return where to look again after what was committed."""
    topics: set[str] = set()
    for entry in evidence:
        if entry.airing.startswith(CHAIN_PREFIX):
            topics.add("items")
        elif entry.airing:
            topics |= {"board", f"airing/{entry.airing}"}
        if entry.node:
            topics |= {"nodes", f"node/{entry.node}"}
    return topics


def _put(queue: asyncio.Queue[Evidence | None], item: Evidence | None) -> None:
    if queue.full():
        queue.get_nowait()
        _logger.warning("listener_missed_evidence", room=_LISTENER_ROOM)
    queue.put_nowait(item)


class _Listening(AsyncIterator[Evidence]):
    """One listener's view; leaving it unread costs its queue and no more."""

    def __init__(self, queue: asyncio.Queue[Evidence | None], leave: Callable[[], Any]) -> None:
        self._queue = queue
        self._leave = leave

    async def __anext__(self) -> Evidence:
        item = await self._queue.get()
        if item is None:
            self._leave()
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        """Listen no more."""
        self._leave()
