"""What the station asks of a source-information system, and what the exchange asks of the station."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from smartradio.domain.errors import SmartradioError
from smartradio.domain.from_above import ItemFromAbove, OfferedSound


class SourceUnreachableError(SmartradioError):
    """It cannot be reached, or what answers is not it; another try later may go better.

    `retry_after_s` is how long it asked to be left alone, if it did.
    """

    def __init__(self, line: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(line)
        self.retry_after_s = retry_after_s


class SourceRefusedError(SmartradioError):
    """It has understood and will not take this one; sending it again is of no use."""


@dataclass(frozen=True, slots=True)
class SignedItem:
    """An item as it came, not yet believed: what was signed, and the signature (base64)."""

    body: Mapping[str, Any]
    signature: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some items in the system's order, and the cursor behind the last of them; `more` if there are others now."""

    items: tuple[SignedItem, ...]
    cursor: str
    more: bool


class SourceInformation(Protocol):
    """A source-information system. All calls block; they raise SourceUnreachableError."""

    def items(self, after: str | None) -> Page:
        """Return what comes after a cursor, from the beginning with None."""

    def sound(self, sound: OfferedSound, max_bytes: int) -> bytes:
        """Return a sound of exactly the size and hash that were told; raises SourceRefusedError for any other."""

    def report(self, key: str, body: Mapping[str, Any]) -> None:
        """Hand over a report, the same `key` for the same body; raises SourceRefusedError when it will not take it."""


class Desk(Protocol):
    """What is done in the commune with an item. The same item handed over twice is there once."""

    async def draft(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        """Put a draft before the commune and return its name. Raises BadInputError for what cannot be aired."""

    async def submit(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        """Put it before whoever approves and return its name. Raises as `draft`."""

    async def air(self, item: ItemFromAbove, *, issuer: str, sound: str | None) -> str:
        """Air it at once in the issuer's name and return the airing. Raises as `draft`, and OpenItemsError."""

    async def take_back(self, handed_to: str, *, issuer: str, why: str) -> None:
        """Withdraw what came of an item: a draft, something submitted, or an airing; nothing if it is over."""

    async def what_came_of(self, item: ItemFromAbove) -> Sequence[str]:
        """Return the names of what stands here of an item, also of one whose handing over a death cut short."""

    async def is_undecided(self, handed_to: str) -> bool:
        """Say whether somebody here must still look at what came of an item."""

    async def clashes(self, item: ItemFromAbove) -> Sequence[str]:
        """Return the titles of what is planned where and when this one is asked for."""

    async def keep_sound(self, data: bytes, name: str) -> str:
        """Check a sound and keep it; returns its SHA-256 (hex). Raises BadInputError."""
