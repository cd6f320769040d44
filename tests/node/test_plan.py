"""The plan in force: what it does not name is not played, whenever it comes and whatever was between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.evidence import Step
from smartradio.node.lineup import Lineup
from smartradio.wire.messages import Plan
from tests.node.fakes import NODE, STATION, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def plan(world: World, *airings: Any) -> Plan:
    fields = {"station": STATION, "node": NODE, "airings": airings}
    return Plan.model_validate(fields | world.station.mark())


def commits(world: World) -> list[str]:
    found: list[str] = []
    world.agent._parts.journal._db.set_trace_callback(lambda line: found.append(line) if line == "COMMIT" else None)
    return found


def test_what_was_withdrawn_is_dropped_though_the_plan_comes_before_the_time(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=60.0))
    world.run(3.0)
    world.crash()
    world.clock.boot_token = "boot-b"
    world.run_dark(10.0)
    world.boot()
    world.station.answers_time = False
    world.link.rise()
    world.station.plan()
    world.run(0.5)
    world.station.answers_time = True
    world.run(60.0, step_s=0.05)
    assert world.station.told("a1") == ["delivered", "skipped withdrawn"]
    assert not world.sound.played


def test_a_node_back_after_the_start_plays_the_corrected_bulletin_and_not_the_old_one(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("old", in_s=30.0))
    world.run(3.0)
    world.crash()
    world.run_dark(40.0)
    world.boot()
    corrected = world.station.airing("corrected", in_s=-13.0)
    world.run(3.0)
    world.link.rise()
    world.station.plan(corrected)
    world.run(12.0)
    assert world.station.told("old") == ["delivered", "skipped withdrawn"]
    assert world.station.told("corrected")[:2] == ["delivered", "started"]


def test_a_node_back_after_the_start_without_its_link_plays_what_it_has(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=30.0))
    world.run(3.0)
    world.crash()
    world.run_dark(40.0)
    world.boot()
    world.run(20.0)
    assert len(world.sound.sounding()) == 1


def test_a_crash_while_a_plan_is_put_in_force_leaves_nothing_withdrawn_to_play(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    def cut(self: Lineup, key: str) -> None:
        raise PowerCut

    world.up()
    world.station.plan(world.station.airing("a1", in_s=30.0))
    world.run(3.0)
    with monkeypatch.context() as patched:
        patched.setattr(Lineup, "drop", cut)
        with pytest.raises(PowerCut):
            world.station.plan()
            world.run(0.2)
    world.crash()
    world.boot()
    world.up()
    world.run(40.0, step_s=0.05)
    assert world.station.told("a1") == ["delivered", "skipped withdrawn"]
    assert not world.sound.played


def test_a_journal_that_keeps_a_withdrawn_airing_is_put_right_by_the_stored_plan(world: World) -> None:
    world.up()
    airing = world.station.airing("a1", in_s=30.0)
    world.station.plan()
    world.run(1.0)
    world.agent._parts.journal.know("a1", airing.model_dump_json(), airing.expires_at.isoformat())
    world.crash()
    world.boot()
    assert not world.agent._broadcast.pending


def test_an_older_plan_that_comes_after_the_doorbell_takes_nothing_away(world: World) -> None:
    world.up()
    station = world.station
    flood = station.airing("flood", in_s=8.0, priority=100)
    before, after = plan(world), plan(world, flood)
    order = station.order(action="play", airing=flood, priority=100, expires_at=flood.expires_at)
    station.send("order", order)
    world.run(0.5)
    station.send("plan", before, retained=True)
    world.run(0.2)
    world.crash()
    world.boot()
    world.up()
    station.send("plan", after, retained=True)
    world.run(15.0)
    assert station.told("flood")[:3] == ["delivered", "started", "finished"]


def test_a_newer_plan_withdraws_what_an_order_brought(world: World) -> None:
    world.up()
    station = world.station
    station.send("order", station.order(action="play", airing=station.airing("a1", in_s=8.0)))
    world.run(1.0)
    station.plan()
    world.run(10.0)
    assert station.told("a1") == ["delivered", "skipped withdrawn"]


def test_what_is_over_and_no_longer_in_the_plan_was_missed_and_not_withdrawn(world: World) -> None:
    world.up()
    world.station.plan(world.station.airing("a1", in_s=30.0))
    world.run(3.0)
    world.crash()
    world.clock.boot_token = "boot-b"
    world.run_dark(3600.0)
    world.boot()
    world.link.rise()
    world.station.plan()
    world.run(2.0)
    assert world.station.told("a1") == ["delivered", "skipped too_late"]


def test_a_plan_costs_one_transaction_and_the_same_plan_again_none(world: World) -> None:
    world.up()
    station = world.station
    base = station.airing("base", in_s=1000.0, seconds=(1.0,))
    week = [
        base.model_copy(
            update={
                "airing": f"a{hours}",
                "starts_at": base.starts_at + timedelta(hours=hours),
                "expires_at": base.expires_at + timedelta(hours=hours),
            }
        )
        for hours in range(100)
    ]
    station.gives_audio = False
    world.run(2.0)
    found = commits(world)
    station.plan(*week)
    world.run(0.1)
    # The plan, and the floor of time.
    assert len(found) <= 2
    found.clear()
    retained = plan(world, *week)
    station.send("plan", retained, retained=True)
    world.run(0.1)
    found.clear()
    station.send("plan", retained, retained=True)
    world.run(0.1)
    assert not found
    station.gives_audio = True
    station.acknowledges = False
    world.run(3.0)
    assert sum(report.step is Step.DELIVERED for report in station.reports) == 20
    assert len(found) <= 3
