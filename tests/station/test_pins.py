from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Accounts, Role
from smartradio.station.lockout import FREE_TRIES, LONGEST_LOCK_S
from smartradio.station.pins import Pins, WeakPinError
from smartradio.station.store import Store
from tests.station.commune import Clock

PASSWORD = "lũ-về-giữa-đêm-mưa"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher(PasswordHasher):
    checked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
        self.checked += 1
        return super().verify(hash, password)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    Accounts(opened, clock, hasher=CHEAP).create("khang", "Đỗ Văn Khang", Role.OFFICER, PASSWORD)
    yield opened
    opened.close()


@pytest.fixture
def pins(store: Store, clock: Clock) -> Pins:
    return Pins(store, clock, hasher=CHEAP)


def test_a_pin_opens_for_its_owner_and_is_not_kept_in_the_clear(pins: Pins, tmp_path: Path) -> None:
    pins.set_pin("khang", "290718")
    assert pins.digits("khang") == 6
    assert pins.is_pin("khang", "290718")
    assert not pins.is_pin("khang", "290719")
    assert not pins.is_pin("ai-do", "290718")
    assert b"290718" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_who_has_set_no_pin_confirms_with_the_password(pins: Pins) -> None:
    assert pins.digits("khang") is None
    assert pins.is_pin("khang", PASSWORD)
    pins.set_pin("khang", "290718")
    assert not pins.is_pin("khang", PASSWORD)
    pins.remove("khang")
    assert pins.is_pin("khang", PASSWORD)


def test_setting_a_pin_ends_no_session(store: Store, pins: Pins, clock: Clock) -> None:
    accounts = Accounts(store, clock, hasher=CHEAP)
    token = accounts.login("khang", PASSWORD)
    assert token is not None
    pins.set_pin("khang", "290718")
    assert accounts.who(token) is not None


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("12345", "short"),
        ("1" * 13, "short"),
        ("", "digits"),
        ("29o718", "digits"),
        ("２９０７１８", "digits"),
        ("111111", "easy"),
        ("112211", "easy"),
        ("123456", "easy"),
        ("987654", "easy"),
        ("890123", "easy"),
        ("135135", "easy"),
    ],
)
def test_a_pin_that_is_guessed_first_is_not_taken(pins: Pins, pin: str, code: str) -> None:
    with pytest.raises(WeakPinError) as refused:
        pins.set_pin("khang", pin)
    assert refused.value.code == code
    assert pins.digits("khang") is None


def test_wrong_pins_lock_for_a_while_and_never_for_long(pins: Pins, clock: Clock) -> None:
    pins.set_pin("khang", "290718")
    for _ in range(FREE_TRIES):
        assert pins.locked_for_s("khang") == 0
        pins.is_pin("khang", "000001")
    assert pins.locked_for_s("khang") > 0
    assert not pins.is_pin("khang", "290718"), "also the right one waits"
    for _ in range(20):
        clock.pass_s(pins.locked_for_s("khang"))
        pins.is_pin("khang", "000001")
    assert pins.locked_for_s("khang") <= LONGEST_LOCK_S
    clock.pass_s(LONGEST_LOCK_S)
    assert pins.is_pin("khang", "290718")
    assert pins.locked_for_s("khang") == 0


def test_a_hundred_pins_guessed_at_once_are_no_more_than_a_few_in_a_row(store: Store, clock: Clock) -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    pins = Pins(store, clock, hasher=hasher)
    pins.set_pin("khang", "290718")
    with pins._secrets._hashing, ThreadPoolExecutor(40) as crowd:
        tries = [crowd.submit(pins.is_pin, "khang", f"{number:06}") for number in range(40)]
        wait([crowd.submit(lambda: None)], timeout=0.2)
        pins._secrets._hashing.release()
        wait(tries, timeout=10)
        pins._secrets._hashing.acquire()
    assert hasher.checked == FREE_TRIES


def test_nobody_gets_a_pin_who_has_no_account(pins: Pins) -> None:
    with pytest.raises(BadInputError, match="no account"):
        pins.set_pin("ai-do", "290718")
