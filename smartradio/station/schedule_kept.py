"""The programmes that a station's store holds, with the name of whoever answers for each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from smartradio.domain.approval import RELEASED, ItemState
from smartradio.domain.programme import Origin, Programme
from smartradio.station.store import Store
from smartradio.station.store.database import FILE_NAME

if TYPE_CHECKING:
    from smartradio.station.settings import StationSettings


def programmes_of(store: Store, origins: Collection[Origin] = tuple(Origin)) -> list[Programme]:
    """Return what a store holds of programmes by name, each under the name of whoever answers for it. Blocking.

    Left out is what was aired at once and what was withdrawn: no schedule has it.
    """
    items = {item.name: item for item in store.items.all()}
    found = []
    for stored in store.stored_programmes():
        each = stored.programme
        item = items.get(each.name)
        if stored.origin not in origins or (item is not None and (item.at_once or item.state is ItemState.WITHDRAWN)):
            continue
        answers = item.approved_by if item is not None and item.state in RELEASED else None
        found.append(each if answers is None else replace(each, approved_by=answers.title))
    return found


def kept_by(station: StationSettings) -> list[Programme]:
    """Return the programmes that no file of a station holds, in zones of today. Blocking; raises StoreError.

    A station that was never started has none.
    """
    if not (station.folder / FILE_NAME).is_file():
        return []
    store = Store.open_read_only(station.folder)
    try:
        found = programmes_of(store, (Origin.CONSOLE,))
    finally:
        store.close()
    return [replace(each, zones=station.zone_names.today(each.zones)) for each in found]
