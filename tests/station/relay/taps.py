"""A stream by hand: what comes, when it breaks, by a clock that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from smartradio.station.relay.tap import Taken

RATE = 16_000
AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def sound(seconds: float, level: float = 0.1) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Noise in the voice's band."""
    rng = np.random.default_rng(3)
    noise = np.convolve(rng.standard_normal(round(seconds * RATE)), np.hanning(9) / 4, mode="same")
    return np.asarray(level * noise, dtype=np.float32)


class Studio:
    """A broadcaster's day: stretches of (seconds, what): "sound", "silence", "nothing", "refused" or "broken".

    Time passes when somebody takes or pauses. "refused" and "broken" end an opening with that word.
    """

    def __init__(self, *stretches: tuple[float, str], before_s: float = 5.0) -> None:
        self._stretches = stretches
        self.began = self.now = AT - timedelta(seconds=before_s)
        self.opened = 0
        self.dropped = 0
        self.closed = False
        self._broken = False

    def clock(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _now(self) -> str:
        at_s = (self.now - self.began).total_seconds()
        for seconds, what in self._stretches:
            if at_s < seconds:
                return what
            at_s -= seconds
        return "nothing"

    def open(self, url: str) -> None:
        self.opened += 1
        self._broken = False

    def take(self, seconds: float, wait_s: float) -> Taken:
        nothing = np.zeros(0, np.float32)
        what = self._now()
        if self._broken or what in ("refused", "broken"):
            self._broken = True
            return Taken(
                nothing, True, "the stream ended" if what == "broken" else "vov.example answers with a web page"
            )
        if what == "nothing":
            self.now += timedelta(seconds=wait_s)
            return Taken(nothing, False)
        self.now += timedelta(seconds=seconds)
        return Taken(sound(seconds, 0.1 if what == "sound" else 1e-5), False)

    def drop(self) -> None:
        self.dropped += 1

    def close(self) -> None:
        self.closed = True


Tell = Callable[[Sequence[object], bool], object]
