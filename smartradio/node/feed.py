"""A recording made ready to play: segments decoded ahead of the loudspeaker, joined without gaps."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smartradio.domain.bulletin import SegmentKind
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

# Decoded sound kept ahead of the loudspeaker: a Pi decodes 100 times faster than real time, 20 s is 4 MB.
AHEAD_S = 20.0
_PAUSE_BLOCK_S = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment to play: `decode` gives its samples at OUTPUT_RATE; whatever it raises ends the playing."""

    decode: Callable[[], Signal]
    duration_s: float
    pause_after_s: float = 0.0
    kind: SegmentKind = SegmentKind.SENTENCE


def duration_s(pieces: Sequence[Piece]) -> float:
    """Return how long the pieces last together; the pause after the last one does not count."""
    total_s = sum(piece.duration_s + piece.pause_after_s for piece in pieces)
    return total_s - pieces[-1].pause_after_s if pieces else 0.0


def silence(length_s: float) -> Iterator[Signal]:
    """Yield so much silence, in blocks."""
    left = round(length_s * OUTPUT_RATE)
    while left > 0:
        size = min(left, int(_PAUSE_BLOCK_S * OUTPUT_RATE))
        yield np.zeros(size, dtype=np.float32)
        left -= size


class Feed:
    """Samples of a recording in order; one thread decodes ahead, the audio callback takes what it needs.

    `take` never waits: what is not decoded yet counts as starved and stays silent.
    """

    def __init__(self, pieces: Sequence[Piece], *, gain: float = 1.0) -> None:
        self.duration_s = duration_s(pieces)
        self._pieces = tuple(pieces)
        self._gain = np.float32(gain)
        self._ready: deque[Signal] = deque()
        # Each counter has one writer, so no lock is needed between the decoder and the audio callback.
        self._made = 0
        self._taken = 0
        self._room = threading.Condition()
        self._done = False
        self._closed = False
        self.failure: str | None = None
        self.starved = 0
        self._thread = threading.Thread(target=self._decode, name="feed", daemon=True)
        self._thread.start()

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until there is sound to start with; False if it takes longer or cannot be decoded."""
        with self._room:
            self._room.wait_for(lambda: self._ready or self._done, timeout_s)
            return bool(self._ready)

    @property
    def ended(self) -> bool:
        """True once every sample has been taken."""
        return self._done and not self._ready

    def take(self, out: Signal) -> int:
        """Write the next samples into `out` and return how many; fewer at the end or if starved."""
        position = 0
        while position < out.size and self._ready:
            block = self._ready[0]
            count = min(block.size, out.size - position)
            np.multiply(block[:count], self._gain, out=out[position : position + count])
            position += count
            if count == block.size:
                self._ready.popleft()
            else:
                self._ready[0] = block[count:]
        self._taken += position
        if position < out.size and not self._done:
            self.starved += out.size - position
        return position

    def close(self) -> None:
        """Let the decoding end."""
        self._closed = True

    def _decode(self) -> None:
        try:
            for block in self._blocks():
                if not self._add(block):
                    return
        except Exception as error:  # noqa: BLE001 - whatever it is, what was cut off must not count as whole
            self.failure = f"{type(error).__name__}: {error}"
            _logger.warning("a segment cannot be played: %s", self.failure)
        finally:
            with self._room:
                self._done = True
                self._room.notify_all()

    def _blocks(self) -> Iterator[Signal]:
        last = len(self._pieces) - 1
        for number, piece in enumerate(self._pieces):
            yield piece.decode()
            if number < last:
                yield from silence(piece.pause_after_s)

    def _add(self, block: Signal) -> bool:
        with self._room:
            # The callback must not touch a lock, so nobody wakes us: look again every tenth of a second.
            while self._made - self._taken > AHEAD_S * OUTPUT_RATE and not self._closed:
                self._room.wait(0.1)
            if self._closed:
                return False
            if block.size:
                self._made += block.size
                self._ready.append(block)
                self._room.notify_all()
            return True
