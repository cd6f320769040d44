"""Accounts and their sessions as rows; the rules are in `station.accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from smartradio.station.store import tables as t


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An operator's account; `password_hash` is argon2id in its own text form."""

    name: str
    title: str
    password_hash: str
    role: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody logged in; only the SHA-256 (hex) of the token is kept."""

    token_hash: str
    account: str
    expires_at: datetime


def put_account(connection: Connection, row: AccountRow) -> None:
    """Write an account, new or changed; a changed password ends its sessions."""
    before = account(connection, row.name)
    if before is not None and before.password_hash != row.password_hash:
        connection.execute(delete(t.sessions).where(t.sessions.c.account == row.name))
    values = {"title": row.title, "password_hash": row.password_hash, "role": row.role}
    put = insert(t.accounts).values(name=row.name, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))


def account(connection: Connection, name: str) -> AccountRow | None:
    """Return an account."""
    row = connection.execute(select(t.accounts).where(t.accounts.c.name == name)).one_or_none()
    return None if row is None else AccountRow(row.name, row.title, row.password_hash, row.role)


def put_session(connection: Connection, row: SessionRow, now: datetime) -> None:
    """Write a session, and clear away those that ended."""
    connection.execute(delete(t.sessions).where(t.sessions.c.expires_at <= now))
    values = {"account": row.account, "expires_at": row.expires_at}
    connection.execute(insert(t.sessions).values(token_hash=row.token_hash, **values))


def session(connection: Connection, token_hash: str) -> SessionRow | None:
    """Return a session, ended or not."""
    row = connection.execute(select(t.sessions).where(t.sessions.c.token_hash == token_hash)).one_or_none()
    return None if row is None else SessionRow(row.token_hash, row.account, row.expires_at)


def drop_session(connection: Connection, token_hash: str) -> None:
    """End a session."""
    connection.execute(delete(t.sessions).where(t.sessions.c.token_hash == token_hash))
