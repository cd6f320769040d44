"""A clock that jumps hours ahead, and is put right, takes no alert that holds from the people for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alert import AlertState
from smartradio.station.alerts.even_clock import SETTLED_AFTER, EvenClock
from smartradio.station.alerts.kept import AlertRefusedError
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON, Clock


def by_this_clock(folder: Path, work: Callable[[Desk], Awaitable[None]]) -> None:
    """Do some work at a station that settles nothing before its clock has run evenly for hours."""

    async def done(desk: Desk) -> None:
        desk.settled_after = SETTLED_AFTER
        await desk.restart()
        await work(desk)

    at_the_book(folder, done)


class TestAnAlertThatHolds:
    def test_it_is_said_again_when_a_clock_that_was_past_its_end_is_put_right(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.pass_(SETTLED_AFTER)
            await desk.book.send(flood(expires_at=NOON + 18 * HOUR), by=KHANG)
            desk.set_clock(20 * HOUR)
            await desk.pass_(timedelta(minutes=10))
            await desk.clockwork.round()
            assert desk.kept().state is AlertState.OUT
            assert desk.book.current() == []
            desk.set_clock(timedelta())
            await desk.clockwork.round()
            assert [kept.id for kept in desk.book.current()] == ["lu-1"]
            await desk.pass_(2 * HOUR)
            assert desk.air.times == [NOON + 6 * HOUR, NOON + 8 * HOUR]

        by_this_clock(tmp_path, work)

    def test_one_that_was_said_by_that_clock_is_said_again_as_often_as_was_set(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            desk.set_clock(5 * HOUR)
            await desk.pass_(timedelta(minutes=1))
            assert len(desk.air.aired) == 2
            desk.set_clock(timedelta())
            await desk.clockwork.round()
            await desk.pass_(2 * HOUR)
            assert desk.air.times[2:] == [NOON + 2 * HOUR + timedelta(minutes=1)]

        by_this_clock(tmp_path, work)

    def test_a_station_that_starts_with_a_wrong_clock_ends_nothing_for_good(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            desk.clockwork.forget()
            desk.set_clock(20 * HOUR)
            await desk.restart()
            await desk.pass_(HOUR)
            await desk.clockwork.round()
            assert len(desk.air.aired) == 1
            desk.set_clock(timedelta())
            await desk.clockwork.round()
            assert desk.kept().is_out
            await desk.pass_(HOUR)
            assert len(desk.air.aired) == 2

        by_this_clock(tmp_path, work)

    def test_while_its_end_is_not_settled_it_is_not_sent_again_either(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            desk.set_clock(20 * HOUR)
            with pytest.raises(AlertRefusedError, match="time is over"):
                await desk.book.send_again("lu-1", ["thon-1"], by=THU)
            assert len(desk.air.aired) == 1
            assert (await desk.book.cancel("lu-1", by=THU, why="hết lũ", aloud=False)).state is AlertState.CANCELLED

        by_this_clock(tmp_path, work)


class TestWhoIsTold:
    def test_somebody_is_told_that_the_clock_jumped_while_an_alert_stands_until_it_runs_evenly(
        self, tmp_path: Path
    ) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.clockwork.round()
            assert desk.alarms.jumped_min == 0
            desk.set_clock(-5 * HOUR)
            await desk.clockwork.round()
            assert desk.alarms.jumped_min == 300
            await desk.pass_(SETTLED_AFTER)
            await desk.clockwork.round()
            assert desk.alarms.jumped_min == 0

        by_this_clock(tmp_path, work)

    def test_where_nothing_stands_a_start_or_a_clock_that_is_set_rings_nobody(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            desk.set_clock(5 * HOUR)
            await desk.clockwork.round()
            assert desk.alarms.jumped_min == 0

        by_this_clock(tmp_path, work)


class TestWhatIsOver:
    def test_it_is_settled_at_its_end_by_a_clock_that_ran_evenly(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.pass_(12 * HOUR)
            assert (desk.kept().state, desk.kept().ended_at) == (AlertState.EXPIRED, NOON + 12 * HOUR)

        by_this_clock(tmp_path, work)

    def test_a_clock_that_was_put_right_by_its_jump_settles_it_some_hours_later(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            desk.set_clock(20 * HOUR)
            await desk.clockwork.round()
            await desk.pass_(SETTLED_AFTER - timedelta(minutes=1))
            await desk.clockwork.round()
            assert desk.kept().is_out
            await desk.pass_(timedelta(minutes=1))
            await desk.clockwork.round()
            assert desk.kept().state is AlertState.EXPIRED
            assert len(desk.air.aired) == 1

        by_this_clock(tmp_path, work)


def test_a_clock_that_is_turned_slowly_runs_evenly_and_one_that_is_set_does_not() -> None:
    clock, elapsed_s = Clock(), [0.0]
    even = EvenClock(clock, lambda: elapsed_s[0], settled_after=timedelta(hours=1))
    assert not even.is_settled()
    for _ in range(6):
        elapsed_s[0] += 600
        clock.pass_s(603)
        settled = even.is_settled()
    assert settled
    clock.pass_s(-7_200)
    assert not even.is_settled()
    elapsed_s[0] += 3_600
    clock.pass_s(3_600)
    assert even.is_settled()
