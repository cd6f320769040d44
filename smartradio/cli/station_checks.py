"""What `smartradio doctor` looks at in a station's settings and store."""

from __future__ import annotations

from collections.abc import Iterator

from smartradio.cli.health_checks import Check
from smartradio.domain.errors import SmartradioError
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.store.database import FILE_NAME


def station_checks(settings: StationSettings) -> Iterator[Check]:
    """Yield what is told of a station's own settings: who has the last word on places, who is rung."""
    yield registry(settings)
    yield rings(settings)


def registry(settings: StationSettings) -> Check:
    """Which zones and nodes were changed at the console: the registry has the last word on them."""
    part = "zones and nodes"
    if not (settings.folder / FILE_NAME).is_file():
        return Check(part, True, "as the settings file has them; the station has not been started", needed=False)
    try:
        store = Store.open_read_only(settings.folder)
    except SmartradioError as error:
        return Check(part, False, str(error), needed=False, mend="start the station once")
    try:
        changed = [each for each in store.places.all() if each.changed_at is not None]
    finally:
        store.close()
    if not changed:
        return Check(part, True, "as the settings file has them", needed=False)
    names = ", ".join(f"{each.name} → {each.merged_into}" if each.merged_into else each.name for each in changed[:8])
    more = f" and {len(changed) - 8} more" if len(changed) > 8 else ""
    seen = f"changed at the console, which has the last word over the settings file: {names}{more}"
    return Check(part, True, seen, needed=False)


def rings(settings: StationSettings) -> Check:
    """Whether anybody is told when something fails."""
    told = ", ".join(ring.shown for ring in settings.ring)
    mend = "name somebody under [[ring]] in the settings file (docs/settings.md)"
    return Check("who is rung", bool(told), told or "nobody: faults stand on the pages alone", needed=False, mend=mend)
