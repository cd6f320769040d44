"""Items on their way from draft to air: what the station knows of one, and a step that is committed as one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from smartradio.domain.approval import ItemState, Person, bound_terms
from smartradio.domain.bulletin import Segment
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Origin, Programme
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.wire.signing import canonical

CHAIN_PREFIX: Final = "item:"
DECISIONS: Final = frozenset({Step.CHANGED, Step.SUBMITTED, Step.APPROVED, Step.RETURNED, Step.WITHDRAWN})
"""Entries of an item's chain that say where it stands; the last one counts."""


def item_chain(name: str) -> str:
    """Return what an item's entries in the log are kept under."""
    return CHAIN_PREFIX + name


def bound_sha256(programme: Programme, segments: Sequence[Segment], *, at_once: bool) -> str:
    """Return the SHA-256 (hex) over the canonical JSON of all that an approval binds."""
    return hashlib.sha256(canonical(bound_terms(programme, segments, at_once=at_once))).hexdigest()


@dataclass(frozen=True, slots=True)
class Item:
    """A bulletin or programme and where it stands.

    `version` grows with every change and decision. `recording_id` and `bound_sha256` are those handed in, None
    before that; `approved_by` is whoever answers for just them. `file_sha256` is of the schedule file whose own
    word the approval is. `note` says why it came back.
    """

    programme: Programme
    origin: Origin
    state: ItemState
    version: int
    at_once: bool
    changed_by: str
    changed_at: datetime
    submitted_by: Person | None = None
    submitted_at: datetime | None = None
    recording_id: str | None = None
    bound_sha256: str | None = None
    approved_by: Person | None = None
    approved_at: datetime | None = None
    file_sha256: str | None = None
    note: str | None = None
    bulletin_id: str | None = None

    @property
    def name(self) -> str:
        """The name it is known by."""
        return self.programme.name


@dataclass(frozen=True, slots=True)
class ItemStep:
    """A step of an item that is committed as one: the item after it, and the evidence of it.

    `seen` is the version it was done to, None for an item that must not be there yet. `taken_back` is the evidence
    of airings that whoever did this takes out of the plan for good with it, `dropped` of those that may be planned
    again once somebody approves the item anew.
    """

    item: Item
    seen: int | None
    evidence: tuple[Evidence, ...]
    taken_back: tuple[Evidence, ...] = ()
    dropped: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """Whose word an airing goes out on, as its chain says it: the source, and what is told of them."""

    source: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """The person behind what a node plays: whose word it is, when it was given, and where in the log it stands."""

    person: Person
    at: datetime
    number: int
    hash: str
    source: str
    bound_sha256: str | None
    file_sha256: str | None


class ItemRefusedError(BadInputError):
    """What was asked may not be done to an item: `said` is the sentence, with {places} for `values`."""

    def __init__(self, name: str, said: str, **values: str) -> None:
        super().__init__(f"{name}: {said.format(**values)}")
        self.said, self.values = said, values


class ChangedMeanwhileError(BadInputError):
    """Somebody else changed or decided on an item; the message says who and when."""

    def __init__(self, name: str, by: str, at: datetime) -> None:
        self.by, self.at = by, at
        when = at.astimezone(WALL_CLOCK)
        super().__init__(
            f"{name}: {by} changed it at {when:%H:%M:%S} on {when:%d/%m/%Y}, after you had opened it; "
            "look at it again, nothing of yours was kept"
        )
