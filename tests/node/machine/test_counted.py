"""What is carried in a month and written in all, over restarts of process and machine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.node.machine.counted import Counted, month_of


@pytest.mark.parametrize(
    ("at", "starts_on", "month"),
    [
        (datetime(2026, 10, 31, 16, 59, tzinfo=UTC), 1, "2026-10-01"),
        (datetime(2026, 10, 31, 17, 0, tzinfo=UTC), 1, "2026-11-01"),
        (datetime(2026, 11, 4, 3, 0, tzinfo=UTC), 5, "2026-10-05"),
        (datetime(2026, 11, 4, 17, 0, tzinfo=UTC), 5, "2026-11-05"),
        (datetime(2027, 1, 20, 0, 0, tzinfo=UTC), 28, "2026-12-28"),
    ],
)
def test_a_month_begins_on_its_day_by_vietnams_time(at: datetime, starts_on: int, month: str) -> None:
    assert month_of(at, starts_on) == month


def test_what_was_carried_before_the_first_look_is_nobodys() -> None:
    counted = Counted()
    counted.carry("wwan0", 900, "a")
    assert counted.settle("2026-11-01") == 0


def test_a_restart_of_the_machine_and_another_interface_lose_nothing() -> None:
    counted = Counted()
    counted.carry("wwan0", 900, "a")
    counted.carry("wwan0", 1_000, "a")
    counted = Counted.read(counted.text())
    counted.carry("wwan0", 1_050, "a")
    counted.carry("wwan0", 30, "b")
    counted.carry("eth0", 7, "b")
    counted.carry("wwan0", 40, "b")
    # The modem was plugged out and in.
    counted.carry("wwan0", 5, "b")
    assert counted.settle("2026-11-01") == 100 + 50 + 30 + 7 + 10 + 5


def test_without_trusted_time_it_waits_for_its_month() -> None:
    counted = Counted()
    counted.carry("wwan0", 0, "a")
    counted.carry("wwan0", 60, "a")
    assert counted.settle(None) is None
    assert counted.settle("2026-11-01") == 60
    counted.carry("wwan0", 70, "a")
    assert counted.settle("2026-12-01") == 10


def test_a_clock_that_is_put_right_finds_its_month_again() -> None:
    counted = Counted()
    counted.carry("wwan0", 0, "a")
    counted.carry("wwan0", 60, "a")
    assert counted.settle("2026-11-01") == 60
    assert counted.settle("2031-01-01") == 0
    assert counted.settle("2026-11-01") == 60


def test_what_is_kept_does_not_grow_with_the_years() -> None:
    counted = Counted()
    for year in range(2026, 2126):
        counted.settle(f"{year}-01-01")
    assert len(counted.months) == 3


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"months": 3}', '{"carried": {"seen": {"a": 1}}}'])
def test_what_cannot_be_read_counts_as_nothing(text: str | None) -> None:
    assert Counted.read(text).months == {}


def test_a_card_that_is_seen_for_the_first_time_counts_since_the_machine_was_switched_on() -> None:
    counted = Counted()
    assert counted.write("mmcblk0", 500, "a") == 500
    counted = Counted.read(counted.text())
    assert counted.write("mmcblk0", 600, "a") == 600
    assert counted.write("mmcblk0", 40, "b") == 640


@given(st.lists(st.lists(st.integers(min_value=0, max_value=10**12), max_size=6), max_size=8))
def test_the_sum_is_that_of_all_that_was_carried(boots: list[list[int]]) -> None:
    counted = Counted()
    counted.carry("wwan0", 0, "first")
    total = 0
    for number, steps in enumerate(boots):
        value = 0
        for step in steps:
            value += step
            counted.carry("wwan0", value, f"boot {number}")
            counted = Counted.read(counted.text())
        total += value
    assert counted.settle("2026-11-01") == total
