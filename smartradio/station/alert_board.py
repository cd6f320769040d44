"""What an emergency has come to, node by node, as it happens: counted for the board of the officer who sent it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import Final

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.bulletin import Bulletin
from smartradio.domain.verdict import VerdictCode


class Fate(StrEnum):
    """How far an alert has come at a node; nothing is said that nobody has told."""

    HEARD = "heard"
    PARTLY = "partly"
    BADLY = "badly"
    UNCLEAR = "unclear"
    SILENT = "silent"
    SOUNDED = "sounded"
    SOUNDING = "sounding"
    REACHED = "reached"
    WAITING = "waiting"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


_BY_VERDICT: Mapping[str, Fate] = {
    VerdictCode.AIRED: Fate.HEARD,
    VerdictCode.PARTLY_AIRED: Fate.PARTLY,
    VerdictCode.SILENT: Fate.SILENT,
    VerdictCode.OTHER: Fate.BADLY,
    VerdictCode.UNINTELLIGIBLE: Fate.BADLY,
    VerdictCode.UNCLEAR: Fate.UNCLEAR,
    VerdictCode.UNREACHED: Fate.UNREACHABLE,
}
HEARD: Final = frozenset({Fate.HEARD, Fate.PARTLY})
"""Where a microphone heard it, whole or in part."""
FURTHEST_LAST: Final = (
    Fate.UNREACHABLE, Fate.STOPPED, Fate.WAITING, Fate.SILENT, Fate.REACHED, Fate.SOUNDING, Fate.BADLY, Fate.UNCLEAR,
    Fate.SOUNDED, Fate.PARTLY, Fate.HEARD,
)  # fmt: skip
"""By how far an alert has come at a node."""
_WORST_FIRST = (
    Fate.SILENT, Fate.UNREACHABLE, Fate.BADLY, Fate.PARTLY, Fate.UNCLEAR, Fate.WAITING, Fate.STOPPED, Fate.REACHED,
    Fate.SOUNDING, Fate.SOUNDED, Fate.HEARD,
)  # fmt: skip


@cache
def fate_of(verdict: str | None, state: str, delivered: bool, started: bool, *, online: bool) -> Fate:
    """Return how far an alert has come at a node: its verdict, or what the node has told and whether it is there."""
    if verdict is not None:
        return _BY_VERDICT[verdict]
    if state == AiringState.FAILED:
        return Fate.STOPPED if started else Fate.UNREACHABLE
    if state == AiringState.FINISHED:
        return Fate.SOUNDED
    if started:
        return Fate.SOUNDING
    if delivered:
        return Fate.REACHED
    return Fate.WAITING if online else Fate.UNREACHABLE


@dataclass(frozen=True, slots=True)
class AlertNode:
    """One node of an alert, as the log and the node's last state have it; `verdict` is None before judgement."""

    node: str
    title: str
    zone: str
    online: bool
    state: AiringState
    delivered_at: datetime | None = None
    started_at: datetime | None = None
    verdict: str | None = None

    @property
    def fate(self) -> Fate:
        """How far it has come there."""
        return fate_of(
            self.verdict, self.state, self.delivered_at is not None, self.started_at is not None, online=self.online
        )

    @property
    def reached(self) -> bool:
        """Whether the node itself has told that it has the sound, or plays it."""
        return self.delivered_at is not None or self.started_at is not None


@dataclass(frozen=True)
class ZoneCount:
    """A hamlet on the board: its title, its nodes, and at how many the alert was heard whole or in part."""

    zone: str
    title: str
    nodes: tuple[AlertNode, ...]

    @property
    def heard(self) -> int:
        """Nodes whose microphone heard it, whole or in part."""
        return sum(node.fate in HEARD for node in self.nodes)

    @cached_property
    def worst(self) -> Fate:
        """The worst of its nodes' fates."""
        return min((node.fate for node in self.nodes), key=_WORST_FIRST.index)


@dataclass(frozen=True)
class AlertBoard:
    """An alert that was sent, with all its nodes; `by` is who answers for it, `ends_at` when it ends if in time.

    `withdrawn_by` is who took it back, "" where the plan itself did, None where it stands; `replaced_by` is the alert
    in whose favour they did. `once_more` are the airings that brought it once more to nodes where it was badly heard.
    """

    airing: Airing
    bulletin: Bulletin
    by: str
    ends_at: datetime
    nodes: tuple[AlertNode, ...]
    zone_titles: Mapping[str, str]
    withdrawn_by: str | None = None
    once_more: tuple[str, ...] = ()
    replaced_by: str = ""

    def count(self, *fates: Fate) -> int:
        """Return at how many nodes it has come to one of these."""
        return sum(self.fates.get(fate, 0) for fate in set(fates))

    @property
    def reached(self) -> int:
        """Nodes that told they have it."""
        return sum(node.reached for node in self.nodes)

    @property
    def started(self) -> int:
        """Nodes that told they began to play it."""
        return sum(node.started_at is not None for node in self.nodes)

    @cached_property
    def fates(self) -> Mapping[Fate, int]:
        """How many nodes have come to what."""
        return Counter(node.fate for node in self.nodes)

    @cached_property
    def zones(self) -> tuple[ZoneCount, ...]:
        """The hamlets, those where it went worst first."""
        by_zone: dict[str, list[AlertNode]] = {}
        for node in self.nodes:
            by_zone.setdefault(node.zone, []).append(node)
        counts = [ZoneCount(zone, self.zone_titles.get(zone, zone), tuple(found)) for zone, found in by_zone.items()]
        return tuple(sorted(counts, key=lambda each: _WORST_FIRST.index(each.worst)))

    @cached_property
    def not_reached(self) -> tuple[ZoneCount, ...]:
        """The hamlets with a node that is silent or was not reached."""
        lost = (Fate.SILENT, Fate.UNREACHABLE)
        return tuple(zone for zone in self.zones if any(node.fate in lost for node in zone.nodes))

    @property
    def settled(self) -> bool:
        """Whether every node has a verdict, so that nothing changes any more by itself."""
        return all(node.verdict is not None for node in self.nodes)


@dataclass(frozen=True, slots=True)
class AiringCourse:
    """What came of one airing of an alert: of how many `nodes` it was begun and heard at.

    `withdrawn_by` is who took it back, "" where the plan itself did, None where it stands; `replaced_by` is the alert
    in whose favour they did.
    """

    recording: str
    nodes: int
    started: int
    heard: int
    withdrawn_by: str | None
    replaced_by: str


@dataclass(frozen=True, slots=True)
class NodeCourse:
    """What came to one node of some airings of an alert: the furthest, and when for the first time.

    `had_at` and `started_at` are by the node's clock, `heard_at` when the station had judged that it was heard.
    """

    node: str
    title: str
    zone: str
    fate: Fate
    had_at: datetime | None
    started_at: datetime | None
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertCourse:
    """What came of several airings of an alert, each by its name, and to each node, those of the first one first."""

    airings: Mapping[str, AiringCourse]
    nodes: tuple[NodeCourse, ...]
