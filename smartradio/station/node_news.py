"""What the log just said of nodes, at hand in memory: last verdicts, foreign keys, what moved the wrong way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.listening.trends import Trend
from smartradio.station.node_condition import LastHeard
from smartradio.station.recorder import EvidenceRecorder

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_LOOK_BACK: Final = timedelta(days=3)
_FOREIGN_FOR: Final = timedelta(minutes=5)
"""A node beats every 30 s and so does who speaks under its name; what is said of it is told once in 30 s."""
_AT_ONCE: Final = 20
_STEPS: Final = (Step.HEARD, Step.UNREACHED, Step.DISPUTED, Step.REFUSED)


class NodeNews:
    """Kept up to date from the evidence as it is committed; all methods are for the event loop but the getters."""

    def __init__(self, store: Store, recorder: EvidenceRecorder, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._last: dict[str, LastHeard] = {}
        self._foreign: dict[str, datetime] = {}
        self._trends: dict[str, tuple[Trend, ...]] = {}
        self._moved: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn what stands in the store, and listen from now on."""
        listening = self._recorder.listen(_STEPS)
        await self.learn()
        self._moved = dict.fromkeys(view.name for view in await asyncio.to_thread(self._store.node_views))
        self._task = asyncio.create_task(self._listen(listening), name="news of nodes")

    async def learn(self) -> None:
        """Learn the last verdicts from the store; again every so often: it may have had a bad moment."""
        known = await asyncio.to_thread(self._store.nodes.last_heard, self._clock() - _LOOK_BACK)
        self._moved.update(dict.fromkeys(node for node, last in known.items() if self._last.get(node) != last))
        self._last = known

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look_at_trends(self) -> None:
        """Work out what moved at nodes that were heard meanwhile, some at once; called every so often."""
        some = list(self._moved)[:_AT_ONCE]
        for node in some:
            self._moved.pop(node, None)
            self._trends[node] = await asyncio.to_thread(self._store.trends_of, node)

    def last(self, node: str) -> LastHeard | None:
        """Return the last verdict of a node, None if none of the last days had one."""
        return self._last.get(node)

    def trends(self, node: str) -> tuple[Trend, ...]:
        """Return what moved the wrong way at a node, as far as that is worked out."""
        return self._trends.get(node, ())

    def foreign_key(self, node: str) -> bool:
        """Say whether somebody speaks under a node's name with another key than that of the settings."""
        at = self._foreign.get(node)
        return at is not None and self._clock() - at < _FOREIGN_FOR

    async def _listen(self, listening: AsyncIterator[Evidence]) -> None:
        async for evidence in listening:
            try:
                await self._take(evidence)
            except SmartradioError:
                # The store has a bad moment; the pages must not show yesterday's nodes for the rest of the day.
                _logger.exception("evidence_not_looked_at", airing=evidence.airing, node=evidence.node)

    async def _take(self, evidence: Evidence) -> None:
        node = evidence.node
        if not node:
            return
        if evidence.step in (Step.HEARD, Step.UNREACHED):
            heard = await asyncio.to_thread(self._store.nodes.heard, evidence.airing, node)
            before = self._last.get(node)
            # What is judged late is not the last that was heard.
            if heard is not None and (before is None or heard.at >= before.at):
                self._last[node] = heard
            self._moved[node] = None
        elif evidence.step is Step.DISPUTED:
            self._moved[node] = None
        elif _is_foreign(evidence):
            self._foreign[node] = evidence.at


def _is_foreign(evidence: Evidence) -> bool:
    """Say whether the station refused a heartbeat because another key had signed it."""
    refused = evidence.step is Step.REFUSED and evidence.source == "station"
    return refused and evidence.reason == Reason.BAD_SIGNATURE and evidence.facts.get("topic") == "state"
