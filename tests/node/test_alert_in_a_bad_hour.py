"""Alerts whose orders overtake each other, on nodes whose power, disk or sound card goes in the middle of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.wire.messages import Order, PlannedAiring
from tests.node.alerts import WHOLE_S, alert, keep, opening, ring
from tests.node.disks import full_disk
from tests.node.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
    made.up()
    yield made
    made.crash()


class PowerCutError(Exception):
    """The power goes."""


def order_of(world: World, airing: PlannedAiring) -> Order:
    """An order to play that is not sent yet."""
    name = f"play{world.station.counter}"
    return world.station.order(
        order=name, action="play", airing=airing, priority=100, expires_at=airing.starts_at + timedelta(minutes=5)
    )


def sounding(world: World) -> PlannedAiring:
    """Have an alert sound, in its first sentence."""
    keep(world, alert(world))
    old = alert(world)
    ring(world, old)
    world.run(6.0)
    return old


def starts(world: World, name: str) -> int:
    return world.station.told(name).count("started")


def test_a_cancellation_that_comes_before_its_alert_keeps_it_silent_whatever_brings_it(world: World) -> None:
    keep(world, alert(world))
    late = alert(world, in_s=2.0)
    order = order_of(world, late)
    fields = {"orders": (order,)} | world.station.mark()
    world.station.send("order", world.station.order(stop_airing="flood"))
    # An older plan that was on its way, and the order itself.
    world.station.send("order", order)
    world.station.plan(late, **fields)
    world.run(25.0)
    assert not world.sound.sounding()
    assert starts(world, "flood") == 0
    world.crash()
    world.boot()
    world.up()
    world.run(15.0)
    assert not world.sound.sounding()


def test_of_two_updates_that_cross_the_later_one_alone_is_heard(world: World) -> None:
    old = sounding(world)
    first = alert(world, "flood-2", replaces=("flood",))
    first_order = order_of(world, first)
    plan_of_first = {"orders": (first_order,)} | world.station.mark()
    second = alert(world, "flood-3", replaces=("flood", "flood-2"))
    world.station.send("order", order_of(world, second))
    world.run(3.0)
    # What was sent before it comes behind it: its order, then its plan.
    world.station.send("order", first_order)
    world.station.plan(old, first, **plan_of_first)
    world.run(40.0)
    assert starts(world, "flood-2") == 0
    assert starts(world, "flood") == 1
    assert world.station.told("flood-3")[-2:] == ["finished", "measured"]


def test_a_plan_that_brings_an_update_before_its_order_and_again_behind_it_starts_it_once(world: World) -> None:
    old = sounding(world)
    newer = alert(world, "flood-2", in_s=1.0, replaces=("flood",))
    order = order_of(world, newer)
    world.station.plan(newer, orders=(order,))
    world.station.send("order", order)
    world.run(2.0)
    world.station.send("order", order)
    world.station.plan(newer, orders=(order,))
    world.station.send("order", order_of(world, newer))
    world.run(30.0)
    assert starts(world, old.airing) == 1
    assert starts(world, "flood-2") == 1
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]


def test_power_back_between_silence_and_the_next_start_says_the_newer_alert_without_any_link(world: World) -> None:
    def power_cut(airing: str) -> bool:
        raise PowerCutError(airing)

    sounding(world)
    # Its words have come, for another one.
    world.station.plan(alert(world), alert(world, "flood-2", in_s=3_000.0).model_copy(update={"airing": "later"}))
    world.run(3.0)
    newer = alert(world, "flood-2", replaces=("flood",))
    world.agent._parts.journal.begin = power_cut  # type: ignore[method-assign]
    ring(world, newer)
    with pytest.raises(PowerCutError, match="flood-2"):
        world.run(1.0)
    world.crash()
    # Dark for longer than an alert that never began may wait for its start.
    world.run_dark(90.0)
    world.boot()
    world.run(45.0)
    world.up()
    assert starts(world, "flood") == 1
    assert world.station.told("flood")[-1] == "skipped replaced"
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]


def test_a_growth_that_stops_and_a_power_cut_leave_no_siren_without_words(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(12.0)
    world.crash()
    world.run_dark(5.0)
    world.boot()
    world.run(30.0)
    assert not world.sound.sounding()
    world.station.plan(whole)
    world.up()
    world.run(30.0)
    assert world.station.told("flood")[-3:] == ["started", "finished", "measured"]
    assert starts(world, "flood") == 2


def test_a_sentence_that_was_spoilt_on_the_disk_while_it_grows_is_fetched_and_all_is_said_again(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(2.0)
    world.station.gives_audio = False
    ring(world, whole)
    world.run(1.0)
    for segment in whole.segments[2:]:
        data = bytearray(world.station.objects[segment.sha256])
        data[100] ^= 0xFF
        (world.folder / "audio" / segment.sha256).write_bytes(data)
        world.agent._parts.cache._sizes[segment.sha256] = len(data)
    world.run(6.0)
    world.station.gives_audio = True
    world.run(60.0)
    told = world.station.told("flood")
    assert "interrupted altered_recording" in told
    assert told[-3:] == ["started", "finished", "measured"]
    assert world.station.report("flood", Step.FINISHED).facts["whole"] is True


def test_a_kept_siren_that_a_power_cut_has_spoilt_is_whole_again_before_it_is_needed(world: World) -> None:
    keep(world, alert(world))
    siren = alert(world).segments[0].sha256
    world.crash()
    path = world.folder / "audio" / siren
    path.write_bytes(b"\0" * path.stat().st_size)
    world.boot()
    world.up()
    world.run(5.0)
    assert path.read_bytes() == world.station.objects[siren]
    ring(world, alert(world))
    world.run(1.0)
    assert abs(world.station.report("flood", Step.STARTED).facts["offset_ms"]) < 30


def test_a_journal_that_takes_nothing_keeps_no_word_from_being_heard_that_has_come(world: World) -> None:
    keep(world, alert(world))
    whole = alert(world)
    world.station.gives_audio = False
    ring(world, whole)
    world.run(0.7)
    world.station.gives_audio = True
    with full_disk():
        world.run(WHOLE_S + 2.0)
        assert world.station.states[-1].health["journal"]
        ((start, end),) = world.sound.sounding(join_s=0.5)
        assert end - start == pytest.approx(WHOLE_S, abs=0.2)
    world.run(8.0)
    assert world.station.told("flood")[-2:] == ["finished", "measured"]
    assert starts(world, "flood") == 1


def test_a_disk_without_room_for_the_words_of_an_alert_on_the_air_is_told_as_that(world: World) -> None:
    keep(world, alert(world))
    cache = world.agent._parts.cache
    cache._free_bytes = lambda path: 0
    cache._floor_bytes = 1_000_000
    ring(world, alert(world))
    world.run(3.0)
    assert "refused disk_full" in world.station.told("flood")
    world.run(30.0)
    assert "interrupted audio_missing" in world.station.told("flood")
    cache._free_bytes = lambda path: 100_000_000
    world.run(90.0, step_s=0.05)
    assert world.station.told("flood")[-3:] == ["started", "finished", "measured"]


@pytest.mark.parametrize("jump_s", [-600.0, 600.0])
def test_a_station_whose_clock_is_put_right_while_an_alert_grows_does_not_break_it(world: World, jump_s: float) -> None:
    keep(world, alert(world))
    whole = alert(world)
    ring(world, opening(whole))
    world.run(3.0)
    world.station.ahead_s = jump_s
    world.clock.os_error_s = jump_s
    world.agent._clock.connected()
    world.run(2.0)
    ring(world, whole)
    world.station.plan(whole)
    world.run(30.0)
    assert world.station.told("flood") == ["started", "delivered", "finished", "measured"]
    assert len(world.sound.sounding(join_s=0.5)) == 1


def test_an_alert_that_was_cancelled_while_the_sound_card_hung_does_not_begin_again(world: World) -> None:
    old = sounding(world)
    world.sound.frozen = True
    world.run(1.0)
    world.station.send("order", world.station.order(stop_airing=old.airing))
    world.run(5.0)
    world.sound.frozen = False
    world.run(20.0)
    assert world.station.told("flood").count("started") == 1
    assert world.station.report("flood", Step.INTERRUPTED).reason is Reason.STOPPED


def test_a_sound_card_that_hangs_while_one_alert_takes_the_place_of_another_leaves_no_microphone_open(
    world: World,
) -> None:
    sounding(world)
    world.sound.frozen = True
    world.run(1.0)
    ring(world, alert(world, "flood-2", replaces=("flood",)))
    world.run(5.0)
    world.sound.frozen = False
    world.run(40.0)
    assert world.station.told("flood").count("started") == 1
    assert "interrupted replaced" in world.station.told("flood")
    assert world.station.told("flood-2")[-2:] == ["finished", "measured"]
    assert not world.agent._broadcast._horn.busy
    assert world.sound.opened_input[-1][1] == "close"
