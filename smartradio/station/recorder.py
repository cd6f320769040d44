"""The one way into the evidence log: commit first, then tell whoever listens."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING
from weakref import WeakSet

from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.alerts.kept import CHAIN, TOPIC, AlertStep
from smartradio.station.items import CHAIN_PREFIX, ItemStep
from smartradio.station.news import News

if TYPE_CHECKING:
    from smartradio.station.store import NodeJudgement, Store
    from smartradio.station.store.planned import PlanChange


class EvidenceRecorder:
    """Writes evidence through the store and hands what was committed to listeners in the event loop.

    Store calls run in threads. A listener that falls behind misses nothing but how often the same was said again.
    `news` tells pages where to look again.
    """

    def __init__(self, store: Store, news: News | None = None) -> None:
        self._store = store
        self._news = news or News()
        # Whoever is let go without a word costs nothing from then on.
        self._listeners: WeakSet[_Listening] = WeakSet()

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

    async def grow(self, airing_id: str, recording: str, evidence: Sequence[Evidence]) -> bool:
        """Write what an airing that grows has become; False if it does not, or was withdrawn meanwhile."""
        grown = await asyncio.to_thread(self._store.grow_airing, airing_id, recording, evidence)
        if grown:
            self._tell(evidence)
        return grown

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

    async def take_alerts(self, steps: Sequence[AlertStep]) -> None:
        """Write acts on alerts with their evidence and airings, all or none; raises AlertRefusedError."""
        await asyncio.to_thread(self._store.alert_book.take, steps)
        self._news.publish(TOPIC)
        for step in steps:
            self._tell((*step.evidence, *step.taken_back))

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

    def listen(self, steps: Collection[Step] | None = None) -> AsyncIterator[Evidence]:
        """Return every evidence of some steps (None: all) committed from now on, until the recorder closes.

        Of what waits to be read, the same step of the same airing and node for the same reason is kept once, as it
        was said last: a burst costs no more than there are places in it.
        """
        listening = _Listening(None if steps is None else frozenset(steps))
        self._listeners.add(listening)
        return listening

    def close(self) -> None:
        """End all listening."""
        for listening in tuple(self._listeners):
            listening.end()
        self._listeners.clear()

    def _tell(self, evidence: Sequence[Evidence]) -> None:
        self._news.publish(*_topics(evidence))
        for listening in tuple(self._listeners):
            listening.tell(evidence)


def _topics(evidence: Sequence[Evidence]) -> set[str]:
    """Return where to look again after what was committed."""
    topics: set[str] = set()
    for entry in evidence:
        if entry.airing.startswith(CHAIN_PREFIX):
            topics.add("items")
        elif entry.airing.startswith(CHAIN):
            topics.add(TOPIC)
        elif entry.airing:
            topics |= {"board", f"airing/{entry.airing}"}
        if entry.node:
            topics |= {"nodes", f"node/{entry.node}"}
    return topics


class _Listening(AsyncIterator[Evidence]):
    """One listener's view; for the event loop."""

    def __init__(self, steps: frozenset[Step] | None) -> None:
        self._steps = steps
        self._waiting: OrderedDict[tuple[str, str, Step, str], Evidence] = OrderedDict()
        self._told = asyncio.Event()
        self._ended = False

    def tell(self, evidence: Sequence[Evidence]) -> None:
        """Take what was committed."""
        for entry in evidence:
            if not self._ended and (self._steps is None or entry.step in self._steps):
                self._waiting[entry.airing, entry.node, entry.step, str(entry.reason or "")] = entry
                self._told.set()

    def end(self) -> None:
        """Let the listener come to its end, once it has read what waits."""
        self._ended = True
        self._told.set()

    async def __anext__(self) -> Evidence:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._told.clear()
            await self._told.wait()
        return self._waiting.popitem(last=False)[1]

    async def aclose(self) -> None:
        """Listen no more."""
        self._waiting.clear()
        self.end()
