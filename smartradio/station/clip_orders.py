"""Orders to one node that it has not answered yet: for kept recordings, for test tones, to begin anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from smartradio.domain.priority import Priority
from smartradio.wire.messages import Action, Order


@dataclass(frozen=True, slots=True)
class NodeWish:
    """Something asked of one node, as the dispatcher brings it: at once, and in its plan while it is not answered.

    `order` tells the node that it is the same asking; after `expires_at` it is not worth answering. `clip_airing` is
    the airing whose kept recording is asked for.
    """

    order: str
    node: str
    action: Action
    asked_at: datetime
    expires_at: datetime
    priority: Priority = Priority.PROGRAMME
    clip_airing: str | None = None
    even_while_playing: bool = False

    def signed_as(self, station: str, epoch: int, counter: int, now: datetime) -> Order:
        """Return it in the words of the wire, under a counter; the id tells the node that it is the same asking."""
        return Order(
            order=self.order,
            epoch=epoch,
            counter=counter,
            station=station,
            issued_at=now,
            not_before=self.asked_at,
            expires_at=self.expires_at,
            node=self.node,
            action=self.action,
            priority=int(self.priority),  # type: ignore[arg-type]  # checked by the model
            clip_airing=self.clip_airing,
            even_while_playing=self.even_while_playing,
        )


class ClipOrders:
    """What was asked and not answered. `planned` are those that stand in a node's retained plan."""

    def __init__(self) -> None:
        self._open: dict[str, NodeWish] = {}
        self._planned: dict[str, frozenset[str]] = {}

    def add(self, wish: NodeWish) -> None:
        """Take a wish."""
        self._open[wish.order] = wish

    def get(self, order: str) -> NodeWish | None:
        """Return a wish that is still open."""
        return self._open.get(order)

    def __contains__(self, order: object) -> bool:
        return order in self._open

    def answered(self, order: str) -> None:
        """Learn that the node has the order."""
        self._open.pop(order, None)

    def of(self, node: str, now: datetime) -> tuple[NodeWish, ...]:
        """Return what a node has still to answer, in the order of asking; what is too late is forgotten."""
        for order in [key for key, wish in self._open.items() if wish.expires_at <= now]:
            del self._open[order]
        return tuple(wish for wish in self._open.values() if wish.node == node)

    def news(self, node: str, now: datetime) -> bool:
        """Say whether a node has something to answer that its retained plan does not hold."""
        return not {wish.order for wish in self.of(node, now)} <= self._planned.get(node, frozenset())

    def stand_in_plan(self, node: str, wishes: tuple[NodeWish, ...]) -> None:
        """Learn what a node's plan holds since it was handed over."""
        self._planned[node] = frozenset(wish.order for wish in wishes)

    def forget_plans(self) -> None:
        """Learn that what was retained may be lost."""
        self._planned.clear()
