"""A commune in simulated time: a real station and real agents, each with its own disk, over a broker of the tests.

Real: everything of `smartradio` from the store on the disk to the node's journal, the schedule, plans, signatures,
chunks, reports and acks, verdicts. Simulated: time, the broker and its lines, the sound card, the figures measured.
The world moves from one thing that is due to the next, so what takes a week takes seconds.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from smartradio.broker.users import STATION_USER
from smartradio.node.agent import Agent
from smartradio.node.feed import Feed
from smartradio.node.identity import node_public_key
from smartradio.node.live_feed import LiveFeed
from smartradio.node.microphone import AFTER_S
from smartradio.node.player import _Take
from smartradio.node.settings import NodeSettings
from smartradio.station.keys import working_key
from smartradio.station.settings import StationSettings
from smartradio.station.station import Station
from smartradio.station.surroundings import Outside
from tests.simulated.air import Broker, Line, Weather
from tests.simulated.fuse import Died, Fuse, copy_as_it_lies
from tests.simulated.horn import LEAD_S as _LEAD_S
from tests.simulated.horn import Card, Ear, Marks, Sounded
from tests.simulated.hours import Hours, Loop, LoopTimers, NodeHours
from tests.simulated.mast import Mast, Pace

T = TypeVar("T")

STATION = "station"
# A node looks around this often while something plays, and while something is due that waits.
_PLAYING_STEP_S = 2.0
_DUE_STEP_S = 0.25
# Instants before a start at which a node has something to do: warm, listen, ready.
_BEFORE_S = (3.4, 2.0, 0.55)
_LEAST_STEP_S = 0.001
_CLOSELY_S = 0.05


class World:
    """Station and nodes below `folder`, beginning at an instant; `zones` are zone → its nodes' names."""

    def __init__(
        self,
        folder: Path,
        begins: datetime,
        zones: Mapping[str, Iterable[str]],
        schedules: Iterable[Path],
        *,
        seed: int = 0,
        weather: Weather | None = None,
        pace: Pace | None = None,
        fuse: Fuse | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.hours = Hours(begins)
        self.random = Random(seed)
        self.marks = Marks()
        self.fuse = fuse or Fuse()
        self.fuse.on_death = self._keep_disk
        self.pace = pace or Pace()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.broker = Broker(self.later, lambda: self.hours.now_s, self.random, weather or Weather(), self.fuse.touch)
        self.masts: dict[str, Mast] = {}
        self.station: Station | None = None
        self.loop: Loop | None = None
        self._line: Line | None = None
        self._begun: asyncio.Task[None] | None = None
        self.errands: list[asyncio.Task[None]] = []
        self._station_life = 0
        self.station_folder = folder / f"{STATION}-0"
        self.reborn: Callable[[str], None] = lambda who: None
        key = working_key(self.station_folder)
        nodes = []
        for zone, names in zones.items():
            for name in names:
                place = folder / f"{name}-0"
                nodes.append(
                    {"name": name, "zone": zone, "title": f"Cụm loa {name}", "public_key": node_public_key(place)}
                )
                fields = {"name": name, "zone": zone, "station_public_key": key.public_hex, "disk_floor_mb": 0}
                self.masts[name] = Mast(name, fields, place, Ear(Random(name)))
        self._settings: dict[str, Any] = {
            "station": "yen-hoa",
            "title": "Đài truyền thanh xã Yên Hòa",
            "recogniser": "none",
            "voice": "vi",
            # What sounds in the place of a programme that is not there has tests of its own.
            "standing_text": "",
            # The link is the simulation's; an outside broker starts none of our own.
            "broker": {"outside": {"host": "127.0.0.1", "username": STATION_USER, "password": "unused"}},
            "zones": [{"name": zone, "title": zone} for zone in zones],
            "nodes": nodes,
            "schedules": list(schedules),
        } | settings

    # -- time

    @property
    def now(self) -> datetime:
        return self.hours.utc()

    def later(self, after_s: float, work: Callable[[], None]) -> None:
        """Do something after so many seconds."""
        heapq.heappush(self._events, (self.hours.now_s + after_s, next(self._numbers), work))

    def at(self, instant: datetime, work: Callable[[], None]) -> None:
        """Do something at an instant."""
        self.later(max(0.0, self.hours.at(instant) - self.hours.now_s), work)

    def run_until(self, instant: datetime) -> None:
        """Let the world go on until an instant."""
        until_s = self.hours.at(instant)
        while True:
            self._settle()
            due_s = min(self._next_s(), until_s)
            if due_s >= until_s:
                self.hours.now_s = until_s
                self._settle()
                return
            self.hours.now_s = max(due_s, self.hours.now_s)

    def run(self, **span: float) -> None:
        """Let so much time pass."""
        self.run_until(self.now + timedelta(**span))

    def do(self, work: Coroutine[Any, Any, T], within_s: float = 60.0) -> T:
        """Let the station do something while the world goes on, and return what came of it."""
        assert self.loop is not None
        loop, task = self.loop, self.loop.create_task(work)
        end_s = self.hours.now_s + within_s
        while True:
            self._settle()
            if task.done():
                return task.result()
            if self.loop is not loop:
                raise Died("the station died over it")
            assert self.hours.now_s < end_s, "the station does not come to an end"
            self.hours.now_s = max(min(self._next_s(), end_s), self.hours.now_s)

    def _next_s(self) -> float:
        due = [mast.wake_s for mast in self.masts.values() if mast.agent is not None]
        if self._events:
            due.append(self._events[0][0])
        if self.loop is not None and (timer_s := self.loop.next_timer_s()) is not None:
            due.append(timer_s)
        return min(due, default=float("inf"))

    def _settle(self) -> None:
        """Do all that is due at this instant."""
        now_s = self.hours.now_s
        busy = True
        while busy:
            busy = False
            while self._events and self._events[0][0] <= now_s:
                busy = True
                self._carefully(heapq.heappop(self._events)[2])
            if self.loop is not None:
                self.loop.settle()
                self._bury()
            self._look_at_errands()
            for mast in self.masts.values():
                if mast.agent is not None and (mast.wake_s <= now_s or not mast.agent._inbox.empty()):
                    busy = True
                    self._step(mast)
            busy = busy or bool(self._events and self._events[0][0] <= now_s)

    def _look_at_errands(self) -> None:
        """A station that cannot start, or refuses what it is asked, makes whatever follows worthless."""
        for task in [each for each in (self._begun, *self.errands) if each is not None and each.done()]:
            if task is self._begun:
                self._begun = None
            else:
                self.errands.remove(task)
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, Died):
                raise error

    def _carefully(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Died:
            self._bury()

    def _bury(self) -> None:
        for who in sorted(self.fuse.dead):
            if who == STATION and self.station is not None:
                self._end_station()
                self.reborn(STATION)
            elif who in self.masts and self.masts[who].agent is not None:
                self._end_node(self.masts[who])
                self.reborn(who)

    # -- nodes

    def start_node(self, name: str) -> None:
        """Switch a node on."""
        mast = self.masts[name]
        self.fuse.lives_in(name, mast.folder)
        mast.card = Card(self.hours, self.marks, mast.sounded)

        def make_link(topics: list[str], on_message: Any, on_state: Any, will: Any, boot: str) -> Line:
            return Line(self.broker, name, topics, on_message, on_state, will)

        try:
            mast.agent = Agent(
                NodeSettings.model_validate(mast.settings | {"station": "yen-hoa", "data": mast.folder}),
                source=NodeHours(self.hours),
                sound=mast.card,
                make_link=make_link,
                decode=self.marks.decode,
            )
            mast.agent._parts.worker.shutdown()
            mast.agent._parts.worker = mast.ear
            # A mark is one sample: it must not be spread over its neighbours.
            mast.agent._parts.player._times = None
            mast.up.append((self.now, None))
            mast.wake_s = self.hours.now_s
            mast.agent.start()
        except Died:
            if mast.agent is not None:
                self._bury()
            else:
                self.reborn(name)

    def kill_node(self, name: str) -> None:
        """Cut a node's power."""
        self.fuse.dead.add(name)
        self._keep_disk(name)
        self._end_node(self.masts[name])

    def _step(self, mast: Mast) -> None:
        agent, card = mast.agent, mast.card
        assert agent is not None
        assert card is not None
        try:
            card.pump(_feeds(agent))
            agent.step(0.0)
        except Died:
            self._bury()
            return
        mast.wake_s = max(self._wake_s(agent), self.hours.now_s + _LEAST_STEP_S)

    def _wake_s(self, agent: Agent) -> float:
        """Return when a node next has something to do for time's sake; what arrives wakes it anyhow."""
        now_s = self.hours.now_s
        wake_s = now_s + (self.pace.idle_s if agent._clock.trusted else _DUE_STEP_S)
        if (wish_s := agent._parts.cache.next_wish_s()) is not None and agent._up_s is not None:
            wake_s = min(wake_s, wish_s)
        for airing in agent._broadcast.pending.values():
            starts_s = self.hours.at(airing.starts_at)
            if now_s >= starts_s - _BEFORE_S[-1]:
                wake_s = min(wake_s, now_s + _DUE_STEP_S)
            elif starts_s - _BEFORE_S[0] < wake_s:
                wake_s = min(wake_s, *(starts_s - before for before in _BEFORE_S if starts_s - before > now_s))
        horn = agent._broadcast._horn
        if horn.measuring:
            return now_s + _LEAST_STEP_S
        return min(wake_s, self._next_of_horn_s(agent, now_s)) if horn.busy else wake_s

    def _next_of_horn_s(self, agent: Agent, now_s: float) -> float:
        """A node whose horn is busy is looked at every two seconds, and whenever something on it begins or ends."""
        instants = [now_s + _PLAYING_STEP_S]
        take = agent._parts.player._take
        if take is not None and take.first_at_s is not None:
            # The card asks ahead of time, so the end is known a moment before it is heard.
            instants.append(take.first_at_s + take.feed.duration_s - _LEAD_S / 2)
        for on_air in agent._broadcast._horn._on_air.values():
            instants.append(on_air.planned_s if on_air.started_s is None else on_air.started_s)
            if on_air.ended is not None:
                instants += [on_air.ended.at_s, on_air.ended.at_s + AFTER_S]
        # An instant that is past and not yet dealt with is looked at as closely as a real node does.
        return min(max(each, now_s + _CLOSELY_S) for each in instants if each > now_s - _PLAYING_STEP_S)

    # -- the station

    def start_station(self) -> None:
        """Start the station's process; it reads its schedules as `smartradio station` does."""
        self.fuse.lives_in(STATION, self.station_folder)
        self.loop = loop = Loop(self.hours)
        self.station = Station(
            StationSettings.model_validate(self._settings | {"folder": self.station_folder}),
            clock=self.hours.utc,
            outside=Outside(
                link=self._make_link,
                timers=lambda clock: LoopTimers(clock, self.pace.alarms_s),
                elapsed_s=lambda: self.hours.utc().timestamp(),
            ),
        )
        self._begun = loop.create_task(self._begin(self.station))

    async def _begin(self, station: Station) -> None:
        await station.start()
        await station.load_schedules()

    async def wait_begun(self) -> None:
        """Wait until the station has started and taken its schedules."""
        if self._begun is not None:
            await asyncio.wait([self._begun])

    def _make_link(self, settings: Any, client_id: str, **named: Any) -> Line:
        self._line = Line(self.broker, STATION, named["subscriptions"], named["on_message"], named["on_state"])
        return self._line

    def kill_station(self) -> None:
        """Kill the station's process."""
        self.fuse.dead.add(STATION)
        self._keep_disk(STATION)
        self._end_station()

    def stop_station(self) -> None:
        """Stop the station in good order."""
        assert self.station is not None
        self.do(self.station.stop())
        self._close_loop()

    # -- deaths

    def _keep_disk(self, who: str) -> None:
        """Copy the folder as it lies at the instant of death: the next life begins there."""
        if who == STATION:
            self._station_life += 1
            source, self.station_folder = self.station_folder, self.folder / f"{STATION}-{self._station_life}"
            copy_as_it_lies(source, self.station_folder)
            return
        mast = self.masts[who]
        mast.life += 1
        source, mast.folder = mast.folder, self.folder / f"{who}-{mast.life}"
        copy_as_it_lies(source, mast.folder)

    def _end_node(self, mast: Mast) -> None:
        agent, mast.agent = mast.agent, None
        assert agent is not None
        mast.up[-1] = (mast.up[-1][0], self.now)
        self.broker.leave(agent._link)  # type: ignore[arg-type]
        for feed in _feeds(agent):
            feed.close()
        agent._parts.journal.close()

    def _end_station(self) -> None:
        assert self.station is not None
        assert self.loop is not None
        if self._line is not None:
            self.broker.leave(self._line)
        # It is dead: what it still closes, it closes in a folder nobody will look into.
        self.loop.finish(self._unwind(self.station))
        self._close_loop()

    async def _unwind(self, station: Station) -> None:
        errands = [each for each in (self._begun, *self.errands) if each is not None]
        self._begun, self.errands = None, []
        for task in errands:
            task.cancel()
        await asyncio.gather(*errands, return_exceptions=True)
        await asyncio.gather(station.stop(), return_exceptions=True)

    def _close_loop(self) -> None:
        assert self.loop is not None
        self.loop.finish(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.loop = self.station = self._line = None

    @property
    def sounded(self) -> dict[str, list[Sounded]]:
        """What each node's card has heard, in every life of the node."""
        return {name: mast.sounded for name, mast in self.masts.items()}

    @property
    def up(self) -> dict[str, list[tuple[datetime, datetime | None]]]:
        """When each node was up."""
        return {name: mast.up for name, mast in self.masts.items()}

    def close(self) -> None:
        """End everything."""
        for mast in self.masts.values():
            if mast.agent is not None:
                self._end_node(mast)
        if self.station is not None:
            self._end_station()


def _feeds(agent: Agent) -> list[Feed | LiveFeed]:
    """Return what a node's player plays and is about to play; words to it carry no sound."""
    player = agent._parts.player
    return [take.feed for take in (player._take, *player._commands) if isinstance(take, _Take)]
