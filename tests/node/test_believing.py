"""Whom a node believes and since when: the station's fresh word on the time, its orders once, its own name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.wire.messages import NodeState, TimeAnswer, seal
from smartradio.wire.signing import SigningKey
from tests.node.fakes import NODE, STATION, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def refusals(world: World) -> list[str]:
    return [str(report.reason) for report in world.station.reports if report.step is Step.REFUSED]


def test_nothing_is_played_until_the_station_has_answered_a_fresh_nonce(world: World) -> None:
    world.station.answers_time = False
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0))
    world.run(20.0)
    assert not world.sound.played
    assert refusals(world) == ["clock_untrusted"]
    world.station.answers_time = True
    world.run(8.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def test_a_node_whose_own_clock_is_an_hour_off_plays_on_time(world: World) -> None:
    world.up()
    planned_s = world.clock.now_s + 6.0
    world.station.plan(world.station.airing("a1", in_s=6.0))
    world.run(15.0)
    assert world.sound.sounding()[0][0] == pytest.approx(planned_s, abs=0.002)
    assert world.station.report("a1", Step.STARTED).clock_offset_ms == pytest.approx(-3_600_000, abs=1)


def test_an_old_answer_or_a_strangers_nonce_gives_no_trust(world: World) -> None:
    world.station.answers_time = False
    world.up()
    answer = TimeAnswer(station=STATION, node=NODE, nonce="not-ours", at=world.clock.true_utc())
    world.station.send("time/answer", answer)
    world.run(1.0)
    requests = [json.loads(p) for topic, p, _ in world.link.published if topic.endswith("/time")]
    world.run(6.0)
    late = TimeAnswer(station=STATION, node=NODE, nonce=requests[0]["nonce"], at=world.clock.true_utc())
    world.station.send("time/answer", late)
    world.run(1.0)
    assert not world.agent._clock.trusted


def test_replayed_expired_foreign_and_forged_orders_are_refused_and_reported(world: World) -> None:
    world.up()
    station = world.station
    good = station.order(action="stop")
    station.send("order", good)
    station.send("order", good)
    station.send("order", station.order(expires_at=world.clock.true_utc() - timedelta(seconds=1)))
    station.send("order", station.order(station="other"))
    station.send("order", station.order(node="thon-9"))
    station.send("order", station.order(), key=SigningKey.new())
    station.deliver(station.topics.node(NODE, "order"), b"{nonsense")
    station.deliver(f"smartradio/2/{STATION}/node/{NODE}/order", b"{}")
    station.deliver(f"smartradio/1/elsewhere/node/{NODE}/order", b"{}")
    envelope = json.loads(seal(station.key, station.topics.node(NODE, "order"), station.order()))
    station.deliver(station.topics.node(NODE, "order"), json.dumps(envelope | {"v": 3}).encode())
    world.run(1.0)
    assert refusals(world) == [
        "replayed",
        "expired",
        "foreign_station",
        "not_for_this_node",
        "bad_signature",
        "malformed",
        "unknown_version",
        "foreign_station",
        "unknown_version",
    ]


def test_a_flood_of_junk_fills_neither_the_disk_nor_the_link(world: World) -> None:
    world.up()
    for number in range(2_000):
        world.station.deliver(world.station.topics.node(NODE, "order"), b"junk %d" % number)
    world.run(3.0)
    assert len(refusals(world)) <= 20
    world.run(40.0)
    world.station.deliver(world.station.topics.node(NODE, "order"), b"once more")
    world.run(1.0)
    told = [report.facts.get("kept_quiet", 0) for report in world.station.reports]
    assert sum(told) == 1_980


def test_an_older_plan_does_not_come_back(world: World) -> None:
    world.up()
    station = world.station
    kept: list[Any] = []
    deliver = station.deliver
    station.deliver = lambda topic, payload, **more: (kept.append((topic, payload)), deliver(topic, payload))
    station.plan(station.airing("withdrawn", in_s=300.0))
    station.plan(station.airing("valid", in_s=300.0))
    station.deliver = deliver
    world.run(0.5)
    for topic, payload in kept:
        station.deliver(topic, payload, retained=True)
    world.run(0.5)
    # The second one is the plan in force, which the broker hands out again at each connect.
    assert refusals(world) == ["replayed"]
    assert list(world.agent._broadcast.pending) == ["valid"]


def test_a_doorbell_that_rings_before_the_time_is_known_is_answered_when_it_is(world: World) -> None:
    world.station.answers_time = False
    world.up()
    station = world.station
    station.send("order", station.order(action="play", airing=station.airing("a1", in_s=9.0)))
    world.run(2.0)
    assert refusals(world) == []
    station.answers_time = True
    world.run(12.0)
    assert station.told("a1")[:2] == ["delivered", "started"]


def test_without_ntp_a_restarted_machine_plays_nothing_until_it_has_the_time(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=20.0))
    world.run(3.0)
    world.crash()
    world.clock.boot_token = "boot-b"
    world.boot()
    world.run(25.0)
    assert not world.sound.sounding()
    world.up()
    world.run(3.0)
    assert world.station.told("a1")[:2] == ["delivered", "started"]


def other_state(world: World, boot: str) -> NodeState:
    return NodeState(
        station=STATION,
        node=NODE,
        status="online",
        boot=boot,
        at=world.clock.true_utc(),
        clock_trusted=True,
        version="1",
    )


def test_a_second_node_with_this_name_is_told_once_and_the_later_one_steps_back(world: World) -> None:
    world.up()
    link = world.link
    twin = other_state(world, boot="0000000000000-first")
    for _ in range(3):
        world.station.send("state", twin, key=world.agent._key)
        world.run(0.5)
    assert link.stopped
    world.run(70.0, step_s=0.1)
    assert world.link is not link
    world.up()
    assert refusals(world) == ["name_taken"]


def test_a_stranger_with_the_name_cannot_push_the_real_node_off(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=100.0))
    world.run(1.0)
    world.station.send("state", other_state(world, boot="0000000000000-first"), key=SigningKey.new())
    world.run(1.0)
    assert not world.link.stopped
    assert refusals(world) == ["name_taken"]


def test_its_own_retained_state_of_an_earlier_start_is_no_second_node(world: World) -> None:
    world.up()
    world.station.send("state", other_state(world, boot="zzz"), key=world.agent._key, retained=True)
    world.run(1.0)
    assert refusals(world) == []
    assert Reason.NAME_TAKEN not in [report.reason for report in world.station.reports]


def test_the_microphone_is_closed_when_the_time_is_trusted_no_longer(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=6.0))
    world.run(5.0)
    assert world.sound.opened_input[-1][1] == "open"
    world.agent._clock._fix = None
    world.run(1.0)
    assert world.sound.opened_input[-1][1] == "close"


def test_the_time_is_not_moved_under_what_plays(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=5.0, seconds=(6.0,)))
    world.run(7.0)
    world.station.ahead_s = 0.5
    world.agent._clock.connected()
    world.run(3.0)
    assert (world.agent._clock.now() - world.clock.true_utc()).total_seconds() == pytest.approx(0.0, abs=0.01)
    world.run(8.0)
    assert (world.agent._clock.now() - world.clock.true_utc()).total_seconds() == pytest.approx(0.5, abs=0.05)
