"""Keeps dispatcher, doorbells and deadlines in line with the plan in the store."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.station.deadlines import Alarms, Deadlines
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.node_plans import Published
from smartradio.station.planner import still_matters
from smartradio.station.recorder import EvidenceRecorder

if TYPE_CHECKING:
    from smartradio.station.store import Store

_LOOK_BACK = timedelta(days=1)
_MOST_UNSETTLED = 10_000
_SECOND_CHANCE = timedelta(seconds=1)


class PlanKeeper:
    """Reads the plan from the store and hands it on; all methods are for the event loop.

    `doorbell` is how long before its start an airing is rung. `relays(airings)` is told of the plan too: what is
    fetched while it is aired.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        dispatcher: Dispatcher,
        deadlines: Deadlines,
        alarms: Alarms,
        *,
        clock: Callable[[], datetime],
        doorbell: timedelta,
        relays: Callable[[Sequence[Airing]], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._deadlines = deadlines
        self._alarms = alarms
        self._clock = clock
        self._doorbell = doorbell
        self._relays = relays
        # Which recording each airing had: one that grows gets a longer one.
        self._known: dict[str, str] = {}
        self._taken_up: frozenset[str] = frozenset()
        self._published: set[tuple[str, str]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def take_up(self, answers_by: datetime) -> None:
        """Take up what stood at the last end; nodes get until `answers_by` to bring what they kept."""
        unsettled = await asyncio.to_thread(self._store.unsettled, self._clock())
        open_ones = {airing.id: airing for airing, _ in unsettled[-_MOST_UNSETTLED:]}
        await self._watch(tuple(open_ones.values()), not_before=answers_by)
        self._taken_up = frozenset(open_ones)
        await self.refresh()

    async def missed(self, airings: Sequence[Airing]) -> None:
        """Give airings that were missed their verdicts."""
        await self._watch(airings, not_before=None)

    async def refresh(self) -> None:
        """Hand on the plan as it stands now."""
        # Two at a time could end with the older plan in force.
        async with self._one_at_a_time:
            now = self._clock()
            airings, recordings = await asyncio.to_thread(self._standing, now)
            for airing in airings:
                if airing.id not in self._known:
                    self._published |= await asyncio.to_thread(self._published_of, airing.id)
                    self._set_alarms(airing, recordings[airing.recording_id], now)
                elif self._known[airing.id] != airing.recording_id:
                    self._deadlines.watch(airing, recordings[airing.recording_id])
            self._known = {airing.id: airing.recording_id for airing in airings}
            self._published = {mark for mark in self._published if mark[0] in self._known}
            self._dispatcher.hold(airings, recordings)
            if self._relays is not None:
                await self._relays(airings)

    async def published(self, published: Sequence[Published]) -> None:
        """Put on record which airings a node's plan holds for the first time ever."""
        now = self._clock()
        fresh = [
            Evidence(airing, plan.node, Step.PLANNED, now, "station", None, plan.facts())
            for plan in published
            for airing in plan.airings
            if (airing, plan.node) not in self._published
        ]
        if fresh:
            await self._recorder.record(fresh)
            self._published.update((evidence.airing, evidence.node) for evidence in fresh)

    def _set_alarms(self, airing: Airing, recording: Recording, now: datetime) -> None:
        # Also for one that was committed after its start; only what was taken up has its deadline already.
        if airing.id not in self._taken_up:
            self._deadlines.watch(airing, recording)
        ring_at = airing.starts_at - self._doorbell
        if airing.priority < Priority.EMERGENCY:
            # The plan that goes out now rings by itself; a second chance comes best a moment later.
            ring_at = max(ring_at, now + _SECOND_CHANCE)
        self._alarms.set(f"ring:{airing.id}", ring_at, functools.partial(self._dispatcher.ring, airing.id))

    async def _watch(self, airings: Sequence[Airing], *, not_before: datetime | None) -> None:
        for airing in airings:
            recording = await asyncio.to_thread(self._store.recording, airing.recording_id)
            if recording is not None:
                self._deadlines.watch(airing, recording, not_before=not_before)

    def _standing(self, now: datetime) -> tuple[list[Airing], dict[str, Recording]]:
        recordings: dict[str, Recording] = {}
        standing = []
        for airing in self._store.airings(start=now - _LOOK_BACK):
            recording = recordings.get(airing.recording_id) or self._store.recording(airing.recording_id)
            if recording is not None and still_matters(airing, recording, now):
                recordings[airing.recording_id] = recording
                standing.append(airing)
        return standing, recordings

    def _published_of(self, airing_id: str) -> set[tuple[str, str]]:
        return {
            (airing_id, entry.evidence.node)
            for entry in self._store.chain(airing_id)
            if entry.evidence.step is Step.PLANNED and entry.evidence.node
        }
