"""Who may work at the station: passwords, logins, sessions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence
from smartradio.domain.places import check_name
from smartradio.station.checked_secrets import CheckedSecrets
from smartradio.station.store import AccountRow, SessionRow, Store

# Without letters and digits that are taken for one another on paper or on the telephone.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_CHARACTERS = 200
SESSION = timedelta(hours=12)
_DEVICE_CHARACTERS = 200


class Role(StrEnum):
    """What somebody does at the station."""

    BROADCASTER = "broadcaster"
    APPROVER = "approver"
    OFFICER = "officer"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in; `title` is the name that stands in evidence and on pages.

    `password_given` says that an administrator knows the password, too: it is to be changed first of all.
    """

    name: str
    title: str
    role: Role
    password_given: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A login that stands; `mark` names it where somebody ends it, `device` is what the browser called itself."""

    mark: str
    begun_at: datetime | None
    expires_at: datetime
    device: str


def new_password() -> str:
    """Return a random password of about 79 bits in four groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


class Accounts:
    """Accounts in the store, argon2id for passwords, random tokens. Thread-safe; methods block."""

    def __init__(self, store: Store, clock: Callable[[], datetime], *, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._clock = clock
        self._secrets = CheckedSecrets(clock, hasher)

    def create(
        self,
        name: str,
        title: str,
        role: Role,
        password: str,
        *,
        given: bool = False,
        evidence: Sequence[Evidence] = (),
    ) -> Account:
        """Make an account; BadInputError for a taken or unusable name or a weak password.

        `given` says that the password is handed over and to be changed by its owner; `evidence` is written with it.
        """
        check_name(name, "account")
        if not title.strip():
            raise BadInputError(f"account {name}: give the person's name, it stands under what they confirm")
        if self._store.people.account(name) is not None:
            raise BadInputError(f"account {name} exists already; choose another name")
        _check_password(name, password)
        hashed = self._secrets.hash(password)
        row = AccountRow(name, title.strip(), hashed, role.value, made_at=self._clock(), password_given=given)
        self._store.people.put(row, evidence)
        return Account(name, title.strip(), role)

    def set_password(self, name: str, password: str, *, given: bool = False, evidence: Sequence[Evidence] = ()) -> None:
        """Give an account a new password and end its sessions; `given` and `evidence` as in `create`."""
        if self._store.people.account(name) is None:
            raise BadInputError(f"there is no account {name}")
        _check_password(name, password)
        hashed = self._secrets.hash(password)
        # Read after the slow part: an account that was disabled meanwhile stays so.
        row = self._store.people.account(name)
        if row is None:
            raise BadInputError(f"there is no account {name}")
        fresh = replace(row, password_hash=hashed, password_given=given)
        self._store.people.put(fresh, evidence)

    def login(self, name: str, password: str, *, device: str = "", sender: str = "") -> str | None:
        """Return a session token, or None: unknown name, wrong password, disabled, or locked after many tries.

        `device` is what the browser calls itself. Wrong tries count for their `sender` alone: a stranger who guesses
        at an officer's password must not keep the officer out.
        """
        row = self._checked(name, password, sender)
        if row is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._store.people.put_session(
            SessionRow(_token_hash(token), row.name, now + SESSION, now, device[:_DEVICE_CHARACTERS])
        )
        return token

    def is_password(self, name: str, password: str) -> bool:
        """Say whether this is the account's password; asked again where somebody puts their name under something.

        Wrong tries count as those of `login` without a sender do: nobody who is not logged in adds to them.
        """
        return self._checked(name, password, "") is not None

    def _checked(self, name: str, password: str, sender: str) -> AccountRow | None:
        if self.locked_for_s(name, sender) > 0 or len(password) > MAX_PASSWORD_CHARACTERS:
            return None
        row = self._store.people.account(name) if len(name) <= 48 and name.isascii() else None
        kept = None if row is None or row.disabled else row.password_hash
        return row if self._secrets.is_right(name, password, kept, sender=sender) else None

    def locked_for_s(self, name: str, sender: str = "") -> float:
        """Return for how many seconds logging in under this name is refused to a sender, 0 if it is not."""
        return self._secrets.locked_for_s(name, sender)

    def who(self, token: str) -> Account | None:
        """Return whose session this is, None if it ended or never was."""
        session = self._store.people.session(_token_hash(token))
        if session is None or session.expires_at <= self._clock():
            return None
        row = self._store.people.account(session.account)
        if row is None or row.disabled:
            return None
        return Account(row.name, row.title, Role(row.role), row.password_given)

    def logout(self, token: str) -> None:
        """End a session."""
        self._store.people.drop_session(_token_hash(token))

    def sessions(self, name: str) -> list[Session]:
        """Return the logins of an account that stand, the newest first."""
        now = self._clock()
        return [
            Session(_mark(row.token_hash), row.begun_at, row.expires_at, row.device or "")
            for row in self._store.people.sessions_of(name)
            if row.expires_at > now
        ]

    def end_session(self, name: str, mark: str) -> None:
        """End one login of an account; nothing for a mark that is none of its."""
        for row in self._store.people.sessions_of(name):
            if _mark(row.token_hash) == mark:
                self._store.people.drop_session(row.token_hash)

    def end_sessions(self, name: str, *, but: str | None = None) -> None:
        """End all logins of an account but that of a token."""
        self._store.people.drop_sessions(name, but=None if but is None else _token_hash(but))


def session_mark(token: str) -> str:
    """Return a session's fingerprint for the log, 16 hex digits; nobody logs in with it."""
    return _mark(_token_hash(token))


def _mark(token_hash: str) -> str:
    return hashlib.sha256(f"session {token_hash}".encode()).hexdigest()[:16]


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _check_password(name: str, password: str) -> None:
    line = ""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        line = f"the password is too short; use at least {MIN_PASSWORD_CHARACTERS} characters"
    elif len(password) > MAX_PASSWORD_CHARACTERS:
        line = f"the password is too long; use at most {MAX_PASSWORD_CHARACTERS} characters"
    elif name in password.lower() or len(set(password)) < 5 or password.isdigit():
        line = "the password is easy to guess; use several words, not the account's name or digits alone"
    if line:
        raise BadInputError(f"account {name}: {line}")
