from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.accounts import (
    SESSION,
    Account,
    Accounts,
    Role,
    new_password,
    session_mark,
)
from smartradio.station.lockout import FREE_TRIES, LONGEST_LOCK_S
from smartradio.station.store import SessionRow, Store
from tests.station.shapes import store_of_shape

PASSWORD = "bon-mua-hoa-no"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class CountingHasher(PasswordHasher):
    """Cheap, and knows how often it worked."""

    checked = 0

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
        self.checked += 1
        return super().verify(hash, password)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def accounts(store: Store, clock: Clock, hasher: CountingHasher) -> Accounts:
    made = Accounts(store, clock, hasher=hasher)
    made.create("lan", "Nguyễn Thị Lan", Role.BROADCASTER, PASSWORD)
    return made


def test_who_logs_in_with_the_right_password_is_known_by_the_token(accounts: Accounts) -> None:
    token = accounts.login("lan", PASSWORD)
    assert token is not None
    assert accounts.who(token) == Account("lan", "Nguyễn Thị Lan", Role.BROADCASTER)
    accounts.logout(token)
    assert accounts.who(token) is None


def test_neither_password_nor_token_lies_in_the_data_folder(accounts: Accounts, tmp_path: Path) -> None:
    token = accounts.login("lan", PASSWORD)
    assert token is not None
    lying = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in lying
    assert PASSWORD.encode() not in lying
    assert token.encode() not in lying


def test_passwords_are_hashed_with_argon2id_unless_told_otherwise(store: Store, clock: Clock) -> None:
    Accounts(store, clock).create("hung", "Trần Văn Hùng", Role.APPROVER, PASSWORD)
    row = store.people.account("hung")
    assert row is not None
    found = extract_parameters(row.password_hash)
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024


@pytest.mark.parametrize("name", ["lan", "nobody", "", "\ud800", "x" * 500, "' OR 1=1 --"])
def test_a_wrong_login_is_no_login_whoever_tries(accounts: Accounts, name: str) -> None:
    assert accounts.login(name, "sai-mat-khau") is None
    assert accounts.login(name, "\ud800") is None
    assert accounts.login(name, "") is None


def test_an_unknown_name_costs_the_same_work_as_a_known_one(accounts: Accounts, hasher: CountingHasher) -> None:
    for name in ("lan", "nobody"):
        before = hasher.checked
        accounts.login(name, "sai-mat-khau")
        assert hasher.checked == before + 1


def test_an_endless_password_is_refused_before_any_work(accounts: Accounts, hasher: CountingHasher) -> None:
    before = hasher.checked
    assert accounts.login("lan", "x" * 100_000) is None
    assert hasher.checked == before


@pytest.mark.parametrize("name", ["lan", "nobody"])
def test_after_five_wrong_tries_the_door_stays_shut_longer_each_time(
    accounts: Accounts, clock: Clock, name: str
) -> None:
    for _ in range(FREE_TRIES - 1):
        accounts.login(name, "sai-mat-khau")
        assert accounts.locked_for_s(name) == 0
    waits = []
    for _ in range(8):
        accounts.login(name, "sai-mat-khau")
        waits.append(accounts.locked_for_s(name))
        assert accounts.login(name, PASSWORD) is None
        clock.pass_s(waits[-1])
    assert waits == sorted(waits)
    assert waits[:3] == [4.0, 8.0, 16.0]
    assert waits[-1] == LONGEST_LOCK_S


def test_the_right_password_after_the_wait_opens_and_forgets_the_failures(accounts: Accounts, clock: Clock) -> None:
    for _ in range(FREE_TRIES):
        accounts.login("lan", "sai-mat-khau")
    assert accounts.login("lan", PASSWORD) is None
    clock.pass_s(accounts.locked_for_s("lan"))
    assert accounts.login("lan", PASSWORD) is not None
    accounts.login("lan", "sai-mat-khau")
    assert accounts.locked_for_s("lan") == 0


def test_a_stranger_who_guesses_does_not_keep_the_owner_out(accounts: Accounts, clock: Clock) -> None:
    for _ in range(60):
        accounts.login("lan", "sai-mat-khau", sender="203.0.113.9")
        clock.pass_s(accounts.locked_for_s("lan", "203.0.113.9"))
    accounts.login("lan", "sai-mat-khau", sender="203.0.113.9")
    assert accounts.login("lan", PASSWORD, sender="203.0.113.9") is None, "whoever guesses waits"
    assert accounts.login("lan", PASSWORD, sender="192.168.1.20") is not None
    assert accounts.is_password("lan", PASSWORD), "nor keeps an approver from approving"


