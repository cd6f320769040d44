"""Signs of life that are worth something: they go out only while the node's work goes on.

What stands still for good is ended and started anew by the service manager. A broker that is away for a week, a card
that is pulled out and a disk that is slow are no reason: the node lives with them, and a new process would, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from smartradio.node.notify import Notifier

_logger = logging.getLogger(__name__)

SOUND_STALLED_S: Final = 10.0
"""The player closes a silent device after 2 s by itself; one that is still open now cannot be closed."""
LINK_STALLED_S: Final = 300.0
"""Longer than any wait between two attempts (60 s), a name that nobody resolves and a handshake together."""
# So many signs fit into the manager's wait that a slow disk may swallow some.
SIGNS: Final = 6
UNWATCHED_EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How long ago the parts last moved, in seconds (0: nothing is asked of them now), and what the node does."""

    sound_idle_s: float
    link_idle_s: float
    linked: bool
    playing: str | None
    clock_trusted: bool

    @property
    def stall(self) -> str | None:
        """What stands still for good, None if nothing does."""
        if self.sound_idle_s > SOUND_STALLED_S:
            return f"the sound device is open and has taken nothing for {self.sound_idle_s:.0f} s"
        if self.link_idle_s > LINK_STALLED_S:
            return f"the link to the broker has neither tried nor waited for {self.link_idle_s:.0f} s"
        return None

    @property
    def line(self) -> str:
        """The node in one line, for those who look at the service."""
        link = "linked to the broker" if self.linked else "no link to the broker, trying"
        clock = "time is trusted" if self.clock_trusted else "time is not trusted yet"
        return "; ".join([f"playing {self.playing}" if self.playing else "nothing to play now", link, clock])


class Watchdog:
    """Says "ready" at the loop's first turn, and signs of life at later ones while nothing stands still.

    A loop that does not turn says nothing. `monotonic` is the machine's clock, the one the manager waits by.
    """

    def __init__(self, notifier: Notifier, progress: Callable[[], Progress], monotonic: Callable[[], float]) -> None:
        self._notifier = notifier
        self._progress = progress
        self._monotonic = monotonic
        self._every_s = notifier.watch_s / SIGNS if notifier.watch_s is not None else UNWATCHED_EVERY_S
        self._due_s: float | None = None
        self._stalled = False

    def turn(self) -> None:
        """The loop has come round once more."""
        now_s = self._monotonic()
        if self._due_s is None:
            self._notifier.tell("READY=1", f"STATUS={self._progress().line}")
        elif now_s >= self._due_s:
            self._give_sign(self._progress())
        else:
            return
        self._due_s = now_s + self._every_s

    def _give_sign(self, progress: Progress) -> None:
        stall = progress.stall
        if stall is None:
            self._notifier.tell("WATCHDOG=1", f"STATUS={progress.line}")
        else:
            self._notifier.tell(f"STATUS=stands still: {stall}")
            if not self._stalled:
                _logger.error("%s; the service manager is no longer told that this node lives", stall)
        self._stalled = stall is not None
