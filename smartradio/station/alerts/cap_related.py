"""Messages of a feed that speak of one another, by references over any number of steps, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from smartradio.alerting.cap.chain import CapState, Place, stand
from smartradio.alerting.cap.message import CapAlert, Key
from smartradio.alerting.cap.reading import read_cap
from smartradio.station.store.cap_messages import CapShelf, KeptMessage

LOOKED_BACK: Final = timedelta(days=30)
_MOST_RELATED: Final = 200


@dataclass(frozen=True, slots=True)
class Related:
    """Messages that speak of one another, and where each stands."""

    kept: Mapping[Key, KeptMessage]
    places: Mapping[Key, Place]


def related_to(shelf: CapShelf, feed: str, message: CapAlert, now: datetime) -> Related:
    """Return where all messages of a feed stand that a message speaks of, or that speak of those. Blocking."""
    links = shelf.links(feed, now - LOOKED_BACK)
    keys = _reached_from(message, links)
    found: dict[Key, KeptMessage] = {}
    read = [message]
    for kept in shelf.messages(keys):
        if kept.document is not None and kept.feed == feed and kept.key != str(message.key):
            known = read_cap(kept.document)
            found[known.key] = kept
            read.append(known)
    return Related(found, stand(read, now=now).places)


def last_of(place: Place, places: Mapping[Key, Place]) -> Place:
    """Return the message at the end of a chain of updates."""
    while place.state in (CapState.UPDATED, CapState.CROSSED) and place.by is not None and place.by in places:
        place = places[place.by]
    return place


def _reached_from(message: CapAlert, links: Sequence[tuple[str, tuple[str, ...]]]) -> set[str]:
    """Return the keys of messages that are tied to a message by references, over any number of steps.

    Sender and identifier tie: the time in a reference may be written wrong.
    """
    tied = {_name(str(message.key)), *(_name(str(each)) for each in message.references)}
    found: set[str] = set()
    grows = True
    while grows and len(found) < _MOST_RELATED:
        grows = False
        for key, refers_to in links:
            names = {_name(key), *map(_name, refers_to)}
            if key not in found and names & tied:
                found.add(key)
                tied |= names
                grows = True
    return found


def _name(key: str) -> str:
    return key.rpartition(",")[0]
