"""A node's day, in turned time: plan, audio, airing, reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from tests.node.fakes import NODE, STATION, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.crash()


def test_a_planned_airing_is_fetched_played_at_its_instant_measured_and_its_clip_sent(world: World) -> None:
    world.up()
    airing = world.station.airing("a1", in_s=8.0)
    world.station.plan(airing)
    world.run(22.0)
    assert world.station.told("a1") == ["delivered", "started", "finished", "measured"]
    assert abs(world.station.report("a1", Step.STARTED).facts["offset_ms"]) < 0.1
    finished = world.station.report("a1", Step.FINISHED).facts
    assert finished["whole"] is True
    assert finished["played_s"] == pytest.approx(5.25, abs=0.01)
    measured = world.station.report("a1", Step.MEASURED).facts
    assert measured["coverage"] > 0.9
    assert len(measured["coverage_by_segment"]) == 2
    clip = b"".join(chunk for _, chunk in sorted(world.station.clips["a1"].items()))
    assert len(clip) == measured["clip"]["size_bytes"]
    assert measured["clip"]["starts_s"] == pytest.approx(-2.0, abs=0.05)
    assert not list((world.folder / "clips").iterdir())
