"""The registry as people change it: zones and nodes renamed, moved, merged, replaced; what was stays on record.

A name in topics never changes, because signatures, evidence and airings are under it: what people read does, and what
is merged leads to what it was merged into. A row that was changed here has the last word over the settings file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, Row, insert, select, update

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Node
from smartradio.station.administered import Change, administered
from smartradio.station.store import log
from smartradio.station.store import tables as t
from smartradio.station.store.alarm_tables import former_places
from smartradio.station.store.database import Database

What = Literal["zone", "node"]
MAX_TITLE: Final = 100


class TitleTakenError(BadInputError):
    """Another place of the kind has this title: people could not tell them apart."""


class KeyTakenError(BadInputError):
    """Another node has this key: it is the same device."""


class PlaceGoneError(BadInputError):
    """There is no such place any more: somebody has merged it meanwhile."""


@dataclass(frozen=True, slots=True)
class Place:
    """A zone or a node as the registry has it; a zone has neither `zone` nor `public_key`.

    `changed_at` is when somebody changed it at the console, None for one that is as the settings have it.
    """

    what: What
    name: str
    title: str
    zone: str | None = None
    public_key: str | None = None
    changed_at: datetime | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class FormerPlace:
    """What a zone or a node was called, and where a node stood, until an instant."""

    what: What
    name: str
    title: str
    zone: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, and when."""

    person: Person
    at: datetime


def places(connection: Connection) -> list[Place]:
    """Return all zones and nodes, merged ones too, by name."""
    zones = connection.execute(select(t.zones).order_by(t.zones.c.name))
    nodes = connection.execute(select(t.nodes).order_by(t.nodes.c.name))
    return [*(_place("zone", row) for row in zones), *(_place("node", row) for row in nodes)]


def place(connection: Connection, what: What, name: str) -> Place | None:
    """Return a zone or a node."""
    table = t.zones if what == "zone" else t.nodes
    row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _place(what, row)


def former(connection: Connection, what: What | None = None, name: str | None = None) -> list[FormerPlace]:
    """Return what places were called before, the latest first; those of one kind or one name if asked."""
    query = select(former_places)
    if what is not None:
        query = query.where(former_places.c.what == what)
    if name is not None:
        query = query.where(former_places.c.name == name)
    rows = connection.execute(query.order_by(former_places.c.until.desc(), former_places.c.number.desc()))
    return [FormerPlace(row.what, row.name, row.title, row.zone, row.until) for row in rows]


def titles_then(connection: Connection, what: What, at: datetime) -> dict[str, str]:
    """Return what every zone or node was called at an instant, those that were merged since among them."""
    table = t.zones if what == "zone" else t.nodes
    now = dict(connection.execute(select(table.c.name, table.c.title)).all())
    # The latest first: the oldest that held after the instant is the one that held at it.
    then = {each.name: each.title for each in former(connection, what) if each.until > at}
    return now | then


def rename(connection: Connection, what: What, name: str, title: str, by: By) -> None:
    """Give a place another title; raises BadInputError where it is gone or the title is no good."""
    held = _standing(connection, what, name)
    title = " ".join(title.split())
    if not 1 <= len(title) <= MAX_TITLE:
        raise BadInputError(f"a title has 1 to {MAX_TITLE} characters")
    if any(each.title == title and each.name != name for each in places(connection) if _stands(each, what)):
        raise TitleTakenError(f"another {what} has this title already")
    if title != held.title:
        _change(connection, held, by, Change.CHANGED, {"title": title}, before=held.title, after=title)


def move(connection: Connection, name: str, zone: str, by: By) -> None:
    """Let a node stand in another zone from now on."""
    held, to = _standing(connection, "node", name), _standing(connection, "zone", zone)
    if to.name != held.zone:
        _change(connection, held, by, Change.CHANGED, {"zone": to.name}, before=held.zone, after=to.name)


def replace_device(connection: Connection, name: str, public_key: str, by: By) -> Node:
    """Take another device for the one at a node's pole: its key holds, the history of the place stays."""
    held = _standing(connection, "node", name)
    fresh = Node(name, held.zone or "", held.title, public_key)
    if any(each.public_key == public_key and each.name != name for each in places(connection)):
        raise KeyTakenError("another node has this key already")
    if public_key != held.public_key:
        keys = {"before": (held.public_key or "")[:16], "after": public_key[:16]}
        _change(connection, held, by, Change.CHANGED, {"public_key": public_key}, **keys)
    return fresh


