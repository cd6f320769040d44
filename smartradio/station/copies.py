"""A draft made of the words of something that was written before."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.archive import Key, Kind
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.zone_names import ZoneNames

if TYPE_CHECKING:
    from smartradio.station.store import Store

_A_DAY: Final = timedelta(days=1)


def copy_of(key: Key, store: Store, zones: ZoneNames, now: datetime) -> Programme:
    """Return a new programme with the words, sounds and zones of what was written before. Blocking.

    It is aired once, at the next time of day at which the other one was; an emergency's words become a usual
    bulletin. Zones that are gone are left out, where none is left it is for all. Raises BadInputError for what is gone
    and for a relay, whose words alone are no bulletin.
    """
    before = _before(key, store, now)
    local = now.astimezone(WALL_CLOCK)
    here = tuple(zone for zone in zones.today(before.zones) if zone in zones.known)
    return replace(
        before,
        name=f"tin-{local:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        zones=here or zones.known,
        first_at=_next_time(before.first_at, local),
        priority=before.priority if before.priority is Priority.ABOVE else Priority.PROGRAMME,
    )


def _before(key: Key, store: Store, now: datetime) -> Programme:
    if key.kind is Kind.BULLETIN:
        bulletin, kept = store.bulletin(key.name), store.day.described([key], now)
        if bulletin is None or not kept or kept[0].last is None:
            raise BadInputError(f"{key.name}: there is no such item")
        last = kept[0].last
        return Programme(
            "", bulletin.title, bulletin.text, last.zones, last.starts_at, None, bulletin.priority, parts=bulletin.parts
        )
    item = store.items.item(key.name)
    if item is None:
        raise BadInputError(f"{key.name}: there is no such item")
    written = item.programme
    if written.relay is not None:
        raise BadInputError(f"{key.name}: it relays a stream; its words alone are no bulletin")
    return Programme(
        "", written.title, written.text, written.zones, written.first_at, None, written.priority, voice=written.voice,
        parts=written.parts, times=written.times, topic=written.topic, rate_wpm=written.rate_wpm,
    )  # fmt: skip


def _next_time(at: datetime, now: datetime) -> datetime:
    """Return the next instant after `now` with the wall clock's time of `at`."""
    wall = at.astimezone(WALL_CLOCK).time().replace(tzinfo=None)
    today = datetime.combine(now.date(), wall, WALL_CLOCK)
    return today if today > now else datetime.combine(now.date() + _A_DAY, wall, WALL_CLOCK)
