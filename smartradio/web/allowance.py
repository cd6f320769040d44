"""How often a stranger may send something: counted by address, in memory, and forgotten."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request


def household(request: Request) -> str:
    """Return what tells one sender from another: an IPv4 address, or the /64 that an IPv6 household has.

    Behind a proxy the server has put the sender's address in its place (setting `console.proxies`).
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


class Allowance:
    """Lets each sender do so many things in a while. The newest senders are held, by a hash that ends with the process.

    Saying the same thing again within the while costs nothing and counts once.
    """

    def __init__(self, most: int, within: timedelta, *, clock: Callable[[], datetime], senders: int = 5_000) -> None:
        self._most = most
        self._within = within
        self._clock = clock
        self._senders = senders
        self._salt = secrets.token_bytes(16)
        self._said: OrderedDict[bytes, deque[tuple[datetime, str]]] = OrderedDict()

    def said_before(self, sender: str, what: str) -> bool:
        """Say whether this very thing was taken from the sender already."""
        return any(before == what for _, before in self._of(sender))

    def has_left(self, sender: str) -> bool:
        """Say whether the sender may do one more."""
        return len(self._of(sender)) < self._most

    def take(self, sender: str, what: str) -> None:
        """Count one."""
        said = self._of(sender)
        said.append((self._clock(), what))
        key = self._key(sender)
        self._said[key] = said
        self._said.move_to_end(key)
        while len(self._said) > self._senders:
            self._said.popitem(last=False)

    def give_back(self, sender: str, what: str) -> None:
        """Take a count back that came to nothing."""
        said = self._of(sender)
        for each in [each for each in said if each[1] == what]:
            said.remove(each)

    def _of(self, sender: str) -> deque[tuple[datetime, str]]:
        said = self._said.get(self._key(sender)) or deque()
        while said and self._clock() - said[0][0] > self._within:
            said.popleft()
        return said

    def _key(self, sender: str) -> bytes:
        return hashlib.blake2b(sender.encode(), key=self._salt, digest_size=12).digest()
