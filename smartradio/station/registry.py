"""Zones and nodes as the registry has them: the settings file names the start, what people change holds over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Node
from smartradio.station.kept_settings import in_force
from smartradio.station.news import News
from smartradio.station.settings import NodeEntry, StationSettings, ZoneSettings
from smartradio.station.store.places import FormerPlace, Place, What

if TYPE_CHECKING:
    from smartradio.station.desks import Inside
    from smartradio.station.store import Store

T = TypeVar("T")


def registry_over(settings: StationSettings, places: Sequence[Place]) -> StationSettings:
    """Return the settings with what people changed of zones and nodes; raises BadInputError where they do not fit."""
    zones = {each.name: each for each in places if each.what == "zone"}
    nodes = {each.name: each for each in places if each.what == "node"}
    names = settings.zone_names
    into = {each.name: each.merged_into for each in zones.values() if each.merged_into and each.changed_at}

    def now(name: str) -> str:
        name = names.now(name) or name
        return into.get(name) or name

    changed: dict[str, Any] = {
        "zones": tuple(_zone(zone, zones.get(zone.name), _former(zone, settings, into)) for zone in settings.zones
                       if zone.name not in into),
        "nodes": tuple(_node(node, nodes.get(node.name), now) for node in settings.nodes
                       if not _is_merged(nodes.get(node.name))),
    }  # fmt: skip
    if changed["zones"] == settings.zones and changed["nodes"] == settings.nodes:
        return settings
    try:
        return type(settings).model_validate(dict(settings) | changed)
    except ValidationError as error:
        raise BadInputError(f"the registry does not fit the settings file: {error.errors()[0]['msg']}") from error


def _zone(zone: ZoneSettings, place: Place | None, former: tuple[str, ...]) -> ZoneSettings:
    values: dict[str, Any] = {} if former == zone.former else {"former": former}
    if place is not None and place.changed_at is not None:
        values["title"] = place.title
    return zone.model_copy(update=values) if values else zone


def _former(zone: ZoneSettings, settings: StationSettings, into: Mapping[str, str]) -> tuple[str, ...]:
    merged = [other for other in settings.zones if into.get(other.name) == zone.name]
    return (*zone.former, *(name for other in merged for name in (other.name, *other.former)))


def _is_merged(place: Place | None) -> bool:
    return place is not None and place.changed_at is not None and place.merged_into is not None


def _node(node: NodeEntry, place: Place | None, now: Callable[[str], str]) -> NodeEntry:
    if place is None or place.changed_at is None:
        zone = now(node.zone)
        return node if zone == node.zone else node.model_copy(update={"zone": zone})
    values = {"title": place.title, "zone": now(place.zone or node.zone), "public_key": place.public_key}
    return node.model_copy(update=values)


def register_places(settings: StationSettings, store: Store) -> None:
    """Write the zones and nodes of the settings into the registry, former names kept. Blocking."""
    titles: list[tuple[What, str, str]] = [("zone", zone.name, zone.title) for zone in settings.zones]
    titles += [("node", node.name, node.title) for node in settings.nodes]
    store.places.take_settings(titles, {name: zone.name for zone in settings.zones for name in zone.former})
    for zone in settings.zones:
        store.put_zone(zone.zone())
    for node in settings.nodes:
        store.put_node(node.node())


@dataclass(frozen=True, slots=True)
class Registered:
    """The registry as a page shows it: what stands, what was merged away, what was called otherwise before."""

    zones: Sequence[Place]
    nodes: Sequence[Place]
    merged: Sequence[Place]
    former: Sequence[FormerPlace]

    def by_zone(self) -> dict[str | None, list[Place]]:
        """Return the nodes that stand by the zone they stand in."""
        found: dict[str | None, list[Place]] = {}
        for node in self.nodes:
            found.setdefault(node.zone, []).append(node)
        return found

    def place(self, what: What, name: str) -> Place | None:
        """Return a zone or node that stands."""
        return next((each for each in (self.zones if what == "zone" else self.nodes) if each.name == name), None)

    def former_of(self, what: What, name: str) -> list[FormerPlace]:
        """Return what a place was called before, and what was merged into it, the latest first."""
        own = {name, *(each.name for each in self.merged if each.what == what and each.merged_into == name)}
        return [each for each in self.former if each.what == what and each.name in own]


class RegistryDesk:
    """Where zones and nodes are renamed, moved, merged and replaced; what is awaited is for the event loop.

    A title holds at once; so does a new device's key. Where something stands in the plan (a merger, a move) the station
    takes it up at its next start: `waits_for_start` says so. `coming` are the settings that it would start with,
    `running` those it works by; `replaced` has a node's new key taken for its messages.
    """

    def __init__(
        self,
        coming: Callable[[], StationSettings],
        running: StationSettings,
        store: Store,
        news: News,
        *,
        replaced: Callable[[Node], None],
    ) -> None:
        self._coming = coming
        self._running = running
        self._store = store
        self._news = news
        self._replaced = replaced

    def registered(self) -> Registered:
        """Return the registry. Blocking."""
        places = self._store.places.all()
        standing = [each for each in places if each.merged_into is None]
        return Registered(
            zones=[each for each in standing if each.what == "zone"],
            nodes=[each for each in standing if each.what == "node"],
            merged=[each for each in places if each.merged_into is not None],
            former=self._store.places.former(),
        )

    def waits_for_start(self, held: Registered) -> bool:
        """Say whether something was changed that the plan takes up only at the station's next start. Blocking."""
        coming = registry_over(self._coming(), [*held.zones, *held.nodes, *held.merged])
        return _in_the_plan(coming) != _in_the_plan(self._running)

    def titles_then(self, what: What, at: datetime) -> dict[str, str]:
        """Return what every zone or node was called at an instant, merged ones too. Blocking."""
        return self._store.places.titles_then(what, at)

    async def rename(self, what: What, name: str, title: str, *, by: Person) -> None:
        """Give a place another title; raises BadInputError."""
        await self._do(lambda: self._store.places.rename(what, name, title, by))

    async def move(self, node: str, zone: str, *, by: Person) -> None:
        """Let a node stand in another zone; raises BadInputError."""
        await self._do(lambda: self._store.places.move(node, zone, by))

    async def replace_device(self, node: str, public_key: str, *, by: Person) -> None:
        """Take another device for the one at a node's pole, by its key in hex; raises BadInputError."""
        fresh = await self._do(lambda: self._store.places.replace_device(node, public_key.strip().lower(), by))
        self._replaced(fresh)

    async def merge(self, what: What, name: str, into: str, *, by: Person) -> None:
        """Merge a zone or a node into another one; raises BadInputError."""
        await self._do(lambda: self._store.places.merge(what, name, into, by))

    async def _do(self, work: Callable[[], T]) -> T:
        done = await asyncio.to_thread(work)
        self._news.publish("nodes", "board", "registry")
        return done


def registry_desk(inside: Inside) -> RegistryDesk:
    """Return the desk of a station's registry."""
    shelf = inside.shelf
    return RegistryDesk(
        lambda: in_force(shelf.filed, shelf.store.settings.values()),
        inside.settings,
        shelf.store,
        inside.news,
        replaced=inside.parts.monitor.replace_device,
    )


def _in_the_plan(settings: StationSettings) -> object:
    zones = {zone.name: sorted(zone.former) for zone in settings.zones}
    return zones, {node.name: node.zone for node in settings.nodes}
