"""What the link to the station carries: bytes in and out, for those who pay for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from smartradio.node.link_port import LinkPort, MakeLink, OnMessage, OnState, Will

_ROUTES: Final = Path("/proc/net/route")
_DEVICES: Final = Path("/sys/class/net")
_HEAD_BYTES: Final = 8
"""Roughly what MQTT puts around a message; what TCP, TLS and IP add is known to the interface alone."""


class Meter:
    """Counts the messages of all links it made; other threads only add, one reads."""

    def __init__(self) -> None:
        self.received_bytes = 0
        self.sent_bytes = 0

    def around(self, make_link: MakeLink) -> MakeLink:
        """Return what makes links that are counted."""

        def make(topics: list[str], on_message: OnMessage, on_state: OnState, will: Will, boot: str) -> LinkPort:
            def received(topic: str, payload: bytes, retained: bool) -> None:
                self.received_bytes += _size(topic, payload)
                on_message(topic, payload, retained)

            return _Counted(make_link(topics, received, on_state, will, boot), self)

        return make


class _Counted:
    """A link whose messages are counted as they are handed over."""

    def __init__(self, link: LinkPort, meter: Meter) -> None:
        self._link = link
        self._meter = meter
        self.start = link.start
        self.stop = link.stop
        self.subscribe = link.subscribe
        self.unsubscribe = link.unsubscribe

    @property
    def idle_s(self) -> float:
        """Seconds since the link itself last moved."""
        return self._link.idle_s

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""
        taken = self._link.publish(topic, payload, qos=qos, retain=retain)
        if taken:
            self._meter.sent_bytes += _size(topic, payload)
        return taken


def _size(topic: str, payload: bytes) -> int:
    return len(topic) + len(payload) + _HEAD_BYTES


@dataclass(frozen=True, slots=True)
class Interface:
    """The interface by which the machine reaches the world, and its bytes since the machine was switched on."""

    name: str
    received_bytes: int
    sent_bytes: int


def default_interface(routes: Path = _ROUTES, devices: Path = _DEVICES) -> Interface | None:
    """Return the interface of the default route (Linux, /proc/net/route), None without one; raises OSError."""
    if not routes.is_file():
        return None
    for line in routes.read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()
        if len(columns) > 2 and columns[1] == "00000000":
            figures = devices / columns[0] / "statistics"
            received = int((figures / "rx_bytes").read_text(encoding="ascii"))
            return Interface(columns[0], received, int((figures / "tx_bytes").read_text(encoding="ascii")))
    return None
