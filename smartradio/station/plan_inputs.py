"""What a plan is made of: the programmes of schedule files, the zones and rules of a station's settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Programme
from smartradio.domain.sounding import Sounding
from smartradio.station.schedule_files import load_schedule
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


def load_programmes(
    files: Iterable[Path], *, now: datetime, days: DayCalendar, sounds: MeasuredSounds
) -> list[tuple[Programme, Path]]:
    """Read schedule files, and the *.yaml of folders, in order; `in_seconds` counts from `now`.

    Raises BadInputError for the first fault in any file, a name that stands in two, and a folder without any.
    """
    found: dict[str, tuple[Programme, Path]] = {}
    for path in _in_folders(files):
        for programme in load_schedule(path, now=now, take_sound=sounds.take, days=days):
            if programme.name in found:
                raise BadInputError(f"{path}: programme {programme.name!r} also stands in {found[programme.name][1]}")
            found[programme.name] = (programme, path)
    return list(found.values())


def check_zones(programmes: Sequence[tuple[Programme, Path]], zones: Iterable[str]) -> None:
    """Raise BadInputError for the first programme with a zone that is not among the station's."""
    known = tuple(zones)
    for programme, path in programmes:
        gone = next((zone for zone in programme.zones if zone not in known), None)
        if gone is not None:
            where = f"{path}: programme {programme.name}"
            raise BadInputError(f"{where}: there is no zone {gone!r}; there are {', '.join(known)}")


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
            if facts.get("rate_wpm") == settings.rate_wpm:
                found[each.name] = Sounding.of(recording)
    return found


def _sounds_alike(one: Programme, other: Programme) -> bool:
    """Say whether the same recording serves both: the title is spoken by nobody."""
    alike = (one.text, one.parts, one.times, one.voice) == (other.text, other.parts, other.times, other.voice)
    return alike and one.priority is other.priority


def _in_folders(files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.glob("*.yaml"))
        if not inside:
            raise BadInputError(f"{path}: there is no schedule (*.yaml) in this folder")
        yield from inside
