"""Which machines a stream may be fetched from: a schedule must not make the station ask its own network."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable

from smartradio.domain.errors import SmartradioError

Resolve = Callable[[str, int], list[tuple[socket.AddressFamily, str]]]


class RelayError(SmartradioError):
    """A stream cannot be had; one line says why."""


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """Return a host's addresses by the system's resolver; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


def is_public(address: str) -> bool:
    """Say whether an address is one of the internet, not of this machine, its network or a special use."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None:
        found = inner
    return found.is_global and not found.is_multicast and not found.is_reserved


class Door:
    """Opens connections to public addresses only, or to any with `local_allowed`.

    The address that was checked is the one that is connected to: a name that changes its address meanwhile gains
    nothing.
    """

    def __init__(self, *, local_allowed: bool = False, resolve: Resolve = resolve) -> None:
        self._local_allowed = local_allowed
        self._resolve = resolve

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connection, made within `timeout_s`; raises RelayError."""
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise RelayError(f"the name {host[:80]} is not known: {error}") from error
        allowed = [each for each in found if self._local_allowed or is_public(each[1])]
        if not allowed:
            raise RelayError(f"{host[:80]} is an address of a local network; only those of the internet are relayed")
        until_s = time.monotonic() + timeout_s
        failure: OSError | None = None
        for family, address in allowed:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                break
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(left_s)
                connection.connect((address, port))
            except OSError as error:
                connection.close()
                failure = error
                continue
            connection.settimeout(timeout_s)
            return connection
        raise RelayError(f"{host[:80]}:{port} does not answer ({failure or 'too slow'})") from failure
