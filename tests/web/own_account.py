"""A hand-written desk of one's own account: one password, PINs as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import MIN_PASSWORD_CHARACTERS, Session
from smartradio.station.own_account import WrongPasswordError
from smartradio.station.pins import check_pin

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
PASSWORD = "gà-gáy-sáng-sớm-bờ-ao"


@dataclass
class FakeOwnAccount:
    """Remembers what was set by whom."""

    pins: dict[str, str] = field(default_factory=lambda: {"khang": "290718"})
    passwords: dict[str, str] = field(default_factory=dict)
    standing: list[Session] = field(
        default_factory=lambda: [
            Session("ab12cd34ab12cd34", NOW - timedelta(hours=1), NOW + timedelta(hours=11), "Mozilla/5.0 (Android 14)")
        ]
    )
    ended: list[tuple[str, str]] = field(default_factory=list)
    locked_s: float = 0.0

    async def pin_digits(self, account: str) -> int | None:
        pin = self.pins.get(account)
        return None if pin is None else len(pin)

    async def set_pin(self, pin: str, *, password: str, by: Person) -> None:
        self._check(password)
        check_pin(pin)
        self.pins[by.account] = pin

    async def change_password(self, new: str, *, password: str, by: Person) -> None:
        self._check(password)
        if len(new) < MIN_PASSWORD_CHARACTERS:
            raise BadInputError(f"account {by.account}: the password is too short")
        self.passwords[by.account] = new

    async def sessions(self, account: str) -> Sequence[Session]:
        return self.standing

    async def end_session(self, mark: str, *, by: Person) -> None:
        self.ended.append((by.account, mark))

    def _check(self, password: str) -> None:
        if self.locked_s or password != PASSWORD:
            raise WrongPasswordError(self.locked_s)
