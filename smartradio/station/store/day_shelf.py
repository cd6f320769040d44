"""What the broadcaster's pages read of the database: a day, what needs somebody, the archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from smartradio.domain.approval import ItemState
from smartradio.station.archive import Kept, Key
from smartradio.station.day import DayAiring, day_airing
from smartradio.station.store import archive, day, outcomes
from smartradio.station.store.database import Database

# The longest relay, begun late; what began earlier and has no verdict no longer sounds.
_MAY_SOUND: Final = timedelta(hours=6)


class DayShelf:
    """Methods block, read one snapshot each, and raise as those of `Store` do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def airings(self, start: datetime, end: datetime, now: datetime) -> tuple[DayAiring, ...]:
        """Return the airings that were to start in [start, end), by their start, as they stand at `now`."""
        aired, begun = self._database.read(
            lambda c: (
                outcomes.outcomes(c, start, end),
                day.begun(c, max(start, now - _MAY_SOUND), min(end, now + timedelta(minutes=1))),
            )
        )
        return tuple(day_airing(each, begun.get(each.airing, {}), now) for each in aired)

    def needs(self, start: datetime) -> tuple[dict[str, int], int, int, bool]:
        """Return what waits for somebody.

        By verdict other than `aired` how many of airings from `start` on nobody has settled; how many nodes that stand
        are not online; how many items were handed in; whether a node stands anywhere.
        """
        submitted = {ItemState.SUBMITTED}
        return self._database.read(
            lambda c: (
                day.bad_verdicts(c, start),
                day.silent_nodes(c),
                day.count_items(c, submitted),
                day.has_nodes(c),
            )
        )

    def newest(self, before: datetime | None, most: int, now: datetime) -> list[tuple[Kept, datetime]]:
        """Return what was changed or aired at once before an instant, newest first, each with its instant."""

        def read(connection: Connection) -> list[tuple[Kept, datetime]]:
            keys = archive.newest(connection, before, most)
            at = dict(keys)
            return [(kept, at[kept.key]) for kept in archive.described(connection, [key for key, _ in keys], now)]

        return self._database.read(read)

    def found(self, words: str, most: int) -> list[Key]:
        """Return what holds all the words, accents or none, best first."""
        return self._database.read(lambda c: archive.found(c, words, most))

    def described(self, keys: Sequence[Key], now: datetime) -> list[Kept]:
        """Return what these are and what came of them, in their order."""
        return self._database.read(lambda c: archive.described(c, keys, now))
