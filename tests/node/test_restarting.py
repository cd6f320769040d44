"""A node begins anew when its station asks, and never in the way of what must sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from tests.node.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.up()
    yield made
    made.crash()


def ask(world: World, name: str = "again", *, even_while_playing: bool = False) -> None:
    order = world.station.order(order=name, action="restart", even_while_playing=even_while_playing)
    world.station.send("order", order)
    world.run(0.5)


def test_a_node_that_is_at_rest_begins_anew_and_says_so(world: World) -> None:
    ask(world)
    assert world.agent.begins_anew
    assert world.agent._stopping.is_set()
    assert world.station.report(None, Step.RESTARTED).facts == {"order": "again"}


def test_the_process_that_comes_back_does_not_go_again_for_the_same_order(world: World) -> None:
    order = world.station.order(order="again", action="restart")
    world.station.plan(orders=(order,))
    world.run(0.5)
    assert world.agent.begins_anew
    world.crash()
    world.boot()
    world.up()
    world.run(2.0)
    assert not world.agent.begins_anew
    assert world.station.told(None) == ["restarted"]


def test_what_plays_is_cut_only_if_whoever_asks_knows_of_it(world: World) -> None:
    world.station.plan(world.station.airing("a1", in_s=4.0, seconds=(20.0,)))
    world.run(8.0)
    ask(world)
    assert not world.agent.begins_anew
    assert world.station.told(None) == ["refused busy"]
    ask(world, "knowing", even_while_playing=True)
    assert world.agent.begins_anew


def test_no_emergency_is_cut_also_by_somebody_who_insists(world: World) -> None:
    world.station.plan(world.station.airing("flood", in_s=4.0, seconds=(20.0,), priority=100))
    world.run(8.0)
    ask(world, even_while_playing=True)
    assert not world.agent.begins_anew
    assert world.station.told(None) == ["refused emergency_due"]


def test_a_node_stays_for_an_emergency_that_is_due_within_two_minutes(world: World) -> None:
    world.station.plan(world.station.airing("flood", in_s=121.5, priority=100))
    world.run(2.0)
    ask(world)
    assert world.station.told(None) == ["refused emergency_due"]


def test_a_programme_of_the_evening_keeps_no_node_from_beginning_anew(world: World) -> None:
    world.station.plan(
        world.station.airing("evening", in_s=60.0), world.station.airing("flood", in_s=300.0, priority=100)
    )
    world.run(1.0)
    ask(world)
    assert world.agent.begins_anew


def test_the_heartbeat_tells_what_the_link_has_carried(world: World) -> None:
    world.station.plan(world.station.airing("a1", in_s=40.0, seconds=(10.0,)))
    world.run(35.0)
    first, last = world.station.states[0].health, world.station.states[-1].health
    size = sum(len(data) for data in world.station.objects.values())
    assert last["link_received_mb"] >= first["link_received_mb"] + size / 1e6 - 0.001
    assert 0 < last["link_sent_mb"] < 0.1
