"""What an order ends falls silent at once, whatever the disk does, and comes back if nothing takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.domain.evidence import Step
from smartradio.node.giving_way import HUSHED_FOR_S
from smartradio.wire.messages import PlannedAiring
from tests.node.alerts import alert, keep, ring
from tests.node.disks import full_disk, slow_disk
from tests.node.fakes import World

# The fake loudspeaker has 50 ms on its way and takes blocks of 10 ms; the node looks every 20 ms.
AT_ONCE = timedelta(milliseconds=90)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
    made.up()
    yield made
    made.crash()


def with_alert(world: World) -> PlannedAiring:
    """Have an alert sound, in its first sentence."""
    keep(world, alert(world))
    old = alert(world)
    ring(world, old)
    world.run(6.0)
    return old


def programme(world: World) -> PlannedAiring:
    """Have a programme of four sentences sound, which may go on until a minute after its instant."""
    airing = world.station.airing("programme", in_s=5.0, seconds=(3.0, 3.0, 3.0, 3.0))
    airing = airing.model_copy(update={"resume_until": airing.starts_at + timedelta(seconds=60)})
    world.station.plan(airing)
    world.run(7.0)
    return airing


def test_an_update_silences_the_older_alert_before_a_slow_disk_has_written_a_word(world: World) -> None:
    with_alert(world)
    with slow_disk(world, 0.15):
        rung_at = world.clock.true_utc()
        ring(world, alert(world, "flood-2", in_s=1.2, replaces=("flood",)))
        # Not before it can be put on the horn.
        world.run(0.3)
        assert world.station.told("flood").count("interrupted replaced") == 0
        world.run(3.0)
    stopped = world.station.report("flood", Step.INTERRUPTED)
    assert stopped.at - rung_at > timedelta(seconds=0.5)
    with slow_disk(world, 0.15):
        rung_at = world.clock.true_utc()
        ring(world, alert(world, "flood-3", replaces=("flood-2",)))
        world.run(3.0)
    stopped = world.station.report("flood-2", Step.INTERRUPTED)
    assert stopped.reason == "replaced"
    assert stopped.at - rung_at <= AT_ONCE
    world.run(30.0)
    assert world.station.told("flood-3")[-2:] == ["finished", "measured"]


def test_an_emergency_silences_a_programme_before_a_slow_disk_has_written_a_word(world: World) -> None:
    keep(world, alert(world))
    programme(world)
    with slow_disk(world, 0.15):
        rung_at = world.clock.true_utc()
        ring(world, alert(world))
        world.run(3.0)
    stopped = world.station.report("programme", Step.INTERRUPTED)
    assert stopped.reason == "preempted"
    assert stopped.facts["resumes"] is True
    assert stopped.at - rung_at <= AT_ONCE


def test_an_order_to_stop_silences_though_the_disk_takes_nothing_and_is_told_when_it_does(world: World) -> None:
    with_alert(world)
    with full_disk():
        # It cannot note either how far it has come.
        world.run(3.0)
        stopped_at = world.clock.true_utc()
        world.station.send("order", world.station.order(stop_airing="flood"))
        world.run(3.0)
        assert world.sound.sounding()[-1][1] <= world.clock.now_s - 2.5
    world.run(10.0)
    stopped = world.station.report("flood", Step.INTERRUPTED)
    assert stopped.reason == "stopped"
    assert stopped.at - stopped_at <= AT_ONCE
    assert world.station.told("flood")[-1] == "measured"


def test_an_alert_sounds_on_if_the_disk_takes_nothing_of_the_one_in_its_place(world: World) -> None:
    with_alert(world)
    with full_disk():
        ring(world, alert(world, "flood-2", replaces=("flood",)))
        world.run(1.0)
        assert not loud(world, 0.5)
        world.run(HUSHED_FOR_S)
        assert loud(world, 0.5)
        # Tried again and again, it is hushed for it no more.
        world.run(4.0)
        assert loud(world, 4.0)
    world.run(3.0)
    assert world.station.told("flood")[-1] in ("interrupted replaced", "measured")
    assert "started" in world.station.told("flood-2")
    # What was not heard is told with what was.
    waited_s = world.station.report("flood", Step.INTERRUPTED).facts["waited_s"]
    assert waited_s == pytest.approx(HUSHED_FOR_S, abs=0.2)


def loud(world: World, last_s: float) -> bool:
    """Say whether the loudspeaker has sounded in the last seconds, pauses between sentences aside."""
    blocks = [block for at_s, block in world.sound.played if at_s > world.clock.now_s - last_s]
    return float(np.mean([np.abs(block).max() > 1e-3 for block in blocks])) > 0.6


def test_an_alert_is_not_silenced_for_one_whose_siren_is_spoilt_on_the_disk(world: World) -> None:
    old = with_alert(world)
    siren = old.segments[0].sha256
    path = world.folder / "audio" / siren
    path.write_bytes(b"x" + path.read_bytes()[1:])
    world.station.gives_audio = False
    ring(world, alert(world, "flood-2", replaces=("flood",)))
    world.run(2.0)
    assert loud(world, 2.0)
    world.station.gives_audio = True
    world.run(30.0)
    assert world.station.told("flood")[-1] == "measured"
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]
    assert world.station.report("flood-2", Step.FINISHED).facts["whole"] is True


def test_an_order_that_came_before_silences_nothing(world: World) -> None:
    with_alert(world)
    newer = alert(world, "flood-2", replaces=("flood",))
    order = world.station.order(order="once", action="play", airing=newer, priority=100, expires_at=newer.expires_at)
    world.station.send("order", order)
    world.run(5.0)
    world.station.send("order", order)
    again = order.model_copy(update={"counter": order.counter + 1})
    world.station.send("order", again)
    world.run(1.0)
    assert loud(world, 1.0)
    world.run(30.0)
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]
    assert world.station.told("flood-2").count("started") == 1


def test_the_power_goes_between_silence_and_writing_and_the_newer_alert_is_heard_all_the_same(world: World) -> None:
    old = with_alert(world)
    newer = alert(world, "flood-2", replaces=("flood",))
    with full_disk():
        ring(world, newer)
        world.run(0.2)
        assert not loud(world, 0.1)
        world.crash()
    world.boot()
    world.station.plan(newer, orders=())
    world.up()
    world.run(40.0)
    assert world.station.told("flood").count("started") == 1
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]
    assert old.airing not in world.agent._broadcast.pending
