"""The agent on the pole: one loop that takes in what the station sends, airs it, and tells what happened."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from smartradio.domain.evidence import Reason, Step
from smartradio.node.broadcast import Broadcast
from smartradio.node.cache import MB, Cache
from smartradio.node.clips import Clips, Room
from smartradio.node.clock import NodeClock
from smartradio.node.clock_source import ClockSource
from smartradio.node.commands import Commands
from smartradio.node.delivery import Delivery
from smartradio.node.health import make_health
from smartradio.node.heartbeat import Heartbeat
from smartradio.node.identity import new_boot, node_key
from smartradio.node.inbox import Inbox
from smartradio.node.journal import Journal, JournalError
from smartradio.node.link_port import Incoming, LinkPort, MakeLink
from smartradio.node.meter import Meter
from smartradio.node.microphone import Microphone
from smartradio.node.namesake import Namesake
from smartradio.node.panel import Panel
from smartradio.node.parts import NodeParts, Volume
from smartradio.node.pins import Pins
from smartradio.node.player import Player
from smartradio.node.reports import Reports
from smartradio.node.routing import Routing
from smartradio.node.settings import NodeSettings
from smartradio.node.sound.port import Sound
from smartradio.node.watchdog import Progress
from smartradio.wire.client import LinkState
from smartradio.wire.messages import TimeRequest, write_plain
from smartradio.wire.topics import NODE_SUBSCRIBES, Topics

if TYPE_CHECKING:
    from smartradio.node.playable import Decode

_logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
HOUSEKEEPING_EVERY_S = 3_600.0
FORGET_AFTER = timedelta(days=14)
UNTRUSTED_AFTER_S = 10.0
JOURNAL_AGAIN_S = 1.0


class Agent:
    """One node. `run` works until `stop`; everything happens on its thread, others only enqueue.

    `make_link` gives the link, `decode` turns an Opus object into samples at 48 kHz; `pins` are those of button and
    contacts. `begins_anew` says at the end
    that the station asked for a restart: the process is to be started once more.
    """

    def __init__(
        self,
        settings: NodeSettings,
        *,
        source: ClockSource,
        sound: Sound,
        make_link: MakeLink,
        decode: Decode,
        pins: Pins | None = None,
    ) -> None:
        self._settings = settings
        self._source = source
        self._sound = sound
        self._boot = new_boot()
        self._meter = Meter()
        self.begins_anew = False
        self._key = node_key(settings.data)
        self._topics = Topics(settings.station)
        self._inbox = Inbox(source.monotonic)
        self._stopping = threading.Event()
        self._up_s: float | None = None
        self._parts = self._make_parts()
        self._clock = self._parts.clock
        self._broadcast = Broadcast(self._parts, decode)
        self._delivery = Delivery(
            settings.name,
            self._topics,
            self._parts.cache,
            self._broadcast.lineup,
            self._parts.reports,
            subscribe=self._subscribe,
            unsubscribe=self._unsubscribe,
            publish=self._publish,
        )
        self._commands = Commands(
            settings,
            self._parts,
            self._broadcast,
            self._delivery,
            monotonic=source.monotonic,
            zone_moved=self._zone_moved,
            begin_anew=self._begin_anew,
        )
        self._panel = Panel(settings, self._broadcast.evacuation, source, pins, self._inbox.wake)
        self._heartbeat = Heartbeat(
            settings.station,
            settings.name,
            self._boot,
            self._key,
            self._clock,
            health=make_health(settings, self._parts, self._meter, self._panel, source.boot()),
            publish=self._publish_retained,
        )
        self._namesake = Namesake(self._boot, self._key.public_hex)
        self._routing = Routing(
            settings.name,
            self._topics,
            self._parts,
            self._commands,
            self._delivery,
            keep=self._inbox.keep,
            time_vouched=self._time_vouched,
            own_state=self._take_own_state,
        )
        self._look_s = -1e9
        self._housekeeping_s = -1e9
        self._told_untrusted = False
        self._make_link = self._meter.around(make_link)
        self._link = self._new_link()

    def _make_parts(self) -> NodeParts:
        settings, source = self._settings, self._source
        journal = Journal(settings.data / "journal.db")
        clock = NodeClock(source, self._ask_time, journal.get, journal.put, rtc=settings.rtc)
        return NodeParts(
            journal=journal,
            reports=Reports(
                journal,
                clock,
                self._key,
                station=settings.station,
                node=settings.name,
                boot=self._boot,
                publish=self._publish,
            ),
            clips=Clips(
                settings.data / "clips",
                journal,
                topics=self._topics,
                node=settings.name,
                publish=self._publish,
                room=Room(settings.kept_clips, int(settings.kept_clips_mb * MB), int(settings.disk_floor_mb * MB)),
            ),
            cache=Cache(settings.data / "audio", limit_mb=settings.cache_limit_mb, floor_mb=settings.disk_floor_mb),
            clock=clock,
            player=Player(self._sound, source.monotonic, clock),
            microphone=Microphone(self._sound),
            worker=ThreadPoolExecutor(max_workers=1, thread_name_prefix="measure"),
            volume=Volume(settings.volume_db),
            static_delay_s=settings.static_delay_ms / 1000,
        )

    # -- life

    @property
    def public_key(self) -> str:
        """The key that the station must know this node by, 64 hex digits."""
        return self._key.public_hex

    @property
    def progress(self) -> Progress:
        """What goes on in this node now; for the thread that runs it."""
        return Progress(
            sound_idle_s=self._parts.player.idle_s,
            link_idle_s=self._link.idle_s,
            linked=self._up_s is not None,
            playing=self._broadcast.playing_airing,
            clock_trusted=self._clock.trusted,
        )

    def run(self, each_turn: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is called; `each_turn` is called before each step, the first time when all is ready."""
        self.start()
        _logger.info("node %s of station %s is up", self._settings.name, self._settings.station)
        try:
            while not self._stopping.is_set():
                each_turn()
                self.step()
        finally:
            self.close()

    def start(self) -> None:
        """Take up where the last process left and begin to connect."""
        self._commands.restore()
        self._link.start()

    def step(self, longest_wait_s: float = LOOK_EVERY_S) -> None:
        """Do what is due, then wait for a message until something else is due.

        What could not be written down was not done, and is tried again; meanwhile too an order silences.
        """
        trouble = None
        try:
            wait_s = self._tick() - self._source.monotonic()
        except JournalError as error:
            trouble, wait_s = str(error), JOURNAL_AGAIN_S
        try:
            self._take_in(min(max(wait_s, 0.001), longest_wait_s))
        except JournalError as error:
            trouble = str(error)
            self._stopping.wait(min(JOURNAL_AGAIN_S, longest_wait_s))
        self._heartbeat.trouble = trouble

    def stop(self) -> None:
        """End `run`; may be called from anywhere, a signal handler too."""
        self._stopping.set()
        self._inbox.wake()

    def _begin_anew(self) -> None:
        self.begins_anew = True
        self.stop()

    def close(self) -> None:
        """Say goodbye and close everything; what was playing is reported at the next start."""
        self._panel.close()
        self._broadcast.close()
        self._heartbeat.say_offline()
        self._link.stop()
        self._parts.worker.shutdown(wait=False, cancel_futures=True)
        self._parts.journal.close()

    # -- in

    def _take_in(self, timeout_s: float) -> None:
        for item in self._inbox.take(timeout_s):
            if isinstance(item, Incoming):
                self._routing.receive(item)
            else:
                self._link_is(item)

    def _link_is(self, state: LinkState) -> None:
        now_s = self._source.monotonic()
        if state is LinkState.UP:
            self._up_s = now_s
            self._clock.connected()
            self._heartbeat.link_up()
            self._parts.reports.link_up()
            self._parts.clips.link_up()
            self._parts.cache.ask_now(now_s)
        elif self._up_s is not None:
            self._up_s = None
            self._clock.disconnected()

    def _time_vouched(self) -> None:
        self._told_untrusted = False
        self._take_held(self._source.monotonic())
        self._commands.obey_due()

    def _take_own_state(self, message: Incoming) -> None:
        if message.retained or not self._namesake.meets(message.topic, message.payload):
            return
        now_s = self._source.monotonic()
        if self._namesake.tells(now_s):
            line = f"another node is running under the name {self._settings.name}: give each its own name"
            _logger.error("%s", line)
            self._parts.reports.add(Step.REFUSED, None, reason=Reason.NAME_TAKEN, facts={"line": line})
        if self._up_s is not None and self._namesake.steps_back(now_s):
            self._link.stop()
            self._link_is(LinkState.STOPPED)

    # -- out

    def _subscribe(self, topic: str) -> None:
        self._link.subscribe(topic)

    def _unsubscribe(self, topic: str) -> None:
        self._link.unsubscribe(topic)

    def _publish(self, topic: str, payload: bytes) -> bool:
        return self._up_s is not None and self._link.publish(topic, payload)

    def _publish_retained(self, topic: str, payload: bytes) -> bool:
        return self._up_s is not None and self._link.publish(topic, payload, retain=True)

    def _ask_time(self, nonce: str) -> bool:
        topic = self._topics.node(self._settings.name, "time")
        request = write_plain(TimeRequest(node=self._settings.name, nonce=nonce))
        return self._up_s is not None and self._link.publish(topic, request, qos=0)

    def _zone_moved(self, old: str, new: str) -> None:
        for topic in (self._topics.zone_order, self._topics.live):
            self._link.unsubscribe(topic(old))
            self._link.subscribe(topic(new))

    def _new_link(self) -> LinkPort:
        own = [self._topics.node(self._settings.name, leaf) for leaf in NODE_SUBSCRIBES]
        zone = self._commands.zone
        topics = [*own, self._topics.zone_order(zone), self._topics.live(zone), *self._delivery.subscriptions()]
        return self._make_link(topics, self._inbox.message, self._inbox.state, self._heartbeat.will, self._boot)

    # -- time

    def _tick(self) -> float:
        """Do all that is due and return the monotonic time by which to come back."""
        now_s = self._source.monotonic()
        # First what somebody at the pole asks for: it needs neither disk nor time nor line.
        panel_s = self._panel.tick(now_s)
        try:
            due_s = min(panel_s, self._broadcast.tick(now_s))
            up_s = self._up_s
            self._broadcast.evacuation.write(settled=up_s is not None and now_s - up_s >= UNTRUSTED_AFTER_S)
        except JournalError:
            # What sounds needs its words and the station must hear of the trouble, though nothing is written down.
            self._tick_link(now_s, now_s)
            raise
        return self._tick_link(now_s, due_s)

    def _tick_link(self, now_s: float, due_s: float) -> float:
        wake_s = [due_s, self._clock.tick()]
        if self._up_s is not None:
            wake_s += [self._parts.reports.tick(now_s), self._parts.clips.tick(now_s)]
            wake_s.append(self._delivery.wish(now_s))
            self._heartbeat.tick(
                now_s,
                playing=self._broadcast.playing_airing,
                rung=self._broadcast.rung,
                plan=self._commands.plan_mark,
                cache_free_mb=self._parts.cache.free_mb,
                left_out=len(self._parts.cache.left_out),
                underruns=self._sound.underruns,
            )
        if now_s - self._look_s >= LOOK_EVERY_S:
            self._look_s = now_s
            self._look_around(now_s)
        return min(due for due in wake_s if due is not None)

    def _look_around(self, now_s: float) -> None:
        self._delivery.renew(now_s)
        self._commands.obey_due()
        self._broadcast.lineup.look_delivered()
        self._take_held(now_s)
        self._tell_untrusted(now_s)
        if self._namesake.comes_back(now_s):
            self._link = self._new_link()
            self._link.start()
        # What is forgotten by a clock that is wrong does not come back.
        now = self._clock.vouched_now()
        if now is not None and now_s - self._housekeeping_s >= HOUSEKEEPING_EVERY_S:
            self._housekeeping_s = now_s
            self._parts.journal.forget_before((now - FORGET_AFTER).isoformat())
            self._parts.clips.forget_old(now)

    def _take_held(self, now_s: float) -> None:
        while (held := self._commands.next_held(now_s)) is not None:
            self._routing.receive(held)

    def _tell_untrusted(self, now_s: float) -> None:
        if self._clock.trusted or self._told_untrusted or not self._broadcast.pending or self._up_s is None:
            return
        if now_s - self._up_s >= UNTRUSTED_AFTER_S:
            self._told_untrusted = True
            line = "the station has not answered with its time; nothing is played until it does"
            _logger.warning("%s", line)
            self._parts.reports.add(Step.REFUSED, None, reason=Reason.CLOCK_UNTRUSTED, facts={"line": line})
