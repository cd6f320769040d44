"""Brings plans, doorbells and audio to the nodes; what the link does not take is kept and sent later.

Plans and settings are retained, so a node that was off finds them. Audio is never pushed unasked: a node
subscribes to the objects it lacks and wishes for their chunks, the wishes of all nodes are gathered for a
moment (or until all who are online have spoken), and each chunk travels once for all of them. So no node
gets a byte twice or one it has.

One task sends, in the order: what is to fall silent, the doorbells of emergencies, plans and settings, other
doorbells, chunks of what starts soonest. Everything waiting here comes again from the store, or from the nodes'
repeated wishes, after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.priority import Priority
from smartradio.station.chunk_sender import ChunkSender
from smartradio.station.clip_orders import ClipOrders, NodeWish
from smartradio.station.doorbells import STOP_VALID, Bell, OrderAt, Ring, bells, older_bells, play_order, stop_order
from smartradio.station.just_rung import JustRung
from smartradio.station.node_configs import NodeConfigs
from smartradio.station.node_plans import NodePlans, Published
from smartradio.station.older_nodes import OlderNodes
from smartradio.station.planner import tells_anything_new
from smartradio.station.settings import NodeEntry, StationSettings
from smartradio.station.telling import OnPublished, Telling
from smartradio.station.wishes import Wishes
from smartradio.wire.messages import Plan, PlannedAiring, SegmentRef, StandingNotice, Want, seal
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.station.objects import Objects

_logger = structlog.get_logger()

_ROOM_TIMEOUT_S = 2.0
_RETRY_S = 0.25
_FAULT_RETRY_S = 2.0
# An order for a clip that is not answered by then goes into the node's plan as well.
_ANSWER_S = 15.0


class LinkPort(Protocol):
    """What the dispatcher needs of `smartradio.wire.client.Link`."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""

    def wait_room(self, timeout_s: float) -> bool:
        """Wait until fewer messages than the limit are in flight."""


