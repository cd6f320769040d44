"""Where the node's time comes from, and when it may be trusted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.node.asking import BURST, OFTEN_S
from smartradio.node.clock import TRUST_FOR_S, NodeClock
from smartradio.node.clock_source import SimulatedClock, ntp_synchronised
from tests.node.fakes import NOW, FakeClock


class Harness:
    """A clock with its memory and the nonces it sent."""

    def __init__(self, source: FakeClock | None = None, memory: dict[str, str] | None = None) -> None:
        self.source = source or FakeClock()
        self.memory = memory if memory is not None else {}
        self.sent: list[str] = []
        self.clock = NodeClock(self.source, self._request, self.memory.get, self.memory.update)

    def _request(self, nonce: str) -> bool:
        self.sent.append(nonce)
        return True

    def ask(self) -> str:
        self.clock.connected()
        self.clock.tick()
        return self.sent[-1]

    def answer(self, there_s: float, back_s: float) -> bool:
        """Ask, and let the answer be on its way for so long in each direction."""
        nonce = self.ask()
        self.source.now_s += there_s
        at = self.source.true_utc()
        self.source.now_s += back_s
        return self.clock.answered(nonce, at, self.source.now_s)

    def error_s(self) -> float:
        now = self.clock.now()
        assert now is not None
        return (now - self.source.true_utc()).total_seconds()


def test_there_is_no_time_before_the_first_answer() -> None:
    assert Harness().clock.now() is None


def test_an_answer_is_right_to_within_half_its_round_trip() -> None:
    harness = Harness()
    assert harness.answer(0.3, 0.1)
    assert abs(harness.error_s()) <= 0.2 + 1e-6


def test_of_a_burst_the_quickest_ways_count_each_by_itself() -> None:
    harness = Harness()
    for there_s, back_s in ((0.5, 0.002), (0.004, 0.1), (0.9, 0.3)):
        harness.answer(there_s, back_s)
    assert abs(harness.error_s()) < 0.0011


def test_a_burst_is_several_requests_and_the_next_comes_soon() -> None:
    harness = Harness()
    harness.answer(0.0001, 0.0001)
    for _ in range(90):
        harness.source.now_s += 0.1
        harness.clock.tick()
    assert len(harness.sent) == BURST
    for _ in range(30):
        harness.source.now_s += 0.1
        harness.clock.tick()
    assert len(harness.sent) == 2 * BURST


def test_once_the_speed_of_the_crystal_is_known_minutes_pass_between_bursts() -> None:
    harness = Harness()
    harness.clock.connected()
    told = 0
    for second in range(3_600):
        harness.source.now_s += 1.0
        harness.clock.tick()
        for nonce in harness.sent[told:]:
            harness.clock.answered(nonce, harness.source.true_utc(), harness.source.now_s + 0.001)
        told = len(harness.sent)
        if second == 3_000:
            before = told
    assert told - before <= 4 * BURST


def test_without_an_answer_the_question_is_repeated_soon() -> None:
    harness = Harness()
    harness.clock.connected()
    for _ in range(120):
        harness.clock.tick()
        harness.source.now_s += 0.1
    assert len(harness.sent) >= 2 * BURST


@pytest.mark.parametrize("delay_s", [5.1, 60.0])
def test_an_answer_that_took_too_long_is_not_believed(delay_s: float) -> None:
    harness = Harness()
    assert not harness.answer(delay_s, 0.0)
    assert harness.clock.now() is None


def test_an_answer_counts_once() -> None:
    harness = Harness()
    nonce = harness.ask()
    assert harness.clock.answered(nonce, NOW, harness.source.now_s)
    assert not harness.clock.answered(nonce, NOW + timedelta(days=1), harness.source.now_s)
    assert abs(harness.error_s()) < 1.0


def test_trust_ends_when_nobody_has_confirmed_it_for_a_week() -> None:
    harness = Harness()
    harness.answer(0.01, 0.01)
    harness.source.now_s += TRUST_FOR_S - 1
    assert harness.clock.trusted
    harness.source.now_s += 2
    assert not harness.clock.trusted


def test_time_is_carried_over_a_restart_of_the_process() -> None:
    first = Harness()
    first.answer(0.01, 0.01)
    first.source.now_s += 30
    again = Harness(first.source, first.memory)
    assert abs(again.error_s()) < 0.02


@pytest.mark.parametrize(
    ("ntp_before", "ntp_after", "os_error_s", "trusted"),
    [
        (True, True, 0.5, True),
        (True, True, 30.0, False),
        (False, True, 0.5, False),
        (True, False, 0.5, False),
    ],
)
def test_over_a_restart_of_the_machine_only_an_ntp_clock_that_agreed_carries_it(
    *, ntp_before: bool, ntp_after: bool, os_error_s: float, trusted: bool
) -> None:
    source = FakeClock(os_error_s=os_error_s)
    source.synchronised = ntp_before
    first = Harness(source)
    first.answer(0.01, 0.01)
    source.boot_token, source.synchronised = "boot-b", ntp_after
    assert Harness(source, first.memory).clock.trusted is trusted


def test_an_os_clock_behind_the_floor_of_time_is_not_believed() -> None:
    source = FakeClock(os_error_s=0.0)
    source.synchronised = True
    first = Harness(source)
    first.answer(0.01, 0.01)
    source.boot_token, source.os_error_s = "boot-b", -86_400.0
    again = Harness(source, first.memory)
    assert not again.clock.trusted
    assert again.clock.stated() >= NOW


def test_a_stated_time_is_never_before_what_the_station_has_signed() -> None:
    harness = Harness(FakeClock(os_error_s=-1e8))
    harness.clock.seen(NOW)
    assert harness.clock.stated() == NOW


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=10))
def test_whatever_the_network_does_the_error_stays_within_half_the_best_round_trip(trips: Any) -> None:
    harness = Harness()
    for there_s, back_s in trips:
        harness.answer(there_s, back_s)
    best_s = min(there + back for there, back in trips)
    # Plus the drift that an older, better answer is charged for: the fake crystal has none.
    assert abs(harness.error_s()) <= best_s / 2 + 50e-6 * 50 + 1e-6


def test_a_simulated_clock_drifts_and_is_wrong_as_told() -> None:
    clock = SimulatedClock(50.0, 3600.0)
    assert clock.from_machine(1_000_000.0) - clock.from_machine(0.0) == pytest.approx(1_000_050.0)
    assert not clock.ntp()
    assert SimulatedClock(50.0, 0.0).boot() != SimulatedClock(-50.0, 0.0).boot()
    assert isinstance(ntp_synchronised(), bool)


def test_a_stalled_link_does_not_spoil_a_good_fix() -> None:
    harness = Harness()
    harness.answer(0.004, 0.002)
    harness.source.now_s += 180
    harness.answer(0.0, 4.9)
    # Half of the quick answer's way, and what the crystal may have done since.
    assert abs(harness.error_s()) < 0.003 + 50e-6 * 180


def test_a_station_whose_clock_was_put_right_is_followed() -> None:
    harness = Harness()
    harness.answer(0.01, 0.01)
    nonce = harness.ask()
    harness.clock.answered(nonce, harness.source.true_utc() + timedelta(seconds=1), harness.source.now_s + 0.02)
    assert harness.error_s() == pytest.approx(1.0, abs=0.05)


def test_while_something_plays_the_time_stays_and_what_was_learnt_counts_afterwards() -> None:
    harness = Harness()
    harness.answer(0.3, 0.0)
    before = harness.error_s()
    harness.clock.hold(on=True)
    harness.answer(0.001, 0.001)
    assert harness.error_s() == pytest.approx(before)
    harness.clock.hold(on=False)
    assert abs(harness.error_s()) < 0.002


def test_what_was_learnt_a_week_ago_does_not_come_back_in_the_place_of_ntp() -> None:
    harness = Harness(FakeClock(os_error_s=0.0))
    harness.answer(0.01, 0.01)
    harness.source.now_s += TRUST_FOR_S + 60
    harness.source.synchronised = True
    harness.clock.tick()
    assert harness.clock.trusted
    assert not harness.clock.vouched
    harness.clock.hold(on=True)
    harness.clock.hold(on=False)
    assert harness.clock.trusted


def test_what_is_written_down_is_read_by_the_program_before_this_one() -> None:
    harness = Harness()
    harness.answer(0.01, 0.01)
    before = {"offset_s", "error_s", "at_s", "os_agreed", "boot", "os_contradicted", "by"}
    assert set(json.loads(harness.memory["time_fix"])) == before


@pytest.mark.parametrize("speed", [None, "", "nonsense", "[]", '{"rate": 1.0}', '{"rate": "fast"}', '{"pace": 0.0}'])
def test_a_speed_that_is_missing_or_spoilt_is_learnt_anew(speed: str | None) -> None:
    first = Harness()
    first.answer(0.01, 0.01)
    memory = {name: text for name, text in first.memory.items() if name != "time_speed"}
    again = Harness(first.source, memory if speed is None else {**memory, "time_speed": speed})
    assert abs(again.error_s()) < 0.02


def test_of_a_fix_of_the_program_before_this_one_no_more_is_believed_than_it_says() -> None:
    first = Harness()
    first.answer(0.09, 0.01)
    del first.memory["time_speed"]
    again = Harness(first.source, first.memory)
    assert abs(again.error_s()) == pytest.approx(0.04, abs=0.001)
    again.answer(0.001, 0.001)
    assert abs(again.error_s()) < 0.001


def test_a_node_without_time_takes_it_whatever_plays() -> None:
    harness = Harness()
    harness.clock.hold(on=True)
    harness.answer(0.01, 0.01)
    assert harness.clock.trusted


def test_a_question_waits_for_a_quiet_moment_but_not_for_ever() -> None:
    harness = Harness()
    harness.answer(0.0001, 0.0001)
    harness.source.now_s += OFTEN_S[0][1] + 1
    sent = len(harness.sent)
    for _ in range(100):
        harness.clock.noise(harness.source.now_s)
        harness.clock.tick()
        harness.source.now_s += 0.5
    assert len(harness.sent) == sent
    harness.source.now_s += 1.5
    harness.clock.tick()
    assert len(harness.sent) == sent + 1
    harness.source.now_s += OFTEN_S[0][1] + 1
    sent = len(harness.sent)
    for _ in range(300):
        harness.clock.noise(harness.source.now_s)
        harness.clock.tick()
        harness.source.now_s += 0.5
    assert len(harness.sent) > sent


def test_the_first_question_waits_for_nothing() -> None:
    harness = Harness()
    harness.clock.noise(harness.source.now_s)
    harness.ask()
    assert len(harness.sent) == 1


def test_after_a_coarse_answer_it_is_asked_again_soon() -> None:
    harness = Harness()
    harness.answer(0.08, 0.0)
    for _ in range(150):
        harness.source.now_s += 0.1
        harness.clock.tick()
    assert len(harness.sent) == 2 * BURST


def test_what_was_known_before_a_restart_gives_way_where_the_station_was_set_meanwhile() -> None:
    first = Harness()
    for _ in range(10):
        first.answer(0.0002, 0.0002)
    again = Harness(first.source, first.memory)
    for _ in range(10):
        nonce = again.ask()
        at = again.source.true_utc() + timedelta(seconds=0.03)
        again.source.now_s += 0.02
        again.clock.answered(nonce, at, again.source.now_s)
    assert again.error_s() == pytest.approx(0.03, abs=0.015)


def test_a_restart_of_the_process_behind_a_bad_line_forgets_nothing_of_the_time() -> None:
    first = Harness()
    for there_s, back_s in ((0.2, 0.02), (0.02, 0.2), (0.15, 0.1)):
        first.answer(there_s, back_s)
    assert abs(first.error_s()) < 0.0001
    again = Harness(first.source, first.memory)
    for there_s, back_s in ((0.15, 0.03), (0.18, 0.05), (0.2, 0.04)):
        again.answer(there_s, back_s)
        assert abs(again.error_s()) < 0.0001


def test_when_the_stations_clock_was_set_it_is_asked_again_soon() -> None:
    harness = Harness()
    harness.clock.connected()
    set_s, asked_s = 0.0, [0.0]
    for second in range(1_800):
        harness.source.now_s += 1.0
        told = len(harness.sent)
        harness.clock.tick()
        set_s = 300.0 if second > 1_200 else 0.0
        for nonce in harness.sent[told:]:
            asked_s.append(second)
            at = harness.source.true_utc() + timedelta(seconds=set_s)
            harness.clock.answered(nonce, at, harness.source.now_s + 0.0005)
    assert harness.error_s() == pytest.approx(300.0, abs=0.001)
    after = [at for at in asked_s if at > 1_200]
    assert len([at for at in after if at <= after[0] + 60.0]) >= 5 * BURST
    before = [at for at in asked_s if 900 < at <= 1_200]
    assert len(before) <= 2 * BURST


def test_the_floor_of_time_never_goes_back_for_what_was_known_before() -> None:
    first = Harness()
    first.answer(0.0001, 0.0001)
    first.source.now_s += 600.0
    again = Harness(first.source, first.memory)
    again.clock.seen(again.source.true_utc())
    floor = float(again.memory["time_floor"])
    again.answer(0.05, 0.05)
    assert float(again.memory["time_floor"]) >= floor - 0.1
