"""Two poles behind a line that delays and jitters, in simulated time: real clocks and players, crystals that are off.

What leaves a horn is the witness: the recording has a pulse in the middle of each second, and it is noted when its
middle sounded by the true time, whatever the node believes.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from smartradio.node.clock import NodeClock
from smartradio.node.clock_source import ClockSource
from smartradio.node.player import Ended, Player
from smartradio.node.sound.port import OUTPUT_RATE

BEGIN = datetime(2026, 11, 22, 5, tzinfo=UTC)
_LEAD_S = 0.1
_PULSE_S = 0.002
_REACH = round(8 * _PULSE_S * OUTPUT_RATE)


@dataclass(frozen=True)
class Crystals:
    """How many millionths the machine's and the sound card's clocks are off, and how long the line delays a message."""

    machine_ppm: float
    card_ppm: float
    least_s: float = 0.02
    most_s: float = 0.2


class _Source(ClockSource):
    def __init__(self, pole: Pole) -> None:
        self._pole = pole

    def monotonic(self) -> float:
        return self._pole.monotonic(self._pole.true_s)

    def utc(self) -> datetime:
        return BEGIN - timedelta(minutes=3) + timedelta(seconds=self._pole.true_s)

    def ntp(self) -> bool:
        return False

    def rtc(self) -> datetime | None:
        return None

    def boot(self) -> str:
        return f"boot {self._pole._boots}"


@dataclass
class Pulses:
    """A recording of so many seconds: silence with a pulse in the middle of each."""

    duration_s: float
    taken: int = 0
    starved: int = 0
    failure: str | None = None

    @property
    def ended(self) -> bool:
        return self.taken >= self.duration_s * OUTPUT_RATE

    def take(self, out: Any) -> int:
        places = np.arange(self.taken, self.taken + out.size)
        from_middle_s = (places % OUTPUT_RATE) / OUTPUT_RATE - 0.5
        out[:] = np.exp(-((from_middle_s / _PULSE_S) ** 2))
        self.taken += out.size
        return int(out.size)

    def close(self) -> None:
        """Nothing runs."""


@dataclass
class _Card:
    """A sound card whose crystal is off; keeps what it played, to find the pulses in."""

    pole: Pole
    block: int
    fill: Callable[[Any, float], None] | None = None
    made_s: float = 0.0
    heard: list[float] = field(default_factory=list)
    _before: Any = None

    def open_output(self, fill: Callable[[Any, float], None]) -> None:
        self.fill, self.made_s = fill, self.pole.true_s

    def close_output(self) -> None:
        self.fill = None

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Nothing is simulated of the horn."""

    def pump(self) -> None:
        step_s = 1.0 / (OUTPUT_RATE * (1.0 + self.pole.crystals.card_ppm * 1e-6))
        while self.fill is not None and self.made_s < self.pole.true_s + _LEAD_S:
            out = np.zeros(self.block, dtype=np.float32)
            self.fill(out, self.pole.monotonic(self.made_s))
            self._look(out, step_s)
            self.made_s += self.block * step_s

    def _look(self, out: Any, step_s: float) -> None:
        known = out if self._before is None else np.concatenate((self._before, out))
        begin_s = self.made_s - (known.size - out.size) * step_s
        peak = int(np.argmax(known))
        if known[peak] > 0.5 and _REACH <= peak < known.size - _REACH:
            window = known[peak - _REACH : peak + _REACH + 1].astype(np.float64)
            middle = peak - _REACH + float((window * np.arange(window.size)).sum() / window.sum())
            at_s = begin_s + middle * step_s
            if not self.heard or at_s - self.heard[-1] > 0.5:
                self.heard.append(at_s)
        self._before = known[-2 * _REACH - 1 :]


class Pole:
    """One node's clock, player and card; `true_s` is the true time since BEGIN."""

    def __init__(self, seed: int, crystals: Crystals, *, block: int = 4_800) -> None:
        self.crystals = crystals
        self.true_s = 0.0
        self._chance = random.Random(seed)
        self._since_s = self._chance.uniform(10.0, 10_000.0)
        self._on_the_way: list[tuple[float, int, str, datetime | None]] = []
        self._arrived_s = [0.0, 0.0]
        self._number = 0
        self._boots = 0
        self._memory: dict[str, str] = {}
        self.clock = self._new_clock()
        self.card = _Card(self, block)
        self.player = Player(self.card, lambda: self.monotonic(self.true_s), self.clock)  # type: ignore[arg-type]
        self.ended: Ended | None = None

    def _new_clock(self) -> NodeClock:
        clock = NodeClock(_Source(self), self._ask, self._memory.get, self._memory.update)
        clock.connected()
        return clock

    def boot_again(self) -> None:
        """Switch the machine off and on; what it had written down is there."""
        self._boots += 1
        self._on_the_way.clear()
        self.clock = self._new_clock()

    def monotonic(self, true_s: float) -> float:
        return self._since_s + true_s * (1.0 + self.crystals.machine_ppm * 1e-6)

    def plan(self, begins_s: float, duration_s: float) -> None:
        """Put a recording in place for a true time, as the node would: by its own clock, held from now on."""
        self.clock.hold(on=True)
        starts_at_s = self.clock.monotonic_at(BEGIN + timedelta(seconds=begins_s))
        assert starts_at_s is not None
        self.player.play("a", starts_at_s, Pulses(duration_s))  # type: ignore[arg-type]

    def run(self, until_s: float) -> None:
        """Let time pass until a true time."""
        while self.true_s < until_s:
            due_s = self.clock.tick()
            next_s = until_s if due_s is None else min(until_s, self._true_at(due_s))
            if self._on_the_way:
                next_s = min(next_s, self._on_the_way[0][0])
            if self.card.fill is not None:
                next_s = min(next_s, self.true_s + _LEAD_S / 2)
            self.true_s = max(self.true_s + 1e-6, next_s)
            self._deliver()
            self.card.pump()
            for event in self.player.poll():
                self.ended = event if isinstance(event, Ended) else self.ended

    def off_s(self) -> list[float]:
        """Return how much too late each pulse sounded, counted from the first's second."""
        first = round(self.card.heard[0] - 0.5)
        return [at_s - (first + number + 0.5) for number, at_s in enumerate(self.card.heard)]

    def _true_at(self, monotonic_s: float) -> float:
        return (monotonic_s - self._since_s) / (1.0 + self.crystals.machine_ppm * 1e-6)

    def _ask(self, nonce: str) -> bool:
        self._send(0, nonce, None)
        return True

    def _send(self, way: int, nonce: str, at: datetime | None) -> None:
        # One connection each way: nothing overtakes what went before it.
        delay_s = self._chance.uniform(self.crystals.least_s, self.crystals.most_s)
        self._arrived_s[way] = max(self._arrived_s[way], self.true_s + delay_s)
        self._number += 1
        heapq.heappush(self._on_the_way, (self._arrived_s[way], self._number, nonce, at))

    def _deliver(self) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= self.true_s:
            _, _, nonce, at = heapq.heappop(self._on_the_way)
            if at is None:
                self._send(1, nonce, BEGIN + timedelta(seconds=self.true_s))
            else:
                self.clock.answered(nonce, at, self.monotonic(self.true_s))


def pair(seed: int, **more: float) -> tuple[Pole, Pole]:
    """Return two poles whose machines and cards are as far apart as crystals may be."""
    return (
        Pole(2 * seed, Crystals(50.0, -50.0, **more)),
        Pole(2 * seed + 1, Crystals(-50.0, 50.0, **more)),
    )
