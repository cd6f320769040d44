"""What plays is kept in step with the station's time, by playing it a little faster or slower than the card asks.

A card's crystal and a machine's are each off by up to 50 ppm: two poles of a half-hour programme would be 0.2 s apart
at its end, an echo in every hamlet between them. Until something is out of step the samples go through as they are.
Where the pace was bent is noted, so that what the microphone heard can be held against the recording: the reference
match follows one even pace and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from smartradio.audio.between import HALF, read_at
from smartradio.node.sound.port import OUTPUT_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# What is off by less is left alone: neither two poles nor two ears tell it.
LEAST_S: Final = 0.001
# A second is played this much faster or slower at most: half a cent.
MOST: Final = 250e-6
# What is out of step is taken back in about this time, where that is slow enough.
_TAKEN_BACK_IN_S: Final = 8.0
# What is out of step by more had to wait, or the station's clock was set: it keeps its own time from there on.
GIVEN_UP_S: Final = 0.25
# The pace is even for so long.
_EVEN: Final = OUTPUT_RATE
# A pace that differs by less than a millionth is the same.
_SAME: Final = 1e-6


class Times(Protocol):
    """The node's clock: POSIX seconds at an instant of the monotonic one, None without trusted time.

    `base_s` is the one by which the start was worked out, `newest_s` what is known by now. Neither may block.
    """

    def base_s(self, monotonic_s: float) -> float | None:
        """Return the time by the base that is held while something plays."""
        ...

    def newest_s(self, monotonic_s: float) -> float | None:
        """Return the time by all that is known."""
        ...


class Source(Protocol):
    """Where the samples come from; `take` writes as many as there are and returns how many."""

    def take(self, out: Signal) -> int:
        """Write the next samples."""
        ...


class Pace:
    """The pace of one recording whose first sample is planned for `starts_at_s` (monotonic); the audio thread's.

    `worst_s` is by how much it was out of step at the most, as far as the node knew. `bends` are the instants since the
    first sample at which the pace changed, each with how much more had been played by then than time had passed (s).
    """

    def __init__(self, times: Times | None, starts_at_s: float) -> None:
        self._times = times
        self._began_s = times.base_s(starts_at_s) if times is not None else None
        self._asked = 0
        self._played = 0.0
        self._ratio = 1.0
        self._looked: int | None = None
        self._stretched: _Stretched | None = None
        self._last = np.zeros(HALF, dtype=np.float32)
        self.worst_s = 0.0
        self.bends: list[tuple[float, float]] = []

    def take(self, source: Source, out: Signal, at_s: float, held_s: float = 0.0) -> int:
        """Write a block whose first sample sounds at `at_s` (monotonic); return how many samples had sound.

        `held_s` is for how long the recording was held since it began.
        """
        if self._looked is None or self._asked - self._looked >= _EVEN:
            self._looked = self._asked
            self._keep_to(self._wanted(at_s, held_s), held_s)
        if self._stretched is None:
            count = source.take(out)
            self._last = np.concatenate((self._last, out))[-HALF:]
        else:
            count = self._stretched.take(source, out, self._ratio)
        self._asked += out.size
        self._played += self._ratio * out.size
        return count

    def ended(self) -> tuple[tuple[float, float], ...]:
        """Return the bends with the end; none if the pace was even all the time."""
        return (*self.bends, self._bend(0.0)) if self.bends else ()

    def _keep_to(self, ratio: float, held_s: float) -> None:
        if abs(ratio - self._ratio) < _SAME:
            return
        self.bends.append(self._bend(held_s))
        self._ratio = ratio
        if self._stretched is None:
            self._stretched = _Stretched(self._last)

    def _bend(self, held_s: float) -> tuple[float, float]:
        return self._asked / OUTPUT_RATE + held_s, (self._played - self._asked) / OUTPUT_RATE

    def _wanted(self, at_s: float, held_s: float) -> float:
        now_s = self._times.newest_s(at_s) if self._times is not None else None
        if now_s is None or self._began_s is None:
            return 1.0
        late_s = now_s - self._began_s - held_s - self._played / OUTPUT_RATE
        if abs(late_s) > GIVEN_UP_S:
            self._began_s += late_s
            return 1.0
        self.worst_s = max(self.worst_s, abs(late_s))
        if self._stretched is None and abs(late_s) < LEAST_S:
            return 1.0
        return 1.0 + min(max(late_s / _TAKEN_BACK_IN_S, -MOST), MOST)


class _Stretched:
    """A source read a little faster or slower; a quarter of a millisecond ahead, which does not sound at its end."""

    def __init__(self, before: Signal) -> None:
        self._kept = before
        # Of the next sample to sound, in `_kept`.
        self._place = float(before.size)

    def take(self, source: Source, out: Signal, ratio: float) -> int:
        """Write the next samples, `ratio` of the source's apart; return how many of those that were read had sound."""
        places = self._place + ratio * np.arange(out.size, dtype=np.float64)
        wanted = int(places[-1]) + HALF + 1 if out.size else 0
        fresh = np.zeros(max(0, wanted - self._kept.size), dtype=np.float32)
        count = source.take(fresh) if fresh.size else 0
        kept = np.concatenate((self._kept, fresh))
        out[:] = read_at(kept, places)
        place = self._place + ratio * out.size
        gone = max(0, int(place) - HALF)
        self._kept, self._place = kept[gone:], place - gone
        return count
