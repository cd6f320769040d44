"""A station's parts, put together and started in order; what ends them lies on the exit stack."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.catalogue.places import models_folder
from smartradio.domain.airing import Airing
from smartradio.station.accounts import Accounts
from smartradio.station.admission import Admission
from smartradio.station.approval_desk import ApprovalDesk, approval_desk
from smartradio.station.backup.restoring import take_over
from smartradio.station.calendar import Calendar
from smartradio.station.clip_days import delete_old_clips
from smartradio.station.clip_desk import ClipDesk
from smartradio.station.deadlines import Deadlines
from smartradio.station.desks import Desks, Inside, make_desks
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.errands import Errands
from smartradio.station.judging import Judging
from smartradio.station.kept_settings import in_force
from smartradio.station.keys import working_key
from smartradio.station.life_sign import LifeSign
from smartradio.station.link_gate import LinkGate
from smartradio.station.monitor import Monitor
from smartradio.station.news import News
from smartradio.station.objects import Objects
from smartradio.station.plan_keeper import PlanKeeper
from smartradio.station.reader import Reader
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.registry import register_places, registry_over
from smartradio.station.relay.desk import Offers, RelayDesk
from smartradio.station.relay.tap import Tap
from smartradio.station.replay import Replays
from smartradio.station.sent import CountedLink, SentBytes
from smartradio.station.settings import StationSettings
from smartradio.station.source_information.commune import CommuneDesk
from smartradio.station.source_information.exchange import Exchange
from smartradio.station.source_information.link import exchange_of
from smartradio.station.standing_notice import give_standing_notice
from smartradio.station.store import Store
from smartradio.station.studio import Studio
from smartradio.station.surroundings import Outside, StationLink, Timers, find_recogniser, reach_broker
from smartradio.station.timekeeper import Timekeeper
from smartradio.wire.client import LinkSettings, LinkState
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Recogniser

_logger = structlog.get_logger()

_SILENT_CHECK_S = 2.0
_LIFE_SIGN_S = 15.0
_DAY_S = 86_400.0

Clock = Callable[[], datetime]
# What is done again every so many seconds.
Chores = Mapping[str, tuple[float, Callable[[], Coroutine[Any, Any, object]]]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is on the disk: the database, the sounds, the accounts, the station's key.

    `settings` are those in force: the file's (`filed`) with what was changed at the console.
    """

    filed: StationSettings
    settings: StationSettings
    store: Store
    objects: Objects
    accounts: Accounts
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Parts:
    """What lives between start and stop."""

    recorder: EvidenceRecorder
    studio: Studio
    calendar: Calendar
    replays: Replays
    keeper: PlanKeeper
    approval_desk: ApprovalDesk
    exchange: Exchange | None
    clips: ClipDesk
    monitor: Monitor
    link: StationLink
    broker_link: LinkSettings

    async def load_schedules(self) -> None:
        """Read the schedule files and plan them; raises BadInputError with file and line."""
        await self._planned(await self.calendar.load())
        await self.calendar.look_through()

    async def take_items(self, since: datetime) -> None:
        """Plan what the items written at the console have become since an instant."""
        await self._planned(await self.calendar.take_items(since=since))

    async def replan(self) -> None:
        """Bring the plan up to the horizon."""
        await self._planned(await self.calendar.replan())

    async def _planned(self, missed: Sequence[Airing]) -> None:
        await self.keeper.refresh()
        await self.keeper.missed(missed)


async def open_shelf(settings: StationSettings, clock: Clock, stack: AsyncExitStack) -> Shelf:
    """Open what is on the disk; raises SmartradioError, also for a second station in the folder."""
    # Before anything of the folder is opened.
    await asyncio.to_thread(take_over, settings.folder)
    store = await asyncio.to_thread(Store.open, settings.folder, clock=clock)
    stack.push_async_callback(asyncio.to_thread, store.close)
    key = await asyncio.to_thread(working_key, settings.folder)
    objects = Objects(settings.folder / "objects")
    # Nobody else writes here: the store's lock is held.
    left = await asyncio.to_thread(objects.sweep_unfinished)
    if left:
        _logger.info("unfinished_sounds_removed", files=left)
    accounts = await asyncio.to_thread(Accounts, store, clock)
    holding = in_force(settings, await asyncio.to_thread(store.settings.values))
    holding = registry_over(holding, await asyncio.to_thread(store.places.all))
    await asyncio.to_thread(register_places, holding, store)
    return Shelf(settings, holding, store, objects, accounts, key)


