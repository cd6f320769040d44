"""An exercise says that it is one before its siren: no siren sounds at a node that has not those words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.evidence import Step
from smartradio.wire.messages import PlannedAiring
from tests.node.alerts import opening, ring
from tests.node.fakes import World

# Two sentences that say what it is, the siren, two sentences, 0.25 s between them.
LENGTHS = (1.5, 2.5, 4.0, 3.0, 3.0)
SIREN = 2
BEFORE_WORDS_S = 1.5 + 2.5 + 4.0 + 3 * 0.25


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.up()
    yield made
    made.crash()


def exercise(world: World) -> PlannedAiring:
    whole = world.station.airing("drill", 0.4, seconds=LENGTHS, priority=100)
    segments = list(whole.segments)
    segments[SIREN] = segments[SIREN].model_copy(update={"kind": SegmentKind.CHIME})
    resume_until = whole.starts_at + timedelta(minutes=10)
    return PlannedAiring.model_validate(
        whole.model_dump() | {"segments": tuple(segments), "resume_until": resume_until}
    )


def keep(world: World, *numbers: int) -> None:
    """Have some of its sounds on the node beforehand; the node can fetch no others."""
    whole = exercise(world)
    world.station.config(kept=tuple(whole.segments[number] for number in numbers))
    world.run(3.0)
    world.station.gives_audio = False


def test_it_begins_in_step_with_its_words_and_siren_kept_and_the_rest_follows(world: World) -> None:
    keep(world, 0, 1, SIREN)
    whole = exercise(world)
    ring(world, opening(whole, SIREN + 1))
    world.run(1.0)
    assert world.station.told("drill") == ["started"]
    assert abs(world.station.report("drill", Step.STARTED).facts["offset_ms"]) < 30
    world.station.gives_audio = True
    ring(world, whole)
    world.run(25.0)
    assert world.station.told("drill") == ["started", "delivered", "finished", "measured"]
    finished = world.station.report("drill", Step.FINISHED).facts
    assert finished["whole"] is True
    assert "waited_s" not in finished
    measured = world.station.report("drill", Step.MEASURED).facts
    # The siren in the middle is no sentence.
    assert len(measured["coverage_by_segment"]) == 4
    assert min(measured["coverage_by_segment"]) > 0.9


@pytest.mark.parametrize("here", [(SIREN,), (0, SIREN), (0, 1)])
def test_it_does_not_begin_before_all_up_to_its_siren_is_on_the_node(world: World, here: tuple[int, ...]) -> None:
    keep(world, *here)
    whole = exercise(world)
    ring(world, opening(whole, SIREN + 1))
    world.run(2.0)
    ring(world, whole)
    world.run(3.0)
    assert world.station.told("drill") == []
    assert world.sound.sounding(join_s=0.5) == []
    world.station.gives_audio = True
    world.run(30.0)
    assert "started" in world.station.told("drill")
    assert world.station.report("drill", Step.FINISHED).facts["whole"] is True


def test_stopped_in_its_siren_its_opening_words_were_heard_and_the_next_were_not(world: World) -> None:
    keep(world, 0, 1, SIREN)
    world.station.gives_audio = True
    whole = exercise(world)
    ring(world, whole)
    world.run(0.4 + BEFORE_WORDS_S - 2.0)
    world.station.send("order", world.station.order(action="stop", stop_airing="drill"))
    world.run(5.0)
    stopped = world.station.report("drill", Step.INTERRUPTED).facts
    assert (stopped["sentence"], stopped["of"]) == (3, 4)
