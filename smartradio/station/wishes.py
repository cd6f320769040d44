"""The nodes' wishes for audio: gathered for a moment, then each chunk once for all, what starts soonest first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.wire.chunks import chunk_count
from smartradio.wire.messages import Want

_logger = structlog.get_logger()

# When its airing starts, in which order it was wished for, the object, the chunk's number.
Entry = tuple[datetime, int, str, int]


class Wishes:
    """Chunks to send; all methods are for the event loop.

    `online` names the nodes that are online: nobody waits for others. `ready` is called when there is work.
    """

    def __init__(self, *, gather_s: float, online: Callable[[], Set[str]], ready: Callable[[], None]) -> None:
        self._gather_s = gather_s
        self._online = online
        self._ready = ready
        self._needed: dict[str, tuple[datetime, int]] = {}
        self._wanted_by: dict[str, frozenset[str]] = {}
        self._offered: dict[str, tuple[datetime, int, frozenset[str]]] = {}
        self._wishing: set[str] = set()
        self._wishes: set[tuple[str, int]] = set()
        self._gathering: asyncio.TimerHandle | None = None
        self._chunks: list[Entry] = []
        self._queued: set[tuple[str, int]] = set()
        self._order = 0

    def __len__(self) -> int:
        return len(self._chunks)

    def stop(self) -> None:
        """Gather no more."""
        if self._gathering is not None:
            self._gathering.cancel()

    def needed(self, airings: Iterable[Airing], recordings: Mapping[str, Recording]) -> None:
        """Learn what is planned: nothing else is sent."""
        self._needed, self._wanted_by = {}, {}
        for airing in sorted(airings, key=lambda a: a.starts_at, reverse=True):
            self.need(airing, recordings[airing.recording_id])
        for sha256, offer in self._offered.items():
            self._take_offer(sha256, offer)

    def need(self, airing: Airing, recording: Recording) -> None:
        """Learn of one more airing, which starts before all others."""
        for segment in recording.segments:
            self._needed[segment.sha256] = (airing.starts_at, segment.size_bytes)
            others = self._wanted_by.get(segment.sha256, frozenset())
            self._wanted_by[segment.sha256] = others.union(airing.nodes)

    def offer(self, objects: Mapping[str, int], at: datetime, nodes: Sequence[str]) -> None:
        """Learn of objects (SHA-256 → bytes) that grow out of a stream: no plan holds them, and nodes want them."""
        for sha256, size_bytes in objects.items():
            self._offered[sha256] = offer = (at, size_bytes, frozenset(nodes))
            self._take_offer(sha256, offer)

    def withdraw_offer(self, objects: Iterable[str]) -> None:
        """Forget what was offered; what a plan holds is sent all the same."""
        for sha256 in objects:
            self._offered.pop(sha256, None)

    def _take_offer(self, sha256: str, offer: tuple[datetime, int, frozenset[str]]) -> None:
        at, size_bytes, nodes = offer
        planned = self._needed.get(sha256)
        self._needed[sha256] = (at if planned is None else min(at, planned[0]), size_bytes)
        self._wanted_by[sha256] = self._wanted_by.get(sha256, frozenset()) | nodes

    def add(self, want: Want) -> None:
        """Take a node's wishes; they are gathered with those of others before anything is sent."""
        self._wishing.add(want.node)
        for wanted in want.objects:
            needed = self._needed.get(wanted.sha256)
            if needed is None:
                _logger.info("wish_for_unknown_object", node=want.node, sha256=wanted.sha256[:12])
                continue
            count = chunk_count(needed[1])
            numbers = wanted.chunks or range(count)
            self._wishes.update((wanted.sha256, number) for number in numbers if number < count)
        if not self._wishes:
            return
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(self._gather_s, self._gathered)
        if self._all_wished():
            self._gathering.cancel()
            self._gathered()

    def take(self, most: int) -> list[Entry]:
        """Return the chunks that go next; each must be given back by `done` or `put_back`."""
        return [heapq.heappop(self._chunks) for _ in range(min(most, len(self._chunks)))]

    def done(self, sent: Sequence[Entry]) -> None:
        """Learn that chunks went out: the next wish for one is a new one."""
        for _, _, sha256, number in sent:
            self._queued.discard((sha256, number))

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Take back chunks that the link did not take."""
        for entry in entries:
            heapq.heappush(self._chunks, entry)

    def _all_wished(self) -> bool:
        """Say whether nobody is left to wait for: all nodes online that may want the same have wished."""
        online = self._online()
        if self._wishing.issuperset(online):
            return True
        concerned: set[str] = set()
        for sha256 in {sha256 for sha256, _ in self._wishes}:
            concerned |= self._wanted_by.get(sha256, frozenset())
        return self._wishing.issuperset(concerned & online)

    def _gathered(self) -> None:
        self._gathering = None
        self._wishing.clear()
        wishes, self._wishes = self._wishes, set()
        for sha256, number in sorted(wishes - self._queued):
            needed = self._needed.get(sha256)
            if needed is not None:
                self._queued.add((sha256, number))
                self._order += 1
                heapq.heappush(self._chunks, (needed[0], self._order, sha256, number))
        self._ready()
