"""The call to leave by the button at the pole: it sounds whatever else is broken, and is told when that is possible."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.domain.evidence import Step
from smartradio.node.local_sound import SHIPPED, evacuation_sound
from smartradio.node.sound.port import OUTPUT_RATE
from tests.node.disks import full_disk
from tests.node.fakes import World
from tests.node.poles import BUTTON, CALL_S, Pole


@pytest.fixture
def pole(tmp_path: Path) -> Iterator[Pole]:
    made = Pole(tmp_path)
    yield made
    made.close()


def calls(pole: Pole) -> int:
    return sum(end - begin > 0.9 * CALL_S for begin, end in pole.sounding())


def test_a_node_that_never_met_its_station_calls_at_once(pole: Pole) -> None:
    assert pole.world.agent._clock.now() is None
    pressed_s = pole.world.clock.now_s
    pole.hold()
    pole.world.run(10.0)
    (first, _), (second, end) = pole.sounding()
    assert first - pressed_s == pytest.approx(3.4, abs=0.2)
    assert second - first == pytest.approx(CALL_S + 1.0, abs=0.1)
    assert end - second == pytest.approx(CALL_S, abs=0.1)
    assert not pole.world.sound.output_open


def test_a_knock_a_spike_and_a_short_press_are_silent(pole: Pole) -> None:
    for seconds in (0.05, 0.5, 2.8):
        pole.hold(seconds)
        pole.world.run(1.0)
    pole.world.run(3.0)
    assert pole.sounding() == []
    pole.world.up()
    pole.world.run(1.0)
    assert pole.told() == []


def test_it_says_what_the_recording_says_as_loud_as_the_node_may_be(tmp_path: Path) -> None:
    pole = Pole(tmp_path, times=1, own=False, volume_db=-6.0)
    pole.hold()
    pole.world.run(18.0)
    played = np.concatenate([block for at_s, block in pole.world.sound.played])
    shipped = decode_opus((SHIPPED / "evacuate.opus").read_bytes())
    begin = int(np.flatnonzero(np.abs(played) > 1e-3)[0] - np.flatnonzero(np.abs(shipped) > 2e-3)[0])
    whole = played[begin : begin + shipped.size]
    assert np.corrcoef(whole, shipped)[0, 1] > 0.999
    assert np.abs(whole).max() == pytest.approx(np.abs(shipped).max() / 2, rel=0.02)
    pole.close()


def test_the_station_learns_of_it_when_the_line_is_back_with_the_time_at_which_it_was(pole: Pole) -> None:
    pole.hold()
    pressed_at = pole.world.clock.true_utc()
    pole.world.run(9.0)
    pole.restart()
    pole.world.run(600.0, step_s=0.5)
    pole.world.up()
    pole.world.run(2.0)
    assert pole.told() == ["started", "finished", "measured"]
    started = pole.of_button()[0]
    assert abs(started.at - pressed_at) < timedelta(seconds=1)
    assert started.airing is None
    assert started.facts["sound"] == "own"
    assert started.facts["times"] == 2
    assert started.facts["held_s"] == pytest.approx(3.0, abs=0.1)
    assert "time_unsure" not in started.facts
    assert len({report.facts["button"] for report in pole.of_button()}) == 1


def test_after_a_power_cut_what_was_before_it_is_told_with_a_guess_that_says_so(pole: Pole) -> None:
    pole.hold()
    pole.world.run(9.0)
    pole.world.clock.boot_token = "boot-b"
    pole.restart()
    pole.world.up()
    pole.world.run(2.0)
    started = pole.of_button()[0]
    assert started.step is Step.STARTED
    assert started.facts["time_unsure"] is True


def test_where_the_station_never_tells_the_time_it_is_told_all_the_same(pole: Pole) -> None:
    pole.world.station.answers_time = False
    pole.hold()
    pole.world.up()
    pole.world.run(5.0)
    assert pole.told() == []
    pole.world.run(8.0)
    assert pole.told()[:2] == ["started", "finished"]
    assert pole.of_button()[0].facts["time_unsure"] is True


def test_a_recording_that_cannot_be_decoded_when_it_is_needed_gives_way_to_the_siren(
    pole: Pole, monkeypatch: pytest.MonkeyPatch
) -> None:
    evacuation = pole.world.agent._broadcast.evacuation
    late = threading.Event()

    def too_slow() -> np.ndarray:
        late.wait(10.0)
        return np.zeros(OUTPUT_RATE, dtype=np.float32)

    monkeypatch.setattr("smartradio.node.evacuation.READY_WITHIN_S", 0.05)
    assert evacuation._sound is not None
    evacuation._sound = replace(evacuation._sound, decode=too_slow)
    pole.pin.drive_low()
    pole.world.run(3.2)
    monkeypatch.undo()
    pole.pin.drive_high()
    pole.world.run(20.0)
    late.set()
    assert pole.sounding()
    pole.world.up()
    pole.world.run(2.0)
    assert pole.of_button()[0].facts["sound"] == "siren"
    assert pole.health()["button_recording_missing"] is True


def test_the_microphone_hears_it_and_closes_three_seconds_after(pole: Pole) -> None:
    pole.world.up()
    pole.hold()
    pole.world.run(14.0)
    assert pole.told() == ["started", "finished", "measured"]
    measured = pole.of_button()[-1].facts
    assert measured["own_heard"] is True
    assert measured["coverage"] > 0.9
    (opened_s, _), (closed_s, word) = pole.world.sound.opened_input
    assert word == "close"
    assert closed_s - opened_s == pytest.approx(0.4 + 2 * CALL_S + 1.0 + 3.0, abs=0.2)


def test_a_disk_that_takes_nothing_silences_nobody(pole: Pole) -> None:
    pole.world.up()
    with full_disk():
        pole.hold()
        pole.world.run(10.0)
        assert calls(pole) == 2
        pole.hold()
        pole.world.run(1.0)
        pole.hold()
        pole.world.run(4.0)
        # The third press has ended what the second began.
        assert calls(pole) == 3
    pole.world.run(5.0)
    assert [step for step in pole.told() if step != "measured"] == [
        "started",
        "finished",
        "started",
        "interrupted stopped",
    ]


def test_a_programme_gives_way_and_goes_on_afterwards(pole: Pole) -> None:
    station = pole.world.station
    pole.world.up()
    start = pole.world.clock.true_utc() + timedelta(seconds=4)
    station.plan(
        station.airing("tin", in_s=4.0, seconds=(4.0, 4.0, 4.0, 4.0), resume_until=start + timedelta(minutes=5))
    )
    pole.world.run(5.0)
    pole.hold()
    pole.world.run(40.0)
    assert station.told("tin")[:5] == ["delivered", "started", "interrupted preempted", "measured", "started"]
    assert pole.told()[:2] == ["started", "finished"]
    assert station.told("tin")[-2:] == ["finished", "measured"]


def test_an_emergency_of_the_station_is_heard_to_its_end_then_the_call(pole: Pole) -> None:
    station = pole.world.station
    pole.world.up()
    station.plan(station.airing("lu", in_s=4.0, seconds=(9.0,), priority=100))
    pole.world.run(5.0)
    pole.hold()
    pole.hold()
    assert pole.health()["button_calls"] is True
    pole.world.run(20.0)
    assert station.told("lu")[:3] == ["delivered", "started", "finished"]
    assert pole.told()[:2] == ["started", "finished"]
    assert pole.of_button()[0].at >= station.report("lu", Step.FINISHED).at
    assert pole.of_button()[0].facts["waited_s"] > 4.0


def test_an_emergency_that_comes_while_it_calls_is_heard_right_behind_it(pole: Pole) -> None:
    station = pole.world.station
    pole.world.up()
    pole.hold()
    emergency = station.airing("lu", in_s=0.4, priority=100)
    station.send("order", station.order(action="play", airing=emergency, priority=100))
    pole.world.run(20.0)
    assert pole.told()[:2] == ["started", "finished"]
    assert station.told("lu")[:3] == ["delivered", "started", "finished"]
    ended_at = pole.of_button()[1].at
    assert timedelta(0) <= station.report("lu", Step.STARTED).at - ended_at < timedelta(seconds=1)


def test_held_again_while_it_calls_it_ends(pole: Pole) -> None:
    pole.world.up()
    pole.hold()
    pole.world.run(0.5)
    pole.hold()
    pole.world.run(6.0)
    assert pole.told()[:2] == ["started", "interrupted stopped"]
    assert pole.of_button()[1].facts["ended_by"] == "button"
    assert calls(pole) == 1


def test_the_station_may_silence_it(pole: Pole) -> None:
    pole.world.up()
    pole.hold()
    pole.world.run(0.5)
    pole.world.station.send("order", pole.world.station.order(action="stop"))
    pole.world.run(6.0)
    assert pole.told()[:2] == ["started", "interrupted stopped"]
    assert pole.of_button()[1].facts["ended_by"] == "station"
    assert calls(pole) == 0


def test_a_node_that_calls_does_not_begin_anew_though_somebody_asks_it_to(pole: Pole) -> None:
    pole.world.up()
    pole.hold()
    pole.world.station.send("order", pole.world.station.order(order="again", action="restart", even_while_playing=True))
    pole.world.run(8.0)
    assert not pole.world.agent.begins_anew
    assert calls(pole) == 2


def test_a_process_that_dies_takes_the_call_up_anew_but_not_for_ever(pole: Pole) -> None:
    pole.hold()
    for _ in range(3):
        pole.world.run(2.0)
        assert len(pole.sounding()) == 1
        pole.restart()
    pole.world.run(10.0)
    assert pole.sounding() == []
    pole.world.up()
    pole.world.run(2.0)
    assert pole.told() == [
        "started",
        "interrupted node_restarted",
        "started",
        "interrupted node_restarted",
        "started",
        "interrupted node_restarted",
    ]


def test_when_the_power_comes_back_nobody_is_called_by_a_machine(pole: Pole) -> None:
    pole.hold()
    pole.world.run(1.0)
    pole.world.clock.boot_token = "boot-b"
    pole.restart()
    pole.world.run(10.0)
    assert pole.sounding() == []
    pole.world.up()
    pole.world.run(2.0)
    assert pole.told() == ["started", "interrupted node_restarted"]


def test_without_a_sound_device_it_calls_as_soon_as_there_is_one(pole: Pole) -> None:
    pole.world.sound.broken = True
    pole.hold()
    pole.hold()
    pole.world.run(30.0)
    pole.world.sound.broken = False
    pole.world.run(9.0)
    assert calls(pole) == 2


def test_a_device_that_dies_while_it_calls_begins_again_and_is_told_once(pole: Pole) -> None:
    pole.world.up()
    pole.hold()
    for _ in range(3):
        pole.world.run(1.0)
        pole.world.sound.frozen = True
        pole.world.run(3.0)
        pole.world.sound.frozen = False
    pole.world.run(14.0)
    assert [step for step in pole.told() if step != "measured"] == ["started", "interrupted sound_device", "finished"]


def test_a_call_that_nobody_could_hear_for_a_quarter_of_an_hour_is_given_up(pole: Pole) -> None:
    pole.world.up()
    pole.world.sound.broken = True
    pole.hold()
    pole.world.run(901.0, step_s=2.0)
    pole.world.sound.broken = False
    pole.world.run(10.0)
    assert pole.sounding() == []
    assert pole.told() == ["skipped sound_device"]


def test_a_wire_that_is_crushed_calls_nobody_and_is_told(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    pole.crush()
    pole.restart()
    pole.world.up()
    pole.world.run(70.0, step_s=0.2)
    assert pole.sounding() == []
    assert pole.health()["button_stuck"] is True
    pole.pin.drive_high()
    pole.world.run(2.0)
    assert "button_stuck" not in pole.health()
    pole.hold()
    pole.world.run(8.0)
    assert calls(pole) == 2
    pole.close()


def test_a_press_that_its_pin_lost_is_seen_at_the_next_look(pole: Pole) -> None:
    contact = pole.world.agent._panel._inputs[""]
    contact._device.when_activated = None  # type: ignore[attr-defined]
    contact._device.when_deactivated = None  # type: ignore[attr-defined]
    pole.hold(4.3)
    pole.world.run(8.0)
    assert calls(pole) == 2


def test_a_node_whose_pins_cannot_be_had_works_on_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, button={"pin": BUTTON})
    world.up()
    assert world.station.states[-1].health["gpio_fault"] is True
    world.station.plan(world.station.airing("a1", in_s=4.0))
    world.run(12.0)
    assert world.station.told("a1")[:3] == ["delivered", "started", "finished"]
    world.crash()


class TestWhatIsPlayed:
    def test_an_own_recording_that_is_damaged_gives_way_to_ours(self, tmp_path: Path) -> None:
        own = tmp_path / "own.opus"
        own.write_bytes(b"OggS" + bytes(100))
        sound = evacuation_sound(own, decode_opus)
        assert sound.origin == "shipped"
        assert sound.duration_s == pytest.approx(16.2, abs=0.5)

    def test_where_even_ours_is_gone_there_is_the_siren(self, tmp_path: Path) -> None:
        sound = evacuation_sound(tmp_path / "gone.opus", decode_opus, shipped=tmp_path)
        assert sound.origin == "siren"
        pcm = sound.decode()
        assert pcm.size == round(sound.duration_s * OUTPUT_RATE)
        assert 0.4 < np.abs(pcm).max() < 0.6

    def test_a_missing_recording_is_told_as_a_fault(self, tmp_path: Path) -> None:
        pole = Pole(tmp_path)
        (tmp_path / "goi.opus").unlink()
        pole.restart()
        pole.world.up()
        assert pole.health()["button_recording_missing"] is True
        assert pole.health()["button_sound"] == "shipped"
        pole.close()
