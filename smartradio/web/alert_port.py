"""What the emergency officer's pages ask of the station; `smartradio.station.alert_desk` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.station.alert_board import AlertBoard, RecentAlert
from smartradio.station.alert_desk import Prepared, Sending


class AlertPort(Protocol):
    """Emergencies: made ready, sent once, watched, taken back, said again. Raises BadInputError where told so."""

    async def prepare(self, text: str) -> Prepared:
        """Read words and make them audible; BadInputError, SmartradioError when no voice speaks."""
        ...

    async def grant(self, text: str, pin: str, *, by: Person) -> str:
        """Return a leave to send these words once; WrongPinError, and what `prepare` raises."""
        ...

    async def send(self, wanted: Sending, *, by: Person) -> Airing:
        """Air it; PinNeededError, WrongPinError, OpenItemsError, BadInputError."""
        ...

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take an alert back, also while it sounds; BadInputError."""
        ...

    async def again(self, airing: str) -> tuple[str, tuple[str, ...]]:
        """Return words and zones for a repetition; BadInputError."""
        ...

    async def segment_audio(self, recording: str, number: int) -> bytes | None:
        """Return one segment of a recording as Ogg Opus, counted from 0; None where there is none."""
        ...

    def board(self, airing: str) -> AlertBoard | None:
        """Return what an alert has come to, None for what is none. Blocking."""
        ...

    def recent(self, most: int = 5) -> Sequence[RecentAlert]:
        """Return the alerts of the last year, the newest first. Blocking."""
        ...
