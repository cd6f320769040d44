"""A book of alerts in an office without broker: a real store and log, airings that are planned and sound nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from smartradio.alerting.saying import Occasion
from smartradio.domain.airing import Airing
from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import Alert
from smartradio.domain.approval import Person
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.station.alerts.book import AlertBook
from smartradio.station.alerts.even_clock import EvenClock
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.alerts.turns import Turns
from smartradio.station.alerts.voicing import Voicing
from smartradio.station.scripts import Script
from tests.station.commune import NOON, Clock, run
from tests.station.test_approvals import Office

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
THU = Person("Hà Thị Thu", "thu", "phien-9")
WORDS = "Tin lũ khẩn cấp.\nNước sông lên nhanh. Mời bà con thôn 2 sơ tán ngay lên trường học."
HOUR = timedelta(hours=1)


def flood(name: str = "lu-1", **changes: Any) -> Alert:
    values: dict[str, Any] = {
        "id": name,
        "title": "Tin lũ khẩn cấp",
        "text": WORDS,
        "zones": ("thon-1", "thon-2"),
        "issued_at": NOON - timedelta(minutes=20),
        "issuer": "Đài khí tượng thủy văn tỉnh",
        "siren": "siren_flood",
        "expires_at": NOON + 12 * HOUR,
        "repeat_every": 2 * HOUR,
    }
    return Alert(**(values | changes))


@dataclass
class PlannedAir:
    """An air that plans what it is given and remembers it; `mute` is a station whose voices all fail."""

    office: Office
    aired: list[tuple[str, datetime, Script, dict[str, Any]]] = field(default_factory=list)
    mute: bool = False
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def __call__(
        self,
        script: Script,
        *,
        airing_id: str,
        by: Person,
        zones: tuple[str, ...],
        nodes: tuple[str, ...] | None = None,
        siren: str = "",
        replaces: tuple[str, ...] = (),
        valid_until: datetime | None = None,
    ) -> Airing:
        if self.mute:
            raise SmartradioError("no voice speaks")
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        known = self.office.store.airing(airing_id)
        if known is not None:
            return known
        now = self.office.clock()
        produced = await self.office.calendar._studio.produce(script)
        airing = Airing(
            airing_id, script.bulletin.id, produced.recording.id, now, valid_until or now + HOUR, Priority.EMERGENCY,
            zones, nodes or self.office.settings.nodes_of(zones), resume_until=valid_until,
        )  # fmt: skip
        said = [
            Evidence(airing_id, "", Step.APPROVED, now, f"operator:{by.title}", None, by.facts()),
            Evidence(airing_id, "", Step.PLANNED, now, "station"),
        ]
        assert await self.office.recorder.plan(airing, said)
        self.aired.append((airing_id, now, script, {"siren": siren, "replaces": replaces, "nodes": nodes}))
        return airing

    @property
    def texts(self) -> list[str]:
        return [script.bulletin.text for _, _, script, _ in self.aired]

    @property
    def titles(self) -> list[str]:
        return [script.bulletin.title for _, _, script, _ in self.aired]

    @property
    def times(self) -> list[datetime]:
        return [at for _, at, _, _ in self.aired]


class Clockwork:
    """Timers that ring as the clock is moved, and the work that they begin."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._alarms: dict[str, tuple[datetime, Callable[[], None]]] = {}
        self._rounds: dict[str, Callable[[], None]] = {}
        self._tasks: list[asyncio.Task[object]] = []

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        self._alarms[name] = (at, call)

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self._rounds[name] = call

    async def round(self) -> None:
        """Ring once whatever rings every so often."""
        for call in tuple(self._rounds.values()):
            call()
        await self.settle()

    def run(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def settle(self) -> None:
        while self._tasks:
            await self._tasks.pop()

    async def pass_(self, span: timedelta) -> None:
        end = self._clock.now + span
        await self.settle()
        while due := sorted((at, name) for name, (at, _) in self._alarms.items() if at <= end):
            at, name = due[0]
            self._clock.now = max(self._clock.now, at)
            self._alarms.pop(name)[1]()
            await self.settle()
        self._clock.now = end

    def forget(self) -> None:
        """End as a process ends: nothing rings any more."""
        self._alarms.clear()
        self._rounds.clear()
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()


@dataclass
class AlarmsRaised:
    """Alarms that are open now: of what waits for somebody, and of alerts that name a time that has passed."""

    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    passed: dict[str, str] = field(default_factory=dict)
    jumped_min: int = 0

    async def round(self, wrong: Any, kinds: list[AlarmKind]) -> None:
        assert kinds == [AlarmKind.ALERT_WAITS, AlarmKind.TIME_PASSED, AlarmKind.CLOCK_JUMPED]
        self.open = {subject: dict(facts) for (kind, subject), facts in wrong.items() if kind is kinds[0]}
        self.passed = {subject: facts["times"] for (kind, subject), facts in wrong.items() if kind is kinds[1]}
        self.jumped_min = wrong.get((kinds[2], ""), {}).get("minutes", 0)


class Desk:
    """Everything around a book; `restart` makes it anew over the same store, as a station that starts does."""

    def __init__(self, office: Office, **settings: Any) -> None:
        self.office = office
        self.clock = office.clock
        self.settings = AlertSettings(**settings)
        self.air = PlannedAir(office)
        self.clockwork = Clockwork(office.clock)
        self.alarms = AlarmsRaised()
        self.told: list[KeptAlert] = []
        # How far the clock is ahead of the true time, and how long it must run evenly.
        self.ahead = self.settled_after = timedelta()

    async def start(self) -> None:
        office = self.office
        voicing = Voicing(
            office.store, office.calendar._studio, self.air, office.settings.zone_names, clock=office.clock
        )
        self.book = AlertBook(
            office.store, office.recorder, voicing, office.desk.withdrawals, self.settings,
            clock=office.clock, even=self._even_clock(), check_zones=office.calendar.check_zones,
        )  # fmt: skip
        self.book.listen(self.told.append)
        self.turns = Turns(
            office.store, self.book, self.clockwork, self.alarms, run=self.clockwork.run, clock=office.clock
        )
        self.turns.begin()
        await self.turns.take_up()

    def _even_clock(self) -> EvenClock:
        def elapsed_s() -> float:
            return (self.clock() - self.ahead).timestamp()

        return EvenClock(self.clock, elapsed_s, settled_after=self.settled_after)

    def set_clock(self, ahead: timedelta) -> None:
        """Set the clock wrong, or right again, as a time server does."""
        self.clock.now += ahead - self.ahead
        self.ahead = ahead

    async def restart(self, *, after: timedelta = timedelta()) -> None:
        self.clockwork.forget()
        self.clock.now += after
        await self.start()
        await self.clockwork.settle()

    async def pass_(self, span: timedelta) -> None:
        await self.clockwork.pass_(span)

    def kept(self, name: str = "lu-1") -> KeptAlert:
        kept = self.book.alert(name)
        assert kept is not None
        return kept

    def planned(self) -> list[str]:
        return [airing.id for airing in self.office.store.airings()]

    def acts(self, name: str = "lu-1") -> list[tuple[str, str]]:
        found = [entry.evidence for entry in self.book.history(name)]
        return [(str(said.facts["act"]), str(said.facts.get("by", said.source))) for said in found]

    def occasions(self, name: str = "lu-1") -> list[Occasion]:
        return [each.occasion for each in self.book.airings_of(name)]


def at_the_book(folder: Path, work: Callable[[Desk], Awaitable[None]], **settings: Any) -> None:
    async def done() -> None:
        office = Office(folder)
        with closing(office.store):
            desk = Desk(office, **settings)
            await desk.start()
            await work(desk)
            await desk.clockwork.settle()
            assert office.store.verify().ok

    run(done)
