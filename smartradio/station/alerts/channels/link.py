"""Ways beside the horns, put together from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from smartradio.station.alerts.calling import Caller
from smartradio.station.alerts.channels.outbox import Around, Outbox, Technician, Way
from smartradio.station.alerts.channels.settings import ChannelBase, SmsChannel, WebhookChannel
from smartradio.station.alerts.channels.sms import SmsTeller
from smartradio.station.alerts.channels.webhook import WebhookTeller
from smartradio.station.commune_rules import rules_of
from smartradio.station.relay.addresses import Door

if TYPE_CHECKING:
    from smartradio.station.desks import Inside
    from smartradio.station.settings import StationSettings

LOOK_S: Final = 2.0
ALERT_TOPIC: Final = "alert"
"""Under this and its id stands what came of telling an alert beside the horns."""
_DAY_S: Final = 86_400.0


def ways_of(settings: StationSettings, tz: tzinfo, *, clock: Callable[[], datetime]) -> dict[str, Way]:
    """Return the channels of the settings by their names."""
    return {each.name: _way(each, tz, clock) for each in settings.alerts.channels}


async def begin_channels(inside: Inside, technician: Technician) -> Outbox | None:
    """Begin to tell of alerts beside the horns; None where the settings name no channel."""
    settings, store = inside.settings, inside.shelf.store
    ways = ways_of(settings, rules_of(settings).tz, clock=inside.clock)

    def zones() -> Mapping[str, str]:
        return {zone.name: zone.title for zone in store.zones()}

    around = Around(
        station=(settings.station, settings.title),
        zones=zones,
        clock=inside.clock,
        run=inside.errands.run,
        technician=technician,
        told=lambda alert: inside.news.publish(f"{ALERT_TOPIC}/{alert}"),
    )
    outbox = Outbox(store.beside.fan_out, store.alert_book, ways, around)
    await outbox.take_up()

    async def forget() -> None:
        before = inside.clock() - timedelta(days=settings.clip_days)
        await asyncio.to_thread(store.beside.fan_out.forget_recipients, before)

    inside.timers.every("old telephone numbers", _DAY_S, inside.errands.errand(forget, "old telephone numbers"))
    inside.errands.run(forget(), "old telephone numbers")
    if not ways:
        return None
    inside.stack.callback(outbox.close)
    inside.timers.every("beside the horns", LOOK_S, inside.errands.errand(outbox.look, "beside the horns"))
    return outbox


def _way(each: WebhookChannel | SmsChannel, tz: tzinfo, clock: Callable[[], datetime]) -> Way:
    caller = _caller(each)
    if isinstance(each, WebhookChannel):
        return Way(each, WebhookTeller(each, caller, clock=clock))
    return Way(each, SmsTeller(each, caller, tz=tz))


def _caller(settings: ChannelBase) -> Caller:
    return Caller(settings.name, Door(local_allowed=settings.local_network), timeout_s=settings.timeout_s)
