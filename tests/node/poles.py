"""A node with a button and contacts on the mock pins of gpiozero."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory

from smartradio.audio.codec import encode_opus
from smartradio.node.gpio import GpioPins
from smartradio.node.pins import Changed, Input
from smartradio.wire.messages import Report
from tests.node.fakes import World, voice

BUTTON = 23
CALL_S = 2.0


class Crushed(GpioPins):
    """Pins whose contacts are closed from the beginning: a wire is crushed, or stands in water."""

    def __init__(self, factory: MockFactory) -> None:
        super().__init__(factory)
        self._mock = factory

    def contact(self, pin: int, changed: Changed) -> Input:
        made = super().contact(pin, changed)
        self._mock.pin(pin).drive_low()
        return made


class Pole:
    """A world whose node has a button; `call_s` is how long the call lasts, said twice."""

    def __init__(self, folder: Path, *, times: int = 2, own: bool = True, **settings: Any) -> None:
        self.factory = MockFactory()
        button: dict[str, Any] = {"pin": BUTTON, "times": times}
        if own:
            recording = folder / "goi.opus"
            recording.write_bytes(encode_opus(voice(CALL_S, seed=7)))
            button["recording"] = recording
        # A button's contact is open until somebody presses it.
        self.pin = self.factory.pin(BUTTON)
        self.world = World(folder / "node", pins=GpioPins(self.factory), **{"button": button} | settings)
        self._begin()

    def _begin(self) -> None:
        self.world.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
        self.world.run(0.1)

    def hold(self, seconds: float = 3.2) -> None:
        """Press the button for so long."""
        self.pin.drive_low()
        self.world.run(seconds)
        self.pin.drive_high()
        for thread in threading.enumerate():
            if thread.name == "feed":
                # Turned time does not wait for the decoder: let it be done.
                thread.join(5.0)

    def crush(self) -> None:
        """Have the button's wire crushed at the next start."""
        self.world.pins = Crushed(self.factory)

    def sounding(self, join_s: float = 0.9) -> list[tuple[float, float]]:
        """Return (from, to) of what was heard; pauses between words are joined, those between two calls are not."""
        return self.world.sound.sounding(join_s=join_s)

    def of_button(self) -> list[Report]:
        """Return what was reported of the button, each once, in the node's order."""
        reports = {report.report: report for report in self.world.station.reports if "button" in report.facts}
        return sorted(reports.values(), key=lambda report: report.seq)

    def told(self) -> list[str]:
        """Return the steps reported of the button with their reasons."""
        return [each.step.value + (f" {each.reason.value}" if each.reason else "") for each in self.of_button()]

    def health(self) -> dict[str, Any]:
        """Return the health that the node told last."""
        return self.world.station.states[-1].health

    def restart(self) -> None:
        """End the process as a kill does, and start another one."""
        self.world.crash()
        self.world.agent._panel.close()
        self.world.boot()
        self._begin()

    def close(self) -> None:
        """Give everything back."""
        self.world.agent._panel.close()
        self.world.crash()
        self.factory.close()
