"""What the technician's pages ask of the station; `smartradio.station.upkeep` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from smartradio.domain.approval import Person
from smartradio.station.commune_map import CommuneMap
from smartradio.station.health_means import HealthMean
from smartradio.station.node_condition import NodeStanding
from smartradio.station.node_records import NodeEvent, NodeOrder
from smartradio.station.store.node_past import PastAtNode


class UpkeepPort(Protocol):
    """Nodes as technicians see them. What is awaited raises BadInputError, all else blocks."""

    def all(self) -> Sequence[NodeStanding]:
        """Return every node as it stands now, by name."""
        ...

    def one(self, node: str) -> NodeStanding | None:
        """Return one node as it stands now."""
        ...

    def health(self, node: str, span_s: int, since: datetime) -> Sequence[HealthMean]:
        """Return how a node was since an instant, by rows of a span (300 or 3,600 s), oldest first."""
        ...

    def carried(self, node: str, since: datetime) -> tuple[float, float]:
        """Return the megabytes since an instant: by the node's own count, and what the station sent it."""
        ...

    def past(self, node: str, most: int = 10) -> Sequence[PastAtNode]:
        """Return a node's last airings, the newest first."""
        ...

    def events(self, node: str) -> Sequence[NodeEvent]:
        """Return a node's last starts and versions, the newest first."""
        ...

    def orders(self, node: str) -> Sequence[NodeOrder]:
        """Return the last tones and restarts that were asked of a node, the newest first."""
        ...

    def loudest_db(self, node: str) -> float:
        """Return how loud a node may be set."""
        ...

    def commune_map(self) -> CommuneMap | None:
        """Return the commune's map, None without one; raises BadInputError for a file that is no map."""
        ...

    async def set_volume(self, node: str, volume_db: float, *, by: Person) -> None:
        """Set a node's volume (dB against its own setting)."""
        ...

    async def set_place(self, node: str, lat: float, lon: float, *, by: Person) -> None:
        """Set where a node's pole stands (degrees, WGS 84)."""
        ...

    async def test_tone(self, node: str, *, by: Person) -> NodeOrder:
        """Have a node play a tone as soon as it is free, and tell what its microphone heard."""
        ...

    async def restart(self, node: str, *, by: Person, even_while_playing: bool = False) -> NodeOrder:
        """Have a node begin anew; what it plays is cut only with `even_while_playing`, an emergency never."""
        ...

    async def tone_recording(self, node: str, order: str, *, by: Person) -> bytes | None:
        """Return what a node's microphone heard of a tone as Ogg Opus; that somebody listened goes on record."""
        ...

    async def put_map(self, data: bytes, *, by: Person) -> CommuneMap:
        """Check a map and keep it in the place of the one before."""
        ...
