"""Orders to one node that it has not answered yet: for kept recordings, for test tones, to begin anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from smartradio.wire.messages import Action, Order


class Wish(Protocol):
    """Something asked of one node; its id tells the node that it is the same asking."""

    @property
    def order(self) -> str:
        """The asking's id."""

    @property
    def node(self) -> str:
        """Whom it is asked of."""

    @property
    def expires_at(self) -> datetime:
        """How long it is worth answering."""

    def signed_as(self, station: str, epoch: int, counter: int, now: datetime) -> Order:
        """Return it in the words of the wire, under a counter."""


@dataclass(frozen=True, slots=True)
class ClipWish:
    """One asking: the order's id, whose recording of which airing, and how long it is worth answering."""

    order: str
    airing: str
    node: str
    priority: int
    asked_at: datetime
    expires_at: datetime

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
            action=Action.CLIP,
            priority=self.priority,  # type: ignore[arg-type]  # checked by the model
            clip_airing=self.airing,
        )


class ClipOrders:
    """What was asked and not answered. `planned` are those that stand in a node's retained plan."""

    def __init__(self) -> None:
        self._open: dict[str, Wish] = {}
        self._planned: dict[str, frozenset[str]] = {}

    def add(self, wish: Wish) -> None:
        """Take a wish."""
        self._open[wish.order] = wish

    def get(self, order: str) -> Wish | None:
        """Return a wish that is still open."""
        return self._open.get(order)

    def __contains__(self, order: object) -> bool:
        return order in self._open

    def answered(self, order: str) -> None:
        """Learn that the node has the order."""
        self._open.pop(order, None)

    def of(self, node: str, now: datetime) -> tuple[Wish, ...]:
        """Return what a node has still to answer, in the order of asking; what is too late is forgotten."""
        for order in [key for key, wish in self._open.items() if wish.expires_at <= now]:
            del self._open[order]
        return tuple(wish for wish in self._open.values() if wish.node == node)

    def news(self, node: str, now: datetime) -> bool:
        """Say whether a node has something to answer that its retained plan does not hold."""
        return not {wish.order for wish in self.of(node, now)} <= self._planned.get(node, frozenset())

    def stand_in_plan(self, node: str, wishes: tuple[Wish, ...]) -> None:
        """Learn what a node's plan holds since it was handed over."""
        self._planned[node] = frozenset(wish.order for wish in wishes)

    def forget_plans(self) -> None:
        """Learn that what was retained may be lost."""
        self._planned.clear()
