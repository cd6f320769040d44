"""The programmes that a station's store holds, with the name of whoever answers for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from smartradio.domain.approval import RELEASED, ItemState
from smartradio.domain.programme import Origin, Programme
from smartradio.station.store import Store
from smartradio.station.store.database import FILE_NAME

if TYPE_CHECKING:
    from smartradio.station.items import Item
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


def stands_at(station: StationSettings, of_files: Sequence[Programme]) -> list[Programme]:
    """Return all programmes of a station: those of its files, as read, and its store's own, in zones of today.

    Each has the name of whoever answers for it there, None where somebody has still to approve it, sent it back or
    withdrew it. Blocking; raises StoreError. Of a station that was never started only its files are known.
    """
    if not (station.folder / FILE_NAME).is_file():
        return [_waiting_for_two(each, station) for each in of_files]
    store = Store.open_read_only(station.folder)
    try:
        items = {item.name: item for item in store.items.all()}
        kept = programmes_of(store, (Origin.CONSOLE,))
    finally:
        store.close()
    own = [replace(each, zones=station.zone_names.today(each.zones)) for each in kept]
    return [_answered(each, items.get(each.name), station) for each in (*of_files, *own)]


def _answered(programme: Programme, item: Item | None, station: StationSettings) -> Programme:
    if item is None or not _is_same(programme, item.programme, station):
        return _waiting_for_two(programme, station)
    released = item.state in RELEASED and item.approved_by is not None
    return replace(programme, approved_by=item.approved_by.title if released and item.approved_by else None)


def _is_same(programme: Programme, other: Programme, station: StationSettings) -> bool:
    """Say whether a decision on the one is one on the other: by all but the name under it and what sorts reports."""
    zones = station.zone_names.today(other.zones)
    return replace(programme, topic=None, approved_by=None) == replace(other, topic=None, approved_by=None, zones=zones)


def _waiting_for_two(programme: Programme, station: StationSettings) -> Programme:
    return replace(programme, approved_by=None) if station.four_eyes else programme
