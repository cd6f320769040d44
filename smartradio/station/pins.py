"""The officer's PIN: digits that are typed with a wet thumb, set by its owner alone, hashed as passwords are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from smartradio.domain.errors import BadInputError
from smartradio.station.checked_secrets import CheckedSecrets

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from smartradio.station.store import Store
    from smartradio.station.store.people import AccountRow

MIN_DIGITS: Final = 6
MAX_DIGITS: Final = 12
_LONGEST_PASSWORD: Final = 200
_FEWEST_DIGITS: Final = 3


class WeakPinError(BadInputError):
    """A PIN that the next one would guess, or that is none; `code` is short, digits or easy."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(line)
        self.code = code


class Pins:
    """PINs of accounts in the store. Thread-safe; methods block.

    Who has set none confirms an emergency with the account's password: nobody stands before a locked horn at night.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], *, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._secrets = CheckedSecrets(clock, hasher)

    def digits(self, account: str) -> int | None:
        """Return how many digits an account's PIN has, None where none is set."""
        row = self._store.people.account(account)
        return None if row is None or row.pin_hash is None else int(row.pin_hash.partition(":")[0])

    def set_pin(self, account: str, pin: str) -> None:
        """Give an account its PIN; raises WeakPinError, BadInputError for an unknown account."""
        check_pin(pin)
        self._known(account)
        # Hashed before the row is read: an account that was disabled meanwhile stays so.
        pin_hash = f"{len(pin)}:{self._secrets.hash(pin)}"
        # How many digits it has is kept beside it, so that a page can check it with the last one typed.
        self._store.people.put(replace(self._known(account), pin_hash=pin_hash))
        self._secrets.forget(account)

    def remove(self, account: str) -> None:
        """Take an account's PIN away; its owner sets another."""
        self._store.people.put(replace(self._known(account), pin_hash=None))

    def is_pin(self, account: str, pin: str) -> bool:
        """Say whether this is the account's PIN, or its password where none is set; wrong ones count."""
        if self.locked_for_s(account) > 0 or not 0 < len(pin) <= _LONGEST_PASSWORD:
            return False
        row = self._store.people.account(account)
        return self._secrets.is_right(account, pin, None if row is None or row.disabled else _kept(row))

    def locked_for_s(self, account: str) -> float:
        """Return for how many seconds no PIN of this account is taken, 0 if one is."""
        return self._secrets.locked_for_s(account)

    def _known(self, account: str) -> AccountRow:
        row = self._store.people.account(account)
        if row is None:
            raise BadInputError(f"there is no account {account}")
        return row


def _kept(row: AccountRow) -> str:
    return row.password_hash if row.pin_hash is None else row.pin_hash.partition(":")[2]


def check_pin(pin: str) -> None:
    """Raise WeakPinError for what is no PIN, and for one that is guessed first."""
    if not (pin.isascii() and pin.isdigit()):
        raise WeakPinError("digits", "a PIN has digits only")
    if not MIN_DIGITS <= len(pin) <= MAX_DIGITS:
        raise WeakPinError("short", f"a PIN has {MIN_DIGITS} to {MAX_DIGITS} digits")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = len(pin) // 2
    repeats = len(pin) % 2 == 0 and pin[:half] == pin[half:]
    if len(set(pin)) < _FEWEST_DIGITS or len(steps) == 1 or repeats:
        raise WeakPinError("easy", "this PIN is guessed first: no rows such as 123456, 112211 or 135135")
