"""What the commune's people may read and hear, and where they tell that they did not hear well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.places import Zone
from smartradio.domain.priority import Priority

_logger = structlog.get_logger()

MAX_NOTE: Final = 500
"""Characters of a complaint's note, and of the answer to it."""
MOST_AN_HOUR: Final = 30
"""So many complaints of one zone are kept in an hour; what more would tell is known by then."""
COMPLAIN_WITHIN: Final = timedelta(days=2)
"""Of airings so far back people are asked which one they did not hear well."""


@dataclass(frozen=True, slots=True)
class PublicAiring:
    """An airing as citizens see it.

    `zones` are those it was meant for, `sounded` those of them in which a node began to play it and no microphone has
    found it silent since. `recording` names its sound.
    """

    id: str
    title: str
    text: str
    language: str
    starts_at: datetime
    duration_s: float
    priority: Priority
    recording: str
    zones: tuple[str, ...]
    sounded: tuple[str, ...]

    @property
    def ends_at(self) -> datetime:
        """When it is over, where nothing held it up."""
        return self.starts_at + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody of a zone did not hear well; nothing says who. `airing` is None where they did not name one.

    `answer` is what was found, by whoever saw to it (`seen_by`, `seen_at`).
    """

    number: int
    zone: str
    airing: str | None
    note: str
    at: datetime
    seen_by: str | None = None
    seen_at: datetime | None = None
    answer: str | None = None


class Shelf(Protocol):
    """Where public airings and complaints lie; see `smartradio.station.store.citizens.CitizenShelf`."""

    def due(self, start: datetime, end: datetime, newest: int) -> list[PublicAiring]:
        """Return the public airings with `starts_at` in [start, end), latest first."""
        ...

    def one(self, airing_id: str) -> PublicAiring | None:
        """Return one public airing."""
        ...

    def is_public_sound(self, recording_id: str, since: datetime, until: datetime) -> bool:
        """Say whether a recording was aired for the public with its start in [since, until]."""
        ...

    def put_complaint(self, zone: str, airing: str | None, note: str, *, most_an_hour: int) -> Complaint | None:
        """Keep a complaint; None when its zone has sent so many within the hour."""
        ...

    def complaints(self, newest: int, *, airing: str | None = None) -> list[Complaint]:
        """Return complaints, open ones first."""
        ...

    def count_open(self) -> int:
        """Return how many nobody has seen to."""
        ...

    def open_of(self, zone: str, airing: str | None) -> int:
        """Return how many of a zone and an airing nobody has seen to."""
        ...

    def see_to(self, number: int, by: str, answer: str) -> Complaint:
        """Note who saw to a complaint."""
        ...


class Bell(Protocol):
    """Who tells the technician; see `smartradio.station.public_side.ComplaintBell`."""

    async def kept(self, complaint: Complaint) -> None:
        """Tell of a complaint that was kept."""
        ...

    async def seen_to(self, complaint: Complaint, by: Person) -> None:
        """Tell that one was seen to."""
        ...


class Citizens:
    """The public's side of the station. What blocks is told; the rest belongs to the event loop.

    `sound` makes a recording one Ogg Opus file and blocks. `bell` hears of every complaint that was kept or seen to,
    once it is on the disk.
    """

    def __init__(
        self,
        shelf: Shelf,
        zones: Callable[[], list[Zone]],
        *,
        is_open: Callable[[], bool],
        days: int,
        sound: Callable[[str], bytes],
        bell: Bell,
        clock: Callable[[], datetime],
    ) -> None:
        self._shelf = shelf
        self._zones = zones
        self._is_open = is_open
        self._days = timedelta(days=days)
        self._sound = sound
        self._bell = bell
        self._clock = clock
        # One at a time: strangers must not keep both cores of a small computer busy while an alarm is made.
        self._one_sound = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the commune has a public page."""
        return self._is_open()

    def zones(self) -> list[Zone]:
        """Return the zones people live in. Blocking."""
        return self._zones()

    def aired(self, newest: int, *, zone: str | None = None) -> list[PublicAiring]:
        """Return what sounded, or sounds now, in a zone or anywhere, latest first. Blocking."""
        now = self._clock()
        # More than asked for: what sounded nowhere, or elsewhere, is left out of them.
        found = self._shelf.due(now - self._days, now, 4 * newest)
        kept = [each for each in found if each.sounded and (zone is None or zone in each.sounded)]
        return kept[:newest]

    def airing(self, airing_id: str) -> PublicAiring | None:
        """Return one airing that has begun, None for what is not (or no longer) the public's. Blocking."""
        found = self._shelf.one(airing_id)
        now = self._clock()
        return found if found is not None and now - self._days <= found.starts_at <= now else None

    def lately(self, zone: str) -> list[PublicAiring]:
        """Return the airings of the last days meant for a zone, heard there or not, latest first. Blocking."""
        now = self._clock()
        return [each for each in self._shelf.due(now - COMPLAIN_WITHIN, now, 100) if zone in each.zones]

    async def sound(self, recording: str) -> bytes:
        """Return a recording that was aired for the public as Ogg Opus. Raises SmartradioError for any other."""
        now = self._clock()
        if not await asyncio.to_thread(self._shelf.is_public_sound, recording, now - self._days, now):
            raise SmartradioError("this sound is not for the public")
        async with self._one_sound:
            return await asyncio.to_thread(self._sound, recording)

    async def complain(self, zone: str, airing: str | None, note: str) -> Complaint | None:
        """Keep that somebody did not hear well; None when the zone has told it often enough this hour.

        Raises BadInputError, with nothing kept.
        """
        if len(note) > MAX_NOTE:
            raise BadInputError(f"a note has at most {MAX_NOTE} characters")
        kept = await asyncio.to_thread(self._shelf.put_complaint, zone, airing, note, most_an_hour=MOST_AN_HOUR)
        if kept is None:
            _logger.info("complaints_enough", zone=zone, most_an_hour=MOST_AN_HOUR)
        else:
            await self._bell.kept(kept)
        return kept

    def complaints(self, newest: int = 200) -> Sequence[Complaint]:
        """Return complaints, those nobody has seen to first, then the latest. Blocking."""
        return self._shelf.complaints(newest)

    def complaints_of(self, airing: str) -> Sequence[Complaint]:
        """Return the complaints of one airing. Blocking."""
        return self._shelf.complaints(1_000, airing=airing)

    def count_open(self) -> int:
        """Return how many complaints nobody has seen to. Blocking."""
        return self._shelf.count_open()

    async def see_to(self, number: int, *, by: Person, answer: str) -> Complaint:
        """Note who saw to a complaint and what was found; raises BadInputError where somebody did before."""
        if len(answer) > MAX_NOTE:
            raise BadInputError(f"a note has at most {MAX_NOTE} characters")
        seen = await asyncio.to_thread(self._shelf.see_to, number, by.title, answer)
        await self._bell.seen_to(seen, by)
        return seen
