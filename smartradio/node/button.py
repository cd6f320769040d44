"""The button at the pole: what its contact must do to count as a press. No I/O; time is passed in.

A person holds it for some seconds. A knock, a spike on the wire and contacts that bounce are shorter; a wire that is
crushed or stands in water stays closed, and that is no press either.
"""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

STUCK_S: Final = 60.0
"""Nobody holds a button as long as this: something else keeps its contact closed."""


class ButtonSettings(BaseModel):
    """The button that calls people to leave without the station."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pin: int = Field(ge=0, le=27)
    """BCM number of the pin; the button closes it to ground."""
    held_s: float = Field(default=3.0, ge=1.0, le=30.0)
    """So long it must be held."""
    times: int = Field(default=3, ge=1, le=20)
    """So often siren and words are said."""
    recording: Path | None = None
    """Opus file that is played in the place of ours."""


class _State(Enum):
    """Closed at the start → open ↔ closed → counted → open."""

    CLOSED_AT_START = auto()
    OPEN = auto()
    CLOSED = auto()
    COUNTED = auto()


class Holding:
    """Follows the contact; one thread's. Times are those of the monotonic clock, in order.

    A contact that is closed when the node starts counts only once it has been seen open: where a wire is crushed, each
    start would call people out of their houses.
    """

    def __init__(self, held_s: float, *, closed: bool, at_s: float) -> None:
        self._held_s = held_s
        self._state = _State.CLOSED_AT_START if closed else _State.OPEN
        self._since_s = at_s

    @property
    def due_s(self) -> float | None:
        """When it will have been held long enough; None while nobody holds it."""
        return self._since_s + self._held_s if self._state is _State.CLOSED else None

    def stuck(self, now_s: float) -> bool:
        """Say whether it has been closed for longer than any person holds it, or since the start."""
        return self._state is not _State.OPEN and now_s - self._since_s >= STUCK_S

    def changed(self, *, closed: bool, at_s: float) -> float | None:
        """Take a change; return for how long (s) it was held if that was a press nobody has counted yet, else None."""
        pressed = self.tick(at_s) if not closed else None
        if closed and self._state is _State.OPEN:
            self._state, self._since_s = _State.CLOSED, at_s
        elif not closed:
            self._state = _State.OPEN
        return pressed

    def tick(self, now_s: float) -> float | None:
        """Return for how long (s) it is held if that has just become a press, else None: each counts once."""
        if self._state is not _State.CLOSED or now_s - self._since_s < self._held_s:
            return None
        self._state = _State.COUNTED
        return now_s - self._since_s
