"""Contacts of the cabinet: told at once when they change for good, and not for every bounce."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from smartradio.node.gpio import GpioPins
from smartradio.node.inputs import Contact, InputSettings
from tests.node.fakes import World

DOOR, MAINS = 5, 6


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, factory: MockFactory) -> Iterator[World]:
    inputs = [{"pin": DOOR, "name": "cua-tu", "alarm_when": "open"}, {"pin": MAINS, "name": "dien-luoi"}]
    made = World(tmp_path, pins=GpioPins(factory), inputs=inputs)
    made.run(0.1)
    factory.pin(DOOR).drive_low()
    made.run(3.0)
    made.up()
    yield made
    made.agent._panel.close()
    made.crash()


def health(world: World) -> dict[str, Any]:
    return world.station.states[-1].health


def test_the_state_tells_how_each_contact_stands(world: World) -> None:
    told = health(world)
    assert (told["input_cua-tu"], told["input_dien-luoi"]) == ("closed", "open")
    assert "input_alarm" not in told


def test_a_door_that_opens_is_told_within_seconds_and_again_when_it_is_shut(world: World, factory: MockFactory) -> None:
    factory.pin(DOOR).drive_high()
    world.run(2.3)
    assert health(world)["input_alarm"] is True
    assert health(world)["input_alarms"] == "cua-tu"
    factory.pin(DOOR).drive_low()
    world.run(2.3)
    assert "input_alarm" not in health(world)


def test_a_contact_without_an_alarm_is_only_shown(world: World, factory: MockFactory) -> None:
    factory.pin(MAINS).drive_low()
    world.run(2.3)
    assert health(world)["input_dien-luoi"] == "closed"
    assert "input_alarm" not in health(world)


def test_a_contact_that_chatters_costs_no_message(world: World, factory: MockFactory) -> None:
    before = len(world.station.states)
    for _ in range(10):
        factory.pin(DOOR).drive_high()
        world.run(0.5)
        factory.pin(DOOR).drive_low()
        world.run(0.5)
    assert len(world.station.states) == before


def test_what_has_settled_between_two_looks_counts() -> None:
    contact = Contact(InputSettings(pin=5, name="cua-tu", alarm_when="open"), closed=True)
    contact.changed(closed=False, at_s=10.0)
    contact.changed(closed=True, at_s=13.0)
    assert contact.alarm
    contact.tick(15.0)
    assert not contact.alarm
