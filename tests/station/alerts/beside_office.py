"""An outbox beside the horns with all that is around it: a clock, the book, telephones, a technician."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import Alert, AlertState
from smartradio.station.alerts.channels.outbox import Around, Outbox, Way
from smartradio.station.alerts.channels.port import ChannelError, ChannelMessage
from smartradio.station.alerts.channels.settings import ChannelBase
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.store import Store

NOON = datetime(2026, 10, 11, 5, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


class Book:
    """The book of alerts as the outbox reads it."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[KeptAlert, datetime]] = {}

    def alert(self, name: str) -> KeptAlert | None:
        return self.held[name][0] if name in self.held else None

    def changed_since(self, since: datetime) -> list[KeptAlert]:
        return [kept for kept, at in self.held.values() if at >= since]


class Telephones:
    """A channel that takes everything, or fails as it is told to."""

    def __init__(self, *recipients: str) -> None:
        self.recipients: Sequence[str] = recipients or ("",)
        self.per_minute = 60_000.0
        self.told: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.failure: ChannelError | None = None
        self.hangs = False

    async def tell(self, message: ChannelMessage, recipient: str) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        self.told.append((message.event.value, message.alert.id, recipient))
        self.ids.append(message.id)
        return "taken"

    def close(self) -> None:
        self.hangs = False


@dataclass
class Technician:
    open: dict[str, str] = field(default_factory=dict)

    async def raise_(self, kind: AlarmKind, subject: str, facts: Any) -> None:
        assert kind is AlarmKind.CHANNEL_SILENT
        self.open[subject] = facts["line"]

    async def end(self, kind: AlarmKind, subject: str) -> None:
        assert kind is AlarmKind.CHANNEL_SILENT
        del self.open[subject]


class Beside:
    """An outbox with all that is around it."""

    def __init__(self, store: Store, clock: Clock, **channels: Telephones) -> None:
        self.store, self.clock, self.book, self.technician = store, clock, Book(), Technician()
        self.tasks: set[asyncio.Task[object]] = set()
        self.channels = channels
        self.news: list[str] = []
        self.outbox = self.begun()

    def begun(self, **settings: Any) -> Outbox:
        """A station that has just been started."""
        ways = {name: Way(ChannelBase(name=name, **settings), channel) for name, channel in self.channels.items()}
        around = Around(
            station=("yen-hoa", "Đài xã Yên Hòa"),
            zones=lambda: {"thon-1": "Thôn 1"},
            clock=self.clock,
            run=self.run,
            technician=self.technician,
            told=self.news.append,
        )
        self.outbox = Outbox(self.store.beside.fan_out, self.book, ways, around)
        return self.outbox

    def run(self, work: Coroutine[Any, Any, object], _name: str) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def out(self, name: str = "lu", **changes: Any) -> None:
        alert = Alert(name, "Lũ", "Lũ lên.", ("thon-1",), issued_at=self.clock())
        alert = replace(alert, **changes)
        kept = KeptAlert(alert, AlertState.OUT, 1, "chị Thu", self.clock(), sent_at=self.clock())
        self.book.held[name] = kept, self.clock()
        self.clock.later(seconds=1)

    def becomes(self, state: AlertState, name: str = "lu") -> None:
        kept = replace(self.book.held[name][0], state=state, ended_at=self.clock(), version=2)
        self.book.held[name] = kept, self.clock()

    async def look(self) -> None:
        """Look once, and wait until what was begun is done."""
        await self.outbox.look()
        while self.tasks:
            await asyncio.gather(*self.tasks)

    def states(self, name: str = "lu") -> list[tuple[str, str, str]]:
        return [
            (each.recipient, each.event.value, each.state.value) for each in self.store.beside.fan_out.of_alert(name)
        ]
