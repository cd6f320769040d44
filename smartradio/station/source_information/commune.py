"""What is done in the commune with an item from above, by the ways that its own bulletins go."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.from_above import ItemFromAbove
from smartradio.domain.plan_rules import EXEMPT
from smartradio.domain.programme import Programme
from smartradio.station.approval_desk import ApprovalDesk
from smartradio.station.calendar import Calendar
from smartradio.station.commune_rules import WALL_CLOCK, rules_of
from smartradio.station.items import ChangedMeanwhileError
from smartradio.station.planner import ends_at
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Studio

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_UNDECIDED = frozenset({ItemState.DRAFT, ItemState.SUBMITTED, ItemState.RETURNED})
_TRIES = 5
_LETTERS_A_SECOND = 14.0
_SHORTEST_S = 30.0
_LONGEST_BEFORE = timedelta(hours=2)


def item_name(key: str) -> str:
    """Return the name under which an item from above stands among the commune's own, always the same."""
    return f"tren-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def airing_id(key: str) -> str:
    """Return the id of the airing of an item that is aired at once, always the same: it is planned once."""
    return hashlib.sha256(f"from above: {key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class CommuneDesk:
    """Does what the port asks; for the event loop. `refresh` hands the plan on as it stands."""

    settings: StationSettings
    store: Store
    studio: Studio
    calendar: Calendar
    approvals: ApprovalDesk
    refresh: Callable[[], Awaitable[None]]
    clock: Callable[[], datetime]

    async def draft(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        """See the port."""
        name = item_name(item.key)
        if await asyncio.to_thread(self.store.items.item, name) is None:
            programme, at_once = self._programme(name, item, sound)
            await self.approvals.draft(programme, by=Person(issuer), at_once=at_once)
        await asyncio.to_thread(self.store.source.note_item, name, note)
        return name

    async def submit(self, item: ItemFromAbove, *, note: str, issuer: str, sound: str | None) -> str:
        """See the port."""
        name = await self.draft(item, note=note, issuer=issuer, sound=sound)
        stands = await asyncio.to_thread(self.store.items.item, name)
        if stands is not None and stands.state is ItemState.DRAFT:
            await self.approvals.submit(name, by=Person(issuer), seen=stands.version)
            await asyncio.to_thread(self.store.source.note_item, name, note)
        return name

    async def air(self, item: ItemFromAbove, *, issuer: str, sound: str | None) -> str:
        """See the port."""
        name = airing_id(item.key)
        if await asyncio.to_thread(self.store.airing, name) is None:
            text, parts = _content(item, sound)
            script = await self.studio.script(item.title, text, item.priority, parts=parts)
            produced = await self.studio.produce(script)
            await self.calendar.plan_now(
                script,
                produced,
                by=issuer,
                zones=self._zones(item),
                lead_s=self.settings.lead_s,
                airing_id=name,
                source=f"above:{item.issuer}",
                valid_until=item.expires_at,
            )
        await self.refresh()
        return name

    async def take_back(self, handed_to: str, *, issuer: str, why: str) -> None:
        """See the port."""
        by = Person(issuer)
        stands = await asyncio.to_thread(self.store.items.item, handed_to)
        try:
            if stands is None:
                await self.approvals.withdraw_airing(handed_to, by=by, why=why)
            elif await asyncio.to_thread(self._has_something_left, handed_to):
                await self._withdraw_item(handed_to, by, why)
        except BadInputError as error:
            # It is over, or somebody here was quicker.
            _logger.info("nothing_to_take_back", name=handed_to, line=str(error))

    async def what_came_of(self, item: ItemFromAbove) -> Sequence[str]:
        """See the port."""
        return await asyncio.to_thread(self._what_came_of, item.key)

    async def is_undecided(self, handed_to: str) -> bool:
        """See the port."""
        stands = await asyncio.to_thread(self.store.items.item, handed_to)
        return stands is not None and stands.state in _UNDECIDED

    async def clashes(self, item: ItemFromAbove) -> Sequence[str]:
        """See the port."""
        return await asyncio.to_thread(self._clashes, item)

    async def keep_sound(self, data: bytes, name: str) -> str:
        """See the port."""
        taken = await asyncio.to_thread(self.studio.take_sound, data, name)
        return taken.sha256

    async def _withdraw_item(self, name: str, by: Person, why: str) -> None:
        """Take an item back, also when somebody decides on it just then: approved in that instant it would be aired."""
        for _ in range(_TRIES):
            try:
                await self.approvals.withdraw_item(name, by=by, why=why)
            except ChangedMeanwhileError:
                continue
            return
        raise SmartradioError(f"{name}: it is changed again and again; it is taken back with the next round")

    def _programme(self, name: str, item: ItemFromAbove, sound: str | None) -> tuple[Programme, bool]:
        """Return what is to be approved, and whether it goes on air as soon as it is."""
        soonest = self.clock() + timedelta(seconds=self.settings.lead_s)
        at_once = item.air_at is None or item.air_at < soonest
        at = soonest if at_once or item.air_at is None else item.air_at
        text, parts = _content(item, sound)
        programme = Programme(
            name=name,
            title=item.title,
            text=text,
            zones=self._zones(item),
            first_at=at.astimezone(WALL_CLOCK),
            priority=item.priority,
            parts=parts,
            start_tolerance=self._may_wait(item),
        )
        return programme, at_once

    def _may_wait(self, item: ItemFromAbove) -> timedelta:
        """Return how late a node may begin with an item: an emergency also finds one whose line comes back late."""
        wait = timedelta(seconds=self.settings.start_tolerance_s)
        return max(wait, rules_of(self.settings).resume_within) if item.priority in EXEMPT else wait

    def _zones(self, item: ItemFromAbove) -> tuple[str, ...]:
        """Return the zones of an item; the whole commune where one of them is not known here.

        Whoever writes above may not know that a hamlet has another name today; better that all hear it than nobody.
        """
        what = f"item {item.key}"
        try:
            return self.calendar.check_zones(item.zones or None, what)
        except BadInputError as error:
            _logger.warning("item_from_above_for_the_whole_commune", item=item.key, line=str(error))
            return self.calendar.check_zones(None, what)

    def _what_came_of(self, key: str) -> list[str]:
        stands = [self.store.airing(airing_id(key)) is not None, self.store.items.item(item_name(key)) is not None]
        return [name for name, there in zip((airing_id(key), item_name(key)), stands, strict=True) if there]

    def _has_something_left(self, name: str) -> bool:
        stands = self.approvals.item(name)
        if stands is None or stands.state is ItemState.WITHDRAWN:
            return False
        return stands.state is not ItemState.AIRED or bool(self.approvals.withdrawals.left_of(name))

    def _clashes(self, item: ItemFromAbove) -> list[str]:
        zones = set(self._zones(item))
        begins = max(item.air_at or self.clock(), self.clock())
        ends = begins + timedelta(seconds=max(_SHORTEST_S, len(item.text) / _LETTERS_A_SECOND))
        titles: dict[str, None] = {}
        for airing in self.store.airings(start=begins - _LONGEST_BEFORE, end=ends):
            recording = self.store.recording(airing.recording_id)
            bulletin = self.store.bulletin(airing.bulletin_id)
            if recording and bulletin and zones & set(airing.zones) and ends_at(airing, recording) > begins:
                at = airing.starts_at.astimezone(WALL_CLOCK)
                titles[f"{bulletin.title} ({at:%H:%M %d/%m})"] = None
        return list(titles)


def _content(item: ItemFromAbove, sound: str | None) -> tuple[str, tuple[Part, ...]]:
    if item.sound is None or sound is None:
        return item.text, ()
    return "", (Part(item.sound.language, sound=sound),)
