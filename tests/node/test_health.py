"""The machine in the node's state: data against its budget, what was written, the clock, old values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.node import health as module
from smartradio.node.health import KEEP_DATA_EVERY_S, Health
from smartradio.node.machine.reading import Reading, Watch
from smartradio.node.machine.storage import Written
from smartradio.node.meter import Interface
from tests.node.disks import full_disk
from tests.node.fakes import World


class Machine:
    """A machine that has carried and written so much."""

    def __init__(self) -> None:
        self.carried_mb = 100.0
        self.written_mb = 50.0
        self.told: dict[str, Any] = {}

    def read(self) -> Reading:
        return Reading(
            dict(self.told),
            Interface("wwan0", int(self.carried_mb * 1e6), 0),
            Written("mmcblk0", int(self.written_mb * 1e6)),
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "read_machine", lambda *_, **__: made.read())
    return made


@pytest.fixture
def world(tmp_path: Path, machine: Machine) -> Iterator[World]:
    made = World(tmp_path, data_budget_mb=500.0)
    made.up()
    yield made
    made.crash()


def told(world: World) -> dict[str, Any]:
    """Return the health of the next heartbeat."""
    world.run(31.0, step_s=0.5)
    watch = world.agent._heartbeat._health._watch
    if watch._thread is not None:
        watch._thread.join(5.0)
    world.run(31.0, step_s=0.5)
    return world.station.states[-1].health


def test_the_months_data_is_told_against_its_budget_and_from_eighty_percent_on_as_a_fault(
    world: World, machine: Machine
) -> None:
    machine.carried_mb += 390
    found = told(world)
    assert (found["data_month_mb"], found["data_budget_mb"]) == (390.0, 500.0)
    assert not {"data_near_budget", "data_over_budget"} & set(found)
    machine.carried_mb += 10
    assert told(world)["data_near_budget"] is True
    machine.carried_mb += 100
    found = told(world)
    assert found["data_over_budget"] is True
    assert "data_near_budget" not in found


def test_a_restart_of_the_machine_goes_on_counting(world: World, machine: Machine) -> None:
    machine.carried_mb += 40
    told(world)
    world.agent.close()
    world.clock.boot_token = "boot-b"
    machine.carried_mb, machine.written_mb = 7.0, 3.0
    world.boot()
    world.up()
    found = told(world)
    assert found["data_month_mb"] == 47.0
    assert (found["disk_written_mb"], found["disk_written_boot_mb"]) == (53, 3)


def test_the_card_is_written_to_every_ten_minutes_at_most(
    world: World, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[float] = []
    monkeypatch.setattr(Health, "keep", lambda self: kept.append(world.clock.now_s))
    for _ in range(20):
        machine.carried_mb += 1
        told(world)
    assert len(kept) == 2
    assert kept[1] - kept[0] >= KEEP_DATA_EVERY_S


def test_a_disk_that_takes_nothing_keeps_the_state_from_nobody(world: World, machine: Machine) -> None:
    with full_disk():
        world.run(700.0, step_s=1.0)
    assert "data_month_mb" in world.station.states[-1].health


def test_without_the_stations_time_no_month_is_told(tmp_path: Path, machine: Machine) -> None:
    world = World(tmp_path, data_budget_mb=500.0)
    world.station.answers_time = False
    world.up()
    found = told(world)
    assert "data_month_mb" not in found
    assert found["clock_source"] == "none"
    world.crash()


def test_a_supply_that_was_weak_once_is_remembered(world: World, machine: Machine) -> None:
    assert told(world)["clock_source"] == "station"
    machine.told["undervoltage_now"] = True
    told(world)
    machine.told.clear()
    found = told(world)
    assert "undervoltage_now" not in found
    assert found["undervoltage_since_boot"] is True


def test_values_that_are_old_are_told_with_their_age(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watch, "look", lambda self, now_s: None)
    assert told(world)["health_age_s"] > 60
    world.run(100.0, step_s=1.0)
    assert world.station.states[-1].health["sensors_stuck"] is True
