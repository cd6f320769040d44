from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.errors import SmartradioError
from smartradio.node.button import STUCK_S, Holding
from tests.node.settings_file import settings


def held(*changes: tuple[bool, float], until_s: float, closed_at_start: bool = False) -> list[float]:
    """Return how long each press was held that a contact's changes make, looked at every tenth of a second."""
    holding = Holding(3.0, closed=closed_at_start, at_s=0.0)
    presses, left = [], list(changes)
    for tenth in range(int(until_s * 10) + 1):
        now_s = tenth / 10
        while left and left[0][1] <= now_s:
            closed, at_s = left.pop(0)
            presses.append(holding.changed(closed=closed, at_s=at_s))
        presses.append(holding.tick(now_s))
    return [round(press, 1) for press in presses if press is not None]


def test_a_button_that_is_held_long_enough_is_pressed_once_however_long_it_is_held() -> None:
    assert held((True, 1.0), (False, 9.0), until_s=12.0) == [3.0]


def test_what_is_let_go_early_is_no_press() -> None:
    assert held((True, 1.0), (False, 3.9), (True, 4.0), (False, 6.9), until_s=12.0) == []


def test_a_press_that_was_over_before_anybody_looked_still_counts() -> None:
    holding = Holding(3.0, closed=False, at_s=0.0)
    assert holding.changed(closed=True, at_s=10.0) is None
    assert holding.changed(closed=False, at_s=13.5) == 3.5
    assert holding.tick(14.0) is None


def test_a_contact_closed_at_the_start_counts_only_after_it_has_been_open() -> None:
    assert held(until_s=100.0, closed_at_start=True) == []
    assert held((False, 50.0), (True, 51.0), until_s=60.0, closed_at_start=True) == [3.0]


def test_a_contact_that_nobody_can_be_holding_is_told() -> None:
    holding = Holding(3.0, closed=False, at_s=0.0)
    holding.changed(closed=True, at_s=10.0)
    holding.tick(20.0)
    assert not holding.stuck(10.0 + STUCK_S - 1)
    assert holding.stuck(10.0 + STUCK_S)
    holding.changed(closed=False, at_s=80.0)
    assert not holding.stuck(500.0)


@given(st.lists(st.floats(min_value=0.001, max_value=2.9), max_size=60), st.booleans())
def test_no_storm_of_spikes_is_a_press(lengths_s: list[float], closed_at_start: bool) -> None:
    holding, now_s, closed = Holding(3.0, closed=closed_at_start, at_s=0.0), 0.0, closed_at_start
    for length_s in lengths_s:
        now_s, closed = now_s + length_s, not closed
        assert holding.changed(closed=closed, at_s=now_s) is None
        assert holding.tick(now_s + 0.0005) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "[button]\npin = 99",
        "[button]\npin = 23\nheld_s = 0.2",
        "[button]\npin = 23\ntimes = 0",
        "[button]\npin = 23\n[[inputs]]\npin = 23\nname = 'cua-tu'",
        "[[inputs]]\npin = 5\nname = 'cua-tu'\n[[inputs]]\npin = 6\nname = 'cua-tu'",
        "[[inputs]]\npin = 5\nname = 'Cửa tủ'",
    ],
)
def test_a_wiring_that_cannot_be_is_refused_in_one_line(wrong: str, tmp_path) -> None:
    with pytest.raises(SmartradioError, match=r"node\.toml: ") as told:
        settings(tmp_path, wrong)
    assert "\n" not in str(told.value)
