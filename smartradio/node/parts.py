"""The parts of a node that work on the same airings, in one place."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from smartradio.node.cache import Cache
from smartradio.node.clips import Clips
from smartradio.node.clock import NodeClock
from smartradio.node.journal import Journal
from smartradio.node.microphone import Microphone
from smartradio.node.player import Player
from smartradio.node.reports import Reports


@dataclass
class Volume:
    """How loud: the station's setting, never above the node's own."""

    ceiling_db: float
    set_db: float = 0.0

    @property
    def gain(self) -> float:
        """Factor on samples."""
        return self.with_gain(0.0)

    def with_gain(self, gain_db: float) -> float:
        """Return the factor on samples of an airing that the plan wants quieter by so much (dB, at most 0)."""
        return float(10.0 ** ((min(self.ceiling_db, self.set_db) + min(gain_db, 0.0)) / 20.0))


@dataclass
class NodeParts:
    """What an airing needs; `worker` runs what takes seconds, everything else is the node's one thread's."""

    journal: Journal
    reports: Reports
    clips: Clips
    cache: Cache
    clock: NodeClock
    player: Player
    microphone: Microphone
    worker: Executor
    volume: Volume
    static_delay_s: float = 0.0
    clip_bitrate: int = 16_000