def merge(connection: Connection, what: What, name: str, into: str, by: By) -> None:
    """Merge a zone or a node into another one; nodes of a zone move with it, and what is under the old name stays."""
    held, to = _standing(connection, what, name), _standing(connection, what, into)
    if held.name == to.name:
        raise BadInputError(f"a {what} cannot be merged into itself")
    if what == "zone":
        nodes = connection.execute(select(t.nodes).where(t.nodes.c.zone == name, t.nodes.c.merged_into.is_(None))).all()
        for row in nodes:
            _keep_former(connection, _place("node", row), by.at)
        moved = update(t.nodes).where(t.nodes.c.zone == name).values(zone=to.name, changed_at=by.at)
        connection.execute(moved)
    table = t.zones if what == "zone" else t.nodes
    # What was merged into this one before goes with it.
    connection.execute(update(table).where(table.c.merged_into == name).values(merged_into=to.name))
    _change(connection, held, by, Change.MERGED, {"merged_into": to.name}, before=held.title, after=to.title)


def retire(connection: Connection, merged: Mapping[str, str]) -> None:
    """Note which zones the settings file has merged into which: nobody speaks to them any more."""
    for name, into in merged.items():
        which = (t.zones.c.name == name) & t.zones.c.merged_into.is_(None)
        connection.execute(update(t.zones).where(which).values(merged_into=into))


def note_title(connection: Connection, what: What, name: str, title: str, now: datetime) -> None:
    """Keep what a place was called, where the settings file gives it another title."""
    held = place(connection, what, name)
    if held is not None and held.title != title:
        _keep_former(connection, held, now)


def _standing(connection: Connection, what: What, name: str) -> Place:
    held = place(connection, what, name)
    if held is None or held.merged_into is not None:
        raise PlaceGoneError(f"there is no {what} {name!r} any more")
    return held


def _stands(held: Place, what: What) -> bool:
    return held.what == what and held.merged_into is None


def _change(
    connection: Connection, held: Place, by: By, change: Change, values: Mapping[str, str], **said: str | None
) -> None:
    _keep_former(connection, held, by.at)
    table = t.zones if held.what == "zone" else t.nodes
    connection.execute(update(table).where(table.c.name == held.name).values(**values, changed_at=by.at))
    entry = administered(held.what, held.name, change, by=by.person, at=by.at, **said)
    log.append_evidence(connection, [entry], by.at)


def _keep_former(connection: Connection, held: Place, until: datetime) -> None:
    row = {"what": held.what, "name": held.name, "title": held.title, "zone": held.zone, "until": until}
    connection.execute(insert(former_places).values(**row))


def _place(what: What, row: Row[tuple[object, ...]]) -> Place:
    own = {"changed_at": row.changed_at, "merged_into": row.merged_into}
    if what == "zone":
        return Place(what, row.name, row.title, **own)
    return Place(what, row.name, row.title, row.zone, row.public_key, **own)


class PlaceShelf:
    """The registry's part of the store. Methods block, each is one transaction; see the functions."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Place]:
        """Return all zones and nodes, merged ones too."""
        return self._database.read(places)

    def former(self, what: What | None = None, name: str | None = None) -> list[FormerPlace]:
        """Return what places were called before, the latest first."""
        return self._database.read(lambda c: former(c, what, name))

    def titles_then(self, what: What, at: datetime) -> dict[str, str]:
        """Return what every zone or node was called at an instant."""
        return self._database.read(lambda c: titles_then(c, what, at))

    def rename(self, what: What, name: str, title: str, by: Person) -> None:
        """Give a place another title."""
        self._database.write(lambda c: rename(c, what, name, title, self._by(by)))

    def move(self, name: str, zone: str, by: Person) -> None:
        """Let a node stand in another zone from now on."""
        self._database.write(lambda c: move(c, name, zone, self._by(by)))

    def replace_device(self, name: str, public_key: str, by: Person) -> Node:
        """Take another device for the one at a node's pole."""
        return self._database.write(lambda c: replace_device(c, name, public_key, self._by(by)))

    def merge(self, what: What, name: str, into: str, by: Person) -> None:
        """Merge a zone or a node into another one."""
        self._database.write(lambda c: merge(c, what, name, into, self._by(by)))

    def take_settings(self, titles: Iterable[tuple[What, str, str]], merged: Mapping[str, str]) -> None:
        """Note what the settings file calls places (what, name, title) and which zones it has merged."""
        told = list(titles)

        def work(connection: Connection) -> None:
            for what, name, title in told:
                note_title(connection, what, name, title, self._clock())
            retire(connection, merged)

        self._database.write(work)

    def _by(self, person: Person) -> By:
        return By(person, self._clock())