class Dispatcher:
    """Sends what nodes must know and have; all methods are for the event loop.

    `next_counter` gives the strictly growing (epoch, counter); it may block and is called in a thread. `online`
    names the nodes that are online.
    """

    def __init__(
        self,
        settings: StationSettings,
        key: SigningKey,
        link: LinkPort,
        objects: Objects,
        next_counter: Callable[[], tuple[int, int]],
        *,
        clock: Callable[[], datetime],
        on_published: OnPublished,
        online: Callable[[], Set[str]] | None = None,
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings.station)
        self._key = key
        self._link = link
        self._next_counter = next_counter
        self._clock = clock
        self._telling = Telling(on_published, again_s=_FAULT_RETRY_S)
        self._nodes: dict[str, NodeEntry] = {node.name: node for node in settings.nodes}
        # Without knowing who is online everybody is waited for, as long as wishes are gathered.
        self._work = asyncio.Event()
        self._wishes = Wishes(gather_s=settings.gather_s, online=online or self._nodes.keys, ready=self._work.set)
        self._chunks = ChunkSender(
            self._wishes, objects, self._topics, lambda topic, chunk: self._blocking_hand_over(topic, chunk, False)
        )
        self._airings: dict[str, Airing] = {}
        self._recordings: dict[str, Recording] = {}
        self._sent_plans: dict[str, tuple[PlannedAiring, ...]] = {}
        self._plans_due: dict[str, None] = {}
        self._configs_due: dict[str, None] = {}
        self.older = OlderNodes(self._say_anew)
        self._configs = NodeConfigs(settings, self.older)
        self._just = JustRung()
        self._alerts_due: dict[str, None] = {}
        self._doorbells_due: dict[str, None] = {}
        self._stops_due: dict[str, None] = {}
        self._stops: dict[str, tuple[Airing, datetime]] = {}
        self._policy = settings.clip_policy
        self._plans = NodePlans(self._policy.at_once, self.older)
        self._clip_orders = ClipOrders()
        self._clips_due: dict[str, None] = {}
        self._answers_due: dict[str, asyncio.TimerHandle] = {}
        self._up = asyncio.Event()
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    def start(self) -> None:
        """Begin to send."""
        self._tasks = (
            asyncio.create_task(self._run(), name="dispatcher"),
            asyncio.create_task(self._telling.run(), name="what was published"),
        )

    async def stop(self) -> None:
        """Send no more."""
        self._wishes.stop()
        for timer in self._answers_due.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = ()

    def link_is(self, up: bool) -> None:
        """Learn whether the link is up; coming up, everything retained is said again.

        The broker may have lost it, and what was in flight when the link broke is lost for certain.
        """
        if not up:
            self._up.clear()
            self._telling.due()
            return
        self._up.set()
        self.say_again()

    def say_again(self) -> None:
        """Say everything retained again, under new counters."""
        for name in self._nodes:
            self._configs_due[name] = None
            self._plans_due[name] = None
        self._sent_plans.clear()
        self._clip_orders.forget_plans()
        self._work.set()

    def _say_anew(self, name: str) -> None:
        if name in self._nodes:
            self._configs_due[name] = self._plans_due[name] = None
            self._work.set()

    def stand_by(self, notice: StandingNotice) -> None:
        """Have all nodes keep a notice for the programme that is not there."""
        self._configs.standing = notice
        self._configs_due.update(dict.fromkeys(self._nodes))
        self._work.set()

    def keep(self, segments: Sequence[SegmentRef]) -> None:
        """Have all nodes keep sounds for alerts to come, whatever their plans say."""
        self._configs.kept = segments
        self._configs_due.update(dict.fromkeys(self._nodes))
        self._work.set()

    def set_volumes(self, volumes_db: Mapping[str, float]) -> None:
        """Have nodes play at another volume (dB) than that of the settings; those that are not named keep theirs."""
        self._configs.set_volumes(volumes_db)
        self._configs_due.update(dict.fromkeys(name for name in volumes_db if name in self._nodes))
        self._work.set()

    def hold(self, airings: Iterable[Airing], recordings: Mapping[str, Recording]) -> None:
        """Take what stands in the store now; nodes whose plan changes by it get a new one."""
        now = self._clock()
        # What was rung or stopped meanwhile is newer than the look into the store.
        self._airings, self._recordings = self._just.beside(airings, recordings, now)
        self._plans.take(self._airings.values(), self._recordings)
        self._wishes.needed(self._airings.values(), self._recordings)
        for name in self._nodes:
            if tells_anything_new(self._sent_plans.get(name), self._plans.of(name, now), now):
                self._plans_due[name] = None
        self._work.set()

    def ring(self, airing_id: str) -> None:
        """Ring an airing's zones: it is about to start."""
        airing = self._airings.get(airing_id)
        if airing is not None:
            urgent = airing.priority >= Priority.EMERGENCY
            (self._alerts_due if urgent else self._doorbells_due)[airing_id] = None
            self._work.set()

    def alert(self, airing: Airing, recording: Recording) -> None:
        """Ring for an emergency that was just committed, and put it into its nodes' plans; not if it was stopped.

        So it is when more of it is made: all of it is rung again.
        """
        if not self._just.rings(airing, recording):
            return
        self._airings[airing.id] = airing
        self._recordings[recording.id] = recording
        self._wishes.need(airing, recording)
        self._plans.add(airing, recording)
        self._plans_due.update(dict.fromkeys(name for name in airing.nodes if name in self._nodes))
        self.ring(airing.id)

    def stop_airing(self, airing: Airing) -> None:
        """Stop an airing at all its nodes at once; the plan without it follows when it is handed on (`hold`)."""
        self._just.stops(airing)
        self._airings.pop(airing.id, None)
        self._plans.drop(airing)
        self._stops[airing.id] = airing, self._clock() + STOP_VALID
        self._stops_due[airing.id] = None
        self._work.set()

    def order_clip(self, wish: NodeWish) -> None:
        """Ring a node for a recording that it keeps, a tone, a restart; unanswered it goes into its plan as well."""
        if wish.node not in self._nodes:
            return
        self._clip_orders.add(wish)
        self._clips_due[wish.order] = None
        self._work.set()

    def clip_answered(self, order: str) -> None:
        """Learn that a node has an order of this kind."""
        self._clip_orders.answered(order)
        if (timer := self._answers_due.pop(order, None)) is not None:
            timer.cancel()

    def _unanswered(self, wish: NodeWish) -> None:
        self._answers_due.pop(wish.order, None)
        self._plans_due[wish.node] = None
        self._work.set()

    def wish(self, want: Want) -> None:
        """Take a node's wishes; they are gathered with those of others before anything is sent."""
        self._wishes.add(want)

    @property
    def wishes(self) -> Wishes:
        """Where nodes' wishes wait; also for what stands in no plan."""
        return self._wishes

    async def _run(self) -> None:
        while True:
            await self._up.wait()
            try:
                sent = await self._send_next()
            except Exception:
                # A full disk or a bad moment of the store must not end the sending: what is due stays due.
                _logger.exception("dispatch_failed")
                await asyncio.sleep(_FAULT_RETRY_S)
                continue
            if sent is None:
                self._work.clear()
                if not self._idle:
                    continue
                self._telling.due()
                await self._work.wait()
            elif not sent:
                await asyncio.sleep(_RETRY_S)

    @property
    def _idle(self) -> bool:
        return not self._wishes and not any(due for due, _ in self._in_order())

    async def _send_next(self) -> bool | None:
        """Send one thing; True: sent, False: the link took nothing and it stays due, None: nothing is due."""
        for due, send in self._in_order():
            if due:
                name = next(iter(due))
                # Taken off first: what falls due again while it is being sent must be sent again.
                del due[name]
                sent = False
                try:
                    sent = await send(name)
                finally:
                    if not sent and self._still_known(name):
                        due.setdefault(name)
                return sent
        return await self._chunks.send(up=self._up.is_set()) if self._wishes else None

    def _in_order(self) -> tuple[tuple[dict[str, None], Callable[[str], Awaitable[bool]]], ...]:
        return (
            # Nothing is more urgent than silence where something must not be heard.
            (self._stops_due, self._send_stop),
            (self._alerts_due, self._send_doorbell),
            (self._configs_due, self._send_config),
            (self._plans_due, self._send_plan),
            (self._doorbells_due, self._send_doorbell),
            (self._clips_due, self._send_clip_order),
        )

    def _still_known(self, name: str) -> bool:
        return any(name in known for known in (self._nodes, self._airings, self._stops, self._clip_orders))

    async def _send_config(self, name: str) -> bool:
        mark = await asyncio.to_thread(self._next_counter)
        topic = self._topics.node(name, "config")
        config = self._configs.of(name, mark, self._clock())
        return await self._hand_over(topic, seal(self._key, topic, config), retain=True)

    async def _send_plan(self, name: str) -> bool:
        now = self._clock()
        airings = self._plans.of(name, now)
        known = self._sent_plans.get(name)
        wishes = self._clip_orders.of(name, now)
        if not tells_anything_new(known, airings, now) and not self._clip_orders.news(name, now):
            return True
        epoch, counter = await asyncio.to_thread(self._next_counter)
        topic = self._topics.node(name, "plan")
        plan = Plan(
            station=self._settings.station,
            node=name,
            epoch=epoch,
            counter=counter,
            issued_at=now,
            airings=airings,
            orders=tuple(wish.signed_as(self._settings.station, epoch, counter, now) for wish in wishes),
        )
        if not await self._hand_over(topic, self._plans.sealed(self._key, topic, plan), retain=True):
            return False
        self._sent_plans[name] = airings
        self._clip_orders.stand_in_plan(name, wishes)
        told = {airing.airing for airing in known or ()}
        new = tuple(airing.airing for airing in airings if airing.airing not in told)
        if new:
            self._telling.add(Published(name, new, epoch, counter))
        return True

    async def _send_stop(self, airing_id: str) -> bool:
        airing, until = self._stops[airing_id]
        if until <= self._clock():
            # A node that comes back after so long finds it gone from its plan.
            del self._stops[airing_id]
            return True
        if not await self._ring_all(airing, partial(stop_order, airing)):
            return False
        del self._stops[airing_id]
        return True

    async def _send_doorbell(self, airing_id: str) -> bool:
        airing = self._airings.get(airing_id)
        if airing is None or airing.expires_at <= self._clock():
            return True
        recording, clip = self._recordings[airing.recording_id], self._policy.at_once(airing.priority)
        older = older_bells(airing, recording, self.older, self._topics, clip=clip)
        return await self._ring_all(airing, partial(play_order, airing, recording, clip=clip), older)

    async def _ring_all(self, airing: Airing, order: OrderAt, more: Iterable[tuple[Bell, OrderAt]] = ()) -> bool:
        """Ring for an airing wherever it is meant, and `more` after it; False if the link took not all of it."""
        rung = [(bell, order) for bell in bells(airing, self._nodes.values(), self._topics)] + list(more)

        def work() -> bool:
            # In one go: what else the event loop has to do must not stand between two zones.
            for bell, order_at in rung:
                ring = Ring(self._settings.station, *self._next_counter(), self._clock())
                payload = seal(self._key, bell.topic, order_at(bell, ring))
                if not self._up.is_set() or not self._blocking_hand_over(bell.topic, payload, False):
                    return False
            return True

        return await asyncio.to_thread(work)

    async def _send_clip_order(self, order: str) -> bool:
        wish = self._clip_orders.get(order)
        if wish is None:
            return True
        epoch, counter = await asyncio.to_thread(self._next_counter)
        topic = self._topics.node(wish.node, "order")
        message = wish.signed_as(self._settings.station, epoch, counter, self._clock())
        if not await self._hand_over(topic, seal(self._key, topic, message)):
            return False
        self._answers_due[order] = asyncio.get_running_loop().call_later(_ANSWER_S, self._unanswered, wish)
        return True

    async def _hand_over(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        if not self._up.is_set():
            return False
        return await asyncio.to_thread(self._blocking_hand_over, topic, payload, retain)

    def _blocking_hand_over(self, topic: str, payload: bytes, retain: bool) -> bool:
        return self._link.wait_room(_ROOM_TIMEOUT_S) and self._link.publish(topic, payload, qos=1, retain=retain)
