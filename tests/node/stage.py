"""A player on a fake sound card, and sounds in which every sample is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from smartradio.node.feed import Feed, Piece
from smartradio.node.player import Ended, Player, Started
from smartradio.node.sound.port import OUTPUT_RATE
from tests.node.fakes import FakeClock, FakeSound


def steps(count: int) -> Any:
    """Samples that tell their own number."""
    return (np.arange(count) % 1000 + 1).astype(np.float32) / 2000


def feed(*lengths: int, pause_after_s: float = 0.0) -> Feed:
    pieces, start = [], 0
    whole = steps(sum(lengths))
    for length in lengths:
        part = whole[start : start + length]
        pieces.append(Piece(lambda part=part: part, length / OUTPUT_RATE, pause_after_s))
        start += length
    made = Feed(pieces)
    assert made.wait_ready(5.0)
    # Turned time does not wait for the decoder: let it be done.
    made._thread.join(5.0)
    return made


class Stage:
    """A player on a fake sound card."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sound = FakeSound(self.clock)
        self.player = Player(self.sound, self.clock.monotonic)
        self.events: list[Started | Ended] = []

    def run(self, seconds: float) -> None:
        until_s = self.clock.now_s + seconds
        while self.clock.now_s < until_s:
            self.clock.now_s += 0.01
            self.sound.pump()
            self.events += self.player.poll()

    def heard(self) -> Any:
        return np.concatenate([block for _, block in self.sound.played])

    def first_s(self) -> float:
        return self.sound.played[0][0]
