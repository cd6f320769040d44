"""A living commune behind a real console: ten hamlets, twelve nodes in all states, three days on the air.

The station is a real one with the schedule of `schedules/vi-du.yaml`: it read, spoke and planned what is written there.
What the nodes tell is made up (`living_past`), as they would tell it. The clock stands: every picture is the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from smartradio.audio.codec import decode_opus
from smartradio.station.station import Station
from smartradio.station.surroundings import Outside
from smartradio.web.app import create_app
from smartradio.wire.client import LinkState
from tests.browser.living_past import furnish
from tests.browser.living_place import BEGINS, MAP, Clock, settings

T = TypeVar("T")


class QuietLink:
    """A link that is up and leads nowhere: what nodes tell is written by hand."""

    def __init__(self, settings: Any, client_id: str, **named: Any) -> None:
        self.state = LinkState.UP
        self._told = named["on_state"]

    def start(self) -> None:
        self._told(LinkState.UP)

    def stop(self) -> None:
        self.state = LinkState.STOPPED

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        return True

    def wait_room(self, timeout_s: float) -> bool:
        return True


class StillTimers:
    """Timers that ring only when they are told to."""

    def __init__(self) -> None:
        self.calls: dict[str, Callable[[], None]] = {}

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None: ...

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self.calls[name] = call


@dataclass
class Living:
    """The commune with its console; `call` runs something in the station's loop."""

    address: str
    station: Station
    clock: Clock
    app: Any
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something of the station's and wait for it."""
        waiting: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return waiting.result(timeout=60)


@contextlib.contextmanager
def living_commune(folder: Path, **changes: Any) -> Iterator[Living]:
    """Build the commune, serve its console, and end both; takes some seconds."""
    started: Future[tuple[str, Station, Clock, Any, asyncio.AbstractEventLoop]] = Future()
    end = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_live(folder, changes, started, end)), name="living")
    thread.start()
    try:
        yield Living(*started.result(timeout=120))
    finally:
        end.set()
        thread.join(timeout=30)


async def _live(
    folder: Path,
    changes: Mapping[str, Any],
    started: Future[tuple[str, Station, Clock, Any, asyncio.AbstractEventLoop]],
    end: threading.Event,
) -> None:
    clock, timers = Clock(BEGINS), StillTimers()
    station = Station(
        settings(folder, **changes),
        clock=clock,
        outside=Outside(link=QuietLink, timers=lambda _clock: timers),
    )
    try:
        async with contextlib.AsyncExitStack() as stack:
            (folder / "map.geojson").write_text(MAP, encoding="utf-8")
            await station.start()
            stack.push_async_callback(station.stop)
            await furnish(station, clock)
            for chore in ("what is wrong", "verdicts of nodes"):
                timers.calls[chore]()
            async with asyncio.timeout(20):
                while not any(node.last for node in await asyncio.to_thread(station.desks.upkeep.all)):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                while len(await asyncio.to_thread(station.store.alarms.open)) < 2:  # noqa: ASYNC110  the store tells nobody
                    await asyncio.sleep(0.02)
            app = create_app(
                station,
                station.accounts,
                decode=lambda data: decode_opus(data, 16_000),
                station=station.settings.title,
                clock=clock,
            )
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.02)
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            started.set_result((address, station, clock, app, asyncio.get_running_loop()))
            await asyncio.to_thread(end.wait)
            app.state.console.hub.close()
            server.should_exit = True
            await serving
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)
