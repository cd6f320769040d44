"""Passwords and PINs held against their hashes: slowly, one at a time, wrong ones counted."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from smartradio.domain.errors import SmartradioError
from smartradio.station.lockout import Lockout

WAIT_S: Final = 10.0
"""So long somebody waits for those before them."""


class CheckedSecrets:
    """One kind of secret, hashed by argon2id. Thread-safe; methods block.

    Each kind has its own: a crowd that logs in does not stand before an officer's PIN.
    """

    def __init__(self, clock: Callable[[], datetime], hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # One that nobody has costs the same work as a known one, so that the time tells nothing.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        # One hash takes 64 MB on purpose; a crowd must not take the station's memory.
        self._hashing = threading.Lock()
        self._lockout = Lockout(clock)

    def hash(self, secret: str) -> str:
        """Return what is kept of a secret."""
        return self._hasher.hash(secret)

    def is_right(self, name: str, secret: str, kept: str | None, *, sender: str = "") -> bool:
        """Say whether this is what `kept` was made of; None is nobody's, and wrong ones count for name and sender.

        Raises SmartradioError when too many are asked for at once.
        """
        if self.locked_for_s(name, sender) > 0:
            return False
        with self._one_at_a_time():
            # Asked again: of a hundred tries that came at once, all but the first few are too many by now.
            if self.locked_for_s(name, sender) > 0:
                return False
            if not self._matches(self._nobody if kept is None else kept, secret) or kept is None:
                self._lockout.failed(name, sender)
                return False
            self._lockout.forget(name, sender)
        return True

    def locked_for_s(self, name: str, sender: str = "") -> float:
        """Return for how many seconds none is taken under this name from a sender, 0 if one is."""
        return self._lockout.locked_for_s(name, sender)

    def forget(self, name: str) -> None:
        """Forget the wrong ones under a name: it has another secret now."""
        self._lockout.forget(name)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._hashing.acquire(timeout=WAIT_S):
            raise SmartradioError("too many people log in at once; try again in a moment")
        try:
            yield
        finally:
            self._hashing.release()

    def _matches(self, kept: str, secret: str) -> bool:
        try:
            return self._hasher.verify(kept, secret)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
