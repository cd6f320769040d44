"""What the page of one's own account asks of the station; `smartradio.station.own_account` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartradio.domain.approval import Person
from smartradio.station.accounts import Session


class OwnPort(Protocol):
    """Password, PIN and logins of whoever asks."""

    async def pin_digits(self, account: str) -> int | None:
        """Return how many digits an account's PIN has, None where none is set."""
        ...

    async def set_pin(self, pin: str, *, password: str, by: Person) -> None:
        """Give oneself a PIN; raises WrongPasswordError, WeakPinError."""
        ...

    async def change_password(self, new: str, *, password: str, by: Person) -> None:
        """Give oneself another password, which ends all logins; raises WrongPasswordError, BadInputError."""
        ...

    async def sessions(self, account: str) -> Sequence[Session]:
        """Return the logins of an account that stand, the newest first."""
        ...

    async def end_session(self, mark: str, *, by: Person) -> None:
        """End one of one's own logins."""
        ...
