"""The public's desk as the station has it: its sounds kept as files, its complaints told to the technician."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from smartradio.domain.alarm import Alarm, AlarmKind
from smartradio.domain.approval import Person
from smartradio.domain.places import Zone
from smartradio.station.citizens import Citizens, Complaint, Shelf
from smartradio.station.player_files import one_file
from smartradio.station.public_sounds import PublicSounds

if TYPE_CHECKING:
    from smartradio.station.desks import Inside

FOLDER: Final = "public"
COMPLAINTS: Final = "complaints"
"""The topic of the news that tells of complaints."""


class Alarms(Protocol):
    """Where the technician is told; see `smartradio.station.alarms.desk.AlarmDesk`."""

    async def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> object:
        """Say that something is wrong."""
        ...

    def open(self) -> list[Alarm]:
        """Return what is wrong now. Blocking."""
        ...

    async def close(self, id: int, *, by: Person) -> None:  # noqa: A002 - the desk's name
        """End an alarm about something that happened."""
        ...


class ComplaintBell:
    """Tells of complaints: one alarm for each airing and hamlet, over when somebody has seen to all of them."""

    def __init__(
        self, shelf: Shelf, zones: Callable[[], list[Zone]], alarms: Alarms, publish: Callable[..., None]
    ) -> None:
        self._shelf = shelf
        self._zones = zones
        self._alarms = alarms
        self._publish = publish

    async def kept(self, complaint: Complaint) -> None:
        """Tell of one that was kept."""
        airing = complaint.airing or ""
        self._publish(COMPLAINTS, *([f"airing/{airing}"] if airing else []))
        open_ones = await asyncio.to_thread(self._shelf.open_of, complaint.zone, complaint.airing)
        titles = {zone.name: zone.title for zone in await asyncio.to_thread(self._zones)}
        title = titles.get(complaint.zone, complaint.zone)
        facts: dict[str, Any] = {"airing": airing, "zone": complaint.zone, "title": title, "people": open_ones}
        aired = await asyncio.to_thread(self._shelf.one, airing)
        if aired is not None:
            facts["bulletin"] = aired.title
        await self._alarms.raise_(AlarmKind.COMPLAINT, _subject(complaint), facts)

    async def seen_to(self, complaint: Complaint, by: Person) -> None:
        """Tell that one was seen to; with the last of its airing and hamlet the alarm is over."""
        self._publish(COMPLAINTS, *([] if complaint.airing is None else [f"airing/{complaint.airing}"]))
        if await asyncio.to_thread(self._shelf.open_of, complaint.zone, complaint.airing):
            return
        key = (AlarmKind.COMPLAINT, _subject(complaint))
        for alarm in await asyncio.to_thread(self._alarms.open):
            if (alarm.kind, alarm.subject) == key:
                await self._alarms.close(alarm.id, by=by)


def _subject(complaint: Complaint) -> str:
    return f"{complaint.airing or ''}/{complaint.zone}"


def citizens_desk(inside: Inside, alarms: Alarms) -> Citizens:
    """Return the desk of a station."""
    shelf, settings = inside.shelf, inside.settings
    sounds = PublicSounds(settings.folder / FOLDER, lambda recording: one_file(shelf.store, shelf.objects, recording))
    bell = ComplaintBell(shelf.store.citizens, shelf.store.zones, alarms, inside.news.publish)
    return Citizens(
        shelf.store.citizens,
        shelf.store.zones,
        is_open=lambda: settings.public,
        days=settings.public_days,
        sound=sounds.get,
        bell=bell,
        clock=inside.clock,
    )
