"""A week without the line: every airing at its instant, and all of it told afterwards, in order and once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from tests.simulated.air import Weather
from tests.simulated.audit import Audit, missed, opens_after_s, started_twice, starts, unapproved
from tests.simulated.mast import Pace
from tests.simulated.small import NEVER_APPROVED, small_world
from tests.simulated.world import World

pytestmark = pytest.mark.timeout(600)

WEEK = timedelta(days=7)
LEARNING = timedelta(hours=1)
IDLE_S = 300.0
LONGEST_S = 0.005
# An exchange may be quick one way and slow the other, the first of an hour otherwise than its last: no slope that
# leaves room between such bounds is further off than this.
AFTER_A_WEEK = WEEK * (2 * LONGEST_S / (LEARNING.total_seconds() - IDLE_S))


def reports_that_wait(world: World) -> dict[str, int]:
    """Return by node how many of its reports the station has not acknowledged."""
    living = {name: mast.agent for name, mast in world.masts.items() if mast.agent is not None}
    return {name: len(agent._parts.journal.waiting(10_000)) for name, agent in living.items()}


def test_a_week_without_the_line_is_aired_to_the_sample_and_told_in_order_and_once(folder: Path) -> None:
    weather, pace = Weather(longest_s=LONGEST_S, twice=0.05), Pace(idle_s=IDLE_S, alarms_s=60.0)
    world = small_world(folder, weather=weather, pace=pace)
    try:
        world.start_station()
        for node in world.masts:
            world.start_node(node)
        world.run(minutes=LEARNING.total_seconds() / 60)
        begins = world.now
        for node in world.masts:
            world.broker.cut(node)
        world.run_until(begins + WEEK)
        waiting = {
            n: len(m.agent._parts.journal.waiting(10_000)) for n, m in world.masts.items() if m.agent is not None
        }
        assert min(waiting.values()) > 100, "a week's reports wait at the nodes"
        for node in world.masts:
            world.broker.mend(node)
        # Not until half past five: what begins then is told a little later.
        world.run(minutes=20)
        waiting = {
            n: len(m.agent._parts.journal.waiting(10_000)) for n, m in world.masts.items() if m.agent is not None
        }
        assert set(waiting.values()) == {0}, waiting
        world.stop_station()
    finally:
        world.close()

    audit = Audit(world.station_folder, within=AFTER_A_WEEK)
    of_the_week = [said for said in audit.every(begins, begins + WEEK) if said.airing.programme != NEVER_APPROVED]
    assert len(of_the_week) == 7 * (3 * 3 + 3 * 2)
    for said in of_the_week:
        (at,) = starts(audit, said.airing, world.sounded[said.node])
        late = at - said.airing.starts_at - timedelta(seconds=opens_after_s(audit, said.airing))
        # What is left is what the line's unequal ways made of the node's clock, and of what it learnt of its speed.
        assert abs(late) < AFTER_A_WEEK, (said.airing.programme, said.node, late)
        assert said.ends_in == "aired", said.chain
        told = [entry.step for entry in said.from_node]
        assert told == [Step.DELIVERED, Step.STARTED, Step.FINISHED, Step.MEASURED]
    for node, numbers in audit.reports().items():
        assert numbers == list(range(1, len(numbers) + 1)), f"{node} was not heard in order and once"
    assert missed(audit, world.sounded, world.up) == []
    assert started_twice(audit, world.sounded) == []
    assert unapproved(audit, world.sounded) == []
    never = [airing for airing in audit.airings if airing.programme == NEVER_APPROVED]
    assert {audit.said(airing, node).ends_in for airing in never for node in airing.nodes} == {"not_approved"}
