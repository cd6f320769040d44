"""A station that nobody can administer yet: who holds the code of its terminal makes the first account."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Accounts, Role, new_password
from smartradio.station.admin.people import AccountError, PeopleDesk, name_of
from smartradio.station.administered import Change, administered

MOST_HAMLETS: Final = 200


@dataclass(frozen=True, slots=True)
class Commune:
    """What a station is to be: its name in topics, its title, its zones' titles by their names."""

    station: str
    title: str
    zones: Mapping[str, str]


class FirstRunError(BadInputError):
    """What the first account or the commune cannot be; `code` is code, done, commune, hamlets, name or password."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(line)
        self.code = code


class FirstRun:
    """Open until the first administrator is there. Blocking.

    `code` is None where nobody printed one: then the page is closed. `found` writes the commune's settings file; it is
    None for a station that has one.
    """

    def __init__(self, accounts: Accounts, people: PeopleDesk, clock: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._people = people
        self._clock = clock
        self._one = threading.Lock()
        self._code: str | None = None
        self.found: Callable[[Commune, str, str, str], None] | None = None

    @property
    def is_needed(self) -> bool:
        """Whether nobody could make accounts here."""
        return not self._people.has_administrator()

    def open(self) -> str:
        """Return the code that opens the page, once; an earlier one is worth nothing any more."""
        self._code = new_password()
        return self._code

    def is_code(self, code: str) -> bool:
        """Say whether this is the code of the terminal and nobody has used it."""
        held = self._code
        return held is not None and hmac.compare_digest(held.encode(), code.strip().lower().encode())

    def begin(self, code: str, *, person: str, password: str, commune: Commune | None = None) -> str:
        """Make the first administrator, with the commune where it has no settings yet; return the account's name.

        Raises FirstRunError, AccountError and BadInputError; then nothing was made and the code still holds.
        """
        with self._one:
            if not self.is_code(code):
                raise FirstRunError("code", "this is not the code that the station printed, or it was used")
            if not self.is_needed:
                raise FirstRunError("done", "this station has an administrator already")
            title = " ".join(person.split())
            if not any(map(str.isalpha, title)):
                raise AccountError("title", "give the person's name, it stands under what they confirm")
            name = name_of(title)
            if self.found is not None:
                if commune is None:
                    raise FirstRunError("commune", "give the commune's name and its hamlets")
                self.found(commune, name, title, password)
            else:
                self._make(name, title, password)
            self._code = None
        return name

    def _make(self, name: str, title: str, password: str) -> None:
        make_first(self._accounts, name, title, password, now=self._clock())


def make_first(accounts: Accounts, name: str, title: str, password: str, *, now: datetime) -> None:
    """Make the first administrator with a password of their own; raises BadInputError."""
    after = {"title": title, "role": Role.ADMINISTRATOR.value}
    entry = administered("account", name, Change.MADE, by=Person(title, name), at=now, after=after)
    accounts.create(name, title, Role.ADMINISTRATOR, password, evidence=[entry])


def commune_of(title: str, hamlets: Sequence[str]) -> Commune:
    """Return a commune by its name and its hamlets' names as typed; raises FirstRunError.

    Each hamlet gets a name for topics made of its own: Thôn Đông → thon-dong.
    """
    title = " ".join(title.split())
    if not 0 < len(title) <= 90 or not any(map(str.isalpha, title)) or not title.isprintable():
        raise FirstRunError("commune", "give the commune's name, such as Yên Hòa")
    titles = [" ".join(each.split()) for each in hamlets]
    titles = [each for each in titles if each]
    if not 1 <= len(titles) <= MOST_HAMLETS:
        raise FirstRunError("hamlets", f"give between 1 and {MOST_HAMLETS} hamlets, one a line")
    zones: dict[str, str] = {}
    for each in titles:
        if len(each) > 100 or not each.isprintable() or not any(map(str.isalnum, each)):
            raise FirstRunError("hamlets", f"hamlet {each[:40]!r}: give a name of at most 100 characters")
        zone = name_of(each)
        if zone in zones:
            raise FirstRunError("hamlets", f"two hamlets are called {each!r}")
        zones[zone] = each
    bare = title.removeprefix("Xã ").removeprefix("xã ").removeprefix("Phường ").removeprefix("phường ")
    return Commune(name_of(bare), title, zones)
