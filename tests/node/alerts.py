"""Alerts as a station sends them: a siren that is kept on the node, sentences behind it, orders that ring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartradio.domain.bulletin import SegmentKind
from smartradio.wire.messages import PlannedAiring
from tests.node.fakes import World

# A siren of 4 s and four sentences of 3 s, 0.25 s between them.
LENGTHS = (4.0, 3.0, 3.0, 3.0, 3.0)
WHOLE_S = 4.0 + 4 * 3.25


def alert(world: World, name: str = "flood", in_s: float = 0.4, **more: Any) -> PlannedAiring:
    """All of an alert; the siren is the same for all."""
    whole = world.station.airing(name, in_s, seconds=LENGTHS, priority=100)
    siren = world.station.airing("siren", in_s, seconds=LENGTHS[:1]).segments[0]
    segments = (siren.model_copy(update={"kind": SegmentKind.CHIME}), *whole.segments[1:])
    resume_until = whole.starts_at + timedelta(minutes=10)
    return PlannedAiring.model_validate(
        whole.model_dump() | {"segments": segments, "resume_until": resume_until} | more
    )


def opening(whole: PlannedAiring, segments: int = 2) -> PlannedAiring:
    """Its siren and the sentences that are made."""
    return whole.model_copy(update={"segments": whole.segments[:segments], "grows": True, "recording": "0" * 64})


def ring(world: World, airing: PlannedAiring) -> None:
    """Order an airing."""
    world.station.send(
        "order",
        world.station.order(
            order=f"play{world.station.counter}",
            action="play",
            airing=airing,
            priority=airing.priority,
            expires_at=airing.expires_at,
        ),
    )


def keep(world: World, whole: PlannedAiring) -> None:
    """Have its siren on the node beforehand."""
    world.station.config(kept=whole.segments[:1])
    world.run(3.0)
