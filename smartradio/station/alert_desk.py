"""Emergencies on the air: the board of an airing, taken back; and the words that everybody uses who sends one.

All that takes time is done before the click that sends: reading and speaking when the words stand, hashing when
the PIN does. What is left is one commit and one order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError
from smartradio.station.alert_board import AlertBoard
from smartradio.station.scripts import OpenPlace
from smartradio.station.studio import Produced

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

SAME_AGAIN: Final = timedelta(seconds=60)
"""Within this the same words of the same person to the same zones are the same alert, whatever form they come from."""


class Pins(Protocol):
    """Who may let horns sound; see `smartradio.station.pins`. Blocking: hashing is slow on purpose."""

    def is_pin(self, account: str, pin: str) -> bool:
        """Say whether this is the account's PIN; wrong ones count."""
        ...

    def locked_for_s(self, account: str) -> float:
        """Return for how many seconds no PIN is taken after wrong ones, 0 if it is."""
        ...


class WrongPinError(BadInputError):
    """The PIN is not the account's; `locked_s` is for how long none is taken."""

    def __init__(self, locked_s: float) -> None:
        super().__init__("the PIN is wrong" if locked_s <= 0 else f"too many wrong PINs; wait {locked_s:.0f} s")
        self.locked_s = locked_s


class PinNeededError(BadInputError):
    """The PIN was typed too long ago, or for other words."""

    def __init__(self) -> None:
        super().__init__("type the PIN once more: it was typed too long ago, or for other words")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An alert that can be aired at once: `mark` is of its words, `spoken` as in AiringView, `at` when it was made."""

    mark: str
    text: str
    produced: Produced
    at: datetime

    @property
    def spoken(self) -> tuple[Mapping[str, Any], ...]:
        """How it is read, line by line."""
        return self.produced.script.spoken

    @property
    def open_places(self) -> tuple[OpenPlace, ...]:
        """The places whose reading is not certain."""
        return self.produced.script.open_places

    @property
    def recording(self) -> Recording:
        """What will be heard."""
        return self.produced.recording


class AlertDesk:
    """An emergency's airings, watched and taken back; for the event loop, but for what is said to block.

    What is sent goes by the book (`smartradio.station.alerts.desk`); `withdraw` takes an airing back.
    """

    def __init__(self, store: Store, objects: Objects, *, withdraw: Callable[..., Awaitable[Airing]]) -> None:
        self._store = store
        self._objects = objects
        self._withdraw = withdraw

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take an alert back, also while it sounds; raises BadInputError where it is over or was taken back."""
        return await self._withdraw(airing, by=by, why=why)

    async def segment_audio(self, recording: str, number: int) -> bytes | None:
        """Return one segment of a recording as Ogg Opus, counted from 0; None where there is none."""

        def work() -> bytes | None:
            found = self._store.recording(recording)
            if found is None or not 0 <= number < len(found.segments):
                return None
            return self._objects.get(found.segments[number].sha256)

        return await asyncio.to_thread(work)

    def board(self, airing: str) -> AlertBoard | None:
        """Return what an alert has come to, None for what is none. Blocking."""
        return self._store.alerts.board(airing)
