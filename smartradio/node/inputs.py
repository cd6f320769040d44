"""Contacts in the cabinet: a door, a relay that says that the mains are there, a battery, a surge arrester."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from smartradio.wire.messages import Name

SETTLED_S: Final = 2.0
"""A contact counts as it is when it has been so for this long: one that chatters costs no data."""


class InputSettings(BaseModel):
    """A contact between a pin and ground."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pin: int = Field(ge=0, le=27)
    """BCM number of the pin."""
    name: Annotated[Name, Field(max_length=24)]
    """What it is: a-z, 0-9, hyphens, as cua-tu, dien-luoi."""
    alarm_when: Literal["closed", "open"] | None = None
    """How it stands when something is wrong; without it the state is only shown."""


class Contact:
    """A contact as it settled; one thread's. Times are those of the monotonic clock."""

    def __init__(self, settings: InputSettings, *, closed: bool) -> None:
        self._settings = settings
        self._closed = closed
        self._other_since_s: float | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self._settings.name

    @property
    def state(self) -> Literal["closed", "open"]:
        """How it stands."""
        return "closed" if self._closed else "open"

    @property
    def alarm(self) -> bool:
        """Whether it stands as it does when something is wrong."""
        return self._settings.alarm_when == self.state

    @property
    def due_s(self) -> float | None:
        """When what it has changed to will have settled."""
        return None if self._other_since_s is None else self._other_since_s + SETTLED_S

    def changed(self, *, closed: bool, at_s: float) -> None:
        """Take a change."""
        self.tick(at_s)
        if closed == self._closed:
            self._other_since_s = None
        elif self._other_since_s is None:
            self._other_since_s = at_s

    def tick(self, now_s: float) -> None:
        """See whether a change has settled."""
        if self._other_since_s is not None and now_s - self._other_since_s >= SETTLED_S:
            self._closed, self._other_since_s = not self._closed, None