async def assemble(
    settings: StationSettings,
    shelf: Shelf,
    stack: AsyncExitStack,
    *,
    clock: Clock,
    recogniser: Recogniser | None,
    outside: Outside,
) -> tuple[Parts, Desks]:
    """Start broker, link and everything between, take up what stands in the plan. Raises SmartradioError."""
    store, objects, key = shelf.store, shelf.objects, shelf.key
    nodes = {node.name: node.node() for node in settings.nodes}
    life = LifeSign(settings.folder / "alive", clock=clock)
    down = await asyncio.to_thread(life.last_absence)
    news = stack.enter_context(closing(News()))
    recorder = stack.enter_context(closing(EvidenceRecorder(store, news)))
    recogniser = recogniser or await find_recogniser(settings, stack)
    studio = _studio(settings, shelf, stack, clock)
    calendar = await _calendar(settings, shelf, recorder, studio, clock=clock, down=down)
    broker_link = await reach_broker(settings, stack)
    gate = LinkGate(Topics(settings.station), asyncio.get_running_loop())
    sent = SentBytes(Topics(settings.station), {zone.name: settings.nodes_of((zone.name,)) for zone in settings.zones})
    link = CountedLink(
        outside.link(
            broker_link,
            f"{settings.station}-station",
            subscriptions=gate.subscriptions,
            on_message=lambda topic, payload, retained: gate.sort(timekeeper, monitor, topic, payload, retained),
            on_state=lambda state: gate.call(dispatcher.link_is, state is LinkState.UP),
        ),
        sent,
    )
    dispatcher = Dispatcher(
        settings,
        key,
        link,
        objects,
        store.next_counter,
        clock=clock,
        on_published=lambda published: keeper.published(published),  # noqa: PLW0108 - made further down
        online=lambda: monitor.online(),  # noqa: PLW0108
    )
    alarms = outside.timers(clock)
    judging = Judging(
        store, objects, recorder, clock=clock, recogniser=recogniser, crowded_above=settings.most_waiting_clips
    )
    clips = ClipDesk(
        store,
        recorder,
        judging,
        dispatcher,
        settings.clip_policy,
        nodes=[entry.name for entry in settings.nodes],
        clock=clock,
        valid=timedelta(days=max(1, settings.node_clip_days)),
        max_clip_bytes=settings.max_clip_bytes,
    )
    wait = timedelta(seconds=settings.judge_deadline_s)
    deadlines = Deadlines(store, recorder, judging, alarms, clock=clock, wait=wait, down=down, clips=clips)
    relays = await _relay_desk(
        settings,
        shelf,
        recorder,
        offers=dispatcher.wishes,
        alarms=alarms,
        stack=stack,
        clock=clock,
        send=link.publish,
        tap=outside.tap,
    )
    keeper = PlanKeeper(
        store,
        recorder,
        dispatcher,
        deadlines,
        alarms,
        clock=clock,
        doorbell=timedelta(seconds=settings.doorbell_s),
        relays=relays.hold,
    )
    monitor = Monitor(
        settings,
        key,
        store,
        objects,
        recorder,
        nodes=nodes.get,
        clock=clock,
        send=link.publish,
        wish=sent.watching(dispatcher.wish),
        hearer=deadlines,
        say_again=dispatcher.say_again,
        news=news,
        older=dispatcher.older,
    )
    timekeeper = Timekeeper(
        Topics(settings.station),
        key,
        lambda topic, payload: link.publish(topic, payload, qos=0),
        clock=clock,
        refused=lambda node, error: gate.call(monitor.refuse, node, "time", error.reason, str(error)),
    )
    desk = approval_desk(
        settings,
        store=store,
        objects=objects,
        recorder=recorder,
        studio=studio,
        dispatcher=dispatcher,
        clock=clock,
        calendar=calendar,
        changed=lambda since: parts.take_items(since),  # noqa: PLW0108 - made further down
        refresh=keeper.refresh,
    )
    commune = CommuneDesk(settings, store, studio, calendar, desk, keeper.refresh, clock)
    parts = Parts(
        recorder,
        studio,
        calendar,
        Replays(settings, store, objects, recorder, clock=clock),
        keeper,
        desk,
        await exchange_of(settings, store, key, commune, stack, recorder=recorder, clock=clock),
        clips,
        monitor,
        link,
        broker_link,
    )

    errands = Errands()
    judging.start()
    stack.push_async_callback(judging.stop)
    alarms.start()
    stack.push_async_callback(alarms.stop)
    stack.push_async_callback(deadlines.stop)
    stack.push_async_callback(errands.stop)
    await keeper.take_up(clock() + wait)
    await clips.take_up()
    monitor.start()
    stack.push_async_callback(monitor.stop)
    dispatcher.start()
    stack.push_async_callback(dispatcher.stop)
    timekeeper.start()
    stack.push_async_callback(asyncio.to_thread, timekeeper.stop)
    desks = await make_desks(
        Inside(
            settings=settings,
            shelf=shelf,
            parts=parts,
            news=news,
            dispatcher=dispatcher,
            deadlines=deadlines,
            judging=judging,
            timers=alarms,
            errands=errands,
            sent=sent,
            clock=clock,
            elapsed_s=outside.elapsed_s,
            stack=stack,
        )
    )
    gate.gauges = desks.gauges.take
    # Last in, first out: the link goes first, so that nothing new comes in while the rest ends.
    stack.push_async_callback(asyncio.to_thread, link.stop)
    link.start()

    _begin_chores(settings, shelf, parts, life=life, alarms=alarms, errands=errands, dispatcher=dispatcher, clock=clock)
    await asyncio.to_thread(life.give)
    stack.push_async_callback(asyncio.to_thread, life.give)
    return parts, desks


