"""A relay on the horn: pieces that come while it plays, each at its place, so that all nodes are in step.

What has not come by its place is silence; after too much of it the airing's own recording is played in its place.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from smartradio.domain.bulletin import SegmentKind
from smartradio.node.feed import Piece
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

# After so much without a sound nothing more is expected.
GIVE_UP_S = 15.0
# The recording in its place needs a moment to be decoded.
_FALLBACK_IN_S = 0.5
_LOOK_S = 0.1
# Pieces are laid on one grid; what misses it by less is the same place.
_SAME_PLACE_S = 0.001


class LiveFeed:
    """Samples of a relay from `offset_s` on; as `feed.Feed`, one thread decodes and the audio callback takes.

    `fallback` is what is played when nothing comes for GIVE_UP_S, from the beginning if nothing is to be waited for
    (`give_up`). `fell_back` says that it was, `only_fallback` that nothing else was.
    """

    def __init__(
        self,
        length_s: float,
        *,
        gain: float = 1.0,
        offset_s: float = 0.0,
        fallback: Sequence[Piece] = (),
        give_up: bool = False,
    ) -> None:
        self.offset_s = offset_s
        self.duration_s = max(0.0, length_s - offset_s)
        self.failure: str | None = None
        self.starved = 0
        self.fell_back = False
        self.only_fallback = False
        self._limit = round(length_s * OUTPUT_RATE)
        self._gain = np.float32(gain)
        self._fallback = tuple(fallback)
        # Each of these has one writer, and is replaced whole, so that the callback needs no lock.
        self._laid: tuple[tuple[int, Signal], ...] = ()
        self._position = round(offset_s * OUTPUT_RATE)
        self._quiet = 0
        self._end = self._limit
        self._closed = False
        self._finished = False
        self._known: list[tuple[float, Piece]] = []
        self._to_decode: deque[tuple[int, Piece]] = deque()
        self._change = threading.Condition()
        if give_up:
            self._fall_back(0.0)
        self._thread = threading.Thread(target=self._decode, name="live feed", daemon=True)
        self._thread.start()

    # -- the node's thread

    def lay(self, at_s: float, piece: Piece) -> None:
        """Put a piece at its place; what lies there already, or where playing has passed, is left as it is."""
        with self._change:
            # What comes after all must not sound in the middle of the recording in its place.
            if self.fell_back or any(abs(at_s - known) < _SAME_PLACE_S for known, _ in self._known):
                return
            self._known.append((at_s, piece))
            start = round(at_s * OUTPUT_RATE)
            if start + round(piece.duration_s * OUTPUT_RATE) > self._position:
                self._to_decode.append((start, piece))
                self._change.notify_all()

    def finish(self, ends_s: float) -> None:
        """Learn that no more will come than up to `ends_s` after the airing's instant."""
        with self._change:
            if not self._finished:
                self._finished = True
                self._end = min(self._limit, round(ends_s * OUTPUT_RATE))

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until there is sound to start with; a relay may also start before there is any."""
        with self._change:
            self._change.wait_for(lambda: self._laid or not self._to_decode, timeout_s)
        return True

    def pieces(self) -> tuple[Piece, ...]:
        """Return what was to be heard so far from the airing's begin on, what was not there as silence."""
        with self._change:
            known = sorted(self._known, key=lambda each: each[0])
        past_s, began_s = self._position / OUTPUT_RATE, self.offset_s
        heard = [each for each in known if each[0] < past_s and each[0] + each[1].duration_s > began_s]
        found: list[Piece] = []
        if heard and heard[0][0] > 0 and not self.only_fallback:
            gap_s = heard[0][0]
            found.append(Piece(lambda: np.zeros(round(gap_s * OUTPUT_RATE), np.float32), gap_s, 0.0, SegmentKind.CHIME))
        ends = [at_s for at_s, _ in heard[1:]] + [0.0]
        for (at_s, piece), following_s in zip(heard, ends, strict=True):
            found.append(replace(piece, pause_after_s=max(0.0, following_s - at_s - piece.duration_s)))
        return tuple(found)

    @property
    def place_s(self) -> float:
        """Where in what is told by `pieces` it began."""
        return 0.0 if self.only_fallback else self.offset_s

    def close(self) -> None:
        """Let the decoding end."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    @property
    def ended(self) -> bool:
        """True once it is over."""
        return self._position >= self._end

    # -- the audio thread

    def take(self, out: Signal) -> int:
        """Write the next samples into `out` and return how many there were; the others are silence, and starved."""
        position = self._position
        count = min(out.size, max(0, self._end - position))
        covered = 0
        for start, sound in self._laid:
            begin, end = max(start, position), min(start + sound.size, position + count)
            if begin < end:
                target = out[begin - position : end - position]
                np.multiply(sound[begin - start : end - start], self._gain, out=target)
                covered += end - begin
        self._position = position + count
        self._quiet = 0 if covered else self._quiet + count
        self.starved += count - covered
        return covered

    # -- the decoding thread

    def _decode(self) -> None:
        while True:
            with self._change:
                # The callback must not touch a lock: how long it has been quiet is looked at now and then.
                self._change.wait_for(lambda: self._to_decode or self._closed, _LOOK_S)
                if self._closed:
                    return
                item = self._to_decode.popleft() if self._to_decode else None
                if item is None and not self._finished and self._quiet > GIVE_UP_S * OUTPUT_RATE:
                    self._fall_back(_FALLBACK_IN_S)
            if item is not None:
                self._lay_decoded(*item)

    def _lay_decoded(self, start: int, piece: Piece) -> None:
        try:
            sound = piece.decode()
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the relay is played all the same
            _logger.warning("a piece of the relay cannot be played: %s: %s", type(error).__name__, error)
            return
        ahead = [each for each in self._laid if each[0] + each[1].size > self._position]
        with self._change:
            self._laid = (*ahead, (start, sound))
            self._change.notify_all()

    def _fall_back(self, in_s: float) -> None:
        """Lay the recording that is played in the relay's place, so far ahead; without one it is over."""
        self.fell_back = bool(self._fallback)
        self.only_fallback = self.fell_back and not self._known
        at_s = self._position / OUTPUT_RATE + in_s
        for piece in self._fallback:
            self._known.append((at_s, piece))
            self._to_decode.append((round(at_s * OUTPUT_RATE), piece))
            at_s += piece.duration_s + piece.pause_after_s
        length = round((at_s - self._position / OUTPUT_RATE) * OUTPUT_RATE) if self._fallback else 0
        self._finished = True
        self._end = min(self._limit, self._position + length)
