"""The sound of a simulated node: a card in simulated time, and figures in the place of a microphone's.

No signal is worked on. A decoded segment is silence of the right length whose first sample is a mark that names it,
so the card itself is a witness of what sounded and when, whatever the node reports. The figures of a measuring are
made up to be those of a horn that was heard well, a little different each time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from smartradio.audio.codec import decode_opus
from smartradio.audio.match import FRAME_S, Match
from smartradio.node.feed import Piece, duration_s
from smartradio.node.measuring import Measured, _spoken_spans, figures_of
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.wire.chunks import sha256_hex
from tests.simulated.hours import Hours

# A card asks so long ahead; what is longer than a block is asked for in pieces.
LEAD_S = 0.1
_LONGEST_BLOCK_S = 5.0
_DECODED_WITHIN_S = 30.0
_STEP = 2.0**-20


class Marks:
    """Numbers for segments, and their sound: silence of their length that begins with their number."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}
        self._by_number: list[str] = []
        self._one_at_a_time = threading.Lock()

    def decode(self, opus: bytes) -> Any:
        sha256 = sha256_hex(opus)
        # Each node decodes on a thread of its own.
        with self._one_at_a_time:
            if sha256 not in self._known:
                self._known[sha256] = (len(self._by_number), decode_opus(opus).size)
                self._by_number.append(sha256)
            number, samples = self._known[sha256]
        # Never touched beyond its first page, so it costs no memory.
        sound = np.zeros(samples, dtype=np.float32)
        sound[0] = (number + 1) * _STEP
        return sound

    def named(self, mark: float) -> str:
        """Return the segment of a mark."""
        return self._by_number[round(mark / _STEP) - 1]


@dataclass(frozen=True)
class Sounded:
    """A segment's first sample left the horn."""

    at: datetime
    sha256: str


class Card:
    """A sound card that makes its blocks when the world looks at it; `sounded` outlives the node's process."""

    input_rate = 16_000
    underruns = 0

    def __init__(self, hours: Hours, marks: Marks, sounded: list[Sounded]) -> None:
        self._hours = hours
        self._marks = marks
        self._sounded = sounded
        self._fill: Callable[[Any, float], None] | None = None
        self._hear: Callable[[Any, float], None] | None = None
        self._made_s = 0.0

    def open_output(self, fill: Callable[[Any, float], None]) -> None:
        self._fill = fill
        self._made_s = self._hours.now_s

    def close_output(self) -> None:
        self._fill = None

    def open_input(self, hear: Callable[[Any, float], None]) -> None:
        self._hear = hear

    def close_input(self) -> None:
        self._hear = None

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Nothing here wants to know."""

    def pump(self, feeds: Sequence[Any]) -> None:
        """Make the blocks that are due; `feeds` are waited for first, as a Pi has all the time to decode."""
        until_s = self._hours.now_s + LEAD_S
        while self._fill is not None and self._made_s < until_s:
            block = np.zeros(round(min(_LONGEST_BLOCK_S, until_s - self._made_s) * OUTPUT_RATE), dtype=np.float32)
            if not block.size:
                break
            for feed in feeds:
                _wait_decoded(feed, block.size)
            self._fill(block, self._made_s)
            for place in np.flatnonzero(block):
                at_s = self._made_s + place / OUTPUT_RATE
                self._note(at_s, float(block[place]))
            self._made_s += block.size / OUTPUT_RATE
        if self._hear is not None:
            # Enough for the microphone to have heard something; nobody listens to it.
            self._hear(np.zeros(160, dtype=np.float32), self._hours.now_s)

    def _note(self, at_s: float, mark: float) -> None:
        at = self._hours.utc() + timedelta(seconds=at_s - self._hours.now_s)
        self._sounded.append(Sounded(at, self._marks.named(mark)))


def _wait_decoded(feed: Any, samples: int) -> None:
    """Wait (in real time, for a real thread) until a feed has so many samples or all it will ever have."""
    deadline = time.monotonic() + _DECODED_WITHIN_S
    while not feed._done and feed._made - feed._taken < samples and not _is_dry(feed):
        assert time.monotonic() < deadline, "a feed is not decoded"
        with feed._room:
            # It sleeps while it is far enough ahead, and looks again only every tenth of a second.
            feed._room.notify_all()
            feed._room.wait(0.001)


def _is_dry(feed: Any) -> bool:
    """Whether a growing feed has decoded all that was laid and waits for more."""
    change = getattr(feed, "_change", None)
    if change is None:
        return False
    with change:
        return bool(change._waiters) and not feed._to_decode


class Ear(Executor):
    """In the place of the worker that measures: says at once what a node with a good horn would find."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.delay_s = random.uniform(0.004, 0.009)
        self.gain_db = random.uniform(-14.0, -8.0)
        self.deaf = False

    def submit(self, work: Any, /, *values: Any, **named: Any) -> Future[Any]:
        pieces = values[2]
        future: Future[Any] = Future()
        future.set_result(Measured(figures_of(self._heard(pieces)), None))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing runs."""

    def _heard(self, pieces: Sequence[Piece]) -> Match:
        frames = max(1, round(duration_s(pieces) / FRAME_S))
        heard = not self.deaf
        gain_db = self.gain_db + self._random.gauss(0.0, 0.3)
        share = 1.0 if heard else 0.0
        return Match(
            own_heard=heard,
            delay_s=self.delay_s + self._random.gauss(0.0, 0.0002) if heard else None,
            delay_confidence=0.9 if heard else 0.0,
            coverage=share,
            coverage_by_segment=(share,) * len(_spoken_spans(pieces)),
            frames=(heard,) * frames,
            active=(True,) * frames,
            level_db=-20.0 + gain_db if heard else -68.0,
            background_db=-62.0,
            snr_db=18.0 + self._random.gauss(0.0, 0.5) if heard else None,
            tilt_db=-2.0 if heard else None,
            high_band_coverage=share,
            far_delay_s=None,
            far_confidence=0.0,
            other_speech=0.0,
            other_db=-65.0,
            observed=1.0,
            gain_db=gain_db if heard else None,
        )
