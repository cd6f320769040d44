"""The first account of a station, by the code of its terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.domain.places import check_name
from smartradio.station.accounts import Accounts, Role
from smartradio.station.admin.first_run import Commune, FirstRun, FirstRunError, commune_of
from smartradio.station.admin.people import AccountError, PeopleDesk
from smartradio.station.store import Store
from tests.station.commune import Clock

PASSWORD = "ga-gay-sang-som-bo-ao"


class Terminal:
    def __init__(self, folder: Path) -> None:
        clock = Clock()
        self.store = Store.open(folder, clock=clock)
        self.accounts = Accounts(self.store, clock, hasher=PasswordHasher(1, 8, 1))
        self.first = FirstRun(self.accounts, PeopleDesk(self.accounts, self.store, clock), clock)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.store.close()


def test_who_holds_the_code_becomes_the_administrator_with_a_password_of_their_own(terminal: Terminal) -> None:
    code = terminal.first.open()
    name = terminal.first.begin(f" {code.upper()} ", person="Nguyễn Thị Lan", password=PASSWORD)
    token = terminal.accounts.login(name, PASSWORD)
    assert token is not None
    who = terminal.accounts.who(token)
    assert who is not None
    assert (who.role, who.password_given) == (Role.ADMINISTRATOR, False)
    assert not terminal.first.is_needed
    assert terminal.store.chain("")[-1].evidence.facts["by"] == "Nguyễn Thị Lan"


def test_the_code_works_once(terminal: Terminal) -> None:
    code = terminal.first.open()
    terminal.first.begin(code, person="Nguyễn Thị Lan", password=PASSWORD)
    with pytest.raises(FirstRunError):
        terminal.first.begin(code, person="Kẻ lạ", password=PASSWORD)
    assert not terminal.first.is_code(code)


@pytest.mark.parametrize("code", ["", "aaaa-bbbb-cccc-dddd", "None"])
def test_nobody_comes_in_without_it(terminal: Terminal, code: str) -> None:
    terminal.first.open()
    with pytest.raises(FirstRunError) as told:
        terminal.first.begin(code, person="Kẻ lạ", password=PASSWORD)
    assert told.value.code == "code"
    assert terminal.first.is_needed


def test_a_station_that_printed_no_code_is_closed(terminal: Terminal) -> None:
    with pytest.raises(FirstRunError):
        terminal.first.begin("", person="Kẻ lạ", password=PASSWORD)


@pytest.mark.parametrize(
    ("person", "password"), [("", PASSWORD), ("12345", PASSWORD), ("Lan", "ngắn"), ("Lan", "1" * 12)]
)
def test_what_cannot_be_leaves_the_code_good(terminal: Terminal, person: str, password: str) -> None:
    code = terminal.first.open()
    with pytest.raises((AccountError, BadInputError)):
        terminal.first.begin(code, person=person, password=password)
    assert terminal.first.is_code(code)
    assert terminal.store.people.all() == []


def test_a_station_with_an_administrator_needs_none(terminal: Terminal) -> None:
    terminal.accounts.create("quan", "Quân", Role.ADMINISTRATOR, PASSWORD)
    code = terminal.first.open()
    with pytest.raises(FirstRunError) as told:
        terminal.first.begin(code, person="Kẻ lạ", password=PASSWORD)
    assert told.value.code == "done"


def test_a_new_commune_is_founded_with_its_first_account(terminal: Terminal) -> None:
    founded: list[tuple[Commune, str, str, str]] = []
    terminal.first.found = lambda *told: founded.append(told)
    commune = commune_of("Xã Yên Hòa", ["Thôn Đông", " ", "Thôn 2"])
    name = terminal.first.begin(terminal.first.open(), person="Nguyễn Thị Lan", password=PASSWORD, commune=commune)
    assert founded == [(commune, "nguyen-thi-lan", "Nguyễn Thị Lan", PASSWORD)]
    assert (name, commune.station) == ("nguyen-thi-lan", "yen-hoa")
    assert commune.zones == {"thon-dong": "Thôn Đông", "thon-2": "Thôn 2"}


@pytest.mark.parametrize(
    ("title", "hamlets", "code"),
    [
        ("", ["Thôn 1"], "commune"),
        ("123", ["Thôn 1"], "commune"),
        ("Yên Hòa", [], "hamlets"),
        ("Yên Hòa", ["Thôn 1", "THÔN 1"], "hamlets"),
        ("Yên Hòa", ["***"], "hamlets"),
        ("Yên Hòa", [f"Thôn {number}" for number in range(201)], "hamlets"),
    ],
)
def test_a_commune_that_cannot_be_is_refused_by_what_is_wrong(title: str, hamlets: list[str], code: str) -> None:
    with pytest.raises(FirstRunError) as told:
        commune_of(title, hamlets)
    assert told.value.code == code


@given(title=st.text(max_size=60), hamlets=st.lists(st.text(max_size=30), max_size=6))
def test_whatever_is_typed_gives_names_for_topics_or_is_refused(title: str, hamlets: list[str]) -> None:
    try:
        commune = commune_of(title, hamlets)
    except FirstRunError:
        return
    for name in (commune.station, *commune.zones):
        assert check_name(name, "zone") == name
