from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from smartradio.station.alarm_clock import AlarmClock
from tests.station.commune import Clock, run, until


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def ticking(pulse_s: float = 2.0) -> AsyncIterator[AlarmClock]:
    alarms = AlarmClock(clock=now, pulse_s=pulse_s)
    alarms.start()
    try:
        yield alarms
    finally:
        await alarms.stop()


def test_alarms_ring_once_at_their_time_and_in_order() -> None:
    async def work() -> None:
        rung: list[tuple[str, datetime]] = []
        start = now()
        async with ticking() as alarms:
            for name, delay_s in (("second", 0.3), ("first", 0.1)):
                alarms.set(name, start + timedelta(seconds=delay_s), lambda n=name: rung.append((n, now())))
            await until(lambda: len(rung) == 2)
            await asyncio.sleep(0.3)
            assert alarms.names() == frozenset()
        assert [name for name, _ in rung] == ["first", "second"]
        assert all(at >= start + timedelta(seconds=0.1) for _, at in rung)

    run(work)


def test_an_alarm_whose_time_has_passed_rings_at_once() -> None:
    async def work() -> None:
        rung: list[int] = []
        async with ticking() as alarms:
            alarms.set("late", now() - timedelta(days=3), lambda: rung.append(1))
            await until(lambda: rung)

    run(work)


def test_an_alarm_set_before_the_clock_starts_rings_too() -> None:
    async def work() -> None:
        rung: list[int] = []
        alarms = AlarmClock(clock=now)
        alarms.set("early", now(), lambda: rung.append(1))
        alarms.start()
        await until(lambda: rung)
        await alarms.stop()

    run(work)


def test_a_moved_alarm_rings_only_at_its_new_time() -> None:
    async def work() -> None:
        rung: list[str] = []
        async with ticking() as alarms:
            alarms.set("moved", now() + timedelta(seconds=0.2), lambda: rung.append("old"))
            alarms.set("moved", now() + timedelta(seconds=0.4), lambda: rung.append("new"))
            await asyncio.sleep(0.8)
        assert rung == ["new"]

    run(work)


def test_a_repeated_alarm_rings_until_the_clock_stops() -> None:
    async def work() -> None:
        rung: list[int] = []
        async with ticking() as alarms:
            alarms.every("beat", 0.1, lambda: rung.append(1))
            await until(lambda: len(rung) >= 3)
        await asyncio.sleep(0.05)
        count = len(rung)
        await asyncio.sleep(0.3)
        assert len(rung) == count

    run(work)


def test_alarms_follow_the_clock_that_was_passed_in() -> None:
    async def work() -> None:
        clock, rung = Clock(datetime(2031, 1, 1, tzinfo=UTC)), []
        alarms = AlarmClock(clock=clock)
        alarms.start()
        alarms.set("soon", clock.now + timedelta(seconds=0.1), lambda: rung.append(1))
        await until(lambda: rung)
        await alarms.stop()

    run(work)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_scheduler_thread_that_died_is_replaced_and_no_alarm_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        rung: list[str] = []
        async with ticking(pulse_s=0.1) as alarms:
            alarms.every("beat", 0.1, lambda: rung.append("beat"))
            alarms.set("later", now() + timedelta(seconds=1.5), lambda: rung.append("later"))
            await until(lambda: rung)

            def die(scheduler: BackgroundScheduler) -> float:
                raise SystemExit("the scheduler dies")

            with monkeypatch.context() as patch:
                patch.setattr(BackgroundScheduler, "_process_jobs", die)
                await asyncio.sleep(0.3)
            await until(lambda: alarms.restarts >= 1)
            rung.clear()
            await until(lambda: "later" in rung and "beat" in rung)
            assert rung.count("later") == 1

    run(work)
