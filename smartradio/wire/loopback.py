"""A loopback port for a broker of this machine's own: a commune of one process group, a test."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000
_TRIES = 200


def _first_outgoing_port() -> int:
    try:
        return int(_RANGE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768


def free_port() -> int:
    """Return a loopback port nobody listens on and no outgoing connection is given by the kernel.

    A port out of the kernel's own range (`bind` to 0 gives one) is a trap for a broker that starts late or again:
    a client that tries it meanwhile can be given that very number as its source, connects to itself, and the broker
    finds its port taken.

    Raises:
        OSError: none of the ports tried was free.
    """
    chooser = random.SystemRandom()
    ports = range(_LOWEST, max(_first_outgoing_port(), _LOWEST + 1_000))
    for _ in range(_TRIES):
        port = chooser.choice(ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free loopback port among {_TRIES} tried")
