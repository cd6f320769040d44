"""One simulated clock for everything: nodes, broker, and a station's event loop whose timers and threads it drives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from smartradio.node.clock_source import ClockSource

T = TypeVar("T")

_TURNS = 100_000


class Hours:
    """The time of the simulated world; it moves only when the world says so."""

    def __init__(self, begins: datetime) -> None:
        self._begins = begins
        self.now_s = 1_000.0

    def utc(self) -> datetime:
        return self._begins + timedelta(seconds=self.now_s - 1_000.0)

    def at(self, instant: datetime) -> float:
        """Return the seconds of an instant."""
        return 1_000.0 + (instant - self._begins).total_seconds()


class NodeHours(ClockSource):
    """A node's clocks: a monotonic one without drift, an operating system's that is an hour off and knows no NTP."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours

    def monotonic(self) -> float:
        return self._hours.now_s

    def utc(self) -> datetime:
        return self._hours.utc().astimezone(UTC) - timedelta(hours=1)

    def ntp(self) -> bool:
        return False

    def boot(self) -> str:
        return "one-boot-of-the-machine"


class Loop(asyncio.SelectorEventLoop):
    """A station's event loop in simulated time; what would go to a thread is done on the spot.

    So one run is the same each time. What threads do to each other is for the tests that kill real processes.
    """

    def __init__(self, hours: Hours) -> None:
        super().__init__()
        self._hours = hours
        self._ahead_s = 0.0
        self.troubles: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, trouble: self.troubles.append(trouble))

    def time(self) -> float:
        return self._hours.now_s + self._ahead_s

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # noqa: BLE001 - it is told to whoever awaits it, as a thread's is
            future.set_exception(error)
        return future

    def next_timer_s(self) -> float | None:
        """Return when something wants to go on."""
        while self._scheduled and self._scheduled[0]._cancelled:
            self._turn()
        return self._scheduled[0]._when - self._ahead_s if self._scheduled else None

    def settle(self) -> None:
        """Do all that can be done at this instant."""
        for _ in range(_TURNS):
            due_s = self.next_timer_s()
            if not self._ready and (due_s is None or due_s > self._hours.now_s):
                return
            self._turn()
        raise AssertionError("the station goes round in circles at one instant")

    def _turn(self) -> None:
        self.call_soon(self.stop)
        self.run_forever()

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work to its end, this loop's time alone running ahead; for what is done with a station that is over."""
        task = self.create_task(work)
        for _ in range(_TURNS):
            self.settle()
            if task.done():
                return task.result()
            due_s = self.next_timer_s()
            if due_s is None:
                raise AssertionError("the work waits for nothing that could come")
            self._ahead_s += max(0.0, due_s - self._hours.now_s)
        raise AssertionError("the work does not end")


class LoopTimers:
    """A station's alarms as timers of its loop. `least_s` is how far apart repeated alarms ring at least."""

    def __init__(self, clock: Callable[[], datetime], least_s: float = 0.0) -> None:
        self._clock = clock
        self._least_s = least_s
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        def ring() -> None:
            self._handles.pop(name, None)
            call()

        self._put(name, max(0.0, (at - self._clock()).total_seconds()), ring)

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        after_s = max(seconds, self._least_s)

        def ring() -> None:
            self._put(name, after_s, ring)
            call()

        self._put(name, after_s, ring)

    def _put(self, name: str, after_s: float, ring: Callable[[], None]) -> None:
        known = self._handles.get(name)
        if known is not None:
            known.cancel()
        # Alarms are set before `start` too.
        loop = getattr(self, "_loop", None) or asyncio.get_running_loop()
        self._handles[name] = loop.call_later(after_s, ring)
