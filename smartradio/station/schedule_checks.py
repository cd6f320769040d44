"""A schedule looked through before it is taken: what is wrong in it, and what somebody should know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan import Scheduled
from smartradio.domain.plan_checks import Finding
from smartradio.domain.programme import Programme
from smartradio.station.commune_rules import USUAL_RULES, rules_of
from smartradio.station.plan_inputs import MeasuredSounds, nodes_by_zone, recorded
from smartradio.station.plan_lengths import scheduled
from smartradio.station.schedule_findings import find, looked_ahead
from smartradio.station.schedule_parts import name_of_sound
from smartradio.station.schedule_set import ScheduleSet, files_in, read_set

if TYPE_CHECKING:
    from smartradio.speech.spoken.lexicon_rows import Entry
    from smartradio.station.settings import StationSettings


class CheckedSounds(MeasuredSounds):
    """Sounds held against what the station asks of one that is brought in; nothing is kept of them."""

    def take(self, data: bytes, name: str) -> str:
        """Look at a sound file and return its SHA-256; raises BadInputError for one the station would not take."""
        from smartradio.speech.importing import import_sound  # noqa: PLC0415 - most schedules bring no sounds

        sha256 = name_of_sound(data, name)
        if sha256 not in self.seconds:
            self.seconds[sha256] = import_sound(data, name).duration_s
        return sha256


@dataclass(frozen=True, slots=True)
class Checked:
    """Schedules as they were read, with their lengths; while there are `faults` the station does not take them."""

    read: ScheduleSet
    faults: tuple[str, ...]
    findings: tuple[Finding, ...]
    timed: tuple[Scheduled, ...]


def check_schedules(
    files: Iterable[Path],
    *,
    now: datetime,
    days: DayCalendar,
    station: StationSettings | None = None,
    lexicon: Sequence[Entry] | None = None,
    ahead: timedelta | None = None,
) -> Checked:
    """Look schedule files through, and plan them from `now` on for so long (`looked_ahead` by default). Blocking.

    With `lexicon` every text is read, too, as the station reads it; what it would refuse is a fault.
    """
    faults: list[str] = []

    def tell(fault: BadInputError) -> None:
        faults.append(str(fault))

    sounds = CheckedSounds()
    names = None if station is None else station.zone_names
    read = read_set(_listed(files, tell), now=now, days=days, take_sound=sounds.take, zones=names, on_fault=tell)
    if lexicon is not None:
        faults += _unreadable(read, lexicon)
    programmes = read.programmes
    timed = scheduled(
        programmes,
        recorded=recorded(programmes, station) if station else None,
        rate_wpm=station.rate_wpm if station else None,
        sounds_s=sounds.seconds,
    )
    rules = USUAL_RULES if station is None else rules_of(station)
    nodes = None if station is None else nodes_by_zone(station)
    found = find(
        timed, now, now + (looked_ahead(len(timed)) if ahead is None else ahead), nodes=nodes, rules=rules, days=days
    )
    return Checked(read, tuple(faults), (*found, *read.findings), tuple(timed))


def _listed(files: Iterable[Path], tell: Callable[[BadInputError], object]) -> list[Path]:
    found: list[Path] = []
    for path in files:
        try:
            found += files_in([path])
        except BadInputError as error:
            tell(error)
    return found


def _unreadable(read: ScheduleSet, lexicon: Sequence[Entry]) -> list[str]:
    """Return what the station would say to the texts it cannot read, each with its file and line."""
    found = []
    for each in read.written:
        try:
            _read_aloud(each.programme, lexicon)
        except BadInputError as error:
            found.append(f"{each.place}: programme {each.programme.name}: {error}")
    return found


def _read_aloud(programme: Programme, lexicon: Sequence[Entry]) -> None:
    from smartradio.station.scripts import write_script  # noqa: PLC0415 - brings the normaliser

    write_script(
        programme.title,
        "" if programme.parts else programme.text,
        programme.priority,
        parts=programme.parts,
        lexicon=lexicon,
        # Nobody answers for a programme that nobody approved.
        override_open_items=programme.override_open_items and bool(programme.approved_by),
        times=programme.times,
    )
