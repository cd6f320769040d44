"""The public's desk as the station has it: its sounds kept as files, its complaints told to whoever is at a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smartradio.station.citizens import Citizens, Complaint
from smartradio.station.player_files import one_file
from smartradio.station.public_sounds import PublicSounds

if TYPE_CHECKING:
    from smartradio.station.desks import Inside

FOLDER: Final = "public"
COMPLAINTS: Final = "complaints"
"""The topic of the news that tells of complaints."""


def citizens_desk(inside: Inside) -> Citizens:
    """Return the desk of a station."""
    shelf, settings = inside.shelf, inside.settings
    sounds = PublicSounds(settings.folder / FOLDER, lambda recording: one_file(shelf.store, shelf.objects, recording))

    async def told(complaint: Complaint) -> None:
        inside.news.publish(COMPLAINTS, *([] if complaint.airing is None else [f"airing/{complaint.airing}"]))

    return Citizens(
        shelf.store.citizens,
        shelf.store.zones,
        is_open=lambda: settings.public,
        days=settings.public_days,
        sound=sounds.get,
        told=told,
        clock=inside.clock,
    )