def test_a_hundred_guesses_at_once_are_no_more_than_a_few_in_a_row(accounts: Accounts, hasher: CountingHasher) -> None:
    before = hasher.checked
    with accounts._secrets._hashing, ThreadPoolExecutor(40) as crowd:
        tries = [crowd.submit(accounts.login, "lan", f"sai-mat-khau-{number}") for number in range(40)]
        wait([crowd.submit(lambda: None)], timeout=0.2)
        accounts._secrets._hashing.release()
        wait(tries, timeout=10)
        accounts._secrets._hashing.acquire()
    assert hasher.checked - before == FREE_TRIES


def test_an_account_disabled_while_its_password_is_changed_stays_disabled(store: Store, clock: Clock) -> None:
    class Slow(CountingHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            row = store.people.account("lan")
            if row is not None:
                store.people.put(replace(row, disabled=True))
            return super().hash(password, salt=salt)

    accounts = Accounts(store, clock, hasher=Slow())
    accounts.create("lan", "Nguyễn Thị Lan", Role.BROADCASTER, PASSWORD)
    accounts.set_password("lan", "mat-khau-moi-tinh")
    row = store.people.account("lan")
    assert row is not None
    assert row.disabled


def test_a_password_asked_again_is_right_or_counts_as_a_wrong_login(accounts: Accounts, store: Store) -> None:
    assert accounts.is_password("lan", PASSWORD)
    for _ in range(FREE_TRIES):
        assert not accounts.is_password("lan", "mot-mat-khau-khac")
    assert accounts.locked_for_s("lan") > 0
    assert not accounts.is_password("lan", PASSWORD)
    assert accounts.login("lan", PASSWORD) is None


def test_a_sessions_mark_is_its_own_and_opens_nothing(accounts: Accounts, tmp_path: Path) -> None:
    one, other = accounts.login("lan", PASSWORD), accounts.login("lan", PASSWORD)
    assert one is not None
    assert other is not None
    mark = session_mark(one)
    assert re.fullmatch(r"[0-9a-f]{16}", mark)
    assert mark == session_mark(one) != session_mark(other)
    lying = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    # What the database holds of a session does not begin with its mark.
    assert mark.encode() not in lying


def test_a_session_ends_by_itself(accounts: Accounts, clock: Clock) -> None:
    token = accounts.login("lan", PASSWORD)
    assert token is not None
    clock.pass_s(SESSION.total_seconds() - 1)
    assert accounts.who(token) is not None
    clock.pass_s(1)
    assert accounts.who(token) is None


def test_ended_sessions_are_cleared_away_at_the_next_login(accounts: Accounts, clock: Clock, store: Store) -> None:
    store.people.put_session(SessionRow("f" * 64, "lan", clock() + timedelta(seconds=1)))
    clock.pass_s(2)
    accounts.login("lan", PASSWORD)
    assert store.people.session("f" * 64) is None


def test_a_new_password_ends_the_sessions_of_the_old_one(accounts: Accounts) -> None:
    token = accounts.login("lan", PASSWORD)
    assert token is not None
    accounts.set_password("lan", "mat-khau-moi-tinh")
    assert accounts.who(token) is None
    assert accounts.login("lan", PASSWORD) is None
    assert accounts.login("lan", "mat-khau-moi-tinh") is not None
    with pytest.raises(BadInputError, match="no account nobody"):
        accounts.set_password("nobody", "mat-khau-moi-tinh")


@pytest.mark.parametrize(
    ("name", "title", "password", "words"),
    [
        ("lan", "Lan", PASSWORD, "exists already"),
        ("Chị Lan", "Lan", PASSWORD, "use a-z"),
        ("hoa", "  ", PASSWORD, "give the person's name"),
        ("hoa", "Hoa", "ngan", "too short"),
        ("hoa", "Hoa", "x" * 201, "too long"),
        ("hoa", "Hoa", "1234567890", "easy to guess"),
        ("hoa", "Hoa", "aaaaaaaaaaaa", "easy to guess"),
        ("hoa", "Hoa", "Hoa-Yen-Hoa", "easy to guess"),
    ],
)
def test_an_account_that_would_be_weak_or_nameless_is_not_made(
    accounts: Accounts, store: Store, name: str, title: str, password: str, words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        accounts.create(name, title, Role.BROADCASTER, password)
    assert {each for each in (name, "lan") if store.people.account(each)} == {"lan"}


def test_a_made_password_can_be_read_aloud_and_is_accepted(accounts: Accounts) -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"(?:[a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}", password) for password in made)
    accounts.create("hoa", "Phạm Thị Hòa", Role.TECHNICIAN, made.pop())


