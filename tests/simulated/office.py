"""The people of the simulated commune's office: what they do at the console, again until it has answered them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.station import Station
from tests.simulated.world import World

WRITER = Person("Lê Văn Tám", "tam")
LEADER = Person("Nguyễn Thị Lan", "lan")
OFFICER = "Phạm Văn Dũng"
ALARM = "lu-khan-cap"
_AGAIN_S = 60.0


class Office:
    """Remembers what the station answered: of that it must keep every word, whoever dies afterwards."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.alarms: list[str] = []
        self.approved: list[str] = []
        self.handed_in: list[str] = []
        self.withdrawn: list[str] = []

    def alarm(self, at: datetime) -> None:
        """Air an emergency at once."""

        async def air(station: Station) -> None:
            text = "Mực nước sông lên 4,52 m. Mời bà con thôn 3 sơ tán trước 17h30."
            # Words that nobody prepared: siren and first sentence go out, the rest is made while they sound.
            script = await station._parts.studio.script("Tin lũ khẩn cấp", text, Priority.EMERGENCY)
            zones = tuple(zone.name for zone in station.settings.zones)
            send = station.desks.book._voicing._air
            self.alarms.append((await send(script, airing_id=ALARM, by=Person(OFFICER), zones=zones)).id)

        self._insist(at, air, self.alarms)

    def approve(self, at: datetime, programme: Programme) -> None:
        """Write, hand in and answer for a bulletin, by two people."""

        async def work(station: Station) -> None:
            await self._hand_in(station, programme)
            item = station.approval_desk.item(programme.name)
            assert item is not None
            if item.state is ItemState.SUBMITTED:
                await station.approval_desk.approve(programme.name, by=LEADER, seen=item.version)
            self.approved.append(programme.name)

        self._insist(at, work, self.approved)

    def hand_in(self, at: datetime, programme: Programme) -> None:
        """Write and hand in a bulletin that nobody will answer for."""

        async def work(station: Station) -> None:
            await self._hand_in(station, programme)
            self.handed_in.append(programme.name)

        self._insist(at, work, self.handed_in)

    def withdraw(self, at: datetime, programme: str) -> None:
        """Take back a programme's next airing."""

        async def work(station: Station) -> None:
            now = self._world.now
            standing = station.store.airings(start=now, end=now + timedelta(hours=3))
            # What the station did before it died need not be done again.
            for airing in [each for each in standing if each.programme == programme]:
                await station.withdraw(airing.id, by=LEADER, why="Lịch đã đổi")
            self.withdrawn.append(programme)

        self._insist(at, work, self.withdrawn)

    async def _hand_in(self, station: Station, programme: Programme) -> None:
        desk = station.approval_desk
        item = desk.item(programme.name)
        if item is None:
            item = await desk.draft(programme, by=WRITER)
        if item.state is ItemState.DRAFT:
            await desk.submit(programme.name, by=WRITER, seen=item.version)

    def _insist(self, at: datetime, work: Callable[[Station], Coroutine[Any, Any, None]], done: list[str]) -> None:
        world = self._world

        def ask() -> None:
            if done:
                return
            if world.station is not None and world.loop is not None:
                # The world holds it, and tells what goes wrong with it, as long as its station lives.
                world.errands.append(world.loop.create_task(self._when_open(world.station, work)))
            world.later(_AGAIN_S, ask)

        world.at(at, ask)

    async def _when_open(self, station: Station, work: Callable[[Station], Coroutine[Any, Any, None]]) -> None:
        await self._world.wait_begun()
        await work(station)
