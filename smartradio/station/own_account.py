"""What somebody changes of their own account: password, PIN, logins; each change in the log under their name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Accounts, Session
from smartradio.station.administered import Change, administered
from smartradio.station.pins import Pins
from smartradio.station.recorder import EvidenceRecorder


class WrongPasswordError(BadInputError):
    """The password is not the account's; `locked_s` is for how long none is taken."""

    def __init__(self, locked_s: float) -> None:
        super().__init__("the password is wrong")
        self.locked_s = locked_s


class OwnAccount:
    """The desk at which everybody looks after their own account; for the event loop."""

    def __init__(
        self, accounts: Accounts, pins: Pins, recorder: EvidenceRecorder, clock: Callable[[], datetime]
    ) -> None:
        self._accounts = accounts
        self._pins = pins
        self._recorder = recorder
        self._clock = clock

    async def pin_digits(self, account: str) -> int | None:
        """Return how many digits an account's PIN has, None where none is set."""
        return await asyncio.to_thread(self._pins.digits, account)

    async def set_pin(self, pin: str, *, password: str, by: Person) -> None:
        """Give oneself a PIN; raises WrongPasswordError, WeakPinError."""
        await self._check(by, password)
        await asyncio.to_thread(self._pins.set_pin, by.account, pin)
        await self._record("pin", by)

    async def change_password(self, new: str, *, password: str, by: Person) -> None:
        """Give oneself another password, which ends all logins; raises WrongPasswordError, BadInputError."""
        await self._check(by, password)
        await asyncio.to_thread(self._accounts.set_password, by.account, new)
        await self._record("password", by)

    async def sessions(self, account: str) -> list[Session]:
        """Return the logins of an account that stand, the newest first."""
        return await asyncio.to_thread(self._accounts.sessions, account)

    async def end_session(self, mark: str, *, by: Person) -> None:
        """End one of one's own logins; nothing for one that is none of theirs."""
        await asyncio.to_thread(self._accounts.end_session, by.account, mark)

    async def _check(self, by: Person, password: str) -> None:
        if not await asyncio.to_thread(self._accounts.is_password, by.account, password):
            raise WrongPasswordError(await asyncio.to_thread(self._accounts.locked_for_s, by.account))

    async def _record(self, what: str, by: Person) -> None:
        await self._recorder.record([administered(what, by.account, Change.CHANGED, by=by, at=self._clock())])
