"""The commune's server, put together: one process, one event loop, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.priority import Priority
from smartradio.station.accounts import Accounts
from smartradio.station.alarm_clock import AlarmClock
from smartradio.station.calendar import Calendar
from smartradio.station.deadlines import Deadlines
from smartradio.station.dispatcher import Dispatcher, Published
from smartradio.station.journal import Journal
from smartradio.station.judging import Judging
from smartradio.station.keys import working_key
from smartradio.station.life_sign import LifeSign
from smartradio.station.monitor import Monitor
from smartradio.station.objects import Objects
from smartradio.station.plan_keeper import PlanKeeper
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.studio import EspeakReader, Studio
from smartradio.station.surroundings import find_recogniser, reach_broker, register_places
from smartradio.station.timekeeper import Timekeeper
from smartradio.station.views import AiringView, LoggedEvidence, NodeView
from smartradio.wire.client import Link, LinkSettings, LinkState
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Recogniser

_logger = structlog.get_logger()

_SILENT_CHECK_S = 10.0
_LIFE_SIGN_S = 15.0
_PLAYER_RATE = 16_000
_PLAYER_BITRATE = 24_000
_KEPT_FILES = 4


def utc_now() -> datetime:
    """Return the time of the machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What lives between start and stop."""

    journal: Journal
    studio: Studio
    calendar: Calendar
    keeper: PlanKeeper
    link: Link


class Station:
    """One commune's station. `start` and `stop` once each; the other methods between them.

    `recogniser` turns clips into words; without it the one of the settings is used, if there is one.
    `store`, `objects`, `accounts` and `public_key_hex` stand after `start`.
    """

    store: Store
    objects: Objects
    accounts: Accounts
    public_key_hex: str

    def __init__(
        self,
        settings: StationSettings,
        *,
        clock: Callable[[], datetime] = utc_now,
        recogniser: Recogniser | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._recogniser = recogniser
        self._topics = Topics(settings.station)
        self._nodes: dict[str, Node] = {node.name: node.node() for node in settings.nodes}
        self._stack: AsyncExitStack | None = None
        self._parts_now: _Parts | None = None
        self._broker_link: LinkSettings | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._player_files: OrderedDict[str, bytes] = OrderedDict()

    # -- life

    async def start(self) -> None:
        """Open the store, start broker and link, take up what stands in the plan.

        Raises SmartradioError; then nothing is left running.
        """
        if self._stack is not None:
            raise SmartradioError("the station was started before")
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        _logger.info("station_started", station=self.settings.station, nodes=len(self._nodes))

    async def stop(self) -> None:
        """Stop everything; what was not finished is taken up at the next start."""
        stack, self._stack = self._stack, None
        if stack is not None:
            try:
                await stack.aclose()
            finally:
                self._parts_now = None

    async def _start(self, stack: AsyncExitStack) -> None:
        settings, clock = self.settings, self._clock
        loop = asyncio.get_running_loop()
        self.store = await asyncio.to_thread(Store.open, settings.folder, clock=clock)
        stack.push_async_callback(asyncio.to_thread, self.store.close)
        key = await asyncio.to_thread(working_key, settings.folder)
        self.public_key_hex = key.public_hex
        self.objects = Objects(settings.folder / "objects")
        self.accounts = await asyncio.to_thread(Accounts, self.store, clock)
        await asyncio.to_thread(register_places, settings, self.store)
        life = LifeSign(settings.folder / "alive", clock=clock)
        down = await asyncio.to_thread(life.last_absence)
        journal = Journal(self.store)
        stack.callback(journal.close)
        recogniser = self._recogniser or await find_recogniser(settings, stack)
        reader = EspeakReader(rate_wpm=settings.rate_wpm)
        stack.push_async_callback(asyncio.to_thread, reader.close)
        studio = Studio(self.store, self.objects, reader, voice=settings.voice, clock=clock)
        calendar = Calendar(settings, self.store, journal, studio, clock=clock, down=down)

        broker_link = await reach_broker(settings, stack)
        self._broker_link = broker_link
        link = Link(
            broker_link,
            f"{settings.station}-station",
            subscriptions=[
                *(self._topics.any_node(leaf) for leaf in ("state", "want", "report", "time")),
                self._topics.any_clip,
            ],
            on_message=lambda topic, payload, retained: self._sort(loop, topic, payload, retained),
            on_state=lambda state: self._from_link(loop, dispatcher.link_is, state is LinkState.UP),
        )
        dispatcher = Dispatcher(
            settings,
            key,
            link,
            self.objects,
            self.store.next_counter,
            clock=clock,
            on_published=self._published,
            online=self._online,
        )
        alarms = AlarmClock(clock=clock)
        judging = Judging(self.store, self.objects, journal, clock=clock, recogniser=recogniser)
        wait = timedelta(seconds=settings.judge_deadline_s)
        deadlines = Deadlines(self.store, journal, judging, alarms, clock=clock, wait=wait, down=down)
        keeper = PlanKeeper(
            self.store,
            journal,
            dispatcher,
            deadlines,
            alarms,
            clock=clock,
            doorbell=timedelta(seconds=settings.doorbell_s),
        )
        self._monitor = Monitor(
            settings,
            key,
            self.store,
            self.objects,
            journal,
            nodes=self._nodes.get,
            clock=clock,
            send=link.publish,
            wish=dispatcher.wish,
            hearer=deadlines,
            say_again=dispatcher.say_again,
        )
        self._timekeeper = Timekeeper(
            self._topics,
            key,
            lambda topic, payload: link.publish(topic, payload, qos=0),
            clock=clock,
            refused=lambda node, error: self._from_link(
                loop, self._monitor.refuse, node, "time", error.reason, str(error)
            ),
        )
        self._parts_now = _Parts(journal, studio, calendar, keeper, link)

        judging.start()
        stack.push_async_callback(judging.stop)
        alarms.start()
        stack.push_async_callback(alarms.stop)
        stack.push_async_callback(deadlines.stop)
        stack.push_async_callback(self._end_tasks)
        await keeper.take_up(clock() + wait)
        self._monitor.start()
        stack.push_async_callback(self._monitor.stop)
        dispatcher.start()
        stack.push_async_callback(dispatcher.stop)
        self._timekeeper.start()
        stack.push_async_callback(asyncio.to_thread, self._timekeeper.stop)
        # Last in, first out: the link goes first, so that nothing new comes in while the rest ends.
        stack.push_async_callback(asyncio.to_thread, link.stop)
        link.start()
        alarms.every("replan", settings.replan_s, lambda: self._soon(self._replan(), "replan"))
        alarms.every("silent nodes", _SILENT_CHECK_S, self._monitor.mark_silent)
        alarms.every("life sign", _LIFE_SIGN_S, lambda: self._soon(asyncio.to_thread(life.give), "life sign"))
        await asyncio.to_thread(life.give)
        stack.push_async_callback(asyncio.to_thread, life.give)

    # -- what the link brings

    def _sort(self, loop: asyncio.AbstractEventLoop, topic: str, payload: bytes, retained: bool) -> None:
        """Take a message on the link's thread; only enqueues."""
        levels = self._topics.parse(topic)
        if levels is not None and len(levels) == 3 and levels[2] == "time":
            self._timekeeper.ask(levels[1], payload)
        else:
            self._from_link(loop, self._monitor.take, topic, payload, retained)

    @staticmethod
    def _from_link(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *values: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call, *values)

    # -- the plan

    async def load_schedules(self) -> None:
        """Read the schedule files of the settings and plan them; raises BadInputError with file and line."""
        await self._planned(await self._parts.calendar.load())

    async def _replan(self) -> None:
        await self._planned(await self._parts.calendar.replan())

    async def _planned(self, missed: Sequence[Airing]) -> None:
        await self._parts.keeper.refresh()
        await self._parts.keeper.missed(missed)

    async def _published(self, published: Sequence[Published]) -> None:
        await self._parts.keeper.published(published)

    def _online(self) -> frozenset[str]:
        return self._monitor.online()

    # -- what operators do

    async def air_now(
        self,
        *,
        title: str,
        text: str,
        by: str,
        zones: Sequence[str] | None = None,
        priority: Priority = Priority.PROGRAMME,
        lead_s: float | None = None,
    ) -> Airing:
        """Read, make, approve in the name of `by`, and plan a text to be aired at once.

        Raises BadInputError for what cannot be aired and SmartradioError when the voice fails; then nothing
        is planned.
        """
        if not by.strip():
            raise BadInputError("somebody must answer for what is aired: give a name")
        calendar, studio = self._parts.calendar, self._parts.studio
        known = calendar.check_zones(zones, f"bulletin {title!r}")
        script = await studio.script(title, text, priority)
        produced = await studio.produce(script)
        lead_s = self.settings.lead_s if lead_s is None else lead_s
        airing = await calendar.plan_now(script, produced, by=by.strip(), zones=known, lead_s=lead_s)
        await self._parts.keeper.refresh()
        return airing

    async def confirm(self, airing: str, node: str, *, by: str) -> None:
        """Settle a verdict as right; raises BadInputError when there is none."""
        await self._settle(airing, node, Step.CONFIRMED, by, None)

    async def dispute(self, airing: str, node: str, *, by: str, note: str) -> None:
        """Settle a verdict as doubted; raises BadInputError when there is none."""
        await self._settle(airing, node, Step.DISPUTED, by, " ".join(note.split())[:2_000])

    async def _settle(self, airing: str, node: str, step: Step, by: str, note: str | None) -> None:
        facts = {"by": by} if note is None else {"by": by, "note": note}
        evidence = Evidence(airing, node, step, self._clock(), f"operator:{by}", None, facts)
        await self._parts.journal.settle(evidence)

    # -- what operators see and hear

    def events(self) -> AsyncIterator[Evidence]:
        """Return every evidence committed from now on; ends when the station stops."""
        return self._parts.journal.listen()

    async def settled(self, airing: str, timeout_s: float) -> AiringView:
        """Wait until every node has a verdict; raises SmartradioError when that takes longer."""
        listening = self.events()
        waiting: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    view = await asyncio.to_thread(self.airing_view, airing)
                    if view is None:
                        raise BadInputError(f"there is no airing {airing}")
                    waiting = [node.node for node in view.nodes if node.verdict is None]
                    if not waiting:
                        return view
                    async for evidence in listening:
                        if evidence.airing == airing:
                            break
                    else:
                        raise SmartradioError("the station stopped before every node had a verdict")
        raise SmartradioError(f"no verdict of {', '.join(waiting) or airing} within {timeout_s:g} s")

    async def recording_audio(self, recording_id: str) -> bytes:
        """Return a whole recording as one Ogg Opus file; raises SmartradioError when it is not held."""
        kept = self._player_files.get(recording_id)
        if kept is None:
            kept = await asyncio.to_thread(self._one_file, recording_id)
            self._player_files[recording_id] = kept
            while len(self._player_files) > _KEPT_FILES:
                self._player_files.popitem(last=False)
        return kept

    def _one_file(self, recording_id: str) -> bytes:
        from smartradio.audio.codec import encode_opus  # noqa: PLC0415 - numpy comes with it
        from smartradio.station.judging import reference_of  # noqa: PLC0415

        recording = self.store.recording(recording_id)
        if recording is None:
            raise SmartradioError(f"there is no recording {recording_id[:12]}")
        reference = reference_of(recording, self.objects, _PLAYER_RATE)
        return encode_opus(reference, _PLAYER_RATE, bitrate=_PLAYER_BITRATE)

    async def clip_audio(self, airing: str, node: str) -> bytes | None:
        """Return what a node's microphone heard as Ogg Opus, None if nothing is held."""
        view = await asyncio.to_thread(self.airing_view, airing, with_chain=False)
        clip = next((n.clip for n in view.nodes if n.node == node), None) if view is not None else None
        return await asyncio.to_thread(self.objects.get, clip) if clip is not None else None

    def airing_view(self, id: str, *, with_chain: bool = True) -> AiringView | None:  # noqa: A002
        """Return one airing with all that is known of it. Blocking."""
        return self.store.airing_view(id, with_chain=with_chain)

    def board(self, newest: int = 50) -> list[AiringView]:
        """Return the newest airings, newest first, without their chains. Blocking."""
        return self.store.board(newest)

    def node_views(self) -> list[NodeView]:
        """Return the nodes as last known. Blocking."""
        return self.store.node_views()

    def zones(self) -> list[Zone]:
        """Return the zones an operator may speak to. Blocking."""
        return self.store.zones()

    def refusals(self, newest: int = 30) -> list[LoggedEvidence]:
        """Return the newest refusals that belong to no airing, newest first. Blocking."""
        refused = [entry for entry in self.store.chain("") if entry.evidence.step is Step.REFUSED]
        return refused[: -newest - 1 : -1]

    @property
    def link_state(self) -> LinkState:
        """Where the link to the broker stands."""
        return self._parts.link.state

    @property
    def broker_address(self) -> tuple[str, int]:
        """Host and port of the broker, as nodes on this machine reach it."""
        if self._broker_link is None:
            raise SmartradioError("the station is not running")
        return self._broker_link.host, self._broker_link.port

    # -- inside

    def _soon(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Run work of an alarm; its failure is logged, the alarm rings again."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("station_task_failed", task=task.get_name(), exc_info=error)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _parts(self) -> _Parts:
        if self._parts_now is None:
            raise SmartradioError("the station is not running")
        return self._parts_now
