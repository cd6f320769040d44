"""What the node needs of a Pi's GPIO pins: outputs that are switched, inputs that tell when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from smartradio.domain.errors import SmartradioError

Changed = Callable[[bool], None]


class PinError(SmartradioError):
    """A pin that cannot be had: no GPIO on this machine, no right to it, or it is taken."""


class Output(Protocol):
    """A pin that is switched."""

    def switch(self, *, on: bool) -> None:
        """Switch it; what is connected to it is on or off, whichever level that takes."""
        ...

    def close(self) -> None:
        """Switch it off and give the pin back."""
        ...


class Input(Protocol):
    """A contact that is open or closed."""

    @property
    def closed(self) -> bool:
        """Whether the contact is closed now."""
        ...

    def close(self) -> None:
        """Give the pin back; nothing is told any more."""
        ...


class Pins(Protocol):
    """The pins of one machine, by their BCM number; opening one raises PinError."""

    def output(self, pin: int, *, active_high: bool) -> Output:
        """Return an output that is off; without `active_high` it is on when the pin is low."""
        ...

    def contact(self, pin: int, changed: Changed) -> Input:
        """Return a contact between a pin and ground.

        `changed(closed)` is called on a thread of the pins' own when it has been open or closed for DEBOUNCE_S; it
        must not wait.
        """
        ...


DEBOUNCE_S = 0.05
