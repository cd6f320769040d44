"""A recording that is played while its later segments are still on their way, each laid when it has come."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from smartradio.node.feed import Feed, Piece, silence
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# No wait is without an end: a call that was missed costs so much silence at the most.
_LOOK_S: Final = 1.0


class GrowingFeed(Feed):
    """As `Feed`, for pieces that come one after the other; where none has come in time there is silence.

    `lay` and `finish` are the node's thread's. What was waited for counts as starved and is told by `waits`.
    """

    def __init__(self, pieces: Sequence[Piece], *, gain: float = 1.0) -> None:
        self._change = threading.Condition()
        self._to_decode: deque[Piece] = deque(pieces)
        self._finished = False
        # Samples before the end of each piece, without its pause: the decoding thread's.
        self._ends: list[int] = []
        # Where playing waited (samples taken by then) and for how many samples: the audio thread's.
        self._gaps: list[list[int]] = []
        super().__init__(pieces, gain=gain)

    def lay(self, piece: Piece) -> None:
        """Put the next piece behind those that are laid."""
        with self._change:
            self._to_decode.append(piece)
            self._change.notify_all()

    def finish(self) -> None:
        """Learn that no more pieces will come."""
        with self._change:
            self._finished = True
            self._change.notify_all()

    def close(self) -> None:
        """Let the decoding end."""
        super().close()
        with self._change:
            self._change.notify_all()

    def take(self, out: Signal) -> int:
        """Write the next samples into `out` and return how many; the others are silence."""
        starved = self.starved
        count = super().take(out)
        missing = self.starved - starved
        if missing and self._gaps and self._gaps[-1][0] == self._taken:
            self._gaps[-1][1] += missing
        elif missing:
            self._gaps.append([self._taken, missing])
        return count

    @property
    def waiting_s(self) -> float:
        """For how long there has been nothing to play by now."""
        taken, gap = self._gaps[-1] if self._gaps else (-1, 0)
        return gap / OUTPUT_RATE if taken == self._taken else 0.0

    def waits(self) -> dict[int, float]:
        """Return behind which pieces (from 0) playing waited for the next one, and for how many seconds."""
        found: dict[int, float] = {}
        for taken, gap in list(self._gaps):
            number = bisect_right(self._ends, taken) - 1
            if number >= 0:
                found[number] = found.get(number, 0.0) + gap / OUTPUT_RATE
        return found

    def _blocks(self) -> Iterator[Signal]:
        made = 0
        while (piece := self._next()) is not None:
            sound = piece.decode()
            made += sound.size
            self._ends.append(made)
            yield sound
            for block in () if self._is_last else silence(piece.pause_after_s):
                made += block.size
                yield block

    def _next(self) -> Piece | None:
        with self._change:
            while not (self._to_decode or self._finished or self._closed):
                self._change.wait(_LOOK_S)
            return self._to_decode.popleft() if self._to_decode and not self._closed else None

    @property
    def _is_last(self) -> bool:
        with self._change:
            return self._finished and not self._to_decode
