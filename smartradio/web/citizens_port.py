"""What the public page asks of the station; see `smartradio.station.citizens`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartradio.domain.approval import Person
from smartradio.domain.places import Zone
from smartradio.station.citizens import Complaint, PublicAiring


class CitizensDesk(Protocol):
    """The public's side of the station. What is awaited raises BadInputError for what cannot stand."""

    @property
    def is_open(self) -> bool:
        """Whether the commune has a public page."""
        ...

    def zones(self) -> list[Zone]:
        """Return the zones people live in. Blocking."""
        ...

    def aired(self, newest: int, *, zone: str | None = None) -> list[PublicAiring]:
        """Return what sounded, or sounds now, in a zone or anywhere, latest first. Blocking."""
        ...

    def airing(self, airing_id: str) -> PublicAiring | None:
        """Return one airing that has begun, None for what is not the public's. Blocking."""
        ...

    def lately(self, zone: str) -> list[PublicAiring]:
        """Return the airings of the last days meant for a zone, latest first. Blocking."""
        ...

    async def sound(self, recording: str) -> bytes:
        """Return a public recording as Ogg Opus. Raises SmartradioError for any other."""
        ...

    async def complain(self, zone: str, airing: str | None, note: str) -> Complaint | None:
        """Keep that somebody did not hear well; None when the zone has told it often enough this hour."""
        ...

    def complaints(self, newest: int = 200) -> Sequence[Complaint]:
        """Return complaints, those nobody has seen to first. Blocking."""
        ...

    def complaints_of(self, airing: str) -> Sequence[Complaint]:
        """Return the complaints of one airing. Blocking."""
        ...

    def count_open(self) -> int:
        """Return how many complaints nobody has seen to. Blocking."""
        ...

    async def see_to(self, number: int, *, by: Person, answer: str) -> Complaint:
        """Note who saw to a complaint and what was found."""
        ...
