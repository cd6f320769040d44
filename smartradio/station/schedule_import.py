"""From schedule files to the store: programmes that the station keeps by itself from then on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smartradio.domain.days import DayCalendar
from smartradio.domain.programme import Programme
from smartradio.station.objects import Objects
from smartradio.station.schedule_checks import Checked, check_schedules
from smartradio.station.schedule_set import files_in, read_set
from smartradio.station.store import Store

if TYPE_CHECKING:
    from smartradio.station.settings import StationSettings


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: what was found, and the names of the programmes that are new or other than before."""

    checked: Checked
    names: tuple[str, ...]


def import_schedules(
    files: Sequence[Path],
    station: StationSettings,
    store: Store,
    *,
    now: datetime,
    days: DayCalendar,
    replace: bool = False,
) -> Imported:
    """Look schedule files through and write their programmes into the store, all or none. Blocking.

    While there is one fault nothing is written. Who approved a programme is what its file says; the station takes it
    as its own at its next start. Raises BadInputError as `Store.import_programmes`, SmartradioError for a disk that
    refuses.
    """
    checked = check_schedules(files, now=now, days=days, station=station, lexicon=store.lexicon())
    if checked.faults:
        return Imported(checked, ())
    programmes = _with_sounds_kept(files, station, now=now, days=days)
    # Sounds are on the disk by now, so that no programme names one that is not there.
    return Imported(checked, tuple(store.import_programmes(programmes, replace=replace)))


def _with_sounds_kept(
    files: Iterable[Path], station: StationSettings, *, now: datetime, days: DayCalendar
) -> list[Programme]:
    objects = Objects(station.folder / "objects")
    read = read_set(
        files_in(files),
        now=now,
        days=days,
        take_sound=lambda data, _: objects.put(data),
        zones=station.zone_names,
    )
    return read.programmes
