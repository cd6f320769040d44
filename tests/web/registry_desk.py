"""Places to try the pages on: three hamlets with a node each, and one that was merged before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.registry import Registered
from smartradio.station.store.places import FormerPlace, KeyTakenError, Place, PlaceGoneError, TitleTakenError, What

LONG_AGO = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
KEYS = {f"thon-{number}": f"{number:064x}" for number in (1, 2, 3)}


def _places() -> list[Place]:
    zones = [Place("zone", name, f"Thôn {name[-1]}") for name in KEYS]
    nodes = [Place("node", name, f"Cụm loa thôn {name[-1]}", name, key) for name, key in KEYS.items()]
    return [*zones, Place("zone", "thon-5", "Thôn 5", changed_at=LONG_AGO, merged_into="thon-2"), *nodes]


@dataclass
class FakeRegistryDesk:
    """Holds places in memory and changes them as the real desk does."""

    places: list[Place] = field(default_factory=_places)
    former: list[FormerPlace] = field(default_factory=lambda: [FormerPlace("zone", "thon-5", "Thôn 5", None, LONG_AGO)])
    waiting: bool = False
    times_read: int = 0
    done_by: list[str] = field(default_factory=list)

    def registered(self) -> Registered:
        self.times_read += 1
        standing = [each for each in self.places if each.merged_into is None]
        return Registered(
            zones=[each for each in standing if each.what == "zone"],
            nodes=[each for each in standing if each.what == "node"],
            merged=[each for each in self.places if each.merged_into is not None],
            former=self.former,
        )

    def waits_for_start(self, held: Registered) -> bool:
        assert held.zones, "of a registry that was read"
        return self.waiting

    def titles_then(self, what: What, at: datetime) -> Mapping[str, str]:
        now = {each.name: each.title for each in self.places if each.what == what}
        return now | {each.name: each.title for each in self.former if each.what == what and each.until > at}

    async def rename(self, what: What, name: str, title: str, *, by: Person) -> None:
        if any(each.title == title and each.name != name for each in self.places if each.what == what):
            raise TitleTakenError("another one has this title already")
        self._change(what, name, by, title=title)

    async def move(self, node: str, zone: str, *, by: Person) -> None:
        if self.registered().place("zone", zone) is None:
            raise PlaceGoneError("there is no such zone any more")
        self._change("node", node, by, zone=zone)
        self.waiting = True

    async def replace_device(self, node: str, public_key: str, *, by: Person) -> None:
        if public_key in KEYS.values():
            raise KeyTakenError("another node has this key already")
        self._change("node", node, by, public_key=public_key)

    async def merge(self, what: What, name: str, into: str, *, by: Person) -> None:
        if name == into or self.registered().place(what, into) is None:
            raise BadInputError("it cannot be merged there")
        self._change(what, name, by, merged_into=into)
        self.waiting = True

    def _change(self, what: What, name: str, by: Person, **values: str) -> None:
        held = self.registered().place(what, name)
        if held is None:
            raise PlaceGoneError("there is no such place any more")
        self.places[self.places.index(held)] = replace(held, changed_at=LONG_AGO, **values)  # type: ignore[arg-type]
        self.done_by.append(by.title)
