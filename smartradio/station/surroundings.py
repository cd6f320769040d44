"""What a station has around it: its registry, its broker, its recogniser, each from the settings."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog

from smartradio.listening.recognisers import choosing
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.station.keys import broker_password
from smartradio.station.settings import StationSettings
from smartradio.wire.client import LinkSettings

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Recogniser
    from smartradio.station.store import Store

_logger = structlog.get_logger()


def register_places(settings: StationSettings, store: Store) -> None:
    """Write the zones and nodes of the settings into the registry. Blocking."""
    for zone in settings.zones:
        store.put_zone(zone.zone())
    for node in settings.nodes:
        store.put_node(node.node())


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
    await asyncio.to_thread(embedded.set_users, password, users)
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
