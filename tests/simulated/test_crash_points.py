"""Deaths of station and nodes at every kind of place at which something is written or said, within a day's life."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartradio.node.journal import Journal
from tests.simulated.audit import Audit, started_twice
from tests.simulated.crashes import day_of_crashes
from tests.simulated.small import BEGINS, small_world

pytestmark = pytest.mark.timeout(600)

# The whole 500 are a benchmark: benchmarks/crash_points.py.
DAYS = (1, 2)
DRAWN_A_DAY = 50


def test_nothing_is_lost_or_started_twice_or_unapproved_wherever_somebody_dies(folder: Path) -> None:
    died_at: list[tuple[str, str]] = []
    for seed in DAYS:
        (folder / str(seed)).mkdir()
        outcome = day_of_crashes(folder / str(seed), seed, DRAWN_A_DAY)
        assert outcome.faults == (), outcome.died_at
        died_at += outcome.died_at
    assert len(died_at) >= 40, died_at
    assert {"station", "thon-1", "thon-2", "thon-3"} == {who for who, _ in died_at}


def test_a_node_that_did_not_write_down_its_starts_would_be_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The auditor must see what it is there for: a journal that forgets a start plays the airing again."""

    def forgetful(journal: Journal, airing: str) -> bool:
        entry = journal.entry(airing)
        return entry is not None

    monkeypatch.setattr(Journal, "begin", forgetful)
    world = small_world(folder)
    try:
        world.start_station()
        for node in world.masts:
            world.start_node(node)
        at_nine = BEGINS.replace(hour=9)
        world.at(at_nine.replace(second=5), lambda: world.kill_node("thon-1"))
        world.at(at_nine.replace(second=20), lambda: world.start_node("thon-1"))
        world.run_until(at_nine.replace(minute=5))
        world.stop_station()
    finally:
        world.close()
    assert [each.split(":")[0] for each in started_twice(Audit(world.station_folder), world.sounded)] == [
        "thoi-tiet at thon-1"
    ]


def test_a_day_is_the_same_each_time_it_is_drawn(folder: Path) -> None:
    outcomes: list[Any] = []
    for turn in ("a", "b"):
        (folder / turn).mkdir()
        outcomes.append(day_of_crashes(folder / turn, 5, 6).died_at)
    assert outcomes[0] == outcomes[1]
