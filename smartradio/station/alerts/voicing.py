"""An alert on the air: the words of one airing, read and sent under an id that makes it one however often asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from smartradio.alerting.saying import ALL_CLEAR, Occasion, lines_before_siren, said
from smartradio.alerting.titles import title_said
from smartradio.domain.airing import Airing
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING, Alert
from smartradio.domain.approval import Person
from smartradio.domain.priority import Priority
from smartradio.station.alerts.kept import AlertAiring, KeptAlert
from smartradio.station.scripts import Script
from smartradio.station.zone_names import ZoneNames

if TYPE_CHECKING:
    from smartradio.station.store import Store

CANCELLATION_HOLDS: Final = timedelta(hours=1)
"""So long after it somebody whose node was away is still told that an alert was cancelled."""


class Air(Protocol):
    """Puts a script on the air at once as an emergency; the same `airing_id` is planned once.

    `nodes` are those it is for alone, None for all of `zones`; `replaces` are airings that it ends at once.
    """

    async def __call__(
        self,
        script: Script,
        *,
        airing_id: str,
        by: Person,
        zones: tuple[str, ...],
        nodes: tuple[str, ...] | None = None,
        siren: str = "",
        replaces: tuple[str, ...] = (),
        valid_until: datetime | None = None,
    ) -> Airing:
        """Return the airing; raises BadInputError, SmartradioError when no voice speaks."""
        ...


class WritesScripts(Protocol):
    """What is needed of the studio."""

    async def script(
        self, title: str, text: str | bytes, priority: Priority, *, override_open_items: bool = False
    ) -> Script:
        """Read a text by rule; OpenItemsError for an emergency whose reading is not certain."""
        ...


class Voicing:
    """Says alerts, those that name nobody in the name of `usual_issuer`; for the event loop."""

    def __init__(
        self,
        store: Store,
        studio: WritesScripts,
        air: Air,
        zones: ZoneNames,
        *,
        clock: Callable[[], datetime],
        usual_issuer: str = "",
    ) -> None:
        self._store = store
        self._studio = studio
        self._air = air
        self._zones = zones
        self._clock = clock
        self._usual_issuer = usual_issuer

    async def script(self, alert: Alert, occasion: Occasion, *, first_at: datetime | None, taken_on: bool) -> Script:
        """Return what is said of an alert now; raises OpenItemsError, BadInputError where it cannot be read."""
        text = said(alert, at=self._clock(), occasion=occasion, first_at=first_at, usual_issuer=self._usual_issuer)
        script = await self._studio.script(
            title_said(alert, occasion), text, Priority.EMERGENCY, override_open_items=taken_on
        )
        return replace(script, lines_before_siren=lines_before_siren(alert))

    async def say(
        self,
        kept: KeptAlert,
        airing: AlertAiring,
        *,
        by: Person,
        script: Script | None = None,
        replaces: tuple[str, ...] = (),
    ) -> Airing:
        """Put an airing that stands in the book on the air; raises as `Air` does."""
        if script is None:
            first_at = await asyncio.to_thread(self.first_at, kept, airing.occasion)
            # Whoever let it out has answered for its places; the words around them are ours.
            script = await self.script(kept.alert, airing.occasion, first_at=first_at, taken_on=True)
        now = self._clock()
        return await self._air(
            script,
            airing_id=airing.airing,
            by=by,
            zones=await asyncio.to_thread(self._zones_of, kept.alert, airing.nodes),
            nodes=airing.nodes,
            siren=_siren(kept.alert, airing.occasion),
            replaces=replaces,
            valid_until=_valid_until(kept, airing, now),
        )

    def first_at(self, kept: KeptAlert, occasion: Occasion) -> datetime | None:
        """Return the time that is named as that of the first airing, for an update that of the one before. Blocking."""
        if occasion is not Occasion.UPDATE:
            return kept.sent_at
        before = self._store.alert_book.alert(kept.alert.supersedes)
        return None if before is None else before.sent_at

    def _zones_of(self, alert: Alert, nodes: tuple[str, ...] | None) -> tuple[str, ...]:
        """Return the zones of an airing: all of the alert's, or those in which its nodes stand. Blocking."""
        zones = self.zones_now(alert)
        if nodes is None:
            return zones
        theirs = {view.zone for view in self._store.node_views() if view.name in nodes}
        return tuple(zone for zone in zones if zone in theirs)

    def zones_now(self, alert: Alert) -> tuple[str, ...]:
        """Return its zones by their names of today; one that is gone has no node any more and takes none from it."""
        return tuple(dict.fromkeys(name for zone in alert.zones if (name := self._zones.now(zone)) is not None))


def _siren(alert: Alert, occasion: Occasion) -> str:
    """Return what opens an airing.

    That an alert is taken back does not say that the danger is over, it may have had a wrong word: only an all clear
    sounds like one. And an all clear that is taken back is danger again.
    """
    if occasion is not Occasion.CANCEL:
        return alert.siren
    return EMERGENCY_SIREN if alert.siren == ALL_CLEAR else QUIET_OPENING


def _valid_until(kept: KeptAlert, airing: AlertAiring, now: datetime) -> datetime | None:
    if airing.occasion is Occasion.CANCEL:
        return now + CANCELLATION_HOLDS
    ends, every = kept.alert.expires_at, kept.alert.repeat_every
    # The next repetition brings it; two of them side by side would be one alert said twice in a row.
    over = None if every is None or airing.nodes is not None else now + every
    return min((at for at in (ends, over) if at is not None), default=None)
