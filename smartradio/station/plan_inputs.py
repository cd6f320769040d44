"""What a plan is made of beside its programmes: nodes by zone, the lengths of sounds and of what is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Programme
from smartradio.domain.sounding import Sounding
from smartradio.station.schedule_parts import name_of_sound

if TYPE_CHECKING:
    from smartradio.station.settings import StationSettings


class MeasuredSounds:
    """Sounds brought in, by their SHA-256, with their seconds; nothing is kept of them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def take(self, data: bytes, name: str) -> str:
        """Measure a sound file and return its SHA-256; raises BadInputError for one that cannot be read."""
        from smartradio.audio.brought_in import decode_brought_in  # noqa: PLC0415 - most schedules bring no sounds
        from smartradio.audio.errors import AudioError  # noqa: PLC0415

        sha256 = name_of_sound(data, name)
        if sha256 not in self.seconds:
            try:
                self.seconds[sha256] = decode_brought_in(data).duration_s
            except AudioError as error:
                raise BadInputError(f"{name}: {error}") from error
        return sha256


def nodes_by_zone(settings: StationSettings) -> dict[str, tuple[str, ...]]:
    """Return the names of the nodes in each zone of a station."""
    return {zone.name: settings.nodes_of((zone.name,)) for zone in settings.zones}


def recorded(programmes: Iterable[Programme], settings: StationSettings) -> dict[str, Sounding]:
    """Return, by name, how long those sound that the station has made audible as they are written here.

    Blocking; raises StoreError for a store that cannot be read. A station that was never started has made none.
    """
    from smartradio.station.store import Store  # noqa: PLC0415 - a plan without settings needs no database
    from smartradio.station.store.database import FILE_NAME  # noqa: PLC0415

    if not (settings.folder / FILE_NAME).is_file():
        return {}
    store = Store.open_read_only(settings.folder)
    try:
        stored = {each.name: each for each in store.programmes()}
        made = store.programme_recordings()
    finally:
        store.close()
    found = {}
    for each in programmes:
        there = stored.get(each.name)
        if each.name in made and there is not None and _sounds_alike(each, there):
            recording, facts = made[each.name]
            if facts.get("rate_wpm") == (each.rate_wpm or settings.rate_wpm):
                found[each.name] = Sounding.of(recording)
    return found


def _sounds_alike(one: Programme, other: Programme) -> bool:
    """Say whether the same recording serves both: the title is spoken by nobody."""
    spoken, said = [(each.text, each.parts, each.times, each.voice, each.rate_wpm) for each in (one, other)]
    return spoken == said and one.priority is other.priority
