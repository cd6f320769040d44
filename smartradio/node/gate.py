"""The gate: what of all that arrives may be acted on. Pure decisions; clock and memory are passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from smartradio.domain.evidence import Reason
from smartradio.wire.messages import Ack, LivePart, NodeConfig, Order, Plan, TimeAnswer, unseal
from smartradio.wire.signing import RefusedError
from smartradio.wire.topics import Topics

# A station's message may be this much ahead of the node's trusted time: their clocks are never equal.
AHEAD = timedelta(seconds=5)

Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """The highest (epoch, counter) seen of each kind; an epoch seen anywhere is the floor for all.

    Plans and orders are counted apart: they travel on different topics and may overtake each other, and a
    plan that comes after a newer order is still the newest plan.
    """

    plan: Mark = (0, -1)
    order: Mark = (0, -1)
    config: Mark = (0, -1)

    @property
    def epoch(self) -> int:
        """The highest epoch seen."""
        return max(self.plan[0], self.order[0], self.config[0])

    def write(self) -> dict[str, str]:
        """Return the marks as text, for the journal."""
        marks = {"plan": self.plan, "order": self.order, "config": self.config}
        return {f"mark_{kind}": f"{epoch}.{counter}" for kind, (epoch, counter) in marks.items()}

    @classmethod
    def read(cls, stored: Mapping[str, str | None]) -> Marks:
        """Return the marks that `write` gave; what is missing counts as nothing seen."""

        def mark(kind: str) -> Mark:
            text = stored.get(f"mark_{kind}")
            if text is None:
                return (0, -1)
            epoch, counter = text.split(".")
            return int(epoch), int(counter)

        return cls(mark("plan"), mark("order"), mark("config"))


class Gate:
    """Checks signature, address, freshness and validity; what does not pass raises RefusedError.

    The `now` of each call is the node's trusted time, None while it has none.
    """

    def __init__(self, station: str, node: str, zone: str, station_public_key: str) -> None:
        self._station = station
        self._node = node
        self._zone = zone
        self._key = station_public_key
        self._topics = Topics(station)

    def plan(self, topic: str, payload: bytes, marks: Marks) -> tuple[Plan, Marks, bool]:
        """Return the plan, the new marks, and whether it is new (retained, it comes at each connect)."""
        plan = unseal(Plan, topic, payload, self._key)
        self._addressed(plan.station, plan.node)
        mark = (plan.epoch, plan.counter)
        if mark == marks.plan:
            return plan, marks, False
        self._newer("plan", mark, marks.plan, marks.epoch)
        for order in plan.orders:
            self._for_us(order)
        return plan, replace(marks, plan=mark), True

    def config(self, topic: str, payload: bytes, marks: Marks) -> tuple[NodeConfig, Marks, bool]:
        """Return the configuration, the new marks, and whether it is new."""
        config = unseal(NodeConfig, topic, payload, self._key)
        self._addressed(config.station, config.node)
        mark = (config.epoch, config.counter)
        if mark == marks.config:
            return config, marks, False
        self._newer("config", mark, marks.config, marks.epoch)
        return config, replace(marks, config=mark), True

    def order(self, topic: str, payload: bytes, marks: Marks, now: datetime | None) -> tuple[Order, Marks]:
        """Return an order that is fresh and valid, and the new marks."""
        order = unseal(Order, topic, payload, self._key)
        self._for_us(order)
        self._newer("order", (order.epoch, order.counter), marks.order, marks.epoch)
        self.in_time(order, now)
        return order, replace(marks, order=(order.epoch, order.counter))

    def in_time(self, order: Order, now: datetime | None) -> None:
        """Refuse an order outside its time, and every order while there is no trusted time."""
        if now is None:
            line = f"order {order.order}: this node has no trusted time yet"
            raise RefusedError(Reason.CLOCK_UNTRUSTED, line)
        if order.expires_at < now:
            raise RefusedError(Reason.EXPIRED, f"order {order.order} expired at {order.expires_at.isoformat()}")
        if order.issued_at > now + AHEAD:
            line = f"order {order.order} was issued at {order.issued_at.isoformat()}, which is yet to come"
            raise RefusedError(Reason.MALFORMED, line)

    def live(self, topic: str, payload: bytes) -> LivePart:
        """Return what a relay has grown by; it sounds only where the plan has its airing."""
        part = unseal(LivePart, topic, payload, self._key)
        if part.station != self._station:
            raise RefusedError(Reason.FOREIGN_STATION, f"message of station {part.station}")
        if part.zone != self._zone:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"message for zone {part.zone}")
        return part

    def ack(self, topic: str, payload: bytes) -> Ack:
        """Return the station's own receipt."""
        ack = unseal(Ack, topic, payload, self._key)
        self._addressed(ack.station, ack.node)
        return ack

    def time_answer(self, topic: str, payload: bytes) -> TimeAnswer:
        """Return the station's time; whether its nonce is ours is for the clock to say."""
        answer = unseal(TimeAnswer, topic, payload, self._key)
        self._addressed(answer.station, answer.node)
        return answer

    def _for_us(self, order: Order) -> None:
        if order.station != self._station:
            raise RefusedError(Reason.FOREIGN_STATION, f"order {order.order} is of station {order.station}")
        if order.node not in (None, self._node) or order.zone not in (None, self._zone):
            line = f"order {order.order} is for {order.node or order.zone}"
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, line)

    def _addressed(self, station: str, node: str) -> None:
        if station != self._station:
            raise RefusedError(Reason.FOREIGN_STATION, f"message of station {station}")
        if node != self._node:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"message for node {node}")

    def _newer(self, kind: str, mark: Mark, seen: Mark, epoch: int) -> None:
        if mark <= seen or mark[0] < epoch:
            line = f"{kind} {mark[0]}.{mark[1]} is not newer than {seen[0]}.{seen[1]} (epoch {epoch})"
            raise RefusedError(Reason.REPLAYED, line)


class RefusalBudget:
    """How many refusals may become reports: a flood of junk must not fill the disk or the link.

    `allow` returns None to keep quiet, else how many were kept quiet since the last report.
    """

    def __init__(self, burst: int = 20, every_s: float = 30.0) -> None:
        self._burst = burst
        self._every_s = every_s
        self._left: dict[Reason, float] = {}
        self._at_s: dict[Reason, float] = {}
        self._quiet: dict[Reason, int] = {}

    def allow(self, reason: Reason, now_s: float) -> int | None:
        """Count one refusal at a monotonic time."""
        before_s = self._at_s.get(reason, now_s)
        left = self._left.get(reason, float(self._burst)) + (now_s - before_s) / self._every_s
        left = min(left, float(self._burst))
        self._at_s[reason] = now_s
        if left < 1.0:
            self._left[reason] = left
            self._quiet[reason] = self._quiet.get(reason, 0) + 1
            return None
        self._left[reason] = left - 1.0
        return self._quiet.pop(reason, 0)
