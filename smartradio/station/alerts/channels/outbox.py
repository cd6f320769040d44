"""Tells of alerts beside the horns: derived from the book, kept until told, each channel at its own pace.

Nothing here is awaited by whoever sends an alert, and no channel waits for another.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.channels.port import Channel, ChannelError, ChannelEvent, ChannelMessage
from smartradio.station.alerts.channels.settings import ChannelBase

if TYPE_CHECKING:
    from smartradio.station.alerts.kept import KeptAlert
    from smartradio.station.store.fan_out import Delivery, FanOutShelf

_logger = structlog.get_logger()

FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 300.0
TROUBLE_AFTER: Final = 2
"""After so many tries in a row that nobody took, the technician is told."""
HORNS_FIRST: Final = timedelta(seconds=1)
"""So long after an alert is sent the disk is the horns' alone."""
_OVERLAP: Final = timedelta(minutes=1)


class AlertsAsTheyStand(Protocol):
    """What is needed of `smartradio.station.store.alert_book.AlertBookShelf`. Blocking."""

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert."""
        ...

    def changed_since(self, since: datetime) -> list[KeptAlert]:
        """Return the alerts that anything was done to from an instant on, in that order."""
        ...


class Technician(Protocol):
    """Who is told of a channel that takes nothing; see `smartradio.station.alarms.desk.AlarmDesk`."""

    async def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> object:
        """Say that something is wrong."""
        ...

    async def end(self, kind: AlarmKind, subject: str) -> None:
        """Say that it is so no longer."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """A channel with what the commune set for it."""

    settings: ChannelBase
    channel: Channel


@dataclass(frozen=True, slots=True)
class Around:
    """What an outbox has around it.

    `station` is its name and title; `run(work, name)` begins work that nobody waits for; `told(alert)` is called when
    anything has come of telling an alert; `pause` is `asyncio.sleep`.
    """

    station: tuple[str, str]
    zones: Callable[[], Mapping[str, str]]
    clock: Callable[[], datetime]
    run: Callable[[Coroutine[Any, Any, object], str], None]
    technician: Technician
    told: Callable[[str], None] = lambda _alert: None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Outbox:
    """Ways beside the horns; `look` is called every few seconds."""

    def __init__(self, shelf: FanOutShelf, book: AlertsAsTheyStand, ways: Mapping[str, Way], around: Around) -> None:
        self._shelf = shelf
        self._book = book
        self._ways = ways
        self._around = around
        self._busy: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._not_before: dict[str, datetime] = {}
        self._turn = asyncio.Lock()
        self._settled: dict[str, int] = {}
        longest = max((way.settings.give_up_minutes for way in ways.values()), default=0.0)
        self._looked_at = around.clock() - timedelta(minutes=longest)

    async def take_up(self) -> None:
        """Forget what waits for channels that are set no more."""
        dropped = await asyncio.to_thread(self._shelf.drop_unknown, list(self._ways))
        if dropped:
            _logger.warning(
                "deliveries_dropped", number=dropped, reason="their channel is not in the settings any more"
            )

    async def look(self) -> None:
        """Find what is owed, and begin to tell it on every channel that is free; waits for none of them."""
        async with self._turn:
            now = self._around.clock()
            # A clock that was set back must not hide what is done from then on.
            since = min(self._looked_at, now) - _OVERLAP
            changed = await asyncio.to_thread(self._book.changed_since, since)
            if any(kept.sent_at is not None and now - kept.sent_at < HORNS_FIRST for kept in changed):
                return
            fresh = [kept for kept in changed if self._settled.get(kept.id) != kept.version]
            if fresh:
                owed = [(kept, self._recipients(kept, now)) for kept in fresh]
                await asyncio.to_thread(self._shelf.settle, owed)
                for kept in fresh:
                    self._around.told(kept.id)
            self._settled = {kept.id: kept.version for kept in changed}
            self._looked_at = now
        for name in self._ways:
            if name not in self._busy and self._not_before.get(name, now) <= now:
                self._busy.add(name)
                self._around.run(self._work_off(name), f"channel {name}")

    def close(self) -> None:
        """Tell nothing more; what waits is told after the next start."""
        for way in self._ways.values():
            way.channel.close()

    def _recipients(self, kept: KeptAlert, now: datetime) -> dict[str, Sequence[str]]:
        """Return whom a new alert is told to; one that has been out too long is told to nobody any more."""
        status, sent_at = kept.alert.status, kept.sent_at
        if sent_at is None or status is AlertStatus.TEST:
            return {}
        return {
            name: way.channel.recipients
            for name, way in self._ways.items()
            if (status is AlertStatus.ACTUAL or way.settings.exercises)
            and now - sent_at <= timedelta(minutes=way.settings.give_up_minutes)
        }

    async def _work_off(self, name: str) -> None:
        """Tell what is due on one channel, in its own pace, until nothing is or somebody does not answer."""
        try:
            # Asked anew for each: what is newer goes before the rest of what is older.
            while due := await asyncio.to_thread(self._shelf.next_due, name):
                if not await self._one(self._ways[name], due):
                    return
        finally:
            self._busy.discard(name)

    async def _one(self, way: Way, delivery: Delivery) -> bool:
        """Try one delivery; False where the channel is to be left alone for a while."""
        kept = await asyncio.to_thread(self._book.alert, delivery.alert)
        if kept is None or _is_over(kept, delivery.event):
            await asyncio.to_thread(self._shelf.drop, delivery.number)
            self._around.told(delivery.alert)
            return True
        if not await asyncio.to_thread(self._shelf.begin, delivery.number):
            return True
        message = ChannelMessage(
            id=_id_of(delivery),
            event=delivery.event,
            at=delivery.at,
            alert=kept.alert,
            station=self._around.station,
            zones=await asyncio.to_thread(self._around.zones),
        )
        try:
            answer = await way.channel.tell(message, delivery.recipient)
        except ChannelError as error:
            return await self._not_told(way, delivery, error)
        await asyncio.to_thread(self._shelf.sent, delivery.number, answer)
        self._around.told(delivery.alert)
        if self._failures.pop(way.settings.name, 0) >= TROUBLE_AFTER:
            await self._around.technician.end(AlarmKind.CHANNEL_SILENT, way.settings.name)
        await self._around.pause(60.0 / way.channel.per_minute)
        return True

    async def _not_told(self, way: Way, delivery: Delivery, error: ChannelError) -> bool:
        now, name = self._around.clock(), way.settings.name
        self._failures[name] += 0 if error.for_good else 1
        wait = timedelta(seconds=min(FIRST_WAIT_S * 2 ** min(delivery.attempts, 16), LONGEST_WAIT_S))
        over = error.for_good or now + wait - delivery.at > timedelta(minutes=way.settings.give_up_minutes)
        await asyncio.to_thread(self._shelf.not_sent, delivery.number, str(error), None if over else now + wait)
        self._around.told(delivery.alert)
        _logger.warning("not_told_beside", channel=name, alert=delivery.alert, line=str(error), given_up=over)
        if error.for_good:
            return True
        pause_s = min(FIRST_WAIT_S * 2 ** min(self._failures[name] - 1, 16), LONGEST_WAIT_S)
        self._not_before[name] = now + timedelta(seconds=pause_s)
        if self._failures[name] >= TROUBLE_AFTER:
            facts = {"title": way.settings.shown, "line": str(error)[:300]}
            await self._around.technician.raise_(AlarmKind.CHANNEL_SILENT, name, facts)
        return False


def _is_over(kept: KeptAlert, event: ChannelEvent) -> bool:
    return event is ChannelEvent.SENT and kept.state is not AlertState.OUT


def _id_of(delivery: Delivery) -> str:
    named = f"{delivery.alert}\n{delivery.event.value}\n{delivery.channel}\n{delivery.recipient}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
