"""A day of the small commune in which its station and nodes die again and again, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

import pytest

from smartradio.domain.programme import Programme
from smartradio.station.schedule_files import load_schedule
from tests.simulated.air import Weather
from tests.simulated.audit import Audit, missed, started_twice, starts, unaccounted, unapproved
from tests.simulated.fuse import Fuse
from tests.simulated.mast import Pace
from tests.simulated.office import Office
from tests.simulated.small import BEGINS, HAMLETS, NEVER_APPROVED, small_world
from tests.simulated.world import STATION, World

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
_APPROVED, _HANDED_IN, _WITHDRAWN = "hop-dan", "cho-duyet", "y-te"
# After 4 o'clock, when the day begins: the sessions, the bulletins, what people do.
_PROGRAMMES_AT = tuple(timedelta(hours=hours) for hours in (1.5, 3, 5, 7, 8, 9, 10, 11, 13))
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
            office = _live(world, fuse, random, deaths)
        finally:
            world.close()
    return Outcome(tuple(fuse.died_at), tuple(_faults(world, folder, office)))


def _live(world: World, fuse: Fuse, random: Random, deaths: int) -> Office:
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
    office = _busy_office(world)
    world.run_until(begins + _DAY)
    fuse.give_up()
    world.run(minutes=30)
    world.stop_station()
    return office


def _some_moment(random: Random) -> timedelta:
    """Return when a death is drawn: while the commune begins, around its programmes, or at any time."""
    kind = random.random()
    if kind < 0.15:
        return timedelta(seconds=random.uniform(0.0, 120.0))
    if kind < 0.7:
        return random.choice(_PROGRAMMES_AT) + timedelta(seconds=random.uniform(-60.0, 40.0))
    return timedelta(seconds=random.uniform(0.0, _LAST_DEATH.total_seconds()))


def _busy_office(world: World) -> Office:
    """Let people work: one bulletin is approved, one only handed in, one airing taken back, and there is a flood."""
    office = Office(world)
    at_noon = BEGINS.replace(hour=12)
    zones = tuple(HAMLETS)
    for name, work in ((_APPROVED, office.approve), (_HANDED_IN, office.hand_in)):
        text = f"Bản tin {name}. Mời bà con đến nhà văn hóa thôn."
        work(
            BEGINS.replace(hour=7), Programme(name, name, text, zones, at_noon, start_tolerance=timedelta(seconds=120))
        )
        at_noon += timedelta(minutes=20)
    office.alarm(BEGINS.replace(hour=13))
    office.withdraw(BEGINS.replace(hour=14), _WITHDRAWN)
    return office


def _faults(world: World, folder: Path, office: Office) -> list[str]:
    audit = Audit(world.station_folder, within=timedelta(seconds=_LONGEST_WAY_S))
    since, until = BEGINS.astimezone(UTC), BEGINS.astimezone(UTC) + _DAY
    found = unaccounted(audit, load_schedule(folder / "lich.yaml"), HAMLETS, since, until)
    found += started_twice(audit, world.sounded)
    found += unapproved(audit, world.sounded)
    found += missed(audit, world.sounded, world.up)
    found += [f"{s.airing.programme} at {s.node} is open" for s in audit.every(since, until) if s.ends_in is None]
    for node, numbers in audit.reports().items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            found.append(f"{node}: reports {sorted(numbers)}")
    return [*found, *_broken_words(audit, world, office)]


def _broken_words(audit: Audit, world: World, office: Office) -> list[str]:
    """Return what the station answered to somebody and did not keep."""
    found = []
    if not (office.alarms and office.approved and office.handed_in and office.withdrawn):
        found.append("somebody was never answered")
    found += [f"the officer was told {i}, the log knows nothing of it" for i in office.alarms if i not in audit.chains]
    day = [a for a in audit.airings if a.starts_at < BEGINS.astimezone(UTC) + _DAY]
    stands = [airing for airing in day if airing.id not in audit.withdrawn]
    if not any(airing.programme == _APPROVED for airing in stands):
        found.append("an approved bulletin was not planned")
    found += [f"{a.programme} was planned" for a in stands if a.programme in (NEVER_APPROVED, _HANDED_IN)]
    for airing in day:
        for node in airing.nodes if airing.programme == _WITHDRAWN else ():
            if starts(audit, airing, world.sounded[node]):
                found.append(f"{airing.programme} was taken back and sounded at {node}")
    return found
