"""The microphone: open only around an airing, its sound kept at 16 kHz until it has been looked at."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from smartradio.node.sound.port import Sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

# Rule 11: from 2 s before to 3 s after an airing, and never else.
BEFORE_S = 2.0
AFTER_S = 3.0
CLIP_RATE = 16_000
# A window keeps no more than this from its beginning: 20 minutes are 38 MB.
LONGEST_S = 1_200.0
GAP_S = 0.02
_SCALE = 32_767.0
_TAPS = 97


@dataclass(frozen=True, slots=True)
class Heard:
    """What the microphone heard: float32 mono at CLIP_RATE, its first sample at `starts_s` (monotonic)."""

    pcm: Signal
    starts_s: float


class Decimator:
    """Streaming 48 → 16 kHz: low-pass at 7.4 kHz, every third sample, no delay in the given instants."""

    def __init__(self, from_rate: int) -> None:
        self._step = from_rate // CLIP_RATE
        if self._step * CLIP_RATE != from_rate:
            raise ValueError(f"a microphone at {from_rate} Hz is no multiple of {CLIP_RATE} Hz")
        ideal = np.sinc((np.arange(_TAPS) - (_TAPS - 1) / 2) * (2 * 7_400 / from_rate))
        taps = ideal * np.hamming(_TAPS)
        self._taps = (taps / taps.sum()).astype(np.float32)
        self._past = np.zeros(_TAPS - 1, dtype=np.float32)
        self._phase = 0
        self.delay_s = (_TAPS - 1) / 2 / from_rate if self._step > 1 else 0.0

    def push(self, block: Signal) -> Signal:
        """Return the next samples at 16 kHz."""
        if self._step == 1:
            return block
        known = np.concatenate((self._past, block))
        self._past = known[-(_TAPS - 1) :]
        low = np.convolve(known, self._taps, mode="valid")
        taken = low[self._phase :: self._step]
        self._phase = (self._phase - block.size) % self._step
        return taken.astype(np.float32)


class _Stretch:
    """Sound without a gap: where it began by the median of all its blocks' times."""

    def __init__(self) -> None:
        self.samples = 0
        self.blocks: list[NDArray[np.int16]] = []
        self._origins: deque[float] = deque(maxlen=501)

    @property
    def starts_s(self) -> float:
        return median(self._origins)

    def fits(self, at_s: float) -> bool:
        return not self._origins or abs(self.starts_s + self.samples / CLIP_RATE - at_s) <= GAP_S

    def add(self, block: Signal, at_s: float) -> None:
        self._origins.append(at_s - self.samples / CLIP_RATE)
        self.blocks.append(np.clip(np.rint(block * _SCALE), -_SCALE, _SCALE).astype(np.int16))
        self.samples += block.size

    def write(self, out: Signal, from_s: float) -> None:
        """Put this stretch where it belongs in `out`, which begins at `from_s`."""
        start = round((self.starts_s - from_s) * CLIP_RATE)
        if start >= out.size or start + self.samples <= 0:
            return
        pcm = np.concatenate(self.blocks)
        low, high = max(start, 0), min(start + self.samples, out.size)
        out[low:high] = pcm[low - start : high - start].astype(np.float32) / np.float32(_SCALE)


class Microphone:
    """Listens while any window is open. `open`, `cut`, `close`, `drain` belong to the node's main thread."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._queue: SimpleQueue[tuple[Signal, float]] = SimpleQueue()
        self._windows: dict[str, float] = {}
        self._stretches: list[_Stretch] = []
        self._decimator: Decimator | None = None

    @property
    def is_open(self) -> bool:
        """Whether the microphone is listening."""
        return bool(self._windows)

    def listening_for(self, key: str) -> bool:
        """Whether a window of this key is open."""
        return key in self._windows

    def open(self, key: str, from_s: float) -> None:
        """Open a window that wants sound from an instant on; raises SoundError."""
        if not self._windows:
            self._stretches = []
            self._decimator = Decimator(self._sound.input_rate)
            self._sound.open_input(self._hear)
        self._windows[key] = from_s

    def keep_only(self, keys: Collection[str]) -> None:
        """Close every other window and forget what was heard in it."""
        for key in [each for each in self._windows if each not in keys]:
            self.cut(key, 0.0)

    def cut(self, key: str, until_s: float) -> Heard | None:
        """Close a window and return what was heard in it; None if nothing was."""
        self.drain()
        from_s = self._windows.pop(key, None)
        heard = self._between(from_s, until_s) if from_s is not None else None
        if self._windows:
            self._forget_before(min(self._windows.values()))
        elif from_s is not None:
            self._sound.close_input()
            self._discard()
        return heard

    def close(self) -> None:
        """Close all windows and forget what was heard."""
        if self._windows:
            self._sound.close_input()
        self._windows.clear()
        self._discard()

    def drain(self) -> None:
        """Take over what the device has handed in; call it every second or so while listening."""
        while True:
            try:
                block, at_s = self._queue.get_nowait()
            except Empty:
                break
            if self._decimator is None or not self._windows:
                continue
            if not any(
                from_s <= at_s + block.size / self._sound.input_rate and at_s <= from_s + LONGEST_S
                for from_s in self._windows.values()
            ):
                continue
            stretch = self._stretches[-1] if self._stretches else None
            small_at_s = at_s - self._decimator.delay_s
            if stretch is None or not stretch.fits(small_at_s):
                stretch = _Stretch()
                self._stretches.append(stretch)
            stretch.add(self._decimator.push(block), small_at_s)

    def _forget_before(self, from_s: float) -> None:
        self._stretches = [each for each in self._stretches if each.starts_s + each.samples / CLIP_RATE >= from_s]

    def _discard(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        self._stretches = []

    def _between(self, from_s: float, until_s: float) -> Heard | None:
        if not self._stretches:
            return None
        first_s = max(from_s, self._stretches[0].starts_s)
        last = self._stretches[-1]
        end_s = min(until_s, last.starts_s + last.samples / CLIP_RATE, first_s + LONGEST_S)
        count = round((end_s - first_s) * CLIP_RATE)
        if count <= 0:
            return None
        pcm = np.zeros(count, dtype=np.float32)
        for stretch in self._stretches:
            stretch.write(pcm, first_s)
        return Heard(pcm, first_s)

    def _hear(self, block: Signal, at_s: float) -> None:
        self._queue.put((block, at_s))
