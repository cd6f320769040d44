"""An alert that begins with its siren while its words are still being made, and one that takes another's place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Reason, Step
from tests.node.alerts import WHOLE_S, alert, keep, opening, ring
from tests.node.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.up()
    yield made
    made.crash()


def test_an_alert_begins_with_the_siren_on_the_node_and_its_words_follow_while_it_sounds(world: World) -> None:
    keep(world, alert(world))
    world.station.gives_audio = False
    whole = alert(world)
    ring(world, opening(whole))
    world.run(1.0)
    assert world.station.told("flood") == ["started"]
    offset_ms = world.station.report("flood", Step.STARTED).facts["offset_ms"]
    assert abs(offset_ms) < 30
    # The words are made and asked for while the siren sounds.
    world.station.gives_audio = True
    ring(world, whole)
    world.run(25.0)
    assert world.station.told("flood") == ["started", "delivered", "finished", "measured"]
    finished = world.station.report("flood", Step.FINISHED).facts
    assert finished["whole"] is True
    assert "waited_s" not in finished
    ((start, end),) = world.sound.sounding(join_s=0.5)
    assert end - start == pytest.approx(WHOLE_S, abs=0.1)
    measured = world.station.report("flood", Step.MEASURED).facts
    assert len(measured["coverage_by_segment"]) == 4
    assert measured["coverage"] > 0.9
    assert "played" not in measured


def test_without_a_siren_on_the_node_it_begins_as_soon_as_that_has_come(world: World) -> None:
    world.station.gives_audio = False
    whole = alert(world)
    ring(world, opening(whole))
    world.run(3.0)
    assert world.station.told("flood") == []
    world.station.gives_audio = True
    world.run(10.0)
    assert world.station.told("flood")[:1] == ["started"]


def test_a_whole_alert_too_begins_with_its_siren_while_its_words_are_on_their_way(world: World) -> None:
    keep(world, alert(world))
    world.station.gives_audio = False
    ring(world, alert(world))
    world.run(1.0)
    assert world.station.told("flood") == ["started"]
    world.station.gives_audio = True
    world.run(25.0)
    assert world.station.told("flood") == ["started", "delivered", "finished", "measured"]


def test_what_grows_waits_in_silence_and_is_measured_with_its_silence(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    # Siren and first sentence are over after 7.25 s; the rest comes 5 s later.
    world.run(12.0)
    ring(world, whole)
    world.run(25.0)
    assert world.station.told("flood") == ["started", "delivered", "finished", "measured"]
    finished = world.station.report("flood", Step.FINISHED).facts
    assert finished["whole"] is True
    assert finished["waited_s"] == pytest.approx(4.6, abs=0.5)
    first, second = world.sound.sounding(join_s=0.5)
    assert first[1] - first[0] == pytest.approx(7.25, abs=0.1)
    assert second[0] - first[1] == pytest.approx(finished["waited_s"] + 0.25, abs=0.1)
    measured = world.station.report("flood", Step.MEASURED).facts
    assert measured["waited"] == [[1, pytest.approx(finished["waited_s"], abs=0.01)]]
    assert measured["coverage"] > 0.9
    assert min(measured["coverage_by_segment"]) > 0.8


def test_what_never_grows_is_interrupted_after_20_s_and_begins_again_only_when_it_is_whole(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(26.0)
    assert "interrupted audio_missing" not in world.station.told("flood")
    world.run(40.0)
    told = world.station.told("flood")
    assert told[:2] == ["started", "interrupted audio_missing"]
    assert told.count("started") == 1
    world.station.plan(whole)
    world.run(25.0)
    assert world.station.told("flood")[-3:] == ["started", "finished", "measured"]
    assert world.station.report("flood", Step.FINISHED).facts["whole"] is True


def test_only_a_siren_without_a_word_is_told_as_interrupted_and_nothing_is_measured(world: World) -> None:
    keep(world, alert(world))
    world.station.gives_audio = False
    ring(world, alert(world))
    world.run(35.0)
    assert world.station.told("flood") == ["started", "interrupted audio_missing"]


def test_the_plan_lets_it_grow_as_the_order_does(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(2.0)
    world.station.plan(opening(whole, 3))
    world.run(2.0)
    world.station.plan(whole)
    # An older shape that comes late takes nothing away.
    world.station.plan(opening(whole))
    world.run(25.0)
    assert world.station.told("flood") == ["started", "delivered", "finished", "measured"]


def test_what_does_not_begin_with_what_is_known_changes_nothing_on_the_horn(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(2.0)
    turned = whole.model_copy(update={"segments": (*whole.segments[:1], *reversed(whole.segments[1:]))})
    ring(world, turned)
    world.run(10.0)
    assert world.sound.sounding(join_s=0.5)[0][1] - world.sound.sounding(join_s=0.5)[0][0] < 8.0
    ring(world, whole)
    world.run(25.0)
    assert world.station.told("flood")[-2:] == ["finished", "measured"]


def test_a_power_cut_in_the_middle_lets_it_begin_again_with_all_that_was_known(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(3.0)
    ring(world, whole)
    world.run(3.0)
    world.crash()
    world.boot()
    # The link stays down: what it has is on its own disk.
    assert world.agent._broadcast.pending["flood"] == whole
    world.up()
    world.run(30.0)
    told = world.station.told("flood")
    assert "interrupted node_restarted" in told
    assert told[-3:] == ["started", "finished", "measured"]
    assert world.station.report("flood", Step.FINISHED).facts["whole"] is True


def test_what_is_stopped_while_it_grows_stays_silent_and_is_never_grown_again(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(3.0)
    world.station.send("order", world.station.order(stop_airing="flood"))
    world.run(1.0)
    ring(world, whole)
    world.run(20.0)
    assert world.station.told("flood")[:2] == ["started", "interrupted stopped"]
    ((start, end),) = world.sound.sounding(join_s=0.5)
    assert end - start < 4.0


def test_an_update_takes_the_place_of_the_alert_that_sounds_within_300_ms(world: World) -> None:
    keep(world, alert(world))
    old = alert(world)
    ring(world, old)
    world.run(6.0)
    new = alert(world, "flood-2", replaces=("flood", "flood-again"))
    again = alert(world, "flood-again", in_s=30.0)
    world.station.plan(old, again)
    world.run(1.0)
    # The siren is the same for both; the words are not.
    new = new.model_copy(update={"starts_at": world.clock.true_utc() + timedelta(seconds=0.4)})
    rung_at = world.clock.true_utc()
    ring(world, new)
    world.run(40.0)
    stopped = world.station.report("flood", Step.INTERRUPTED)
    assert stopped.reason is Reason.REPLACED
    assert stopped.at - rung_at <= timedelta(milliseconds=300)
    assert "resumes" not in stopped.facts
    assert world.station.told("flood-again")[-1] == "skipped replaced"
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]
    assert world.station.told("flood").count("started") == 1
    # What it gave way to is not heard in its figures.
    measured = world.station.report("flood", Step.MEASURED).facts
    assert measured["played"]["begin"] == 0
    assert measured["coverage"] > 0.8


def test_an_alert_that_replaces_nothing_of_what_sounds_waits_for_its_turn(world: World) -> None:
    keep(world, alert(world))
    ring(world, alert(world))
    world.run(6.0)
    ring(world, alert(world, "dam", replaces=("another",)))
    world.run(40.0)
    assert world.station.told("flood")[-2:] == ["finished", "measured"]
    assert world.station.report("dam", Step.STARTED).at >= world.station.report("flood", Step.FINISHED).at


def test_what_was_replaced_does_not_begin_again_behind_a_power_cut(world: World) -> None:
    keep(world, alert(world))
    old = alert(world)
    ring(world, old)
    world.run(6.0)
    ring(world, alert(world, "flood-2", replaces=("flood",)))
    world.run(0.1)
    world.crash()
    world.boot()
    world.up()
    world.run(45.0)
    assert world.station.told("flood").count("started") == 1
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]


def test_what_is_kept_is_fetched_stays_over_a_restart_and_is_never_let_go(tmp_path: Path) -> None:
    world = World(tmp_path, cache_limit_mb=0.05)
    world.up()
    siren = alert(world).segments[0]
    world.station.config(kept=(siren,))
    world.run(3.0)
    assert siren.sha256 in world.agent._parts.cache
    # Programmes that fill the disk many times over.
    for number in range(12):
        world.station.plan(world.station.airing(f"a{number}", in_s=600.0, seconds=(3.0, 3.0)))
        world.run(2.0)
    assert siren.sha256 in world.agent._parts.cache
    world.crash()
    world.boot()
    assert siren.sha256 in world.agent._parts.cache.kept
    world.up()
    world.station.plan(world.station.airing("last", in_s=600.0, seconds=(3.0, 3.0)))
    world.run(3.0)
    assert siren.sha256 in world.agent._parts.cache
    assert "delivered" in world.station.told("last")
    # Kept no longer, it goes as everything else does.
    world.station.config()
    world.run(2.0)
    assert not world.agent._parts.cache.kept
    world.crash()