def test_a_crowd_at_the_door_is_asked_to_wait(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartradio.station.checked_secrets.WAIT_S", 0.01)
    with accounts._secrets._hashing, pytest.raises(SmartradioError, match="try again in a moment"):
        accounts.login("lan", PASSWORD)
    assert accounts.login("lan", PASSWORD) is not None


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=60))
def test_no_made_up_token_is_anybody(accounts: Accounts, token: str) -> None:
    assert accounts.who(token) is None
    accounts.logout(token)


def test_a_disabled_account_is_out_at_once_and_cannot_come_back(accounts: Accounts, store: Store) -> None:
    token = accounts.login("lan", PASSWORD)
    assert token is not None
    row = store.people.account("lan")
    assert row is not None
    store.people.put(replace(row, disabled=True))
    assert accounts.who(token) is None
    assert accounts.login("lan", PASSWORD) is None
    store.people.put(replace(row, disabled=False))
    assert accounts.who(token) is None
    assert accounts.login("lan", PASSWORD) is not None


def test_somebody_sees_where_they_are_logged_in_and_ends_what_is_not_theirs(accounts: Accounts, clock: Clock) -> None:
    office = accounts.login("lan", PASSWORD, device="Firefox")
    clock.pass_s(60)
    phone = accounts.login("lan", PASSWORD, device="Chrome " * 100)
    assert office is not None and phone is not None
    newest, oldest = accounts.sessions("lan")
    assert (oldest.device, oldest.begun_at, oldest.mark) == (
        "Firefox",
        clock() - timedelta(seconds=60),
        session_mark(office),
    )
    assert newest.device.startswith("Chrome Chrome") and len(newest.device) == 200
    accounts.end_session("hung", newest.mark)
    assert accounts.who(phone) is not None, "another's account ends nothing of lan's"
    accounts.end_session("lan", newest.mark)
    assert accounts.who(phone) is None
    assert accounts.who(office) is not None


def test_all_other_logins_end_but_the_one_at_hand(accounts: Accounts) -> None:
    tokens = [accounts.login("lan", PASSWORD) for _ in range(3)]
    accounts.end_sessions("lan", but=tokens[1])
    assert [token is not None and accounts.who(token) is not None for token in tokens] == [False, True, False]


def test_a_login_that_ran_out_is_not_listed(accounts: Accounts, clock: Clock) -> None:
    accounts.login("lan", PASSWORD)
    clock.pass_s(SESSION.total_seconds() + 1)
    assert accounts.sessions("lan") == []


def test_operators_of_the_version_before_are_broadcasters_with_their_password(
    tmp_path: Path, clock: Clock, hasher: CountingHasher
) -> None:
    folder = tmp_path / "cu"
    folder.mkdir()
    hashed = hasher.hash(PASSWORD)
    store_of_shape(
        folder,
        "0009",
        [
            f"INSERT INTO accounts VALUES ('lan', 'Nguyễn Thị Lan', '{hashed}', 'operator')",
            f"INSERT INTO accounts VALUES ('binh', 'Phạm Bình', '{hashed}', 'approver')",
        ],
    )
    store = Store.open(folder, clock=clock)
    try:
        accounts = Accounts(store, clock, hasher=hasher)
        token = accounts.login("lan", PASSWORD)
        assert token is not None
        assert accounts.who(token) == Account("lan", "Nguyễn Thị Lan", Role.BROADCASTER)
        assert [(row.name, row.role, row.disabled, row.pin_hash) for row in store.people.all()] == [
            ("binh", "approver", False, None),
            ("lan", "broadcaster", False, None),
        ]
    finally:
        store.close()
