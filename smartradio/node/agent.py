"""The agent on the pole: takes what the station sends, airs it, and tells what happened."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from smartradio.domain.evidence import Reason, Step
from smartradio.node.broadcast import Broadcast, Desk, Volume
from smartradio.node.cache import Arrival, Cache
from smartradio.node.clips import Clips
from smartradio.node.clock import ClockSource, NodeClock
from smartradio.node.gate import Gate, Marks
from smartradio.node.heartbeat import Heartbeat
from smartradio.node.identity import new_boot, node_key
from smartradio.node.journal import Journal
from smartradio.node.microphone import Microphone
from smartradio.node.namesake import Namesake
from smartradio.node.player import Player
from smartradio.node.reports import Reports
from smartradio.node.settings import NodeSettings
from smartradio.node.sound.port import Sound
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Action, NodeConfig, Order, Plan, TimeRequest, Want, unseal, write_plain
from smartradio.wire.signing import RefusedError
from smartradio.wire.topics import NODE_SUBSCRIBES, VERSION, Topics, version_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

STATE_WITHIN_S = 10.0
LOOK_EVERY_S = 1.0
HOUSEKEEPING_EVERY_S = 3_600.0
FORGET_AFTER = timedelta(days=14)
# A doorbell that rings before the station has told the time waits this long for it.
HOLD_S = 10.0
HELD = 50
UNTRUSTED_AFTER_S = 10.0
QUEUE = 20_000
BATCH = 500


class LinkPort(Protocol):
    """What the agent needs of `smartradio.wire.client.Link`."""

    def start(self) -> None:
        """Begin to connect."""
        ...

    def stop(self, timeout_s: float = 3.0) -> None:
        """Say goodbye."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""
        ...

    def subscribe(self, topic: str) -> None:
        """Subscribe now and after every reconnect."""
        ...

    def unsubscribe(self, topic: str) -> None:
        """Forget a subscription."""
        ...


OnMessage = Callable[[str, bytes, bool], None]
OnState = Callable[[LinkState], None]
MakeLink = Callable[[list[str], OnMessage, OnState, Callable[[], tuple[str, bytes]], str], LinkPort]


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    payload: bytes
    retained: bool
    at_s: float


