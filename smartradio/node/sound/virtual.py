"""The virtual node's sound device: plays into a simulated pole and hears through it, in real time."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.pole import FaultyHorn, SimulatedPole
from smartradio.node.sound.air import AIR_RATE
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smartradio.node.sound.air import Radiated
    from smartradio.node.sound.port import Fill, Hear

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

BLOCK_S = 0.02
_OUT_FRAMES = int(BLOCK_S * OUTPUT_RATE)
# A Pi's output asks for samples about this long before they sound.
LEAD_S = 0.1
# The microphone looks back far enough that every neighbour's process has written what it radiates.
LAG_S = 0.17
# Low-pass before 48 → 16 kHz: 7.5 kHz. Its delay of 1 ms is a foot of air between horn and microphone.
_TAPS = 96


class VirtualSound:
    """A sound card whose crystal is off by `ppm`, a horn with its fault, and the pole around both.

    `node_time` turns the machine's monotonic time into the node's own. `neighbours` are the horns within
    earshot in the order of the pole's scene; `radiates` is where this horn's sound goes. All blocks keep
    their simulated instants even when the machine is late, so load delays but never distorts.
    """

    input_rate = AIR_RATE

    def __init__(
        self,
        pole: SimulatedPole,
        horn: FaultyHorn,
        *,
        ppm: float = 0.0,
        radiates: Radiated | None = None,
        neighbours: Sequence[Radiated] = (),
        node_time: Callable[[float], float] = lambda real_s: real_s,
    ) -> None:
        self._pole = pole
        self._horn = horn
        self._speed = 1.0 + ppm * 1e-6
        self._radiates = radiates
        self._neighbours = tuple(neighbours)
        self._node_time = node_time
        self._lock = threading.Lock()
        self._fill: Fill | None = None
        self._hear: Hear | None = None
        self._thread: threading.Thread | None = None
        self._announced: deque[tuple[float, float]] = deque()
        self._underruns = 0

    @property
    def underruns(self) -> int:
        """Blocks that the machine computed only after they should have sounded."""
        return self._underruns

    def open_output(self, fill: Fill) -> None:
        """Start to play."""
        self._set(fill=fill)

    def close_output(self) -> None:
        """End playing."""
        self._set(end_fill=True)

    def open_input(self, hear: Hear) -> None:
        """Start to listen."""
        self._set(hear=hear)

    def close_input(self) -> None:
        """End listening."""
        self._set(end_hear=True)

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Tell the faulty horn which recording comes, so that it can cut it off or replace it."""
        self._announced.append((starts_at_s, duration_s))

    def _set(
        self,
        fill: Fill | None = None,
        hear: Hear | None = None,
        *,
        end_fill: bool = False,
        end_hear: bool = False,
    ) -> None:
        with self._lock:
            self._fill = None if end_fill else fill or self._fill
            self._hear = None if end_hear else hear or self._hear
            idle = self._fill is None and self._hear is None
            thread = self._thread
            if idle:
                self._thread = None
            elif thread is None:
                self._thread = threading.Thread(target=self._run, name="virtual-sound", daemon=True)
                self._thread.start()
        if idle and thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2.0)

    def _run(self) -> None:
        card = _Card(self._speed)
        awaited: deque[Signal] = deque()
        block = heard = 0
        while True:
            with self._lock:
                fill, hear = self._fill, self._hear
                if self._thread is not threading.current_thread():
                    return
            now_s = time.monotonic()
            if now_s >= card.at(block) - LEAD_S:
                if now_s > card.at(block):
                    self._underruns += 1
                own = self._play(card, block, fill)
                awaited.append(own)
                block += 1
            elif heard < block and now_s >= card.at(heard + 1) + LAG_S:
                self._listen(card, heard, awaited.popleft(), hear)
                heard += 1
            else:
                due_s = min(card.at(block) - LEAD_S, card.at(heard + 1) + LAG_S)
                time.sleep(min(max(due_s - now_s, 0.001), BLOCK_S))

    def _play(self, card: _Card, block: int, fill: Fill | None) -> Signal:
        out = np.zeros(_OUT_FRAMES, dtype=np.float32)
        at_s = card.at(block)
        if fill is not None:
            fill(out, self._node_time(at_s))
        own = self._through_horn(card.to_air(out), self._node_time(at_s))
        if self._radiates is not None and fill is not None:
            first, radiated = card.on_grid(block, own)
            self._radiates.write(first, radiated)
        return own

    def _through_horn(self, block: Signal, at_s: float) -> Signal:
        if not self._announced:
            return self._horn.play(block)
        starts_at_s, duration_s = self._announced[0]
        start = round((starts_at_s - at_s) * AIR_RATE)
        if start >= block.size:
            return self._horn.play(block)
        self._announced.popleft()
        start = max(start, 0)
        before = self._horn.play(block[:start])
        self._horn.begin(round(duration_s * AIR_RATE))
        return np.concatenate((before, self._horn.play(block[start:])))

    def _listen(self, card: _Card, block: int, own: Signal, hear: Hear | None) -> None:
        first = card.grid_index(block)
        around = [each.read(first, own.size) for each in self._neighbours]
        heard = self._pole.hear(own, around)
        if hear is not None:
            hear(heard, self._node_time(card.at(block)))


class _Card:
    """The sample clock of the simulated card: block numbers, their instants, the way to the shared air."""

    def __init__(self, speed: float) -> None:
        self._block_s = BLOCK_S / speed
        self._began_s = time.monotonic() + LEAD_S
        ideal = np.sinc((np.arange(_TAPS) - (_TAPS - 1) / 2) * (2 * 7_500 / OUTPUT_RATE))
        taps = ideal * np.hamming(_TAPS)
        self._taps = (taps / taps.sum()).astype(np.float32)
        self._past = np.zeros(_TAPS - 1, dtype=np.float32)
        self._last = np.float32(0.0)
        self._end: int | None = None

    def at(self, block: int) -> float:
        """When the first frame of a block sounds, by the machine's monotonic time."""
        return self._began_s + block * self._block_s

    def grid_index(self, block: int) -> int:
        """The shared air's index at that instant."""
        return round(self.at(block) * AIR_RATE)

    def to_air(self, out: Signal) -> Signal:
        """Return the block at 16 kHz. Shape: [960] → [320]."""
        known = np.concatenate((self._past, out))
        self._past = known[-(_TAPS - 1) :]
        low = np.convolve(known, self._taps, mode="valid")
        return low[:: OUTPUT_RATE // AIR_RATE].astype(np.float32)

    def on_grid(self, block: int, own: Signal) -> tuple[int, Signal]:
        """Return the block at the machine's true 16 kHz with its first index, joining the block before it."""
        step_s = self._block_s / own.size
        from_s = self.at(block) - step_s
        first = self._end if self._end is not None else int(np.ceil(from_s * AIR_RATE))
        end = int(np.floor(self.at(block + 1) * AIR_RATE - step_s * AIR_RATE)) + 1
        self._end = end
        index = np.arange(first, end)
        points = np.concatenate(([self._last], own))
        self._last = own[-1]
        position = (index / AIR_RATE - from_s) / step_s
        return first, np.interp(position, np.arange(points.size), points).astype(np.float32)
