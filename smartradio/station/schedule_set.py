"""The schedule files of a commune read together: each name once, each zone by its name of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_checks import Finding, FindingCode
from smartradio.domain.programme import Programme
from smartradio.station.schedule_files import Written, read_schedule
from smartradio.station.schedule_parts import TakeSound
from smartradio.station.zone_names import ZoneNames


@dataclass(frozen=True, slots=True)
class ScheduleSet:
    """The programmes of several files, in their order, and what is found about their zones."""

    written: tuple[Written, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def programmes(self) -> list[Programme]:
        """The programmes alone."""
        return [each.programme for each in self.written]

    def where(self, name: str) -> Written | None:
        """Return where a programme is written, by its name."""
        return next((each for each in self.written if each.programme.name == name), None)


def files_in(paths: Iterable[Path], *, empty: bool = False) -> Iterator[Path]:
    """Yield files, and the *.yaml of folders by name; raises BadInputError for an `empty` one unless it may be."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.glob("*.yaml"))
        if not inside and not empty:
            raise BadInputError(f"{path}: there is no schedule (*.yaml) in this folder")
        yield from inside


def read_set(
    files: Iterable[Path],
    *,
    now: datetime,
    days: DayCalendar,
    take_sound: TakeSound,
    zones: ZoneNames | None = None,
    on_fault: Callable[[BadInputError], object] | None = None,
) -> ScheduleSet:
    """Read schedule files in order; `in_seconds` counts from `now`. Without `zones` every zone is taken as it stands.

    Raises BadInputError for the first fault in any file, also for a name that stands in two and a zone that never
    was; with `on_fault` the faults are told there, and what is without one is read.
    """
    found: dict[str, Written] = {}
    findings: list[Finding] = []
    for path in files:
        with _telling(on_fault):
            for each in read_schedule(path, now=now, take_sound=take_sound, days=days, on_fault=on_fault):
                with _telling(on_fault):
                    found[each.programme.name] = _placed(each, found, zones, findings)
    return ScheduleSet(tuple(found.values()), tuple(findings))


@contextmanager
def _telling(on_fault: Callable[[BadInputError], object] | None) -> Iterator[None]:
    """Tell a fault to whoever wants them all; else it goes on its way."""
    try:
        yield
    except BadInputError as error:
        if on_fault is None:
            raise
        on_fault(error)


def _placed(each: Written, found: dict[str, Written], zones: ZoneNames | None, findings: list[Finding]) -> Written:
    programme = each.programme
    other = found.get(programme.name)
    if other is not None:
        raise BadInputError(f"{each.place}: programme {programme.name!r} also stands in {other.place}")
    if zones is None:
        return each
    today, former = zones.settle(programme.zones, f"{each.place}: programme {programme.name}")
    moved = replace(programme, zones=today)
    if former:
        now = tuple(dict.fromkeys(zones.now(name) or name for name in former))
        findings.append(Finding(FindingCode.FORMER_ZONE, moved, now, named=", ".join(former)))
    return replace(each, programme=moved)
