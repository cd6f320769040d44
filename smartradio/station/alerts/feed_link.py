"""Feeds of warnings and what is told to everybody, put together from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smartradio.station.alerts.calling import Caller
from smartradio.station.alerts.cap_intake import FeedBook, Intake
from smartradio.station.alerts.feeds import KEPT, KNOWN, Alarms, FeedReader, Feeds
from smartradio.station.alerts.places import Places, commune_places, zone_places
from smartradio.station.alerts.public_alerts import PublicAlerts, PublicBook
from smartradio.station.alerts.template_folder import TemplateFolder
from smartradio.station.alerts.usual_issuer import usual_issuer
from smartradio.station.relay.addresses import Door

if TYPE_CHECKING:
    from smartradio.station.desks import Inside
    from smartradio.station.settings import StationSettings

_DAY_S: Final = 86_400.0
_ROUND_S: Final = 5.0


def sender_of(settings: StationSettings) -> str:
    """Return the station's name in the messages it publishes."""
    return settings.alerts.sender or f"smartradio-{settings.station}"


def public_alerts(inside: Inside, book: PublicBook) -> PublicAlerts:
    """Return what everybody may know of a station's alerts."""
    settings, store = inside.settings, inside.shelf.store
    templates = TemplateFolder(settings.alerts.templates)
    return PublicAlerts(
        book,
        sender=sender_of(settings),
        title=usual_issuer(settings),
        zones=lambda: zone_places(settings, store),
        messages=store.beside.cap.messages,
        templates=lambda: templates.read().by_name,
        clock=inside.clock,
        days=settings.public_days,
    )


async def begin_feeds(inside: Inside, book: FeedBook, alarms: Alarms) -> Feeds:
    """Return a station's feeds with their rounds begun."""
    settings, store = inside.settings, inside.shelf.store
    shelf = store.beside.cap

    def places() -> Places:
        return commune_places(settings, store)

    repeat_every = timedelta(hours=settings.alerts.repeat_hours) or None
    intake = Intake(shelf, book, places, clock=inside.clock, own=sender_of(settings), repeat_every=repeat_every)
    readers: Sequence[FeedReader] = [
        FeedReader(
            feed,
            shelf,
            intake,
            Caller(feed.name, Door(local_allowed=feed.local_network), timeout_s=feed.timeout_s),
            alarms,
            clock=inside.clock,
        )
        for feed in settings.alerts.feeds
    ]
    feeds = Feeds(readers, intake, alarms, book.alert)
    if not readers:
        return feeds
    await feeds.take_up()
    timers, errands = inside.timers, inside.errands
    for reader in readers:
        inside.stack.callback(reader.close)
        name = f"feed {reader.settings.name}"
        timers.every(name, reader.settings.poll_s, errands.errand(reader.round, name))
        errands.run(reader.round(), name)
    timers.every("cancelled by their issuers", _ROUND_S, errands.errand(feeds.round, "cancelled by their issuers"))

    async def forget() -> None:
        now = inside.clock()
        await asyncio.to_thread(shelf.forget_old, now - KEPT, wholly_before=now - KNOWN)

    timers.every("old messages of feeds", _DAY_S, errands.errand(forget, "old messages of feeds"))
    errands.run(forget(), "old messages of feeds")
    return feeds
