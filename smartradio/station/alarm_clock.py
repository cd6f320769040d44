"""APScheduler as an alarm clock and nothing more: the database holds the plan, this only rings.

Jobs live in memory and are set again at every start. A job does no work on the scheduler's thread: it
hands its call to the event loop. The thread is watched by a pulse of its own; when the pulse stops, a new
scheduler takes over all alarms.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

_logger = structlog.get_logger()

_PULSE = "pulse"


@dataclass(frozen=True, slots=True)
class _Alarm:
    call: Callable[[], None]
    at: datetime | None
    every_s: float | None


class AlarmClock:
    """Calls functions in the event loop at set times; all methods are for the loop's thread.

    An alarm is named; setting a name again moves it. Alarms late by a stall of the machine still ring
    (no misfire limit), repeated ones once for all they missed (coalesced).
    """

    def __init__(self, *, clock: Callable[[], datetime], pulse_s: float = 2.0, watch_s: float | None = None) -> None:
        self._clock = clock
        self._pulse_s = pulse_s
        self._watch_s = 3 * pulse_s if watch_s is None else watch_s
        self._alarms: dict[str, _Alarm] = {}
        self._scheduler: BackgroundScheduler | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._last_pulse_s = 0.0
        self.restarts = 0

    def start(self) -> None:
        """Begin to ring in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._wind()
        self._watcher = asyncio.create_task(self._watch(), name="alarm clock watcher")

    async def stop(self) -> None:
        """Ring no more."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            await asyncio.to_thread(scheduler.shutdown, wait=False)
        self._alarms.clear()

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant by the station's clock; an instant that has passed rings at once."""
        self._put(name, _Alarm(call, at, None))

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call every so many seconds, first after as many."""
        self._put(name, _Alarm(call, None, seconds))

    def names(self) -> frozenset[str]:
        """Return the names of the alarms that are set."""
        return frozenset(self._alarms)

    def _put(self, name: str, alarm: _Alarm) -> None:
        self._alarms[name] = alarm
        if self._scheduler is not None:
            self._add(self._scheduler, name, alarm)

    def _wind(self) -> None:
        scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            # A job is one call_soon_threadsafe: it needs no pool.
            executors={"default": DebugExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone=UTC,
            daemon=True,
        )
        self._scheduler = scheduler
        self._last_pulse_s = time.monotonic()
        scheduler.add_job(self._pulse, "interval", seconds=self._pulse_s, id=_PULSE)
        for name, alarm in self._alarms.items():
            self._add(scheduler, name, alarm)
        scheduler.start()

    def _add(self, scheduler: BackgroundScheduler, name: str, alarm: _Alarm) -> None:
        when: dict[str, Any] = {"trigger": "interval", "seconds": alarm.every_s}
        if alarm.at is not None:
            # The scheduler lives by the machine's clock, the alarm by the one that was passed in.
            run_date = datetime.now(UTC) + max(alarm.at - self._clock(), timedelta())
            when = {"trigger": "date", "run_date": run_date}
        scheduler.add_job(self._ring, args=(name, alarm), id=name, replace_existing=True, **when)

    def _pulse(self) -> None:
        self._last_pulse_s = time.monotonic()

    def _ring(self, name: str, alarm: _Alarm) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._call, name, alarm)

    def _call(self, name: str, alarm: _Alarm) -> None:
        if self._alarms.get(name) is not alarm:
            return  # moved or cancelled while it rang, or rung by two schedulers
        if alarm.at is not None:
            del self._alarms[name]
        alarm.call()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pulse_s)
            silent_s = time.monotonic() - self._last_pulse_s
            if silent_s <= self._watch_s:
                continue
            _logger.error("alarm_clock_stopped", silent_s=round(silent_s, 1), alarms=len(self._alarms))
            dead, self._scheduler = self._scheduler, None
            self.restarts += 1
            self._wind()
            if dead is not None:
                # It may hang for good, so nobody waits for it; should it wake, `_call` drops its doubles.
                threading.Thread(
                    target=dead.shutdown, kwargs={"wait": False}, name="old alarm clock", daemon=True
                ).start()
