"""Accounts and sessions in the database: every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from smartradio.domain.evidence import Evidence
from smartradio.station.store import log, people
from smartradio.station.store.database import Database
from smartradio.station.store.people import AccountRow, SessionRow


class PeopleShelf:
    """Who may log in, and who is. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def put(self, row: AccountRow, evidence: Sequence[Evidence] = ()) -> None:
        """Write an account, new or changed, with what the log says of it.

        A changed password ends its sessions, as disabling does.
        """

        def work(connection: Connection) -> None:
            people.put_account(connection, row)
            log.append_evidence(connection, evidence, self._clock())

        self._database.write(work)

    def account(self, name: str) -> AccountRow | None:
        """Return an account."""
        return self._database.read(lambda c: people.account(c, name))

    def all(self) -> list[AccountRow]:
        """Return all accounts by name."""
        return self._database.read(people.accounts)

    def put_session(self, row: SessionRow) -> None:
        """Write a session of an account."""
        self._database.write(lambda c: people.put_session(c, row, self._clock()))

    def session(self, token_hash: str) -> SessionRow | None:
        """Return a session, ended or not."""
        return self._database.read(lambda c: people.session(c, token_hash))

    def sessions_of(self, account: str) -> list[SessionRow]:
        """Return the sessions of an account, ended or not, the newest first."""
        return self._database.read(lambda c: people.sessions_of(c, account))

    def drop_session(self, token_hash: str) -> None:
        """End a session."""
        self._database.write(lambda c: people.drop_session(c, token_hash))

    def drop_sessions(self, account: str, *, but: str | None = None) -> None:
        """End all sessions of an account but one."""
        self._database.write(lambda c: people.drop_sessions(c, account, but))
