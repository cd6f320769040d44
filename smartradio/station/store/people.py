"""Accounts and their sessions as rows; the rules are in `station.accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from smartradio.station.store import tables as t


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An operator's account; the hashes are argon2id in its own text form.

    `made_at` is None for accounts of before version 10 of the store; `password_given` says that an administrator
    knows the password, too.
    """

    name: str
    title: str
    password_hash: str
    role: str
    pin_hash: str | None = None
    disabled: bool = False
    made_at: datetime | None = None
    password_given: bool = False


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody logged in; only the SHA-256 (hex) of the token is kept. `device` is what the browser called itself."""

    token_hash: str
    account: str
    expires_at: datetime
    begun_at: datetime | None = None
    device: str | None = None


def put_account(connection: Connection, row: AccountRow) -> None:
    """Write an account, new or changed; a changed password ends its sessions, as disabling does."""
    before = account(connection, row.name)
    if before is not None and (row.disabled or before.password_hash != row.password_hash):
        connection.execute(delete(t.sessions).where(t.sessions.c.account == row.name))
    values = {
        "title": row.title,
        "password_hash": row.password_hash,
        "role": row.role,
        "pin_hash": row.pin_hash,
        "disabled": row.disabled,
        "made_at": row.made_at,
        "password_given": row.password_given,
    }
    put = insert(t.accounts).values(name=row.name, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))


def account(connection: Connection, name: str) -> AccountRow | None:
    """Return an account."""
    row = connection.execute(select(t.accounts).where(t.accounts.c.name == name)).one_or_none()
    return None if row is None else _account(row)


def accounts(connection: Connection) -> list[AccountRow]:
    """Return all accounts by name."""
    return [_account(row) for row in connection.execute(select(t.accounts).order_by(t.accounts.c.name))]


def put_session(connection: Connection, row: SessionRow, now: datetime) -> None:
    """Write a session, and clear away those that ended."""
    connection.execute(delete(t.sessions).where(t.sessions.c.expires_at <= now))
    values = {
        "account": row.account,
        "expires_at": row.expires_at,
        "begun_at": row.begun_at,
        "device": row.device,
    }
    connection.execute(insert(t.sessions).values(token_hash=row.token_hash, **values))


def session(connection: Connection, token_hash: str) -> SessionRow | None:
    """Return a session, ended or not."""
    row = connection.execute(select(t.sessions).where(t.sessions.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _session(row)


def sessions_of(connection: Connection, account: str) -> list[SessionRow]:
    """Return the sessions of an account, ended or not, the newest first."""
    asked = select(t.sessions).where(t.sessions.c.account == account).order_by(t.sessions.c.expires_at.desc())
    return [_session(row) for row in connection.execute(asked)]


def drop_session(connection: Connection, token_hash: str) -> None:
    """End a session."""
    connection.execute(delete(t.sessions).where(t.sessions.c.token_hash == token_hash))


def drop_sessions(connection: Connection, account: str, but: str | None) -> None:
    """End all sessions of an account but one."""
    gone = delete(t.sessions).where(t.sessions.c.account == account)
    connection.execute(gone if but is None else gone.where(t.sessions.c.token_hash != but))


def _account(row: Row[Any]) -> AccountRow:
    return AccountRow(
        row.name,
        row.title,
        row.password_hash,
        row.role,
        row.pin_hash,
        row.disabled,
        row.made_at,
        row.password_given,
    )


def _session(row: Row[Any]) -> SessionRow:
    return SessionRow(row.token_hash, row.account, row.expires_at, row.begun_at, row.device)
