"""The pins of a Raspberry Pi through gpiozero, which finds the way to them itself (lgpio on Debian 12)."""

from __future__ import annotations

import importlib
from typing import Any

from smartradio.node.pins import DEBOUNCE_S, Changed, Input, Output, PinError


class _Output:
    def __init__(self, device: Any) -> None:
        self._device = device

    def switch(self, *, on: bool) -> None:
        if on:
            self._device.on()
        else:
            self._device.off()

    def close(self) -> None:
        if not self._device.closed:
            self._device.off()
            self._device.close()


class _Contact:
    def __init__(self, device: Any) -> None:
        self._device = device

    @property
    def closed(self) -> bool:
        return bool(self._device.is_active)

    def close(self) -> None:
        self._device.close()


class GpioPins:
    """Real pins. `factory` is one of gpiozero's pin factories; None lets it choose the machine's own.

    Source of the API: gpiozero 2, `DigitalOutputDevice`, `DigitalInputDevice`.
    """

    def __init__(self, factory: object | None = None) -> None:
        self._factory = factory

    def output(self, pin: int, *, active_high: bool) -> Output:
        """Return an output that is off; raises PinError."""
        return _Output(self._open("DigitalOutputDevice", pin, active_high=active_high, initial_value=False))

    def contact(self, pin: int, changed: Changed) -> Input:
        """Return a contact between the pin and ground, its own pull-up switched on; raises PinError."""
        device = self._open("DigitalInputDevice", pin, pull_up=True, bounce_time=DEBOUNCE_S)
        device.when_activated = lambda: changed(True)
        device.when_deactivated = lambda: changed(False)
        return _Contact(device)

    def _open(self, kind: str, pin: int, **options: object) -> Any:
        try:
            gpiozero = importlib.import_module("gpiozero")
        except ImportError as error:
            raise PinError(f"GPIO {pin} is set, but gpiozero is not installed: pip install smartradio[pi]") from error
        try:
            return getattr(gpiozero, kind)(pin, pin_factory=self._factory, **options)
        except (gpiozero.GPIOZeroError, ImportError, OSError) as error:
            raise PinError(f"GPIO {pin} cannot be used: {' '.join(str(error).split())}") from error
