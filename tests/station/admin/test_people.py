"""Accounts as an administrator has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.accounts import Accounts, Role
from smartradio.station.admin.people import AccountError, PeopleDesk, name_of
from smartradio.station.store import Store
from tests.station.commune import Clock

QUAN = Person("Lê Văn Quân", "quan")


class Office:
    """A store with its accounts and the desk; hashing costs little here."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.store = Store.open(folder, clock=self.clock)
        self.accounts = Accounts(self.store, self.clock, hasher=PasswordHasher(1, 8, 1))
        self.desk = PeopleDesk(self.accounts, self.store, self.clock)

    def said(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("") if entry.evidence.step is Step.ADMINISTERED]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    made.desk.make("Lê Văn Quân", Role.ADMINISTRATOR, by=QUAN, name="quan")
    yield made
    made.store.close()


def test_who_gets_an_account_logs_in_with_the_password_handed_over(office: Office) -> None:
    name, password = office.desk.make("Đặng Thị Mùa", Role.BROADCASTER, by=QUAN)
    assert name == "dang-thi-mua"
    token = office.accounts.login(name, password)
    assert token is not None
    found = office.accounts.who(token)
    assert found is not None
    assert (found.title, found.role) == ("Đặng Thị Mùa", Role.BROADCASTER)


def test_what_was_done_stands_in_the_log_and_no_password_with_it(office: Office) -> None:
    name, password = office.desk.make("Đặng Thị Mùa", Role.BROADCASTER, by=QUAN)
    office.desk.change(name, "Đặng Thị Mùa", Role.APPROVER, by=QUAN)
    again = office.desk.new_password(name, by=QUAN)
    office.desk.disable(name, by=QUAN)
    said = office.said()[1:]
    assert [entry.facts["change"] for entry in said] == ["made", "changed", "changed", "disabled"]
    assert said[1].facts["before"]["role"] == "broadcaster"
    assert said[1].facts["after"]["role"] == "approver"
    assert all(entry.facts["by"] == "Lê Văn Quân" for entry in said)
    assert password not in str(said)
    assert again not in str(said)
    assert office.store.verify().ok


@pytest.mark.parametrize("change", ["role", "password", "disable", "end"])
def test_a_change_of_rights_ends_the_logins(office: Office, change: str) -> None:
    name, password = office.desk.make("Đặng Thị Mùa", Role.APPROVER, by=QUAN)
    token = office.accounts.login(name, password)
    assert token is not None
    changes: dict[str, Callable[[], object]] = {
        "role": lambda: office.desk.change(name, "Đặng Thị Mùa", Role.AUDITOR, by=QUAN),
        "password": lambda: office.desk.new_password(name, by=QUAN),
        "disable": lambda: office.desk.disable(name, by=QUAN),
        "end": lambda: office.desk.end_sessions(name, by=QUAN),
    }
    changes[change]()
    assert office.accounts.who(token) is None


def test_a_disabled_account_keeps_its_name_and_can_come_back(office: Office) -> None:
    name, password = office.desk.make("Đặng Thị Mùa", Role.APPROVER, by=QUAN)
    office.desk.disable(name, by=QUAN)
    assert office.accounts.login(name, password) is None
    with pytest.raises(AccountError, match="exists already"):
        office.desk.make("Đỗ Thị Mùa", Role.APPROVER, by=QUAN, name=name)
    office.desk.enable(name, by=QUAN)
    assert office.accounts.login(name, password) is not None


def test_the_last_administrator_cannot_lock_everybody_out(office: Office) -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: office.desk.disable("quan", by=QUAN),
        lambda: office.desk.change("quan", "Lê Văn Quân", Role.AUDITOR, by=QUAN),
    )
    for act in acts:
        with pytest.raises(AccountError) as told:
            act()
        assert told.value.code == "last"
    office.desk.make("Hà Minh", Role.ADMINISTRATOR, by=QUAN)
    office.desk.disable("quan", by=QUAN)
    assert office.desk.has_administrator()


def test_two_of_one_name_get_two_accounts(office: Office) -> None:
    names = [office.desk.make("Nguyễn Thị Lan", Role.BROADCASTER, by=QUAN)[0] for _ in range(3)]
    assert names == ["nguyen-thi-lan", "nguyen-thi-lan-2", "nguyen-thi-lan-3"]


@pytest.mark.parametrize(
    ("title", "name", "code"),
    [
        ("", "", "title"),
        ("   ", "mua", "title"),
        ("12345", "", "title"),
        ("Mùa\x00", "", "title"),
        ("x" * 81, "", "title"),
        ("Mùa", "Mùa!", "name"),
        ("Mùa", "mua'; DROP TABLE accounts; --", "name"),
        ("Mùa", "-mua", "name"),
        ("Mùa", "quan", "taken"),
    ],
)
def test_what_cannot_be_an_account_is_refused_by_what_is_wrong(
    office: Office, title: str, name: str, code: str
) -> None:
    before = office.desk.all()
    with pytest.raises(AccountError) as told:
        office.desk.make(title, Role.BROADCASTER, by=QUAN, name=name)
    assert told.value.code == code
    assert office.desk.all() == before


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nguyễn Thị Lan", "nguyen-thi-lan"),
        ("ĐỖ Văn Ước", "do-van-uoc"),
        ("陳", "tai-khoan"),
        ("Y Moan Êban", "y-moan-eban"),
    ],
)
def test_a_name_to_log_in_with_is_made_of_the_persons(title: str, name: str) -> None:
    assert name_of(title) == name


def test_who_lost_the_pin_gets_it_taken_away(office: Office) -> None:
    name, _ = office.desk.make("Phạm Khang", Role.OFFICER, by=QUAN)
    row = office.store.people.account(name)
    assert row is not None
    office.store.people.put(replace(row, pin_hash="argon2"))
    assert [member.has_pin for member in office.desk.all() if member.name == name] == [True]
    office.desk.remove_pin(name, by=QUAN)
    assert [member.has_pin for member in office.desk.all() if member.name == name] == [False]
