"""An administrator's desk for the tests of the pages: the real one, over a store of its own, without argon2's price."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher

from smartradio.domain.approval import Person
from smartradio.station.accounts import Accounts, Role
from smartradio.station.admin.desk import AdminDesk, admin_desk
from smartradio.station.keys import working_key
from smartradio.station.store import Store
from tests.station.commune import settings

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
QUAN = Person("Lê Văn Quân", "quan")


class AdminOffice:
    """A store with two accounts, and the desk over it; gone with the test."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="smartradio-office-"))
        working_key(folder)
        self.store = Store.open(folder, clock=lambda: NOW)
        weakref.finalize(self, _clear, self.store, folder)
        self.accounts = Accounts(self.store, lambda: NOW, hasher=PasswordHasher(1, 8, 1))
        self.settings = settings(folder)
        self.desk: AdminDesk = admin_desk(self.settings, self.settings, self.store, self.accounts, lambda: NOW)
        self.desk.people.make("Lê Văn Quân", Role.ADMINISTRATOR, by=QUAN, name="quan")
        self.desk.people.make("Nguyễn Thị Lan", Role.BROADCASTER, by=QUAN, name="lan")


def _clear(store: Store, folder: Path) -> None:
    store.close()
    shutil.rmtree(folder)
