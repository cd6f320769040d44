"""What `smartradio doctor` looks at in a station's settings and store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from smartradio.cli.health_checks import Check
from smartradio.domain.errors import SmartradioError
from smartradio.station.older_nodes import OLDER
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.store.database import FILE_NAME

_NAMED: Final = 8


def station_checks(settings: StationSettings) -> Iterator[Check]:
    """Yield what is told of a station's own settings: who has the last word on places, who is rung."""
    yield registry(settings)
    yield node_software(settings)
    yield rings(settings)


def of_store(settings: StationSettings, part: str, look: Callable[[Store], Check], *, before: str) -> Check:
    """Return what `look` finds in a station's store, opened read-only; of one not yet started, `before`."""
    if not (settings.folder / FILE_NAME).is_file():
        return Check(part, True, before, needed=False)
    try:
        store = Store.open_read_only(settings.folder)
        try:
            return look(store)
        finally:
            store.close()
    except SmartradioError as error:
        return Check(part, False, str(error), needed=False, mend="start the station once")


def registry(settings: StationSettings) -> Check:
    """Which zones and nodes were changed at the console: the registry has the last word on them."""
    part, unchanged = "zones and nodes", "as the settings file has them"

    def look(store: Store) -> Check:
        changed = [each for each in store.places.all() if each.changed_at is not None]
        if not changed:
            return Check(part, True, unchanged, needed=False)
        names = _named([f"{each.name} → {each.merged_into}" if each.merged_into else each.name for each in changed])
        seen = f"changed at the console, which has the last word over the settings file: {names}"
        return Check(part, True, seen, needed=False)

    return of_store(settings, part, look, before=f"{unchanged}; the station has not been started")


def node_software(settings: StationSettings) -> Check:
    """Whether a node said last that it does not understand what the station says: its software is older."""
    part = "software of the nodes"

    def look(store: Store) -> Check:
        older = [view.name for view in store.node_views() if OLDER in view.problems]
        seen = f"older than the station's: {_named(older)}" if older else "none refuses what the station says"
        return Check(part, not older, seen, needed=False, mend="update them: alerts sound there late, or not at all")

    return of_store(settings, part, look, before="not known: the station has not been started")


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def rings(settings: StationSettings) -> Check:
    """Whether anybody is told when something fails."""
    told = ", ".join(ring.shown for ring in settings.ring)
    mend = "name somebody under [[ring]] in the settings file (docs/settings.md)"
    return Check("who is rung", bool(told), told or "nobody: faults stand on the pages alone", needed=False, mend=mend)