class Agent:
    """One node. `run` works until `stop`; everything happens on its thread, others only enqueue.

    `make_link(subscriptions, on_message, on_state, will, boot)` gives the link, `decode` turns an Opus object
    into samples at 48 kHz.
    """

    def __init__(
        self,
        settings: NodeSettings,
        *,
        source: ClockSource,
        sound: Sound,
        make_link: MakeLink,
        decode: Callable[[bytes], Signal],
    ) -> None:
        self._settings = settings
        self._source = source
        self._boot = new_boot()
        self._key = node_key(settings.data)
        self._topics = Topics(settings.station)
        self._journal = Journal(settings.data / "journal.db")
        self._inbox: queue.Queue[_Message | LinkState | None] = queue.Queue(QUEUE)
        self._stopping = threading.Event()
        self._up_s: float | None = None
        self._zone = settings.zone
        self._marks = Marks.read({key: self._journal.get(key) for key in Marks().write()})
        self._gate = self._make_gate()
        self._clock = NodeClock(source, self._ask_time, self._journal.get, self._journal.put)
        self._reports = Reports(
            self._journal,
            self._clock,
            self._key,
            station=settings.station,
            node=settings.name,
            boot=self._boot,
            publish=self._publish,
        )
        self._cache = Cache(settings.data / "audio", limit_mb=settings.cache_limit_mb, floor_mb=settings.disk_floor_mb)
        self._clips = Clips(
            settings.data / "clips",
            self._journal,
            topics=self._topics,
            node=settings.name,
            publish=self._publish,
        )
        self._sound = sound
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="measure")
        self._desk = Desk(
            journal=self._journal,
            reports=self._reports,
            clips=self._clips,
            cache=self._cache,
            clock=self._clock,
            player=Player(sound, source.monotonic),
            microphone=Microphone(sound),
            worker=self._worker,
            volume=Volume(settings.volume_db),
            static_delay_s=settings.static_delay_ms / 1000,
        )
        self._broadcast = Broadcast(self._desk, decode)
        self._namesake = Namesake(self._boot, self._key.public_hex)
        self._plan_orders: dict[str, Order] = {}
        self._held: list[_Message] = []
        self._heartbeat = Heartbeat(
            settings.station,
            settings.name,
            self._boot,
            self._key,
            self._clock,
            folder=settings.data,
            publish=self._publish_retained,
        )
        self._look_s = -1e9
        self._housekeeping_s = -1e9
        self._told_untrusted = False
        self._told_full: set[str] = set()
        self._make_link = make_link
        self._link = self._new_link()

    # -- life

    @property
    def public_key(self) -> str:
        """The key that the station must know this node by, 64 hex digits."""
        return self._key.public_hex

    def run(self) -> None:
        """Work until `stop` is called."""
        self.start()
        _logger.info("node %s of station %s is up", self._settings.name, self._settings.station)
        try:
            while not self._stopping.is_set():
                self.step()
        finally:
            self.close()

    def start(self) -> None:
        """Take up where the last process left and begin to connect."""
        self._restore()
        self._link.start()

    def step(self, longest_wait_s: float = LOOK_EVERY_S) -> None:
        """Do what is due, then wait for a message until something else is due."""
        due_s = self._tick()
        self._take_in(min(max(due_s - self._source.monotonic(), 0.001), longest_wait_s))

    def stop(self) -> None:
        """End `run`; may be called from anywhere."""
        self._stopping.set()
        try:
            self._inbox.put_nowait(None)
        except queue.Full:
            # The loop is awake anyhow.
            return

    def _restore(self) -> None:
        """Take up where the last process left, so that the plan plays though the link is down."""
        config = self._journal.get("config")
        if config is not None:
            self._stored(config, self._take_config)
        self._broadcast.recover()
        plan = self._journal.get("plan")
        if plan is not None:
            self._stored(plan, self._take_plan)

    def _stored(self, text: str, take: Callable[[str, bytes], None]) -> None:
        topic, _, payload = text.partition("\n")
        try:
            take(topic, payload.encode())
        except RefusedError as error:
            # Another station key in the settings, say: what it signed no longer counts.
            _logger.warning("what was stored is not accepted any more: %s", error)

    def close(self) -> None:
        """Say goodbye and close everything."""
        self._broadcast.close()
        self._heartbeat.say_offline()
        self._link.stop()
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._journal.close()

    # -- in

    def _on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        try:
            self._inbox.put_nowait(_Message(topic, payload, retained, self._source.monotonic()))
        except queue.Full:
            # Everything that matters is said again by the station or asked for again by us.
            _logger.warning("the inbox is full, a message on %s is dropped", topic)

    def _on_state(self, state: LinkState) -> None:
        try:
            self._inbox.put(state, timeout=STATE_WITHIN_S)
        except queue.Full:
            _logger.exception("the node's loop stands still; it did not learn that the link is %s", state)

    def _take_in(self, timeout_s: float) -> None:
        try:
            item = self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return
        for _ in range(BATCH):
            self._handle(item)
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                return
        self._handle(item)

    def _handle(self, item: _Message | LinkState | None) -> None:
        if isinstance(item, _Message):
            self._receive(item)
        elif item is not None:
            self._link_is(item)

    def _link_is(self, state: LinkState) -> None:
        now_s = self._source.monotonic()
        if state is LinkState.UP:
            self._up_s = now_s
            self._clock.connected()
            self._heartbeat.link_up()
            self._reports.link_up()
            self._clips.link_up()
            self._cache.ask_now(now_s)
        elif self._up_s is not None:
            self._up_s = None
            self._clock.disconnected()

    def _receive(self, message: _Message) -> None:
        try:
            self._dispatch(message)
        except RefusedError as error:
            self._reports.refused(error, message.topic, message.at_s)

    def _dispatch(self, message: _Message) -> None:
        levels = self._topics.parse(message.topic)
        if levels is None:
            raise self._not_ours(message.topic)
        if levels[0] == "audio" and len(levels) == 3:
            self._take_chunk(levels[1], levels[2], message)
            return
        name = self._settings.name
        own = levels[2:] if levels[:2] == ("node", name) else None
        if levels == ("zone", self._zone, "order") or own == ("order",):
            self._take_order(message)
        elif own == ("plan",):
            self._take_plan(message.topic, message.payload)
        elif own == ("config",):
            self._take_config(message.topic, message.payload)
        elif own == ("ack",):
            self._take_ack(message)
        elif own == ("time", "answer"):
            self._take_time(message)
        elif own == ("state",):
            self._take_own_state(message)
        else:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"message on {message.topic[:120]}")

    def _not_ours(self, topic: str) -> RefusedError:
        version = version_of(topic)
        if version is not None and version != VERSION:
            line = f"message of contract version {version}, this node speaks {VERSION}"
            return RefusedError(Reason.UNKNOWN_VERSION, line)
        return RefusedError(Reason.FOREIGN_STATION, f"message on {topic[:120]}")

    # -- what the station says

    def _take_plan(self, topic: str, payload: bytes) -> None:
        plan, marks, new = self._gate.plan(topic, payload, self._marks)
        if new:
            self._remember(marks, plan=f"{topic}\n{payload.decode()}")
            self._clock.seen(plan.issued_at)
        now = self._clock.now()
        for airing in plan.airings:
            self._broadcast.learn(airing)
        if new:
            self._broadcast.withdraw(self._named_in(plan), now)
        self._plan_orders = {order.order: order for order in plan.orders}
        self._obey_plan_orders()
        self._renew_wants()
        self._broadcast.look_delivered()

    def _named_in(self, plan: Plan) -> set[str]:
        named = {airing.airing for airing in plan.airings}
        return named | {order.airing.airing for order in plan.orders if order.airing is not None}

    def _obey_plan_orders(self) -> None:
        """Do what the plan's orders say, those whose time has come and that were not done before."""
        now = self._clock.now()
        if now is None:
            return
        for key, order in list(self._plan_orders.items()):
            if order.expires_at < now or self._journal.order_seen(key):
                continue
            if order.action is Action.PLAY or order.not_before <= now:
                self._obey(order)

    def _take_order(self, message: _Message) -> None:
        now = self._clock.now()
        if now is None and self._hold(message):
            return
        try:
            order, marks = self._gate.order(message.topic, message.payload, self._marks, now)
        except RefusedError as error:
            if error.reason is Reason.REPLAYED and self._is_known(message):
                # The doorbell of what the plan has brought already, or the same one twice.
                return
            raise
        self._remember(marks)
        self._clock.seen(order.issued_at)
        if order.action is not Action.PLAY and now is not None and order.not_before > now:
            self._plan_orders[order.order] = order
            return
        self._obey(order)

    def _hold(self, message: _Message) -> bool:
        if self._source.monotonic() - message.at_s > HOLD_S or len(self._held) >= HELD:
            return False
        self._held.append(message)
        return True

    def _is_known(self, message: _Message) -> bool:
        order = unseal(Order, message.topic, message.payload, self._settings.station_public_key)
        return order.order in self._plan_orders

    def _obey(self, order: Order) -> None:
        if not self._journal.see_order(order.order, order.expires_at.isoformat()):
            return
        now = self._clock.now()
        assert now is not None
        if order.action is Action.PLAY and order.airing is not None:
            self._broadcast.learn(order.airing)
            self._renew_wants()
            self._broadcast.look_delivered()
        elif order.action is Action.STOP:
            self._broadcast.stop(order.stop_airing, now)
        else:
            self._broadcast.tone(order, now)

    def _take_config(self, topic: str, payload: bytes) -> None:
        config, marks, new = self._gate.config(topic, payload, self._marks)
        if new:
            self._remember(marks, config=f"{topic}\n{payload.decode()}")
            self._clock.seen(config.issued_at)
        self._apply(config)

    def _apply(self, config: NodeConfig) -> None:
        self._desk.volume.set_db = config.volume_db
        self._desk.clip_bitrate = config.clip_bitrate
        if config.zone != self._zone:
            _logger.info("this node now stands in zone %s", config.zone)
            old, self._zone = self._zone, config.zone
            self._gate = self._make_gate()
            self._link.unsubscribe(self._topics.zone_order(old))
            self._link.subscribe(self._topics.zone_order(config.zone))

    def _take_ack(self, message: _Message) -> None:
        ack = self._gate.ack(message.topic, message.payload)
        if self._reports.acknowledged(ack.reports):
            self._namesake.acknowledged()
            self._clips.look_again()
        self._clips.acknowledged(ack.clips)

    def _take_time(self, message: _Message) -> None:
        answer = self._gate.time_answer(message.topic, message.payload)
        trusted = self._clock.trusted
        if self._clock.answered(answer.nonce, answer.at, message.at_s) and not trusted:
            self._trust_began()

    def _trust_began(self) -> None:
        self._told_untrusted = False
        held, self._held = self._held, []
        for message in held:
            self._receive(message)
        self._obey_plan_orders()

    def _take_own_state(self, message: _Message) -> None:
        if message.retained or not self._namesake.meets(message.topic, message.payload):
            return
        now_s = self._source.monotonic()
        if self._namesake.tells(now_s):
            line = f"another node is running under the name {self._settings.name}: give each its own name"
            _logger.error("%s", line)
            self._reports.add(Step.REFUSED, None, reason=Reason.NAME_TAKEN, facts={"line": line})
        if self._up_s is not None and self._namesake.steps_back(now_s):
            self._link.stop()
            self._link_is(LinkState.STOPPED)

    # -- audio

    def _take_chunk(self, sha256: str, number: str, message: _Message) -> None:
        if not number.isdecimal() or len(number) > 6:
            raise RefusedError(Reason.MALFORMED, f"chunk number {number[:20]!r}")
        needed = self._broadcast.needed()
        arrival = self._cache.chunk(sha256, int(number), message.payload, message.at_s, needed)
        if arrival is Arrival.WHOLE:
            self._link.unsubscribe(self._topics.audio_object(sha256))
            self._told_full.clear()
            self._broadcast.look_delivered()
        elif arrival is Arrival.ALTERED:
            line = f"recording {sha256[:12]} arrived altered and is asked for again"
            refusal = RefusedError(Reason.ALTERED_RECORDING, line)
            facts = {"airings": self._broadcast.airings_with(sha256)[:10]}
            self._reports.refused(refusal, message.topic, message.at_s, facts)
        elif arrival is Arrival.UNUSABLE:
            _logger.info("chunk %s of %s is truncated or none of it", number, sha256[:12])
        elif arrival is Arrival.DISK_FULL:
            self._disk_is_full(sha256)

    def _disk_is_full(self, sha256: str) -> None:
        for airing in self._broadcast.airings_with(sha256):
            self._broadcast.hinder(airing, Reason.DISK_FULL)
            if airing not in self._told_full:
                self._told_full.add(airing)
                facts = {"free_mb": round(self._cache.free_mb, 1)}
                self._reports.add(Step.REFUSED, airing, reason=Reason.DISK_FULL, facts=facts)

    def _renew_wants(self) -> None:
        new, gone = self._cache.want(self._broadcast.needed(), self._source.monotonic())
        for sha256 in gone:
            self._link.unsubscribe(self._topics.audio_object(sha256))
        for sha256 in new:
            self._link.subscribe(self._topics.audio_object(sha256))

    # -- out

    def _publish_retained(self, topic: str, payload: bytes) -> bool:
        return self._up_s is not None and self._link.publish(topic, payload, retain=True)

    def _publish(self, topic: str, payload: bytes) -> bool:
        return self._up_s is not None and self._link.publish(topic, payload)

    def _ask_time(self, nonce: str) -> bool:
        topic = self._topics.node(self._settings.name, "time")
        request = write_plain(TimeRequest(node=self._settings.name, nonce=nonce))
        return self._up_s is not None and self._link.publish(topic, request, qos=0)

    # -- time

    def _tick(self) -> float:
        """Do all that is due and return the monotonic time by which to come back."""
        now_s = self._source.monotonic()
        wake_s = [self._broadcast.tick(now_s), self._clock.tick()]
        if self._up_s is not None:
            wake_s += [self._reports.tick(now_s), self._clips.tick(now_s), self._wish(now_s)]
            self._beat(now_s)
        if now_s - self._look_s >= LOOK_EVERY_S:
            self._look_s = now_s
            self._look_around(now_s)
        return min(due for due in wake_s if due is not None)

    def _wish(self, now_s: float) -> float | None:
        objects = self._cache.wishes(now_s)
        if objects:
            want = Want(node=self._settings.name, objects=tuple(objects))
            self._link.publish(self._topics.node(self._settings.name, "want"), write_plain(want))
        return self._cache.next_wish_s()

    def _beat(self, now_s: float) -> None:
        mark = self._marks.plan
        self._heartbeat.tick(
            now_s,
            playing=self._broadcast.playing_airing,
            plan=mark if mark[1] >= 0 else None,
            cache_free_mb=self._cache.free_mb,
            underruns=self._sound.underruns,
        )

    def _look_around(self, now_s: float) -> None:
        self._renew_wants()
        self._obey_plan_orders()
        self._held_too_long(now_s)
        self._tell_untrusted(now_s)
        if self._namesake.comes_back(now_s):
            self._link = self._new_link()
            self._link.start()
        now = self._clock.now()
        if now is not None and now_s - self._housekeeping_s >= HOUSEKEEPING_EVERY_S:
            self._housekeeping_s = now_s
            self._journal.forget_before((now - FORGET_AFTER).isoformat())
            self._clips.forget_old(now)

    def _held_too_long(self, now_s: float) -> None:
        late = [message for message in self._held if now_s - message.at_s > HOLD_S]
        self._held = [message for message in self._held if message not in late]
        for message in late:
            self._receive(message)

    def _tell_untrusted(self, now_s: float) -> None:
        if self._clock.trusted or self._told_untrusted or not self._desk.pending or self._up_s is None:
            return
        if now_s - self._up_s >= UNTRUSTED_AFTER_S:
            self._told_untrusted = True
            line = "the station has not answered with its time; nothing is played until it does"
            _logger.warning("%s", line)
            self._reports.add(Step.REFUSED, None, reason=Reason.CLOCK_UNTRUSTED, facts={"line": line})

    # -- small

    def _make_gate(self) -> Gate:
        settings = self._settings
        return Gate(settings.station, settings.name, self._zone, settings.station_public_key)

    def _remember(self, marks: Marks, **texts: str) -> None:
        """Write down what must not be forgotten before acting on it."""
        self._journal.put(marks.write() | texts)
        self._marks = marks

    def _new_link(self) -> LinkPort:
        wanted = [self._topics.audio_object(sha256) for sha256 in self._cache.missing()]
        return self._make_link(
            [*self._subscriptions(), *wanted],
            self._on_message,
            self._on_state,
            self._heartbeat.will,
            self._boot,
        )

    def _subscriptions(self) -> list[str]:
        own = [self._topics.node(self._settings.name, leaf) for leaf in NODE_SUBSCRIBES]
        return [*own, self._topics.zone_order(self._zone)]
