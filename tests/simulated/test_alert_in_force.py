"""An alert through a night and a day without power at the station: said again in its time, updated, cancelled aloud."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from smartradio.domain.alert import Alert
from smartradio.domain.approval import Person
from smartradio.domain.priority import Priority
from smartradio.station.station import Station
from tests.simulated.audit import Audit, started_twice, starts
from tests.simulated.mast import Pace
from tests.simulated.small import BEGINS, HAMLETS, small_world
from tests.simulated.world import World

KHANG, THU = Person("Đỗ Văn Khang", "khang"), Person("Hà Thị Thu", "thu")
SOON = timedelta(seconds=15)


def flood(name: str, words: str) -> Alert:
    return Alert(
        id=name,
        title=words,
        text=f"{words}.\nNước sông lên nhanh. Mời bà con sơ tán ngay.",
        zones=tuple(HAMLETS),
        issued_at=BEGINS,
        siren="siren_flood",
        expires_at=BEGINS + timedelta(days=2),
        repeat_every=timedelta(hours=3),
    )


def clock(hour: int, minute: int = 0) -> datetime:
    return BEGINS.replace(hour=hour, minute=minute)


def station(world: World) -> Station:
    assert world.station is not None
    return world.station


def heard_at(audit: Audit, world: World, node: str) -> list[datetime]:
    """Return when an emergency began to speak on a node's horn, as its card has it."""
    urgent = [airing for airing in audit.airings if airing.priority is Priority.EMERGENCY and node in airing.nodes]
    return sorted(at for airing in urgent for at in starts(audit, airing, world.sounded[node]))


def test_it_is_said_in_its_time_and_never_in_a_row_until_somebody_cancels_it(folder: Path) -> None:
    world = small_world(folder, pace=Pace(idle_s=600.0, alarms_s=300.0))
    try:
        world.start_station()
        world.run(seconds=30)
        for node in world.masts:
            world.start_node(node)
        world.run_until(clock(4, 20))
        world.do(station(world).desks.book.send(flood("lu-1", "Tin lũ"), by=KHANG))
        world.run_until(clock(9, 40))
        world.kill_station()
        world.run_until(clock(14, 30))
        world.start_station()
        world.do(world.wait_begun())
        world.run_until(clock(18, 0))
        world.do(station(world).desks.book.update("lu-1", flood("lu-2", "Tin lũ mới"), by=THU))
        world.run_until(clock(22, 30))
        world.do(station(world).desks.book.cancel("lu-2", by=KHANG, why="nước rút", aloud=True))
        world.run(hours=8)
        world.stop_station()
    finally:
        world.close()
    audit = Audit(world.station_folder)
    assert started_twice(audit, world.sounded) == []
    said = [clock(4, 20), clock(7, 20), clock(14, 30), clock(17, 30), clock(18), clock(21), clock(22, 30)]
    for node in world.masts:
        heard = heard_at(audit, world, node)
        assert len(heard) == len(said), heard
        assert all(timedelta() < at - due < SOON for at, due in zip(heard, said, strict=True)), heard
