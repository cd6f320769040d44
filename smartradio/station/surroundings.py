"""What a station has around it: its broker, its recogniser, each from the settings; link and timers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import structlog

from smartradio.listening.recognisers import choosing
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.station.alarm_clock import AlarmClock
from smartradio.station.keys import broker_password
from smartradio.station.relay.tap import ChildTap, Tap
from smartradio.station.settings import StationSettings
from smartradio.wire.client import Link, LinkSettings, LinkState

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Recogniser

_logger = structlog.get_logger()

Clock = Callable[[], datetime]


class StationLink(Protocol):
    """What a station needs of `smartradio.wire.client.Link`."""

    @property
    def state(self) -> LinkState:
        """Where the link stands now."""

    def start(self) -> None:
        """Begin to connect."""

    def stop(self) -> None:
        """Say goodbye and end. Blocking."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over a message; False: nothing was queued."""

    def wait_room(self, timeout_s: float) -> bool:
        """Wait until fewer messages than the limit are in flight."""


class Timers(Protocol):
    """What a station needs of `smartradio.station.alarm_clock.AlarmClock`."""

    def start(self) -> None:
        """Begin to ring in the running event loop."""

    async def stop(self) -> None:
        """Ring no more."""

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant; setting a name again moves it."""

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call every so many seconds."""


class MakeLink(Protocol):
    """Makes the link; `on_message` and `on_state` run on its thread and only enqueue."""

    def __call__(
        self,
        settings: LinkSettings,
        client_id: str,
        *,
        subscriptions: Sequence[str],
        on_message: Callable[[str, bytes, bool], None],
        on_state: Callable[[LinkState], None],
    ) -> StationLink:
        """Return a link that is not started."""


def _alarm_clock(clock: Clock) -> Timers:
    return AlarmClock(clock=clock)


def _child_tap(local_allowed: bool) -> Tap:
    return ChildTap(local_allowed=local_allowed)


@dataclass(frozen=True, slots=True)
class Outside:
    """The things through which time and the world reach a station beside its clock; a simulation has its own.

    `tap` gives what fetches a stream, from the local network too if it is told so; `elapsed_s` counts seconds however
    the clock is set.
    """

    link: MakeLink = Link
    timers: Callable[[Clock], Timers] = _alarm_clock
    tap: Callable[[bool], Tap] = _child_tap
    elapsed_s: Callable[[], float] = time.monotonic


async def reach_broker(settings: StationSettings, stack: AsyncExitStack) -> LinkSettings:
    """Return how the station reaches its broker; without an outside one start the embedded, `stack` ends it."""
    broker = settings.broker
    if broker.outside is not None:
        return broker.outside
    # An outside broker needs none of this.
    from smartradio.broker.embedded import EmbeddedBroker  # noqa: PLC0415
    from smartradio.broker.users import STATION_USER, BrokerUser  # noqa: PLC0415

    password = await asyncio.to_thread(broker_password, settings.folder)
    embedded = EmbeddedBroker(
        settings.folder / "broker", settings.station, host=broker.listen_host, port=broker.listen_port
    )
    users = {node.name: (node.zone, node.password.get_secret_value()) for node in settings.nodes}
    gauges = {gauge.name: gauge.password.get_secret_value() for gauge in settings.alerts.gauges}
    await asyncio.to_thread(embedded.set_users, password, users, gauges)
    stack.push_async_callback(asyncio.to_thread, embedded.stop)
    await asyncio.to_thread(embedded.start)
    return embedded.link_settings(BrokerUser(STATION_USER, password))


async def find_recogniser(settings: StationSettings, stack: AsyncExitStack) -> Recogniser | None:
    """Return the recogniser of the settings; `stack` ends it.

    One that is damaged or gone is a line in the log and None: bulletins must be aired all the same, and the pages
    and `smartradio doctor` say that nobody transcribes.
    """
    wanted = settings.recogniser
    try:
        recogniser = await asyncio.to_thread(choosing.find_recogniser, wanted, settings.recogniser_languages)
    except RecogniserError as error:
        _logger.error("no_recogniser", line=str(error))  # noqa: TRY400 - the line says it all
        return None
    if recogniser is None:
        _logger.info("no_recogniser", line=choosing.why_nobody(wanted))
        return None
    stack.push_async_callback(asyncio.to_thread, recogniser.close)
    return recogniser
