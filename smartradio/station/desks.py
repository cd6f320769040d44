"""The desks at which the console's pages are served, built when the rest of the station stands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.station.admin.desk import AdminDesk, admin_desk
from smartradio.station.alarms.desk import AlarmDesk
from smartradio.station.alarms.link import alarm_desk
from smartradio.station.alert_desk import AlertDesk
from smartradio.station.alerts.book import AlertBook
from smartradio.station.alerts.channels.link import begin_channels
from smartradio.station.alerts.desk import BookDesk
from smartradio.station.alerts.feed_link import begin_feeds, public_alerts
from smartradio.station.alerts.feeds import Feeds
from smartradio.station.alerts.gauge_link import begin_gauges
from smartradio.station.alerts.gauges import Gauges
from smartradio.station.alerts.link import alert_book, book_desk, taking_back
from smartradio.station.alerts.public_alerts import PublicAlerts
from smartradio.station.alerts.way_out import way_out
from smartradio.station.citizens import Citizens
from smartradio.station.day_desk import DayDesk
from smartradio.station.news import News
from smartradio.station.own_account import OwnAccount
from smartradio.station.pins import Pins
from smartradio.station.public_side import citizens_desk
from smartradio.station.registry import RegistryDesk, registry_desk
from smartradio.station.upkeep import UpkeepDesk
from smartradio.station.upkeep_made import make_upkeep
from smartradio.station.writing_desk import WritingDesk, writing_desk

if TYPE_CHECKING:
    from smartradio.station.assembly import Parts, Shelf
    from smartradio.station.deadlines import Deadlines
    from smartradio.station.dispatcher import Dispatcher
    from smartradio.station.errands import Errands
    from smartradio.station.judging import Judging
    from smartradio.station.sent import SentBytes
    from smartradio.station.settings import StationSettings
    from smartradio.station.surroundings import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a desk may be built from; all of it lives as long as the station runs.

    What a desk has to end it puts on `stack`; it is ended after the link.
    """

    settings: StationSettings
    shelf: Shelf
    parts: Parts
    news: News
    dispatcher: Dispatcher
    deadlines: Deadlines
    judging: Judging
    timers: Timers
    errands: Errands
    sent: SentBytes
    clock: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    stack: AsyncExitStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """One field an area of the console."""

    alarms: AlarmDesk
    registry: RegistryDesk
    day: DayDesk
    alert: AlertDesk
    alerts: BookDesk
    book: AlertBook
    public_alerts: PublicAlerts
    gauges: Gauges
    feeds: Feeds
    own: OwnAccount
    admin: AdminDesk
    citizens: Citizens
    writing: WritingDesk
    upkeep: UpkeepDesk
    news: News


async def make_desks(inside: Inside) -> Desks:
    """Build the desks; the link is not up yet, so no node's word is missed. Raises SmartradioError."""
    shelf, parts = inside.shelf, inside.parts
    pins = Pins(shelf.store, inside.clock)
    alarms = await alarm_desk(inside)
    out = await way_out(inside)
    book = alert_book(inside, alarms, out)
    await begin_channels(inside, alarms)
    return Desks(
        alarms=alarms,
        registry=registry_desk(inside),
        day=DayDesk(inside.settings, shelf.store, parts.calendar, parts.approval_desk, clock=inside.clock),
        alert=AlertDesk(shelf.store, shelf.objects, withdraw=taking_back(inside, book)),
        alerts=book_desk(inside, book, pins, out),
        book=book,
        public_alerts=public_alerts(inside, book),
        gauges=await begin_gauges(inside, book, alarms),
        feeds=await begin_feeds(inside, book, alarms),
        own=OwnAccount(shelf.accounts, pins, parts.recorder, inside.clock),
        admin=admin_desk(shelf.filed, shelf.settings, shelf.store, shelf.accounts, inside.clock),
        citizens=citizens_desk(inside, alarms),
        writing=await writing_desk(inside),
        upkeep=await make_upkeep(inside),
        news=inside.news,
    )
