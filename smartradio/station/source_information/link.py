"""The link to the source-information system, put together where the settings name one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings
from smartradio.station.source_information.exchange import Exchange
from smartradio.station.source_information.intake import Intake
from smartradio.station.source_information.port import Desk
from smartradio.wire.signing import SigningKey

if TYPE_CHECKING:
    from smartradio.station.store import Store


async def exchange_of(
    settings: StationSettings,
    store: Store,
    key: SigningKey,
    desk: Desk,
    stack: AsyncExitStack,
    *,
    recorder: EvidenceRecorder,
    clock: Callable[[], datetime],
) -> Exchange | None:
    """Return the exchange of a station, None where the settings name no system above; `stack` ends it."""
    above = settings.source_information
    await asyncio.to_thread(store.source.set_upward, above is not None and above.reports)
    if above is None:
        return None
    from smartradio.station.source_information.http import HttpSource  # noqa: PLC0415 - few communes have the link

    source = HttpSource(above, settings.station, key, clock=clock)
    stack.callback(source.close)
    intake = Intake(above, settings.station, store.source, source, desk, recorder=recorder, clock=clock)
    return Exchange(above, settings.station, store.source, source, intake, clock=clock)
