"""The player: puts a recording on the loudspeaker at its instant, to the sample.

COLD (no output open) → WARM (silence plays) → WAITING (a recording stands ready for its instant) → PLAYING,
back to WARM when it ends. What pre-empts takes the place of what plays after a fade of a few milliseconds; what
plays may be HUSHED before that, held where it is until it is known whether the other one comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from smartradio.node.feed import Feed
from smartradio.node.live_feed import LiveFeed
from smartradio.node.pace import Pace, Times
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
    """The last sample of `key` leaves at `at_s`; `played_s` of it were played, `starved_s` came too late.

    `out_of_step_s` is by how much it was off the station's time at the most, as far as the node knew; `bends` are those
    of its `Pace`.
    """

    key: str
    at_s: float
    played_s: float
    starved_s: float
    ending: Ending
    detail: str | None = None
    out_of_step_s: float = 0.0
    bends: tuple[tuple[float, float], ...] = ()


class _Word(Enum):
    """What the audio thread is told beside the recordings."""

    STOP = auto()
    HUSH = auto()
    SOUND_ON = auto()


class _Take:
    """A recording on its way; after `Player.play` only the audio thread touches it."""

    def __init__(self, key: str, starts_at_s: float, feed: Feed | LiveFeed, pace: Pace) -> None:
        self.key = key
        self.pace = pace
        self.starts_at_s = starts_at_s
        self.feed = feed
        self.first_at_s: float | None = None
        self.played = 0
        # Samples of silence in which it was held.
        self.held = 0

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
        self.played += self.pace.take(self.feed, out[begin:], at_s + begin / OUTPUT_RATE, self.held / OUTPUT_RATE)
        return began


class Player:
    """One loudspeaker. `warm`, `play`, `hush`, `sound_on`, `stop`, `cool`, `poll` belong to the node's main thread.

    `monotonic` is the node's clock, the one in which the sound device tells its times. With `times` what plays is kept
    in step with the station's.
    """

    def __init__(self, sound: Sound, monotonic: Callable[[], float], times: Times | None = None) -> None:
        self._sound = sound
        self._monotonic = monotonic
        self._times = times
        self._open = False
        self._commands: deque[_Take | _Word] = deque()
        self._events: SimpleQueue[Started | Ended] = SimpleQueue()
        self._key: str | None = None
        # Below: the audio thread's own.
        self._take: _Take | None = None
        self._hushed = False
        self._hushed_for = 0
        self._fades_in = False
        self._asked_s = 0.0

    @property
    def key(self) -> str | None:
        """What stands ready or plays."""
        return self._key

    @property
    def idle_s(self) -> float:
        """Seconds since the open output last asked for samples; 0 while none is open."""
        return self._monotonic() - self._asked_s if self._open else 0.0

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
        self._commands.append(_Take(key, starts_at_s, feed, Pace(self._times, starts_at_s)))

    def hush(self) -> None:
        """Fade out what plays at once and hold it there: `play` and `stop` end it at that instant."""
        if self._open:
            self._commands.append(_Word.HUSH)

    def sound_on(self) -> None:
        """Let what is hushed sound on from where it is held."""
        if self._open:
            self._commands.append(_Word.SOUND_ON)

    def stop(self) -> None:
        """Fade out what plays, or take away what waits."""
        if self._open:
            self._commands.append(_Word.STOP)

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
        takes = [take for take in (self._take, *self._commands) if isinstance(take, _Take)]
        self._take = self._key = None
        self._hushed = False
        self._commands.clear()
        return [self._cut_off(take) for take in takes]

    def _cut_off(self, take: _Take) -> Ended:
        take.feed.close()
        played_s = take.played / OUTPUT_RATE
        return Ended(take.key, self._monotonic(), played_s, 0.0, Ending.DEVICE, "the sound device stopped")

    # -- the audio thread

    def _fill(self, out: Signal, at_s: float) -> None:
        out[:] = 0.0
        self._asked_s = self._monotonic()
        while self._commands:
            self._obey(self._commands.popleft(), out, at_s)
        take = self._take
        if take is None:
            return
        if self._hushed:
            self._hushed_for += out.size
            return
        block = np.zeros_like(out)
        if take.fill(block, at_s) and take.first_at_s is not None:
            self._events.put(Started(take.key, take.first_at_s))
        if self._fades_in:
            count = min(int(FADE_S * OUTPUT_RATE), block.size)
            block[:count] *= np.linspace(0.0, 1.0, count, dtype=np.float32)
            self._fades_in = False
        out += block
        if take.feed.ended and take.first_at_s is not None:
            self._end(take, Ending.BROKEN if take.feed.failure else Ending.WHOLE)

    def _obey(self, command: _Take | _Word, out: Signal, at_s: float) -> None:
        take = self._take
        if command is _Word.HUSH:
            if take is not None and not self._hushed:
                self._hushed, self._hushed_for = True, -self._fade_out(take, out, at_s)
        elif command is _Word.SOUND_ON:
            if take is not None and self._hushed and take.first_at_s is not None:
                take.held += self._hushed_for
                self._fades_in = True
            self._hushed = False
        else:
            if take is not None:
                if not self._hushed:
                    self._fade_out(take, out, at_s)
                self._end(take, Ending.STOPPED)
            self._take = command if isinstance(command, _Take) else None
            self._hushed = self._fades_in = False

    def _fade_out(self, take: _Take, out: Signal, at_s: float) -> int:
        """Fade out what plays at the beginning of this block; return in how many samples."""
        if take.first_at_s is None:
            return 0
        count = min(int(FADE_S * OUTPUT_RATE), out.size)
        tail = np.zeros(count, dtype=np.float32)
        take.fill(tail, at_s)
        out[:count] += tail * np.linspace(1.0, 0.0, count, dtype=np.float32)
        return count

    def _end(self, take: _Take, ending: Ending) -> None:
        self._take = None
        take.feed.close()
        starved_s = (take.feed.starved + take.held) / OUTPUT_RATE
        played_s = take.played / OUTPUT_RATE
        at_s = take.first_at_s + played_s + starved_s if take.first_at_s is not None else self._monotonic()
        pace = take.pace
        ended = Ended(take.key, at_s, played_s, starved_s, ending, take.feed.failure, pace.worst_s, pace.ended())
        self._events.put(ended)
