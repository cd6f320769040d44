"""The player: puts a recording on the loudspeaker at its instant, to the sample.

COLD (no output open) → WARM (silence plays) → WAITING (a recording stands ready for its instant) → PLAYING,
back to WARM when it ends. What pre-empts takes the place of what plays after a fade of a few milliseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from smartradio.node.feed import Feed
from smartradio.node.live_feed import LiveFeed
from smartradio.node.sound.port import OUTPUT_RATE, Sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# Planned airings open the output this long before, so that the device's clock has settled (rule 10).
WARM_BEFORE_S = 3.0
FADE_S = 0.005
# An open device that asks for nothing this long is broken.
DEAD_AFTER_S = 2.0


class Ending(StrEnum):
    """How a playing recording ended."""

    WHOLE = "whole"
    STOPPED = "stopped"
    BROKEN = "broken"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Started:
    """The first sample of `key` leaves the loudspeaker at `at_s` (node's monotonic time)."""

    key: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The last sample of `key` leaves at `at_s`; `played_s` of it were played, `starved_s` came too late."""

    key: str
    at_s: float
    played_s: float
    starved_s: float
    ending: Ending
    detail: str | None = None


class _Take:
    """A recording on its way; after `Player.play` only the audio thread touches it."""

    def __init__(self, key: str, starts_at_s: float, feed: Feed | LiveFeed) -> None:
        self.key = key
        self.starts_at_s = starts_at_s
        self.feed = feed
        self.first_at_s: float | None = None
        self.played = 0

    def fill(self, out: Signal, at_s: float) -> bool:
        """Write this block; return True when the first sample is in it."""
        begin = 0
        began = self.first_at_s is None
        if self.first_at_s is None:
            begin = round((self.starts_at_s - at_s) * OUTPUT_RATE)
            if begin >= out.size:
                return False
            begin = max(begin, 0)
            self.first_at_s = at_s + begin / OUTPUT_RATE
        self.played += self.feed.take(out[begin:])
        return began


class Player:
    """One loudspeaker. `warm`, `play`, `stop`, `cool`, `poll` belong to the node's main thread.

    `monotonic` is the node's clock, the one in which the sound device tells its times.
    """

    def __init__(self, sound: Sound, monotonic: Callable[[], float]) -> None:
        self._sound = sound
        self._monotonic = monotonic
        self._open = False
        self._commands: deque[_Take | None] = deque()
        self._events: SimpleQueue[Started | Ended] = SimpleQueue()
        self._key: str | None = None
        # Below: the audio thread's own.
        self._take: _Take | None = None
        self._asked_s = 0.0

    @property
    def key(self) -> str | None:
        """What stands ready or plays."""
        return self._key

    def warm(self) -> None:
        """Open the output and play silence; raises SoundError."""
        if not self._open:
            self._asked_s = self._monotonic()
            self._sound.open_output(self._fill)
            self._open = True

    def play(self, key: str, starts_at_s: float, feed: Feed | LiveFeed) -> None:
        """Put a recording in place for an instant; what plays now fades out at once. Raises SoundError."""
        self.warm()
        self._sound.announce(starts_at_s, feed.duration_s)
        self._key = key
        self._commands.append(_Take(key, starts_at_s, feed))

    def stop(self) -> None:
        """Fade out what plays, or take away what waits."""
        if self._open:
            self._commands.append(None)

    def cool(self) -> None:
        """Close the output unless something stands ready or plays."""
        if self._open and self._key is None:
            self._sound.close_output()
            self._open = False

    def close(self) -> None:
        """Close the output whatever plays."""
        if self._open:
            self._sound.close_output()
            self._open = False

    def poll(self) -> list[Started | Ended]:
        """Return what happened since the last call; a device that has stopped asking is an ending too."""
        found: list[Started | Ended] = []
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                break
            found.append(event)
            if event.key == self._key and isinstance(event, Ended):
                self._key = None
        if self._open and self._monotonic() - self._asked_s > DEAD_AFTER_S:
            found.extend(self._device_died())
        return found

    def _device_died(self) -> list[Started | Ended]:
        self.close()
        take, key = self._take, self._key
        self._take = self._key = None
        self._commands.clear()
        if key is None:
            return []
        played_s = take.played / OUTPUT_RATE if take is not None and take.key == key else 0.0
        return [Ended(key, self._monotonic(), played_s, 0.0, Ending.DEVICE, "the sound device stopped")]

    # -- the audio thread

    def _fill(self, out: Signal, at_s: float) -> None:
        out[:] = 0.0
        self._asked_s = self._monotonic()
        while self._commands:
            command = self._commands.popleft()
            self._leave(out, at_s)
            self._take = command
        take = self._take
        if take is None:
            return
        block = np.zeros_like(out)
        if take.fill(block, at_s) and take.first_at_s is not None:
            self._events.put(Started(take.key, take.first_at_s))
        out += block
        if take.feed.ended and take.first_at_s is not None:
            self._end(take, Ending.BROKEN if take.feed.failure else Ending.WHOLE)

    def _leave(self, out: Signal, at_s: float) -> None:
        """Fade out what plays at the beginning of this block."""
        take = self._take
        if take is None:
            return
        if take.first_at_s is not None:
            count = min(int(FADE_S * OUTPUT_RATE), out.size)
            tail = np.zeros(count, dtype=np.float32)
            take.fill(tail, at_s)
            out[:count] += tail * np.linspace(1.0, 0.0, count, dtype=np.float32)
        self._end(take, Ending.STOPPED)

    def _end(self, take: _Take, ending: Ending) -> None:
        self._take = None
        take.feed.close()
        starved_s = take.feed.starved / OUTPUT_RATE
        played_s = take.played / OUTPUT_RATE
        at_s = take.first_at_s + played_s + starved_s if take.first_at_s is not None else self._monotonic()
        self._events.put(Ended(take.key, at_s, played_s, starved_s, ending, take.feed.failure))