def _begin_chores(
    settings: StationSettings,
    shelf: Shelf,
    parts: Parts,
    *,
    life: LifeSign,
    alarms: Timers,
    errands: Errands,
    dispatcher: Dispatcher,
    clock: Clock,
) -> None:
    """Have done every so often what is done again and again."""
    store, objects = shelf.store, shelf.objects

    def forget() -> Coroutine[Any, Any, object]:
        return asyncio.to_thread(delete_old_clips, store, objects, now=clock(), days=settings.clip_days)

    chores: Chores = {
        "replan": (settings.replan_s, parts.replan),
        "life sign": (_LIFE_SIGN_S, lambda: asyncio.to_thread(life.give)),
        "old clips": (_DAY_S, forget),
    }
    if settings.source_information is not None and parts.exchange is not None:
        chores = {**chores, "source information": (settings.source_information.poll_s, parts.exchange.round)}
    for name, (every_s, work) in chores.items():
        alarms.every(name, every_s, errands.errand(work, name))
    alarms.every("silent nodes", _SILENT_CHECK_S, parts.monitor.mark_silent)
    # A station that is started every morning never sees a day end.
    errands.run(forget(), "old clips")
    notice = give_standing_notice(settings, parts.studio, dispatcher.wishes, dispatcher.stand_by, clock)
    errands.run(notice, "standing notice")


def _studio(settings: StationSettings, shelf: Shelf, stack: AsyncExitStack, clock: Clock) -> Studio:
    """Return the studio with its reader, which ends with the station."""
    reader = Reader(settings.models or models_folder(), rate_wpm=settings.rate_wpm)
    stack.push_async_callback(asyncio.to_thread, reader.close)
    return Studio(shelf.store, shelf.objects, reader, voice=settings.voice, clock=clock)


async def _calendar(
    settings: StationSettings,
    shelf: Shelf,
    recorder: EvidenceRecorder,
    studio: Studio,
    *,
    clock: Clock,
    down: tuple[datetime, datetime] | None,
) -> Calendar:
    """Return the calendar, once what stands in the plan was held against what was approved."""
    admission = Admission(settings, shelf.store, shelf.objects, recorder, studio, clock=clock)
    await admission.hold_against_the_log()
    return Calendar(settings, shelf.store, recorder, studio, admission, clock=clock, down=down)


async def _relay_desk(
    settings: StationSettings,
    shelf: Shelf,
    recorder: EvidenceRecorder,
    *,
    offers: Offers,
    alarms: Timers,
    stack: AsyncExitStack,
    clock: Clock,
    send: Callable[[str, bytes], bool],
    tap: Callable[[bool], Tap],
) -> RelayDesk:
    """Return the desk of relays, once what was on the air at the last end is on record."""
    desk = RelayDesk(
        settings.station,
        shelf.key,
        shelf.store,
        shelf.objects,
        recorder,
        offers=offers,
        alarms=alarms,
        folder=settings.folder / "relays",
        clock=clock,
        send=send,
        make_tap=lambda: tap(settings.relay_from_local_network),
    )
    stack.push_async_callback(desk.stop)
    await desk.take_up()
    return desk
