"""What the station says and the node does: plans, orders, settings, each past the gate and written down first."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime

from smartradio.domain.evidence import Reason, Step
from smartradio.node.broadcast import Broadcast
from smartradio.node.delivery import Delivery
from smartradio.node.gate import Gate, Marks
from smartradio.node.journal import JournalError
from smartradio.node.link_port import Incoming
from smartradio.node.parts import NodeParts
from smartradio.node.restarting import why_not
from smartradio.node.settings import NodeSettings
from smartradio.wire.messages import Action, NodeConfig, Order, unseal
from smartradio.wire.signing import RefusedError

_logger = logging.getLogger(__name__)

# A doorbell that rings before the station has told the time waits this long for it.
HOLD_S = 10.0
HELD = 50


class Commands:
    """Takes plans, orders and settings; one thread's. All `take_*` raise RefusedError.

    `zone_moved(old, new)` is called when the station puts the node into another zone, `begin_anew` when somebody
    asked for a restart and nothing stands in its way.
    """

    def __init__(
        self,
        settings: NodeSettings,
        parts: NodeParts,
        broadcast: Broadcast,
        delivery: Delivery,
        *,
        monotonic: Callable[[], float],
        zone_moved: Callable[[str, str], None],
        begin_anew: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._journal = parts.journal
        self._clock = parts.clock
        self._broadcast = broadcast
        self._delivery = delivery
        self._monotonic = monotonic
        self._zone_moved = zone_moved
        self._begin_anew = begin_anew
        self.zone = settings.zone
        self.gate = self._make_gate()
        self._marks = Marks.read({key: self._journal.get(key) for key in Marks().write()})
        self._orders: dict[str, Order] = {}
        self._held: deque[Incoming] = deque()

    @property
    def plan_mark(self) -> tuple[int, int] | None:
        """The (epoch, counter) of the plan in force."""
        return self._marks.plan if self._marks.plan[1] >= 0 else None

    def restore(self) -> None:
        """Take up where the last process left, so that the plan plays though the link is down."""
        self._stored("config", self.take_config)
        self._broadcast.recover()
        self._stored("plan", self._follow)

    def _stored(self, name: str, take: Callable[[str, bytes], None]) -> None:
        text = self._journal.get(name)
        if text is None:
            return
        topic, _, payload = text.partition("\n")
        try:
            take(topic, payload.encode())
        except RefusedError as error:
            # Another station key in the settings, say: what it signed no longer counts.
            _logger.warning("the stored %s is not accepted any more: %s", name, error)

    def take_plan(self, topic: str, payload: bytes) -> None:
        """Take a plan: learn what is in it, drop what is not, do what its orders say."""
        self._follow(topic, payload)
        self._broadcast.told_plan()

    def _follow(self, topic: str, payload: bytes) -> None:
        plan, marks, new = self.gate.plan(topic, payload, self._marks)
        facts = marks.write() | {"plan": f"{topic}\n{payload.decode()}"} if new else {}
        self._broadcast.follow(plan, facts)
        self._marks = marks
        if new:
            self._clock.seen(plan.issued_at)
        self._orders = {order.order: order for order in plan.orders}
        self.obey_due()
        self._delivery.renew(self._monotonic())
        self._broadcast.lineup.look_delivered()

    def obey_due(self) -> None:
        """Do what the orders at hand say, those whose time has come and that were not done before.

        By the station's time only: another clock cannot vouch for an order's window.
        """
        now = self._clock.vouched_now()
        if now is None:
            return
        for key, order in list(self._orders.items()):
            if order.expires_at < now or self._journal.order_seen(key):
                continue
            if order.action is Action.PLAY or order.not_before <= now:
                self._obey(order)

    def take_order(self, message: Incoming) -> None:
        """Take a doorbell; one that rings before there is trusted time is held for a while."""
        now = self._clock.vouched_now()
        if now is None and self._hold(message):
            return
        try:
            order, marks = self.gate.order(message.topic, message.payload, self._marks, now)
        except RefusedError as error:
            if error.reason is Reason.REPLAYED and self._is_known(message):
                # The doorbell of what the plan has brought already.
                return
            raise
        if now is not None:
            self._broadcast.giving_way.take(order, now, self._monotonic())
        with self._journal.together():
            self._journal.put(marks.write())
            self._clock.seen(order.issued_at)
        self._marks = marks
        if order.action is not Action.PLAY and now is not None and order.not_before > now:
            self._orders[order.order] = order
            return
        try:
            self._obey(order)
        except JournalError:
            # Its mark is written down, so it cannot ring again: it is done as soon as the disk takes it.
            self._orders[order.order] = order
            raise

    def take_live(self, message: Incoming) -> None:
        """Take what a relay has grown by; its sound is fetched at once."""
        self._broadcast.relays.take(self.gate.live(message.topic, message.payload))
        self._delivery.renew(self._monotonic())

    def take_config(self, topic: str, payload: bytes) -> None:
        """Take the station's settings for this node."""
        config, marks, new = self.gate.config(topic, payload, self._marks)
        if new:
            self._remember(marks, config=f"{topic}\n{payload.decode()}")
            self._clock.seen(config.issued_at)
        self._apply(config)

    def next_held(self, now_s: float) -> Incoming | None:
        """Return a held doorbell to be taken again: the time is known, or its waiting is over and it is refused."""
        if self._held and (self._clock.vouched or now_s - self._held[0].at_s > HOLD_S):
            return self._held.popleft()
        return None

    def _hold(self, message: Incoming) -> bool:
        if self._monotonic() - message.at_s > HOLD_S or len(self._held) >= HELD:
            return False
        self._held.append(message)
        return True

    def _is_known(self, message: Incoming) -> bool:
        order = unseal(Order, message.topic, message.payload, self._settings.station_public_key)
        return order.order in self._orders

    def _obey(self, order: Order) -> None:
        now = self._clock.vouched_now()
        if now is None:
            return
        if order.action is Action.PLAY:
            self._broadcast.play(order)
            self._delivery.renew(self._monotonic())
            self._broadcast.lineup.look_delivered()
        elif order.action is Action.STOP:
            self._broadcast.stop(order, now)
        elif order.action is Action.RESTART:
            self._restart(order, now)
        elif order.clip_airing is not None:
            self._broadcast.send_clip(order, order.clip_airing)
        else:
            self._broadcast.tone(order, now)

    def _restart(self, order: Order, now: datetime) -> None:
        broadcast, reports = self._broadcast, self._parts.reports
        reason = why_not(
            now,
            playing=broadcast.playing_airing,
            at_stake=(*broadcast.lineup.in_use(), *broadcast.pending.values()),
            even_while_playing=order.even_while_playing,
            calling=broadcast.evacuation.active,
        )
        with self._journal.together():
            # Written down first: the process that comes back must not go again for the same order.
            if not broadcast.lineup.see(order):
                return
            step = Step.RESTARTED if reason is None else Step.REFUSED
            reports.add(step, None, reason=reason, facts={"order": order.order})
        if reason is None:
            _logger.info("beginning anew, as the station asked")
            self._begin_anew()

    def _apply(self, config: NodeConfig) -> None:
        self._parts.volume.set_db = config.volume_db
        self._parts.clip_bitrate = config.clip_bitrate
        self._parts.clips.keep_for(config.kept_clip_days)
        self._broadcast.stand_by(config.standing)
        self._broadcast.keep(config.kept)
        if config.zone != self.zone:
            _logger.info("this node now stands in zone %s", config.zone)
            old, self.zone = self.zone, config.zone
            self.gate = self._make_gate()
            self._zone_moved(old, config.zone)

    def _make_gate(self) -> Gate:
        settings = self._settings
        return Gate(settings.station, settings.name, self.zone, settings.station_public_key)

    def _remember(self, marks: Marks, **texts: str) -> None:
        """Write down what must not be forgotten before acting on it."""
        self._journal.put(marks.write() | texts)
        self._marks = marks
