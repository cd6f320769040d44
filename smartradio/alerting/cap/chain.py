"""Which message stands after Alerts, Updates and Cancels, in any order of arrival. Source: CAP 1.2, section 3.2.1.

The answer follows from the set of messages alone, so what comes late, twice or in another order changes nothing. In
doubt a warning goes on standing, and an officer is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from smartradio.alerting.cap.findings import Finding, warn
from smartradio.alerting.cap.message import CapAlert, Key, MsgType

_WARNS: Final = (MsgType.ALERT, MsgType.UPDATE)
_ENDS: Final = (MsgType.UPDATE, MsgType.CANCEL)


class CapState(StrEnum):
    """Where a message stands."""

    STANDS = "stands"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    CROSSED = "crossed"
    """An Update that lost against another one of the same message."""
    EXPIRED = "expired"
    NO_WARNING = "no_warning"
    """A Cancel, an Ack, an Error."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message and where it stands; `by` is the message that ended it."""

    message: CapAlert
    state: CapState
    by: Key | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something about one message that an officer must know; `others` are the messages it is about."""

    key: Key
    finding: Finding
    others: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """All messages, each once, with their states; in the order they were sent."""

    places: Mapping[Key, Place]
    told: tuple[Told, ...]

    def of(self, state: CapState) -> list[CapAlert]:
        """Return the messages in a state."""
        return [place.message for place in self.places.values() if place.state is state]


def stand(messages: Iterable[CapAlert], *, now: datetime) -> Standing:
    """Return where each message stands, in any order of their arrival.

    A message is the same by sender, identifier and instant sent. An Update takes the place of what it refers to, a
    Cancel ends it; both only for messages of the same sender and status that were sent before. What it refers to may
    come later. Of two Updates of one message the later stands, of two of the same second the one with the greater
    identifier; both are told. A Cancel does not end what replaced the message it names. Where the time in a reference
    is wrong, sender and identifier decide.
    """
    return _Chain(messages).standing(now)


class _Chain:
    """All messages and who ends whom; works the states out in steps."""

    def __init__(self, messages: Iterable[CapAlert]) -> None:
        self._told: dict[tuple[Key, str, tuple[Key, ...]], Told] = {}
        known: dict[Key, CapAlert] = {}
        for message in messages:
            there = known.setdefault(message.key, message)
            if there != message:
                said = "Two messages with the same name say different things."
                self._tell(message, warn("same_name", said, element="identifier"))
                # Which of them is kept must not hang on which came first.
                known[message.key] = min(there, message, key=repr)
        self._known = {message.key: message for message in sorted(known.values(), key=_order)}
        self._by_name: dict[tuple[str, str], list[CapAlert]] = defaultdict(list)
        for message in self._known.values():
            self._by_name[message.sender, message.identifier].append(message)
        self._enders: dict[Key, list[CapAlert]] = defaultdict(list)
        for message in self._known.values():
            if message.msg_type in _ENDS:
                # A message may refer to the same one twice, by its time and by a wrong one.
                for key in dict.fromkeys(target.key for target in self._targets(message)):
                    self._enders[key].append(message)

    def standing(self, now: datetime) -> Standing:
        places = {key: self._place(message) for key, message in self._known.items()}
        self._cross(places)
        self._look_behind_cancels(places)
        for key, place in places.items():
            over = place.message.expires
            if place.state is CapState.STANDS and over is not None and over <= now:
                places[key] = Place(place.message, CapState.EXPIRED)
        told = sorted(self._told.values(), key=lambda each: (each.key.sent, each.key, each.finding.code, each.others))
        return Standing(places, tuple(told))

    def _place(self, message: CapAlert) -> Place:
        """Return where a message stands by those that end it; an Update counts before a Cancel, for it warns."""
        if message.msg_type not in _WARNS:
            return Place(message, CapState.NO_WARNING)
        by = self._enders.get(message.key, [])
        updates = _updates(by)
        if updates:
            return Place(message, CapState.UPDATED, updates[-1].key)
        return Place(message, CapState.CANCELLED, by[0].key) if by else Place(message, CapState.STANDS)

    def _targets(self, message: CapAlert) -> Iterator[CapAlert]:
        """Yield the known messages that a message may end; tell of those it may not."""
        for reference in message.references:
            if reference.sender != message.sender:
                said = "It refers to a message of another sender: {sender}; nothing is done to that one."
                self._tell(message, warn("foreign", said, element="references", sender=reference.sender), reference)
                continue
            found = self._referred(message, reference)
            if found is None:
                said = "It refers to a message that is not known: {identifier}"
                finding = warn("unknown_reference", said, element="references", identifier=reference.identifier)
                self._tell(message, finding, reference)
            elif found.status is not message.status:
                said = "It is {status}, but refers to a message that is {other}; nothing is done to that one."
                finding = warn("other_status", said, element="status", status=message.status, other=found.status)
                self._tell(message, finding, found.key)
            elif _order(found) >= _order(message):
                said = "It refers to a message that was sent after it; nothing is done to that one."
                self._tell(message, warn("refers_to_later", said, element="references"), found.key)
            else:
                yield found

    def _referred(self, message: CapAlert, reference: Key) -> CapAlert | None:
        if reference in self._known:
            return self._known[reference]
        named = self._by_name.get((reference.sender, reference.identifier), [])
        if len(named) != 1:
            return None
        said = "The time in its reference is not the one that message was sent at."
        self._tell(message, warn("reference_time", said, element="references"), named[0].key)
        return named[0]

    def _cross(self, places: dict[Key, Place]) -> None:
        """Let one of the Updates of a message stand, and tell both that they crossed."""
        for by in self._enders.values():
            updates = _updates(by)
            for update in updates[:-1]:
                if places[update.key].state is not CapState.STANDS:
                    continue
                last = updates[-1]
                said = "Two Updates of the same message crossed; the later one stands."
                places[update.key] = Place(update, CapState.CROSSED, last.key)
                self._tell(update, warn("crossed", said, element="references"), last.key)
                self._tell(last, warn("crossed", said, element="references"), update.key)

    def _look_behind_cancels(self, places: Mapping[Key, Place]) -> None:
        """Tell of Cancels of what an Update had replaced, if that Update, or one after it, still stands."""
        for key, by in self._enders.items():
            place = places[key]
            while place.state in {CapState.UPDATED, CapState.CROSSED} and place.by is not None:
                place = places[place.by]
            if place.message.key == key or place.state is not CapState.STANDS:
                continue
            for cancel in by:
                if cancel.msg_type is MsgType.CANCEL:
                    said = "It cancels a message that an Update has replaced; the Update still stands."
                    self._tell(cancel, warn("cancels_replaced", said, element="references"), place.message.key)

    def _tell(self, message: CapAlert, finding: Finding, *others: Key) -> None:
        self._told[message.key, finding.code, others] = Told(message.key, finding, others)


def _updates(messages: Iterable[CapAlert]) -> list[CapAlert]:
    """Return the Updates among messages, the last sent at the end."""
    return sorted((each for each in messages if each.msg_type is MsgType.UPDATE), key=_order)


def _order(message: CapAlert) -> tuple[datetime, str, str]:
    return message.sent, message.identifier, message.sender
