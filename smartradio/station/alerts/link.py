"""The book of alerts put together: what says them, what takes them back, when their turn comes, the pages' door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.alert_desk import Pins
from smartradio.station.alerts.book import AlertBook
from smartradio.station.alerts.desk import BookDesk
from smartradio.station.alerts.even_clock import EvenClock
from smartradio.station.alerts.goes_first import GoesFirst
from smartradio.station.alerts.places import commune_places
from smartradio.station.alerts.turns import Turns
from smartradio.station.alerts.usual_issuer import usual_issuer
from smartradio.station.alerts.voicing import Voicing

if TYPE_CHECKING:
    from smartradio.station.alarms.desk import AlarmDesk
    from smartradio.station.alerts.way_out import WayOut
    from smartradio.station.desks import Inside


def alert_book(inside: Inside, alarms: AlarmDesk, out: WayOut) -> AlertBook:
    """Return a station's book of alerts; what the last run left is taken up beside the start."""
    settings, parts, store = inside.settings, inside.parts, inside.shelf.store
    issuer = usual_issuer(settings)
    voicing = Voicing(store, out.studio, out.sender.air, settings.zone_names, clock=inside.clock, usual_issuer=issuer)
    book = AlertBook(
        store,
        parts.recorder,
        voicing,
        parts.approval_desk.withdrawals,
        settings.alerts,
        clock=inside.clock,
        even=EvenClock(inside.clock, inside.elapsed_s),
        check_zones=parts.calendar.check_zones,
    )
    turns = Turns(store, book, inside.timers, alarms, run=inside.errands.run, clock=inside.clock)
    turns.begin()
    inside.errands.run(turns.take_up(), "alerts of the last run")
    first = GoesFirst(store, parts.recorder, book, inside.timers, run=inside.errands.run, clock=inside.clock)
    inside.errands.run(first.watch(), "what goes before exercises")
    return book


def book_desk(inside: Inside, book: AlertBook, pins: Pins, out: WayOut) -> BookDesk:
    """Return the pages' door to the book."""
    return BookDesk(
        inside.shelf.store,
        out.studio,
        book,
        pins,
        own_templates=inside.settings.alerts.templates,
        places=lambda: commune_places(inside.settings, inside.shelf.store),
        clock=inside.clock,
    )


def taking_back(inside: Inside, book: AlertBook) -> Callable[..., Awaitable[Airing]]:
    """Return what takes an emergency's airing back; one of an alert that is out cancels the alert with it.

    Else the next repetition would say again what an officer has just silenced.
    """
    store = inside.shelf.store

    async def withdraw(airing: str, *, by: Person, why: str) -> Airing:
        kept = await asyncio.to_thread(store.alert_book.of_airing, airing)
        if kept is None or not kept.is_out:
            return await inside.parts.approval_desk.withdraw_airing(airing, by=by, why=why)
        await book.cancel(kept.id, by=by, why=why, aloud=False)
        found = await asyncio.to_thread(store.airing, airing)
        if found is None:
            raise BadInputError("there is no such airing")
        return found

    return withdraw
