"""What the pages of places ask of the station; `smartradio.station.registry` answers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from smartradio.domain.approval import Person
from smartradio.station.registry import Registered
from smartradio.station.store.places import What


class RegistryPort(Protocol):
    """Zones and nodes; what is awaited raises BadInputError, the rest blocks."""

    def registered(self) -> Registered:
        """Return the registry."""
        ...

    def waits_for_start(self, held: Registered) -> bool:
        """Say whether something was changed that the plan takes up only at the station's next start."""
        ...

    def titles_then(self, what: What, at: datetime) -> Mapping[str, str]:
        """Return what every zone or node was called at an instant, merged ones too."""
        ...

    async def rename(self, what: What, name: str, title: str, *, by: Person) -> None:
        """Give a place another title."""
        ...

    async def move(self, node: str, zone: str, *, by: Person) -> None:
        """Let a node stand in another zone."""
        ...

    async def replace_device(self, node: str, public_key: str, *, by: Person) -> None:
        """Take another device for the one at a node's pole, by its key in hex."""
        ...

    async def merge(self, what: What, name: str, into: str, *, by: Person) -> None:
        """Merge a zone or a node into another one."""
        ...
