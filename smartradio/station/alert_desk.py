"""The emergency officer's desk: words made audible while they choose, a PIN before the click, sent once, watched.

All that takes time is done before the click that sends: reading and speaking when the words stand, hashing when
the PIN does. What is left is one commit and one order.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import AlertBoard, RecentAlert
from smartradio.station.alert_grants import Grants
from smartradio.station.alert_text import mark_of, said_again, tidied, title_of
from smartradio.station.calendar import Calendar
from smartradio.station.replay import FRESH
from smartradio.station.scripts import OpenItemsError, OpenPlace
from smartradio.station.studio import Produced, Studio

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

LEAD_S: Final = 1.0
"""So far ahead an alert is planned: nodes that have its first sounds by then begin in step, the others at once."""
SAME_AGAIN: Final = timedelta(seconds=60)
"""Within this the same words of the same person to the same zones are the same alert, whatever form they come from."""
_FRESH: Final = timedelta(minutes=15)
_MOST_PREPARED: Final = 24
_RECENT: Final = timedelta(days=366)


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


@dataclass(frozen=True, slots=True)
class Sending:
    """What an officer sends: words, zones, the key of their form, and the leave to do so or the PIN itself.

    `taken_on` says that they take places on themselves whose reading is not certain.
    """

    text: str
    zones: tuple[str, ...]
    once: str
    taken_on: bool = False
    grant: str = ""
    pin: str = ""


class AlertDesk:
    """Airs emergencies in an officer's name; for the event loop, but for what is said to block.

    `ring(airing, recording)` puts the order on the wire at once; `refresh` is awaited to hand the plan on;
    `withdraw` takes an airing back.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        studio: Studio,
        calendar: Calendar,
        pins: Pins,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[Airing, Recording], None],
        refresh: Callable[[], Awaitable[None]],
        withdraw: Callable[..., Awaitable[Airing]],
    ) -> None:
        self._store = store
        self._objects = objects
        self._studio = studio
        self._calendar = calendar
        self._pins = pins
        self._clock = clock
        self._ring = ring
        self._refresh = refresh
        self._withdraw = withdraw
        self._grants = Grants(clock)
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()
        self._preparing: dict[str, asyncio.Future[Prepared]] = {}
        self._sending: dict[str, asyncio.Future[Airing]] = {}
        self._last: tuple[tuple[str, ...], datetime, Airing] | None = None

    async def prepare(self, text: str) -> Prepared:
        """Read words and make them audible, or return what was just made of them. Nothing is planned.

        Raises BadInputError for what cannot be read, SmartradioError when no voice speaks. Places that are not
        certain are told in it and stop nothing yet.
        """
        text = tidied(text)
        mark = mark_of(text)
        known = self._prepared.get(mark)
        if known is not None and self._clock() - known.at < _FRESH:
            return known
        making = self._preparing.get(mark)
        if making is None:
            # A phone that gives up waiting must not undo it: the next tap finds it made.
            making = self._preparing[mark] = asyncio.ensure_future(self._made(text, mark))
            making.add_done_callback(lambda _: self._preparing.pop(mark, None))
        return await asyncio.shield(making)

    async def grant(self, text: str, pin: str, *, by: Person) -> str:
        """Return a leave to send these words once, for the right PIN; raises WrongPinError and what `prepare` does."""
        text = tidied(text)
        await self._check_pin(by, pin)
        await self.prepare(text)
        return self._grants.give(by.session, mark_of(text))

    async def send(self, wanted: Sending, *, by: Person) -> Airing:
        """Air it in the name of `by`; the same form gives the same airing, however often it comes, also after a crash.

        Raises PinNeededError, WrongPinError, OpenItemsError, BadInputError; then nothing is aired.
        """
        text = tidied(wanted.text)
        zones = self._calendar.check_zones(wanted.zones, "the alert")
        name = _airing_id(by, wanted.once, text, zones)
        sending = self._sending.get(name)
        if sending is None:
            sending = self._sending[name] = asyncio.ensure_future(self._send(name, wanted, text, zones, by))
            sending.add_done_callback(lambda _: self._sending.pop(name, None))
        return await asyncio.shield(sending)

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take an alert back, also while it sounds; raises BadInputError where it is over or was taken back."""
        return await self._withdraw(airing, by=by, why=why)

    async def again(self, airing: str) -> tuple[str, tuple[str, ...]]:
        """Return words and zones for a repetition of an alert, which tells when it was first aired.

        Raises BadInputError where there is none, it was taken back, or it is older than a day.
        """
        board = await asyncio.to_thread(self.board, airing)
        if board is None:
            raise BadInputError("there is no such alert")
        if board.withdrawn_by is not None:
            raise BadInputError("it was withdrawn; air the text again")
        if self._clock() - board.airing.starts_at > FRESH:
            raise BadInputError("it is older than a day; air the text again, with the time of its issue")
        return said_again(board.bulletin.text, board.airing.starts_at), board.airing.zones

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

    def recent(self, most: int = 5) -> Sequence[RecentAlert]:
        """Return the alerts of the last year, the newest first. Blocking."""
        return self._store.alerts.recent(most, self._clock() - _RECENT)

    async def _made(self, text: str, mark: str) -> Prepared:
        # Uncertain places stop nothing here; they do at the sending, unless somebody takes them on.
        script = await self._studio.script(title_of(text), text, Priority.EMERGENCY, override_open_items=True)
        produced = await self._studio.produce(script)
        prepared = self._prepared[mark] = Prepared(mark, text, produced, self._clock())
        self._prepared.move_to_end(mark)
        while len(self._prepared) > _MOST_PREPARED:
            self._prepared.popitem(last=False)
        return prepared

    async def _send(self, name: str, wanted: Sending, text: str, zones: tuple[str, ...], by: Person) -> Airing:
        stands = await self._already(name, said := (by.account, text, *sorted(zones)))
        if stands is not None:
            return stands
        prepared = await self.prepare(text)
        script = prepared.produced.script
        if prepared.open_places and not wanted.taken_on:
            # Before the leave is used up: it still holds when they come back with the tick.
            raise OpenItemsError("the alert", prepared.open_places)
        if not self._grants.take(wanted.grant, by.session, prepared.mark):
            if not wanted.pin:
                raise PinNeededError
            await self._check_pin(by, wanted.pin)
        airing = await self._calendar.plan_now(
            script, prepared.produced, by=by, zones=zones, lead_s=LEAD_S, airing_id=name
        )
        self._ring(airing, prepared.recording)
        self._last = said, self._clock(), airing
        _logger.warning("alert_sent", airing=name, by=by.title, zones=list(zones), nodes=len(airing.nodes))
        await self._refresh()
        return airing

    async def _already(self, name: str, said: tuple[str, ...]) -> Airing | None:
        """Return what this form has sent, or a form that was reloaded and filled in again a moment ago."""
        if self._last is not None and self._last[0] == said and self._clock() - self._last[1] < SAME_AGAIN:
            board = await asyncio.to_thread(self.board, self._last[2].id)
            if board is not None and board.withdrawn_by is None:
                return self._last[2]
        return await asyncio.to_thread(self._store.airing, name)

    async def _check_pin(self, by: Person, pin: str) -> None:
        if not await asyncio.to_thread(self._pins.is_pin, by.account, pin):
            raise WrongPinError(await asyncio.to_thread(self._pins.locked_for_s, by.account))


def _airing_id(by: Person, once: str, text: str, zones: tuple[str, ...]) -> str:
    """Return the id of what a form sends: another form, or other words, are another alert."""
    said = "\n".join(("alert", by.account, once, mark_of(text), *sorted(zones)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
