"""Items that come down from the source-information system, and what a commune does with each class of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartradio.domain.priority import Priority


class ItemClass(StrEnum):
    """How the issuer classes an item."""

    NORMAL = "normal"
    """The commune chooses whether and when."""
    PRIORITY = "priority"
    """It is to be aired; where it clashes with the commune's own, the commune orders the clash."""
    EMERGENCY = "emergency"
    """It is to be aired at once."""


class Handling(StrEnum):
    """What is done with an item that may be taken."""

    DRAFT = "draft"
    SUBMIT = "submit"
    AIR = "air"


class ItemState(StrEnum):
    """What became of an item here; stable, and told upward."""

    TAKEN = "taken"
    """It is on the disk and nothing was done with it yet."""
    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    AIRED = "aired"
    """It was put into the plan at once; what was heard of it is told by the airing's own report."""
    DONE = "done"
    """It took another one back, or there was nothing to take back."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REFUSED = "refused"


TAKEN_BACK = frozenset({ItemState.EXPIRED, ItemState.CANCELLED, ItemState.REPLACED})
"""States in which an item is not to be heard any more."""

PRIORITY_OF = {
    ItemClass.NORMAL: Priority.PROGRAMME,
    ItemClass.PRIORITY: Priority.ABOVE,
    ItemClass.EMERGENCY: Priority.EMERGENCY,
}


@dataclass(frozen=True, slots=True)
class OfferedSound:
    """A sound that goes with an item: where it is fetched, and what must come (SHA-256 in hex, bytes)."""

    path: str
    sha256: str
    size_bytes: int
    language: str


@dataclass(frozen=True, slots=True)
class ItemFromAbove:
    """One item as its issuer signed it; `fingerprint` is the SHA-256 (hex) of what was signed.

    One of `text` and `sound` is given, but for a `cancels` item, which only takes `replaces` back. `zones` are the
    commune's own names, none for the whole commune. `air_at` is the instant the issuer asks for, if any. Times are
    aware UTC; after `expires_at` it is not aired any more.
    """

    issuer: str
    item: str
    fingerprint: str
    item_class: ItemClass
    title: str
    issued_at: datetime
    expires_at: datetime
    text: str = ""
    sound: OfferedSound | None = None
    zones: tuple[str, ...] = ()
    air_at: datetime | None = None
    replaces: str | None = None
    cancels: bool = False

    @property
    def key(self) -> str:
        """The name under which everything that comes of it is kept once."""
        return f"{self.issuer}/{self.item}"

    @property
    def priority(self) -> Priority:
        """How urgent its airing is."""
        return PRIORITY_OF[self.item_class]


def handling(item_class: ItemClass, *, at_once: bool) -> Handling:
    """Return what is done with an item of a class.

    `at_once` is the commune's own leave, given for this issuer by name: without it nothing sounds from above that
    nobody here has looked at.
    """
    if item_class is ItemClass.NORMAL:
        return Handling.DRAFT
    if item_class is ItemClass.EMERGENCY and at_once:
        return Handling.AIR
    return Handling.SUBMIT
