"""Accounts as an administrator has them: made, given another role, disabled; each change stands in the log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Accounts, Role, Session, new_password
from smartradio.station.administered import Change, administered
from smartradio.station.store import Store
from smartradio.station.store.people import AccountRow

MOST_NAME_CHARS: Final = 40
MOST_TITLE_CHARS: Final = 80
_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{MOST_NAME_CHARS - 2}}}[a-z0-9])?")


class AccountError(BadInputError):
    """What cannot be done to an account; `code` is name, title, taken, unknown, role or last."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(line)
        self.code = code


@dataclass(frozen=True, slots=True)
class Member:
    """An account as the list shows it; `made_at` is None for old ones, `password_given` as in `Account`."""

    name: str
    title: str
    role: Role
    disabled: bool
    has_pin: bool
    made_at: datetime | None
    password_given: bool
    sessions: Sequence[Session]


class PeopleDesk:
    """Who may log in. Blocking; raises AccountError, then nothing was changed."""

    def __init__(self, accounts: Accounts, store: Store, clock: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._people = store.people
        self._clock = clock

    def all(self) -> list[Member]:
        """Return all accounts: those that may log in first, by role and name."""
        roles = list(Role)
        members = [self._member(row) for row in self._people.all()]
        return sorted(members, key=lambda each: (each.disabled, roles.index(each.role), each.name))

    def find(self, name: str) -> Member | None:
        """Return an account."""
        row = self._people.account(name)
        return None if row is None else self._member(row)

    def has_administrator(self) -> bool:
        """Say whether anybody could make accounts here."""
        return self._administrators() != []

    def make(self, title: str, role: Role, *, by: Person, name: str = "") -> tuple[str, str]:
        """Make an account; return its name, by default made of the person's, and the password to hand over once."""
        title = _checked_title(title)
        name = self._free_name(title) if not name else _checked_name(name)
        if self._people.account(name) is not None:
            raise AccountError("taken", f"account {name} exists already; choose another name")
        password = password_for(name)
        entry = self._entry(name, Change.MADE, by, after={"title": title, "role": role.value})
        self._accounts.create(name, title, role, password, given=True, evidence=[entry])
        return name, password

    def change(self, name: str, title: str, role: Role, *, by: Person) -> None:
        """Give an account another person's name or another role; a new role ends its sessions."""
        row, title = self._row(name), _checked_title(title)
        if row.role != role.value:
            self._keep_one_administrator(row)
        before = {"title": row.title, "role": row.role}
        after = {"title": title, "role": role.value}
        if before == after:
            return
        entry = self._entry(name, Change.CHANGED, by, before=before, after=after)
        self._people.put(replace(row, title=title, role=role.value), [entry])
        if row.role != role.value:
            self._accounts.end_sessions(name)

    def new_password(self, name: str, *, by: Person) -> str:
        """Return a new password to hand over once; the old one and all sessions end."""
        self._row(name)
        password = password_for(name)
        entry = self._entry(name, Change.CHANGED, by, after={"password": "new"})
        self._accounts.set_password(name, password, given=True, evidence=[entry])
        return password

    def disable(self, name: str, *, by: Person) -> None:
        """Let nobody log in by an account any more; its sessions end, its name stays in the evidence."""
        row = self._row(name)
        self._keep_one_administrator(row)
        if not row.disabled:
            self._people.put(replace(row, disabled=True), [self._entry(name, Change.DISABLED, by)])

    def enable(self, name: str, *, by: Person) -> None:
        """Let a disabled account log in again."""
        row = self._row(name)
        if row.disabled:
            self._people.put(replace(row, disabled=False), [self._entry(name, Change.ENABLED, by)])

    def end_sessions(self, name: str, *, by: Person) -> None:
        """Have an account log in anew wherever it is logged in."""
        row = self._row(name)
        self._people.put(row, [self._entry(name, Change.CHANGED, by, after={"sessions": "ended"})])
        self._accounts.end_sessions(name)

    def remove_pin(self, name: str, *, by: Person) -> None:
        """Take an officer's PIN away; only its owner can set another."""
        row = self._row(name)
        if row.pin_hash is not None:
            entry = self._entry(name, Change.CHANGED, by, after={"pin": "removed"})
            self._people.put(replace(row, pin_hash=None), [entry])

    def _member(self, row: AccountRow) -> Member:
        return Member(
            row.name,
            row.title,
            Role(row.role),
            row.disabled,
            row.pin_hash is not None,
            row.made_at,
            row.password_given,
            tuple(self._accounts.sessions(row.name)),
        )

    def _row(self, name: str) -> AccountRow:
        row = self._people.account(name)
        if row is None:
            raise AccountError("unknown", f"there is no account {name[:MOST_NAME_CHARS]}")
        return row

    def _administrators(self) -> list[str]:
        return [row.name for row in self._people.all() if row.role == Role.ADMINISTRATOR and not row.disabled]

    def _keep_one_administrator(self, row: AccountRow) -> None:
        if self._administrators() == [row.name]:
            raise AccountError("last", f"{row.name} is the only administrator; make another one first")

    def _free_name(self, title: str) -> str:
        base = name_of(title)
        taken = {row.name for row in self._people.all()}
        numbered = (base, *(f"{base[: MOST_NAME_CHARS - 3]}-{number}" for number in range(2, 100)))
        return next((name for name in numbered if name not in taken), base)

    def _entry(self, name: str, change: Change, by: Person, *, before: Any = None, after: Any = None) -> Any:
        return administered("account", name, change, by=by, at=self._clock(), before=before, after=after)


def password_for(name: str) -> str:
    """Return a random password that the account's name does not stand in by chance."""
    return next(drawn for drawn in iter(new_password, "") if name not in drawn)


def name_of(title: str) -> str:
    """Return a name to log in with, made of a person's: Nguyễn Thị Lan → nguyen-thi-lan."""
    folded = unicodedata.normalize("NFD", title.casefold().replace("đ", "d"))
    plain = "".join(
        letter if letter.isascii() and letter.isalnum() else " " for letter in folded if ord(letter) < 0x300
    )
    return "-".join(plain.split())[:MOST_NAME_CHARS].strip("-") or "tai-khoan"


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise AccountError("name", f"account {name[:MOST_NAME_CHARS]!r}: use a-z, 0-9 and hyphens")
    return name


def _checked_title(title: str) -> str:
    title = unicodedata.normalize("NFC", " ".join(title.split()))
    if not 0 < len(title) <= MOST_TITLE_CHARS or not title.isprintable() or not any(map(str.isalpha, title)):
        raise AccountError("title", "give the person's name, it stands under what they confirm")
    return title
