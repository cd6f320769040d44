"""What stands in each node's plan: every airing put into the wire's words once, for all nodes that have it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.priority import Priority
from smartradio.station.older_nodes import in_older_words
from smartradio.station.planner import fitting, node_airings, planned
from smartradio.wire.messages import Plan, PlannedAiring, sealed_plan, written
from smartradio.wire.signing import MAX_ENVELOPE_BYTES, SigningKey

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Published:
    """A node's plan was handed to the link and holds these airings for the first time."""

    node: str
    airings: tuple[str, ...]
    epoch: int
    counter: int

    def facts(self) -> dict[str, Any]:
        """Return what the log says of it."""
        return {"published": True, "epoch": self.epoch, "counter": self.counter}


class NodePlans:
    """The plans of all nodes; `clip` says of which priorities recordings are sent without being asked for.

    Nodes that are `older` find there only what they can read.
    """

    def __init__(self, clip: Callable[[Priority], bool], older: Container[str] = ()) -> None:
        self._clip = clip
        self._older = older
        self._recordings: Mapping[str, Recording] = {}
        self._by_node: dict[str, list[Airing]] = {}
        self._told: dict[str, tuple[Airing, PlannedAiring]] = {}
        self._texts: dict[str, tuple[PlannedAiring, bytes]] = {}

    def take(self, airings: Iterable[Airing], recordings: Mapping[str, Recording]) -> None:
        """Take what stands now, in the place of what stood."""
        self._recordings = recordings
        self._by_node = {}
        told: dict[str, tuple[Airing, PlannedAiring]] = {}
        for airing in airings:
            known = self._told.get(airing.id)
            if known is None or known[0] != airing:
                words = planned(airing, recordings[airing.recording_id], clip=self._clip(airing.priority))
                known = (airing, words)
            told[airing.id] = known
            for node in airing.nodes:
                self._by_node.setdefault(node, []).append(airing)
        self._told = told
        self._texts = {name: text for name, text in self._texts.items() if name in told}

    def add(self, airing: Airing, recording: Recording) -> None:
        """Take one more airing, or what one has become."""
        self.drop(airing)
        self._recordings = {**self._recordings, recording.id: recording}
        self._told[airing.id] = airing, planned(airing, recording, clip=self._clip(airing.priority))
        for node in airing.nodes:
            self._by_node.setdefault(node, []).append(airing)

    def drop(self, airing: Airing) -> None:
        """Let an airing stand in no plan any more."""
        for node in airing.nodes:
            self._by_node[node] = [other for other in self._by_node.get(node, []) if other.id != airing.id]

    def of(self, node: str, now: datetime) -> tuple[PlannedAiring, ...]:
        """Return what a node's plan holds now, as much of it as one message takes."""
        mine = self._by_node.get(node, [])
        whole = node_airings(node, mine, self._recordings, now, told=lambda airing: self._told[airing.id][1])
        if node in self._older:
            whole = tuple(words for airing in whole if (words := in_older_words(airing)) is not None)
        airings = fitting(whole, MAX_ENVELOPE_BYTES)
        if len(airings) < len(whole):
            # Nodes refuse a larger plan; what is farthest goes out when the nearest has passed.
            _logger.warning("plan_cut_short", node=node, airings=len(airings), left_out=len(whole) - len(airings))
        return airings

    def sealed(self, key: SigningKey, topic: str, plan: Plan) -> bytes:
        """Return a plan signed for its node's topic."""
        return sealed_plan(key, topic, plan, [self._text(airing) for airing in plan.airings])

    def _text(self, airing: PlannedAiring) -> bytes:
        known = self._texts.get(airing.airing)
        if known is None or known[0] is not airing:
            known = self._texts[airing.airing] = (airing, written(airing))
        return known[1]
