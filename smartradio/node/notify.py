"""What a node tells the service manager that watches it (systemd's sd_notify(3), spoken over its socket)."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Final

_logger = logging.getLogger(__name__)

# The manager reads at once; a full socket must not hold up what sounds.
_TIMEOUT_S: Final = 0.5


class Notifier:
    """A line to the service manager; without an address everything is said to nobody.

    `watch_s` is how long the manager waits for a sign of life before it ends the process, None if it does not.
    """

    def __init__(self, address: str | None = None, watch_s: float | None = None) -> None:
        self._address = address
        self.watch_s = watch_s

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """Return the line that NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID tell of."""
        address = environment.get("NOTIFY_SOCKET") or None
        watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "")
        watch_s = int(microseconds) / 1e6 if watched and microseconds.isdecimal() and int(microseconds) else None
        return cls(address, watch_s if address else None)

    def tell(self, *words: str) -> None:
        """Send assignments such as "READY=1"; what cannot be sent is logged and not said again."""
        if self._address is None:
            return
        # A leading @ stands for the null byte of Linux' abstract addresses.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(_TIMEOUT_S)
                line.connect(address)
                line.sendall("\n".join(" ".join(word.splitlines()) for word in words).encode())
        except OSError as error:
            _logger.warning("the service manager at %s does not take %s: %s", self._address, words[0], error)
