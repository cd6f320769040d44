"""How much sound is on its way to a real card: little, so that silence comes soon, unless the board is too slow."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from smartradio.node.sound.portaudio import CAREFUL_LATENCY_S, LATE_BLOCKS, LATENCY_S, PortAudioSound


class FakeStream:
    """An output of a card that is late when told."""

    def __init__(self, **asked: Any) -> None:
        self.latency = asked["latency"]
        self._callback = asked["callback"]

    def start(self) -> None:
        """It asks for a block when the test says so."""

    def ask(self, *, late: bool = False) -> None:
        times = SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.0 + self.latency)
        self._callback(np.zeros((480, 1), np.float32), 480, times, SimpleNamespace(output_underflow=late))

    def abort(self) -> None:
        """Nothing is left to be heard."""

    def close(self) -> None:
        """Nothing is left open."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[FakeStream]:
    """Return the outputs that were opened."""
    streams: list[FakeStream] = []

    def open_one(**asked: Any) -> FakeStream:
        streams.append(FakeStream(**asked))
        return streams[-1]

    library = ModuleType("sounddevice")
    library.OutputStream = open_one  # type: ignore[attr-defined]
    library.PortAudioError = OSError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    return streams


def play(sound: PortAudioSound, opened: list[FakeStream], late: int) -> float:
    """Open the output, let so many blocks come late, close it; return its buffer (s)."""
    sound.open_output(lambda out, at_s: None)
    for _ in range(late):
        opened[-1].ask(late=True)
    opened[-1].ask()
    sound.close_output()
    return float(opened[-1].latency)


def test_a_board_that_comes_late_gets_a_longer_buffer_at_the_next_opening_and_keeps_it(
    opened: list[FakeStream],
) -> None:
    sound = PortAudioSound()
    found = [play(sound, opened, late) for late in (0, LATE_BLOCKS + 1, 0, 0)]
    assert found == [LATENCY_S, LATENCY_S, CAREFUL_LATENCY_S, CAREFUL_LATENCY_S]
    assert sound.underruns == LATE_BLOCKS + 1


def test_the_blocks_that_a_card_marks_while_it_fills_its_buffer_are_no_reason(opened: list[FakeStream]) -> None:
    sound = PortAudioSound()
    assert [play(sound, opened, LATE_BLOCKS) for _ in range(5)] == [LATENCY_S] * 5
