"""Orders that ring for an airing: to play it, to stop it; to whole zones where all their nodes are meant."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.station.planner import planned
from smartradio.station.settings import NodeEntry
from smartradio.wire.messages import Action, Order
from smartradio.wire.topics import Topics

STOP_VALID: Final = timedelta(minutes=2)
"""So long an order to stop may be on its way; a node that comes later learns it from its plan."""


@dataclass(frozen=True, slots=True)
class Bell:
    """Where an order goes: its topic, and the zone or the node it is for."""

    topic: str
    zone: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """An order's place in the row of all that the station said, and when it is said."""

    station: str
    epoch: int
    counter: int
    at: datetime


OrderAt = Callable[[Bell, Ring], Order]
"""(for whom, its place in the row) → an order."""


def bells(airing: Airing, nodes: Iterable[NodeEntry], topics: Topics) -> Iterator[Bell]:
    """Yield whom an airing's orders are for: a zone is rung as one only if all its nodes are meant."""
    standing: dict[str, Sequence[str]] = {
        zone: [node.name for node in nodes if node.zone == zone] for zone in airing.zones
    }
    for zone, names in standing.items():
        if set(names) <= set(airing.nodes):
            yield Bell(topics.zone_order(zone), zone=zone)
            continue
        for name in names:
            if name in airing.nodes:
                yield Bell(topics.node(name, "order"), node=name)


def older_bells(
    airing: Airing, recording: Recording, older: Container[str], topics: Topics, *, clip: bool
) -> Iterator[tuple[Bell, OrderAt]]:
    """Yield what is rung for `older` nodes, which refuse an order that replaces others: to stop those, then to play.

    Nothing while it grows: it is rung again when it is whole.
    """
    if airing.grows or not airing.replaces:
        return
    alone = replace(airing, replaces=())
    for name in airing.nodes:
        if name in older:
            bell = Bell(topics.node(name, "order"), node=name)
            for replaced in airing.replaces:
                yield bell, partial(stop_order, replace(alone, id=replaced))
            yield bell, partial(play_order, alone, recording, clip=clip)


def play_order(airing: Airing, recording: Recording, bell: Bell, ring: Ring, *, clip: bool) -> Order:
    """Return the order to play an airing; `clip` says that its microphone recording is wanted unasked."""
    return Order(
        order=secrets.token_hex(12),
        epoch=ring.epoch,
        counter=ring.counter,
        station=ring.station,
        issued_at=ring.at,
        not_before=ring.at,
        expires_at=airing.expires_at,
        zone=bell.zone,
        node=bell.node,
        action=Action.PLAY,
        priority=int(airing.priority),  # type: ignore[arg-type]  # checked by the model
        airing=planned(airing, recording, clip=clip),
    )


def stop_order(airing: Airing, bell: Bell, ring: Ring) -> Order:
    """Return the order to stop an airing at once, wherever it plays or waits."""
    return Order(
        order=secrets.token_hex(12),
        epoch=ring.epoch,
        counter=ring.counter,
        station=ring.station,
        issued_at=ring.at,
        not_before=ring.at,
        expires_at=ring.at + STOP_VALID,
        zone=bell.zone,
        node=bell.node,
        action=Action.STOP,
        priority=int(airing.priority),  # type: ignore[arg-type]  # checked by the model
        stop_airing=airing.id,
    )
