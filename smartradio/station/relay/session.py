"""One relay from its opening to its end: what comes is cut, placed and told; what does not come has its reason.

opening ─ sound ─> playing ─ its minutes are over ─> over
   │                 │  ▲
   │            broke│  │opened again
   │                 ▼  │
   └─ too long ─> fallen back <─ dead air, or too long without a sound
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from smartradio.domain.evidence import Reason
from smartradio.domain.relay import Relay
from smartradio.station.relay.placed import PIECE_S, Placed
from smartradio.station.relay.tap import Taken, Tap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

LEAD_S: Final = 5.0
"""So long before its instant a stream is opened."""
DEAD_AIR_S: Final = 15.0
# An address that cannot be opened is tried again until its first piece could not be at the nodes in time any more.
_ON_ITS_WAY_S: Final = 2.5
_AGAIN_S: Final = 2.0
_TAKE_WAIT_S: Final = 1.0
_AHEAD_S: Final = 8.0
# What the leveller holds back: taken once more at the first, so that each block gives a piece.
_FIRST_S: Final = 0.5


class Shelve(Protocol):
    """Puts an Opus object of so many seconds on the shelf as a placed piece; blocking."""

    def __call__(self, opus: bytes, at_s: float, duration_s: float) -> Placed:
        """Return the piece once it is on the disk."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a relay ended: no reason is a good end. `detail` is one line, `fell_back` that the recording was played."""

    reason: Reason | None
    detail: str
    fell_back: bool
    heard_s: float
    breaks: int


class Session:
    """Relays one stream; for one use. `run` returns when it is over.

    `fallback` are the pieces of the recording in its place, from 0 s. `tell(pieces, ended)` sends what is new to the
    nodes; `pause(seconds)` waits by the station's time. `cut` makes pieces of PIECE_S of what comes, a `Cutter` does
    it unless told otherwise.
    """

    def __init__(
        self,
        relay: Relay,
        starts_at: datetime,
        tap: Tap,
        *,
        shelve: Shelve,
        tell: Callable[[Sequence[Placed], bool], Awaitable[None]],
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
        fallback: Sequence[Placed] = (),
        already: Sequence[Placed] = (),
        cut: Callable[[Signal], Iterator[bytes]] | None = None,
    ) -> None:
        self._relay = relay
        self._starts_at = starts_at
        self._tap = tap
        self._shelve = shelve
        self._tell = tell
        self._clock = clock
        self._pause = pause
        self._fallback = fallback
        self._next_s = max((piece.ends_s for piece in already), default=0.0)
        # numpy, scipy and the codec come with the first relay, not with an idle station.
        from smartradio.station.relay.pieces import Cutter, is_silent  # noqa: PLC0415

        self._cut = cut or Cutter().cut
        self._is_silent = is_silent
        # Before its instant nothing can be missed.
        self._sound_s = max(0.0, self._elapsed_s())
        self._played = bool(already)
        self._silent_s = 0.0
        self._first_s = _FIRST_S
        self._breaks = 0
        self._heard_s = 0.0
        self._detail = ""

    async def run(self) -> Outcome:
        """Relay until the minutes are over or nothing more can be expected."""
        try:
            while not self._is_over():
                await asyncio.to_thread(self._tap.open, self._relay.url)
                reason = await self._listen()
                if reason is not None:
                    return await self._fall_back(reason)
                if self._is_over():
                    break
                self._breaks += 1
                await self._pause(_AGAIN_S)
        finally:
            await asyncio.to_thread(self._tap.close)
        await self._tell((), True)
        return Outcome(None, "", False, self._heard_s, self._breaks)

    async def _listen(self) -> Reason | None:
        """Take what comes until the stream breaks (None) or is given up for a reason, or all is over."""
        begun = self._elapsed_s() >= 0
        while not self._is_over():
            ahead_s = self._next_s - max(0.0, self._elapsed_s()) - _AHEAD_S
            if ahead_s > 0:
                # A file, or a server that sends at once what it has: nodes hold little of what is to come.
                await self._pause(ahead_s)
            taken = await asyncio.to_thread(self._tap.take, PIECE_S + self._first_s, _TAKE_WAIT_S)
            elapsed_s = self._elapsed_s()
            if not begun:
                # What came before its instant is another programme's.
                begun = elapsed_s >= 0
                await asyncio.to_thread(self._tap.drop)
                if not taken.over:
                    continue
            elif len(taken.pcm):
                await self._take(taken.pcm)
            reason = self._given_up(elapsed_s, taken)
            if reason is not None or taken.over:
                return reason
        return None

    async def _take(self, pcm: Signal) -> None:
        self._first_s = 0.0
        if self._is_silent(pcm):
            self._silent_s += PIECE_S
        else:
            self._silent_s, self._sound_s = 0.0, self._elapsed_s()
        made = await asyncio.to_thread(lambda: list(self._place(pcm)))
        if made:
            self._played = True
            self._heard_s += sum(piece.segment.duration_s for piece in made)
            await self._tell(made, False)

    def _place(self, pcm: Signal) -> Iterator[Placed]:
        """Yield what a block makes, each at the first place that the nodes can still have it for."""
        for opus in self._cut(pcm):
            earliest_s = self._elapsed_s() - self._relay.behind_s + _ON_ITS_WAY_S
            at_s = max(self._next_s, PIECE_S * math.ceil(earliest_s / PIECE_S))
            if at_s + PIECE_S > self._relay.length_s + 1e-6:
                self._next_s = self._relay.length_s
                return
            self._next_s = at_s + PIECE_S
            yield self._shelve(opus, at_s, PIECE_S)

    def _given_up(self, elapsed_s: float, taken: Taken) -> Reason | None:
        if taken.detail:
            self._detail = taken.detail
        if self._silent_s >= DEAD_AIR_S:
            self._detail = f"nothing but silence for {self._silent_s:.0f} s"
            return Reason.RELAY_SILENT
        if not self._played:
            return Reason.RELAY_UNREACHABLE if elapsed_s > self._relay.behind_s - _ON_ITS_WAY_S else None
        if elapsed_s - self._sound_s > DEAD_AIR_S:
            return Reason.RELAY_SILENT if self._silent_s else Reason.RELAY_ENDED
        return None

    async def _fall_back(self, reason: Reason) -> Outcome:
        """Tell the recording's pieces at the next place, and that no more will come."""
        # Behind what is told already and before which nothing can be at the nodes.
        earliest_s = self._elapsed_s() - self._relay.behind_s + _ON_ITS_WAY_S
        at_s = max(self._next_s, earliest_s, 0.0)
        moved = [Placed(round(at_s + piece.at_s, 3), piece.segment) for piece in self._fallback]
        fitting = [piece for piece in moved if piece.ends_s <= self._relay.length_s]
        await self._tell(fitting, True)
        return Outcome(reason, self._detail or "nothing came", bool(fitting), self._heard_s, self._breaks)

    def _elapsed_s(self) -> float:
        return (self._clock() - self._starts_at).total_seconds()

    def _is_over(self) -> bool:
        return self._next_s >= self._relay.length_s or self._elapsed_s() >= self._relay.over_after_s
