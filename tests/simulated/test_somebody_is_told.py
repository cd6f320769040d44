"""A node falls in the middle of the night: it is an alarm within a hundred seconds, and over when it is back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alarm import AlarmKind
from tests.simulated.small import small_world
from tests.simulated.world import World

pytestmark = pytest.mark.timeout(300)


def open_alarms(world: World) -> dict[str, AlarmKind]:
    assert world.station is not None
    return {alarm.subject: alarm.kind for alarm in world.station.desks.alarms.open()}


def test_a_node_that_falls_is_an_alarm_within_100_s_and_its_end_outlives_the_stations_own_fall(folder: Path) -> None:
    world = small_world(folder)
    try:
        world.start_station()
        for node in world.masts:
            world.start_node(node)
        world.run(minutes=5)
        assert open_alarms(world) == {}
        world.kill_node("thon-2")
        fell = world.now
        while "thon-2" not in open_alarms(world):
            assert world.now - fell <= timedelta(seconds=111), "nobody is told"
            world.run(seconds=1)
        assert open_alarms(world) == {"thon-2": AlarmKind.NODE_SILENT}
        # The station falls as well: what it had told stands when it is up again, and once.
        world.kill_station()
        world.run(seconds=30)
        world.start_station()
        world.do(world.wait_begun())
        world.run(minutes=5)
        assert open_alarms(world) == {"thon-2": AlarmKind.NODE_SILENT}
        world.start_node("thon-2")
        world.run(minutes=2)
        assert open_alarms(world) == {}
        assert world.station is not None
        (past,) = world.station.desks.alarms.past()
        assert (past.subject, past.times) == ("thon-2", 1)
        world.stop_station()
    finally:
        world.close()
