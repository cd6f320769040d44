"""What is wired to the node beside its sound: the button at the pole and the contacts of its cabinet.

Pins tell changes on a thread of their own; here they are taken in on the node's thread, with the instant at which they
happened. A pin that cannot be had keeps nothing else from working: it is told, and tried again every minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

from smartradio.node.button import Holding
from smartradio.node.clock_source import ClockSource
from smartradio.node.evacuation import Evacuation
from smartradio.node.inputs import Contact
from smartradio.node.pins import Input, PinError, Pins
from smartradio.node.settings import NodeSettings

_logger = logging.getLogger(__name__)

PINS_AGAIN_S: Final = 60.0
# A change that a pin lost is seen at the next look.
LOOK_S: Final = 1.0
_BUTTON: Final = ""


class Panel:
    """The contacts of one node; one thread's but for what pins call. `wake` ends the loop's waiting, from any thread.

    `changes` takes part in what makes a heartbeat go out at once.
    """

    def __init__(
        self,
        settings: NodeSettings,
        evacuation: Evacuation,
        source: ClockSource,
        pins: Pins | None,
        wake: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._evacuation = evacuation
        self._source = source
        self._boot = source.boot()
        self._pins = pins
        self._wake = wake
        self._queue: SimpleQueue[tuple[str, bool, float]] = SimpleQueue()
        self._inputs: dict[str, Input] = {}
        self._contacts: dict[str, Contact] = {}
        self._holding: Holding | None = None
        self._again_s = -1e9
        self._trouble: str | None = None
        if settings.button is not None:
            evacuation.equip(settings.button, self._boot, source.monotonic())

    @property
    def changes(self) -> tuple[object, ...]:
        """What is told at once when it changes."""
        return (
            self._trouble,
            self._stuck(),
            self._evacuation.active,
            *(each.state for each in self._contacts.values()),
        )

    def told(self) -> dict[str, float | str | bool | None]:
        """Return what the node's state says of button and contacts; a flag that is set is a fault by its name."""
        told: dict[str, float | str | bool | None] = {}
        if self._trouble is not None:
            told |= {"gpio_fault": True, "gpio": self._trouble[:120]}
        if self._settings.button is not None:
            told["button_sound"] = self._evacuation.origin
            if self._evacuation.active:
                told["button_calls"] = True
            if self._stuck():
                told["button_stuck"] = True
            if self._evacuation.origin == "siren" or self._own_is_missing():
                told["button_recording_missing"] = True
        if self._contacts:
            told |= {f"input_{each.name}": each.state for each in self._contacts.values()}
        alarms = sorted(each.name for each in self._contacts.values() if each.alarm)
        return told | ({"input_alarm": True, "input_alarms": ", ".join(alarms)[:120]} if alarms else {})

    def tick(self, now_s: float) -> float:
        """Do what the contacts ask for; return the monotonic time by which to come back."""
        if now_s >= self._again_s:
            self._open(now_s)
        self._take_changes(now_s)
        dues = [each.due_s for each in self._contacts.values()]
        for contact in self._contacts.values():
            contact.tick(now_s)
        if self._holding is not None:
            self._pressed(self._holding.tick(now_s), now_s)
            dues.append(self._holding.due_s)
        soonest_s = min((due for due in dues if due is not None), default=now_s + LOOK_S)
        return min(self._evacuation.tick(now_s), soonest_s, now_s + LOOK_S)

    def close(self) -> None:
        """Give the pins back."""
        for each in self._inputs.values():
            each.close()
        self._inputs.clear()

    # -- the pins

    def _open(self, now_s: float) -> None:
        """Open what is not open yet."""
        self._again_s = now_s + PINS_AGAIN_S
        button, trouble = self._settings.button, None
        wanted = {} if button is None else {_BUTTON: button.pin}
        wanted |= {each.name: each.pin for each in self._settings.inputs}
        for name, pin in wanted.items():
            if name in self._inputs:
                continue
            try:
                self._inputs[name] = self._contact(name, pin)
            except PinError as error:
                trouble = str(error)
                continue
            self._begin(name, now_s)
        if trouble is None and len(self._inputs) == len(wanted):
            self._again_s = float("inf")
        if trouble is not None and trouble != self._trouble:
            _logger.error("%s", trouble)
        self._trouble = trouble

    def _contact(self, name: str, pin: int) -> Input:
        if self._pins is None:
            raise PinError(f"GPIO {pin} is set, but this node has no pins")
        return self._pins.contact(pin, partial(self._changed, name))

    def _begin(self, name: str, now_s: float) -> None:
        closed = self._inputs[name].closed
        if name == _BUTTON and self._settings.button is not None:
            self._holding = Holding(self._settings.button.held_s, closed=closed, at_s=now_s)
        for each in self._settings.inputs:
            if each.name == name:
                self._contacts[name] = Contact(each, closed=closed)

    def _changed(self, name: str, closed: bool) -> None:
        """Take a change, on the pins' thread."""
        self._queue.put((name, closed, self._source.monotonic()))
        self._wake()

    def _take_changes(self, now_s: float) -> None:
        while True:
            try:
                name, closed, at_s = self._queue.get_nowait()
            except Empty:
                break
            self._take(name, closed=closed, at_s=min(at_s, now_s), now_s=now_s)
        for name, each in self._inputs.items():
            self._take(name, closed=each.closed, at_s=now_s, now_s=now_s)

    def _take(self, name: str, *, closed: bool, at_s: float, now_s: float) -> None:
        if name in self._contacts:
            self._contacts[name].changed(closed=closed, at_s=at_s)
        elif name == _BUTTON and self._holding is not None:
            held = self._holding.due_s is not None
            pressed_s = self._holding.changed(closed=closed, at_s=at_s)
            if held and not closed and pressed_s is None:
                _logger.info("the button was let go too early: nothing is done")
            self._pressed(pressed_s, now_s)

    # -- the button

    def _pressed(self, held_s: float | None, now_s: float) -> None:
        if held_s is not None:
            self._evacuation.press(now_s, held_s, self._boot)

    def _stuck(self) -> bool:
        return self._holding is not None and self._holding.stuck(self._source.monotonic())

    def _own_is_missing(self) -> bool:
        button = self._settings.button
        return button is not None and button.recording is not None and self._evacuation.origin != "own"
