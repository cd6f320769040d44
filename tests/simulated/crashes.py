"""A day of the small commune in which its station and nodes die again and again, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

import pytest

from smartradio.domain.priority import Priority
from smartradio.station.schedule_files import load_schedule
from tests.simulated.air import Weather
from tests.simulated.audit import Audit, missed, started_twice, unaccounted, unapproved
from tests.simulated.fuse import Fuse
from tests.simulated.small import BEGINS, HAMLETS, NEVER_APPROVED, small_world
from tests.simulated.world import STATION, Pace, World

# Places at which somebody may die; those of a station and those of a node.
STATION_PLACES = (
    "before the store's commit",
    "after the store's commit",
    "before a file",
    "between a file and its name",
    "between a file and its row",
    *(f"{when} {leaf} is sent" for leaf in ("plan", "config", "order", "ack", "audio") for when in ("before", "after")),
)
NODE_PLACES = (
    "before the journal's commit",
    "after the journal's commit",
    "before a file",
    "between a file and its name",
    "between a file and its row",
    *(f"{when} {leaf} is sent" for leaf in ("report", "want") for when in ("before", "after")),
)
_DAY = timedelta(hours=15)
# After 4 o'clock, when the day begins: the sessions, the bulletins, the alarm.
_PROGRAMMES_AT = tuple(timedelta(hours=hours) for hours in (1.5, 5, 7, 9, 11, 13))
_LAST_DEATH = timedelta(hours=13, minutes=30)
_LONGEST_WAY_S = 0.2
_SHORTEST_S, _LONGEST_S = 0.5, 90.0


@dataclass(frozen=True)
class Outcome:
    """What came of a day: who died where, and everything that must not be."""

    died_at: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]


def day_of_crashes(folder: Path, seed: int, deaths: int) -> Outcome:
    """Let a day pass in which so many deaths are drawn from the seed; return what is wrong then.

    Fewer come about: not everybody comes past the place that was drawn for it.
    """
    random = Random(seed)
    fuse = Fuse()
    with pytest.MonkeyPatch.context() as patch:
        fuse.lay(patch)
        world = small_world(
            folder,
            seed=seed,
            weather=Weather(longest_s=_LONGEST_WAY_S, twice=0.05),
            pace=Pace(idle_s=600.0, alarms_s=300.0),
            fuse=fuse,
        )
        try:
            emergency = _live(world, fuse, random, deaths)
        finally:
            world.close()
    return Outcome(tuple(fuse.died_at), tuple(_faults(world, folder, emergency)))


def _live(world: World, fuse: Fuse, random: Random, deaths: int) -> Sequence[str]:
    begins = world.now

    def draw() -> None:
        """Draw who is next, at which of its places, and how often it comes past before."""
        who = random.choice([STATION, *world.masts])
        places = STATION_PLACES if who == STATION else NODE_PLACES
        fuse.choose(who, random.choice(places), random.randint(1, 4))

    def reborn(who: str) -> None:
        begin = world.start_station if who == STATION else lambda: world.start_node(who)
        world.later(random.uniform(_SHORTEST_S, _LONGEST_S), begin)

    world.reborn = reborn
    for _ in range(deaths):
        world.at(begins + _some_moment(random), draw)
    world.start_station()
    for node in world.masts:
        world.start_node(node)
    acknowledged: list[str] = []
    world.at(begins + timedelta(hours=9), lambda: _alarm(world, acknowledged))
    world.run_until(begins + _DAY)
    fuse.give_up()
    world.run(minutes=30)
    world.stop_station()
    return acknowledged


def _some_moment(random: Random) -> timedelta:
    """Return when a death is drawn: while the commune begins, around its programmes, or at any time."""
    kind = random.random()
    if kind < 0.15:
        return timedelta(seconds=random.uniform(0.0, 120.0))
    if kind < 0.7:
        return random.choice(_PROGRAMMES_AT) + timedelta(seconds=random.uniform(-60.0, 40.0))
    return timedelta(seconds=random.uniform(0.0, _LAST_DEATH.total_seconds()))


def _alarm(world: World, acknowledged: list[str]) -> None:
    """Air an emergency as an officer does: again a minute later, if the console did not say that it was taken."""
    station, loop = world.station, world.loop

    async def air() -> None:
        assert station is not None
        await world.wait_begun()
        airing = await station.air_now(
            title="Tin lũ khẩn cấp",
            by="Phạm Văn Dũng",
            text="Mực nước sông lên 4,52 m. Mời bà con thôn 3 sơ tán trước 17h30.",
            priority=Priority.EMERGENCY,
        )
        acknowledged.append(airing.id)

    if loop is not None:
        task = loop.create_task(air())
        # Held here: a loop keeps no task alive.
        world.later(60.0, lambda: None if task.done() and acknowledged else _alarm(world, acknowledged))
    else:
        world.later(60.0, lambda: _alarm(world, acknowledged))


def _faults(world: World, folder: Path, emergencies: Sequence[str]) -> list[str]:
    audit = Audit(world.station_folder, within=timedelta(seconds=_LONGEST_WAY_S))
    since, until = BEGINS.astimezone(UTC), BEGINS.astimezone(UTC) + _DAY
    found = unaccounted(audit, load_schedule(folder / "lich.yaml"), HAMLETS, since, until)
    found += started_twice(audit, world.sounded)
    found += unapproved(audit, world.sounded)
    found += missed(audit, world.sounded, world.up)
    for airing in audit.airings:
        if airing.programme == NEVER_APPROVED and airing.id not in audit.withdrawn:
            found.append(f"{airing.id} was never approved")
    found += [f"the officer was told {i}, the log knows nothing of it" for i in emergencies if i not in audit.chains]
    if not emergencies:
        found.append("the officer was never answered")
    found += [f"{s.airing.programme} at {s.node} is open" for s in audit.every(since, until) if s.ends_in is None]
    for node, numbers in audit.reports().items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            found.append(f"{node}: reports {sorted(numbers)}")
    return found
