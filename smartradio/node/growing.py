"""Airings that play before all of them is here: an alert begins with its siren, its words follow while that sounds."""

from __future__ import annotations

import logging
from typing import Final

from smartradio.domain.evidence import Reason, Step
from smartradio.node.growth import Growth
from smartradio.node.horn import Horn, OnAir
from smartradio.node.parts import NodeParts
from smartradio.node.playable import Playable
from smartradio.node.resuming import Resumptions
from smartradio.node.stretch import Stretch, stretch_of
from smartradio.wire.messages import PlannedAiring

_logger = logging.getLogger(__name__)

GIVE_UP_S: Final = 20.0
"""After so much silence in which nothing more of it has come, it is over: interrupted."""


class Growing:
    """What plays while more of it comes; one thread's."""

    def __init__(self, parts: NodeParts, horn: Horn, resumptions: Resumptions, piece: Playable) -> None:
        self._parts = parts
        self._horn = horn
        self._resumptions = resumptions
        self._piece = piece
        self._told: set[str] = set()

    def begin(self, airing: PlannedAiring, stretch: Stretch) -> Growth:
        """Return a growth for a stretch of an airing of which the first segment is here."""
        return Growth(stretch, self._piece, grows=airing.grows, gain=self._parts.volume.with_gain(airing.gain_db))

    def take(self, airing: PlannedAiring, mark: tuple[int, int]) -> None:
        """Learn what an airing that has begun has become, if this is it: written down first."""
        on_air = self._horn.playing
        if on_air is not None and on_air.airing is not None and airing.continues(on_air.airing):
            self._grow(on_air, airing, mark)
        elif (known := self._resumptions.waiting(airing.airing)) is not None and airing.continues(known):
            self._parts.journal.grow(airing.airing, airing.model_dump_json(), mark)
            self._resumptions.grow(airing)

    def look(self) -> None:
        """Lay what has come."""
        on_air = self._horn.playing
        if on_air is not None and on_air.growth is not None:
            on_air.growth.look()

    def tick(self) -> None:
        """Tell once that all of it has come, and end what has waited too long."""
        on_air = self._horn.playing
        if on_air is None or on_air.growth is None or on_air.airing is None:
            return
        growth = on_air.growth
        if growth.complete and on_air.stretch is not None and on_air.key not in self._told:
            facts = {"bytes": sum(segment.size_bytes for segment in on_air.airing.segments)}
            self._parts.journal.delivered(on_air.key, self._parts.reports.make(Step.DELIVERED, on_air.key, facts=facts))
            self._told = {on_air.key}
        if not growth.complete and growth.feed.waiting_s >= GIVE_UP_S and on_air.why is None:
            _logger.warning("airing %s ends: the rest of it has not come", on_air.key)
            self._horn.stop(Reason.AUDIO_MISSING)

    def _grow(self, on_air: OnAir, airing: PlannedAiring, mark: tuple[int, int]) -> None:
        stretch = on_air.stretch
        if stretch is None or on_air.growth is None:
            return
        longer = stretch_of(airing, airing.starts_at, stretch.first)
        if longer is not None:
            self._parts.journal.grow(airing.airing, airing.model_dump_json(), mark)
            on_air.airing, on_air.stretch = airing, longer
            on_air.pieces = tuple(self._piece(segment) for segment in longer.played)
            on_air.growth.become(longer, grows=airing.grows)
