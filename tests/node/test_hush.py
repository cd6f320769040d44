"""What plays is hushed before it is known whether the other one comes: without a click, and to the sample."""

from __future__ import annotations

import numpy as np
import pytest

from smartradio.node.feed import Feed, Piece
from smartradio.node.player import Ended, Ending, Started
from smartradio.node.sound.port import OUTPUT_RATE
from tests.node.stage import Stage, feed


def hum(seconds: float) -> Feed:
    """A feed of a deep note, in which a click is a step that it has not itself."""
    note = (0.5 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * OUTPUT_RATE)) / OUTPUT_RATE)).astype(np.float32)
    made = Feed([Piece(lambda: note, seconds)])
    # Turned time does not wait for the decoder: let it be done.
    made._thread.join(5.0)
    return made


def test_what_is_hushed_fades_and_ends_there_when_the_other_one_comes() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 0.1, hum(5.0))
    stage.run(1.0)
    now_s = stage.clock.now_s
    stage.player.hush()
    stage.run(0.5)
    assert stage.player.key == "a"
    assert len(stage.events) == 1
    stage.player.play("b", stage.clock.now_s + 0.3, feed(4_800))
    stage.run(0.2)
    cut = stage.events[1]
    assert isinstance(cut, Ended)
    assert (cut.ending, cut.starved_s) == (Ending.STOPPED, 0.0)
    assert now_s < cut.at_s < now_s + 0.08
    heard = stage.heard()
    assert np.abs(np.diff(heard)).max() < 0.02
    assert stage.first_s() + np.flatnonzero(heard)[-1] / OUTPUT_RATE == pytest.approx(cut.at_s, abs=0.001)
    stage.run(1.0)
    assert [type(event).__name__ for event in stage.events] == ["Started", "Ended", "Started", "Ended"]


def test_what_was_hushed_in_vain_sounds_on_where_it_was_held() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 0.1, hum(3.0))
    stage.run(1.0)
    stage.player.hush()
    stage.player.hush()
    stage.run(0.5)
    stage.player.sound_on()
    stage.run(4.0)
    heard = stage.heard()
    assert np.abs(np.diff(heard)).max() < 0.02
    ended = stage.events[-1]
    assert isinstance(ended, Ended)
    assert ended.ending is Ending.WHOLE
    assert ended.played_s == pytest.approx(3.0)
    assert ended.starved_s == pytest.approx(0.5, abs=0.02)
    last_s = stage.first_s() + np.flatnonzero(heard)[-1] / OUTPUT_RATE
    assert last_s == pytest.approx(ended.at_s, abs=0.001)


def test_what_stands_ready_and_is_hushed_begins_only_when_it_may() -> None:
    stage = Stage()
    stage.player.play("a", stage.clock.now_s + 0.5, hum(1.0))
    stage.player.hush()
    stage.run(1.0)
    assert not stage.heard().any()
    stage.player.sound_on()
    stage.run(2.0)
    started, ended = stage.events
    assert isinstance(started, Started)
    assert isinstance(ended, Ended)
    assert ended.at_s - started.at_s == pytest.approx(1.0, abs=0.001)
    assert ended.starved_s == 0.0


def test_to_hush_or_wake_what_does_not_play_leaves_the_next_one_alone() -> None:
    stage = Stage()
    stage.player.warm()
    stage.player.hush()
    stage.player.sound_on()
    stage.player.hush()
    stage.run(0.2)
    stage.player.play("a", stage.clock.now_s + 0.2, hum(0.5))
    stage.run(1.5)
    assert isinstance(stage.events[-1], Ended)
    assert stage.events[-1].played_s == pytest.approx(0.5)
