"""An emergency that finds a node without its line is heard there when the line is back, and told as late."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from smartradio.domain.priority import Priority
from tests.simulated.audit import Audit, started_twice, starts
from tests.simulated.small import small_world


def heard_after(folder: Path, away: timedelta, priority: Priority) -> tuple[list[timedelta], list[str | None]]:
    """Air a text at once while one hamlet's line is away for so long: how late each node began, and its verdicts."""
    world = small_world(folder)
    try:
        world.start_station()
        world.run(seconds=30)
        for node in world.masts:
            world.start_node(node)
        world.run(hours=4)
        world.broker.cut("thon-2")
        world.run(seconds=10)
        assert world.station is not None
        aired = world.do(world.station.air_now(title="Tin lũ", by="Dũng", text="Nước lên nhanh.", priority=priority))
        world.run_until(aired.starts_at + away)
        world.broker.mend("thon-2")
        world.run(minutes=20)
        world.stop_station()
    finally:
        world.close()
    audit = Audit(world.station_folder)
    assert started_twice(audit, world.sounded) == []
    late = [at - aired.starts_at for node in aired.nodes for at in starts(audit, aired, world.sounded[node])]
    return late, [audit.said(aired, node).ends_in for node in aired.nodes]


def test_an_emergency_is_heard_where_the_line_comes_back_after_ten_minutes(folder: Path) -> None:
    late, verdicts = heard_after(folder, timedelta(minutes=10), Priority.EMERGENCY)
    # Of an emergency clips are wanted, and there are no signals here to make them of.
    assert verdicts == ["unclear", "unclear", "unclear"]
    assert len(late) == 3
    assert timedelta(minutes=10) < max(late) < timedelta(minutes=12)


def test_anything_less_urgent_is_not_heard_so_late(folder: Path) -> None:
    late, verdicts = heard_after(folder, timedelta(minutes=10), Priority.ABOVE)
    assert len(late) == 2
    assert verdicts[1] == "unreached"
