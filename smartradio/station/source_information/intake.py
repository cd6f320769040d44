"""Items from above: checked, written down once, and handed to the commune by their class."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.from_above import Handling, ItemClass, ItemFromAbove, ItemState, handling
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.source_information.messages import open_item
from smartradio.station.source_information.port import (
    Desk,
    SignedItem,
    SourceInformation,
    SourceRefusedError,
    SourceUnreachableError,
)
from smartradio.station.source_information.settings import Issuer, SourceInformationSettings
from smartradio.wire.signing import RefusedError
from smartradio.words import words

if TYPE_CHECKING:
    from smartradio.station.store.exchange import SourceShelf
    from smartradio.station.store.items_above import KeptItem

_logger = structlog.get_logger()

_MEGABYTE = 1_000_000
_MOST_REFUSED = 1_000
_STATE_OF = {Handling.AIR: ItemState.AIRED, Handling.SUBMIT: ItemState.SUBMITTED, Handling.DRAFT: ItemState.DRAFTED}
# What cannot be done without somebody here looking at it is put before them instead; nothing is lost on the way.
_ELSE = {Handling.AIR: Handling.SUBMIT, Handling.SUBMIT: Handling.DRAFT}


class Intake:
    """Takes what the system above has for this station; all methods are for the event loop.

    An item is on the disk before anything is done with it, and what is done with it is done once: a crash between the
    two is taken up by the next `work_off`.
    """

    def __init__(
        self,
        settings: SourceInformationSettings,
        station: str,
        shelf: SourceShelf,
        source: SourceInformation,
        desk: Desk,
        *,
        recorder: EvidenceRecorder,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._station = station
        self._shelf = shelf
        self._source = source
        self._desk = desk
        self._recorder = recorder
        self._clock = clock
        self._issuers = {issuer.name: issuer for issuer in settings.issuers}
        self._keys = {issuer.name: issuer.public_key for issuer in settings.issuers}
        self._refused: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._skew = timedelta(seconds=settings.clock_skew_s)

    async def take(self, items: Sequence[SignedItem]) -> None:
        """Check items and write them down; what is forged, malformed or another station's goes on record instead."""
        for signed in items:
            try:
                item = open_item(signed, keys=self._keys, station=self._station, now=self._clock(), skew=self._skew)
                await asyncio.to_thread(self._shelf.take, item)
            except RefusedError as error:
                await self._refuse(signed, error.reason, str(error))
            except BadInputError as error:
                await self._refuse(signed, Reason.MALFORMED, str(error))

    async def work_off(self) -> None:
        """Do what is to be done with the items that wait for it, the most urgent first.

        Raises SourceUnreachableError when a sound of one could not be fetched; the others are done all the same.
        """
        waiting = await asyncio.to_thread(self._shelf.items, ItemState.TAKEN)
        waiting.sort(key=lambda kept: (not kept.item.cancels, -kept.item.priority, kept.received_at))
        unreachable = None
        for kept in waiting:
            # One that was done before may have taken this one back.
            now = await asyncio.to_thread(self._shelf.item, kept.item.issuer, kept.item.item)
            if now is None or now.state is not ItemState.TAKEN:
                continue
            try:
                await self._hand_over(kept.item)
            except SourceUnreachableError as error:
                unreachable = error
            except SmartradioError as error:
                # The voice or the disk has a bad moment: it stays taken, and the next round tries again.
                _logger.warning("item_from_above_waits", item=kept.item.key, line=str(error))
        if unreachable is not None:
            raise unreachable

    async def expire(self) -> None:
        """Take away what nobody aired in its time."""
        now = self._clock()
        open_states = (ItemState.TAKEN, ItemState.DRAFTED, ItemState.SUBMITTED, ItemState.AIRED)
        for kept in await asyncio.to_thread(self._shelf.items, *open_states):
            if kept.item.expires_at > now:
                continue
            try:
                await self._take_back(kept, "its time is over")
            except SmartradioError as error:
                # The next round tries again; what is new must not wait for it.
                _logger.warning("item_from_above_not_taken_back", item=kept.item.key, line=str(error))
                continue
            # What was put on air has its own report; that its time has passed says nothing about it.
            if kept.state is not ItemState.AIRED:
                await self._settle(kept.item, ItemState.EXPIRED)
            else:
                await self._settle(kept.item, ItemState.DONE)

    async def waiting_emergencies(self) -> int:
        """Return how many emergencies nobody here has decided on yet."""
        open_states = (ItemState.TAKEN, ItemState.DRAFTED, ItemState.SUBMITTED)
        count = 0
        for kept in await asyncio.to_thread(self._shelf.items, *open_states):
            if kept.item.item_class is ItemClass.EMERGENCY and not kept.item.cancels:
                count += kept.handed_to is None or await self._desk.is_undecided(kept.handed_to)
        return count

    async def _hand_over(self, item: ItemFromAbove) -> None:
        if item.expires_at <= self._clock():
            await self._settle(item, ItemState.EXPIRED)
            return
        if item.cancels:
            await self._revoke(item, ItemState.CANCELLED)
            await self._settle(item, ItemState.DONE)
            return
        issuer = self._issuers.get(item.issuer)
        if issuer is None:
            await self._settle(item, ItemState.REFUSED, reason="its issuer is no longer among the settings")
            return
        try:
            sound = None if item.sound is None else await self._fetch(item)
            state, handed_to = await self._by_class(item, issuer, sound)
        except (BadInputError, SourceRefusedError) as error:
            await self._settle(item, ItemState.REFUSED, reason=str(error))
            await self._record_refusal(item.issuer, Reason.MALFORMED, f"{item.key} ({item.title}): {error}")
            return
        await self._settle(item, state, handed_to=handed_to)
        if item.item_class is ItemClass.EMERGENCY and state is not ItemState.AIRED:
            _logger.error("emergency_from_above_waits_for_somebody", item=item.key, title=item.title)
        await self._revoke(item, ItemState.REPLACED)

    async def _by_class(self, item: ItemFromAbove, issuer: Issuer, sound: str | None) -> tuple[ItemState, str]:
        """Hand an item over as its class asks, else as the next more careful way; raises BadInputError."""
        how = handling(item.item_class, at_once=issuer.emergency_from_above == "at_once")
        note = await self._note(item, issuer)
        while True:
            try:
                return _STATE_OF[how], await self._as(how, item, issuer, sound, note)
            except BadInputError as error:
                if how not in _ELSE:
                    raise
                _logger.warning("item_from_above_needs_somebody", item=item.key, how=how.value, line=str(error))
                note, how = f"{note}\n{error}", _ELSE[how]

    def _as(self, how: Handling, item: ItemFromAbove, issuer: Issuer, sound: str | None, note: str) -> Awaitable[str]:
        if how is Handling.AIR:
            return self._desk.air(item, issuer=issuer.title, sound=sound)
        put = self._desk.submit if how is Handling.SUBMIT else self._desk.draft
        return put(item, note=note, issuer=issuer.title, sound=sound)

    async def _note(self, item: ItemFromAbove, issuer: Issuer) -> str:
        """Return what somebody must know who looks at it: whose it is, from when, what stands in its way."""
        say = words("vi")
        issued, expires = (f"{at.astimezone(WALL_CLOCK):%H:%M %d/%m/%Y}" for at in (item.issued_at, item.expires_at))
        named = say.code("item_class", item.item_class.value)
        told = "{issuer}, class {named}, issued at {issued}, valid until {expires}"
        lines = [say(told, issuer=issuer.title, named=named, issued=issued, expires=expires)]
        clashes = await self._desk.clashes(item)
        if clashes:
            lines.append(say("It clashes with: {titles}", titles=", ".join(clashes)))
        return "\n".join(lines)

    async def _fetch(self, item: ItemFromAbove) -> str:
        assert item.sound is not None
        most = round(self._settings.max_sound_mb * _MEGABYTE)
        data = await asyncio.to_thread(self._source.sound, item.sound, most)
        return await self._desk.keep_sound(data, item.sound.path.rpartition("/")[2])

    async def _revoke(self, item: ItemFromAbove, state: ItemState) -> None:
        """Take back what came of the item that this one names, if it is here; only its own issuer's."""
        if item.replaces is None:
            return
        before = await asyncio.to_thread(self._shelf.item, item.issuer, item.replaces)
        if before is None or before.state in (ItemState.CANCELLED, ItemState.REPLACED):
            return
        await self._take_back(before, f"{state.value} by {item.key}")
        await self._settle(before.item, state, reason=item.key)

    async def _take_back(self, kept: KeptItem, why: str) -> None:
        issuer = self._issuers.get(kept.item.issuer)
        title = kept.item.issuer if issuer is None else issuer.title
        # A death behind the airing of an item, before that was written down, must not keep it on the air.
        came = [kept.handed_to] if kept.handed_to is not None else await self._desk.what_came_of(kept.item)
        for name in came:
            await self._desk.take_back(name, issuer=title, why=why)

    async def _settle(
        self, item: ItemFromAbove, state: ItemState, *, reason: str | None = None, handed_to: str | None = None
    ) -> None:
        await asyncio.to_thread(self._shelf.settle, item.key, state, reason=reason, handed_to=handed_to)
        _logger.info("item_from_above", item=item.key, state=state.value, reason=reason)

    async def _refuse(self, signed: SignedItem, reason: Reason | str, line: str) -> None:
        # A system whose cursor stands still brings it again with every question: once is enough on record.
        if (signed.signature, line) in self._refused:
            return
        self._refused[signed.signature, line] = None
        if len(self._refused) > _MOST_REFUSED:
            self._refused.popitem(last=False)
        await self._record_refusal(str(signed.body.get("issuer", "")), reason, line)

    async def _record_refusal(self, issuer: str, reason: Reason | str, line: str) -> None:
        """Put a refusal where the console shows it."""
        _logger.warning("item_from_above_refused", reason=str(reason), line=line)
        # Half a character, as JSON may name one, cannot be written down.
        source, line = (text.encode(errors="replace").decode() for text in (f"above:{issuer[:48]}", line[:300]))
        await self._recorder.record([Evidence("", "", Step.REFUSED, self._clock(), source, reason, {"line": line})])
